"""What small runs give, as one line of JSON, in a process of its own per way of running kernels.

``python -m tests.contracts.kernel_results`` prints it for ``model`` or for ``classics``.
"""

import hashlib
import io
import json
import sys

import numpy as np

from experiments.configuration import compose_values, validate_config
from sim.classics.axelrod_1997 import Axelrod1997
from sim.classics.march_1991 import March1991
from sim.interactive.decisions import Decision
from sim.model import CollaborationModel

SMALL = ("population.organisations=6", "run.rounds=10", "run.seed=7")
CASES = {
    "default": (),
    "mixed": ("structure=mixed", "environment=turbulent", "environment.turnover=0.1"),
    "hub": ("structure=hub", "imitation=success", "imitation.rate=0.3"),
    "movement": ("structure=movement", "imitation=conformity", "population.capacity=3"),
    "platform": ("structure=platform", "imitation=prestige", "imitation.rate=0.3"),
    "user_defined": (
        "production.pooling=tests.contracts.kernel_results:pool_halfway",
        "imitation.rule=tests.contracts.kernel_results:copy_first",
        "imitation.rate=0.5",
    ),
}


def pool_halfway(pooled, contribution):
    """Return a pooled capability, as a user's rule would."""
    return max(pooled, contribution) + 0.5 * min(pooled, contribution)


def copy_first(member, seen, model):
    """Return whom a user's rule copies."""
    return seen[0]


def digest(table):
    """Return a short name for the bytes of a table."""
    buffer = io.BytesIO()
    table.write_ipc(buffer, compression="uncompressed")
    return hashlib.sha256(buffer.getvalue()).hexdigest()[:16]


def digest_model(model):
    """Return short names for what a run recorded."""
    return [digest(model.rounds_table()), digest(model.events_table()), repr(model.summary())]


def play_decided():
    """Play a round that rules decide, and one in which a person decides."""
    model = CollaborationModel(validate_config(compose_values(SMALL)))
    copies = model.step_watched()
    decided, answers = model.step_decided(
        {0: Decision(meet=(1,), invite=(1, 3)), 2: Decision(accepts=False)}
    )
    return [*digest_model(model), copies.tolist(), decided.tolist(), repr(answers)]


def play_model():
    """Return the results of every case of our model by name."""
    configs = {name: compose_values((*SMALL, *words)) for name, words in CASES.items()}
    models = {
        name: CollaborationModel(validate_config(values)).run() for name, values in configs.items()
    }
    return {
        **{name: digest_model(model) for name, model in models.items()},
        "state": [
            hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
            for array in models["mixed"].world.org
        ],
        "decided": play_decided(),
    }


def play_classics():
    """Return the results of two classics by name."""
    return {
        "axelrod_1997": digest(Axelrod1997(side=5, rounds=20, rng=3).run().rounds_table()),
        "march_1991": digest(
            March1991(rounds=10, p3=0.1, individuals=9, missing="coin", rng=3).run().rounds_table()
        ),
    }


if __name__ == "__main__":
    print(json.dumps(play_model() if sys.argv[1] == "model" else play_classics()))
