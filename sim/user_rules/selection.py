"""Load the user-defined rules, topologies and measures that a configuration names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sim.agents import AgentModel
from sim.config import FORM_TOPOLOGIES, IMITATION_RULES, POOLING_RULES, Config, Structure
from sim.errors import InputError
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES
from sim.submodels.production import PoolingFunction
from sim.submodels.structures import LinkRule
from sim.user_rules.loading import (
    check_name,
    compile_pooling,
    is_user_defined,
    load_user_function,
    load_user_measure,
)

CORE_GROUP, NETWORK_GROUP = "core", "network"
MEASURE_GROUPS = (CORE_GROUP, NETWORK_GROUP)
# No user-defined measure may have the name of a column of ours.
RESERVED_COLUMNS = {"round", *MEASURES, *OUTCOMES, *(f"{name}_end" for name in MEASURES)}

MeasureFunction = Callable[[Any], float]


class UserRules(NamedTuple):
    """The functions of a user that a run calls, and whether it measures the network."""

    imitation: Callable[..., Any] | None
    pooling: PoolingFunction
    measures: Mapping[str, MeasureFunction]
    measures_network: bool

    @property
    def measures_in_python(self) -> bool:
        """Whether something is recorded that only Python can measure."""
        return bool(self.measures) or self.measures_network

    @property
    def needs_python(self) -> bool:
        """Whether something happens in every round that no kernel can do."""
        return self.imitation is not None or self.measures_in_python

    def measure(self, model: AgentModel) -> dict[str, float]:
        """Return what only Python can measure, after a round."""
        values = measure_network(model) if self.measures_network else {}
        return values | {name: function(model) for name, function in self.measures.items()}


def measure_network(model: AgentModel) -> dict[str, float]:
    """Return the measures of the partner network."""
    # networkx is slow to import, and seldom needed.
    from sim.observation.network import compute_network_measures

    last = model.rounds_played - 1
    return compute_network_measures(model.world, last, model.config.run.window)


def load_user_rules(config: Config) -> UserRules:
    """Return the user-defined rules and measures of a configuration."""
    rule, pooling = config.imitation.rule, config.production.pooling
    check_name("imitation.rule", rule, IMITATION_RULES)
    check_name("production.pooling", pooling, POOLING_RULES)
    return UserRules(
        load_user_function("imitation.rule", rule) if is_user_defined(rule) else None,
        compile_pooling(pooling if is_user_defined(pooling) else None),
        load_user_measures(config.run.measures),
        NETWORK_GROUP in config.run.measures,
    )


def load_user_measures(names: Sequence[str]) -> dict[str, MeasureFunction]:
    """Return the user-defined measures among some names, by the column that each one fills."""
    measures: dict[str, MeasureFunction] = {}
    for name in names:
        check_name("run.measures", name, MEASURE_GROUPS)
        if is_user_defined(name):
            column = name.rpartition(":")[2]
            of_network = column.startswith("network_") and NETWORK_GROUP in names
            if column in measures or column in RESERVED_COLUMNS or of_network:
                raise InputError(
                    f"run.measures has {name}, but there is a column {column} already; give the"
                    " function another name"
                )
            measures[column] = load_user_measure(name)
    return measures


def load_user_links(structures: Sequence[tuple[Structure, float]]) -> dict[str, LinkRule]:
    """Return the user-defined topologies of forms, by name."""
    for form, _ in structures:
        check_name("structure.topology", form.topology, FORM_TOPOLOGIES)
    return {
        form.topology: load_user_function("structure.topology", form.topology)
        for form, _ in structures
        if is_user_defined(form.topology)
    }
