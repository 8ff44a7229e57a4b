"""The code of docs/coming-from-batch-run.md runs, and what the page says of Mesa's batch_run is
so.
"""

import re
from itertools import product
from pathlib import Path

import mesa
import yaml
from mesa.examples import Schelling

from experiments.models.mesa import probe_seeding, read_mesa_target
from experiments.models.target import RecordingOptions

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-batch-run.md").read_text()
EXAMPLE, SEEDED = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


class Watched(Schelling):
    """Keeps count of the models that batch_run made."""

    made: list["Watched"] = []  # noqa: RUF012

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.made.append(self)


def batch_run(**parameters):
    Watched.made.clear()
    rows = mesa.batch_run(Watched, parameters, iterations=2, max_steps=30, display_progress=False)
    return {row["iteration"]: row for row in rows}, list(Watched.made)


def test_python_example_gives_the_numbers_of_the_model_by_hand(capsys):
    names: dict = {}
    exec(EXAMPLE, names)
    model = Schelling(density=0.8, homophily=0.5, seed=1)
    while model.running and model.steps < 50:
        model.step()
    measures = names["result"].measures
    assert (measures["happy"], measures["steps"]) == (model.happy, model.steps)
    assert capsys.readouterr().out.startswith("None\n")


def test_study_of_the_page_can_be_run():
    study = yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL).group(1))
    target = read_mesa_target(study["model"])
    for levels in product(*study["factors"].values()):
        parameters = target.settle(dict(zip(study["factors"], levels, strict=True)))
        assert list(
            target.run({**parameters, "model.rounds": 2}, 1, RecordingOptions()).measures
        ) == ["happy", "happy_mean"]


def test_a_model_as_the_page_wants_it_is_seeded_and_one_against_it_gets_the_warning_of_the_page(
    tmp_path,
):
    (tmp_path / "walk_seeded.py").write_text(SEEDED)
    (tmp_path / "walk_unseeded.py").write_text(
        "import random\n" + SEEDED.replace("self.random.choice", "random.choice")
    )
    model = {"rounds": 5, "measures": ["place"]}
    seeded, unseeded = (
        read_mesa_target({"class": f"{tmp_path / name}.py:Walk", **model})
        for name in ("walk_seeded", "walk_unseeded")
    )
    assert probe_seeding(seeded, seeded.settle({})) is None
    assert probe_seeding(unseeded, unseeded.settle({})) in " ".join(PAGE.split())


def test_batch_run_steps_once_more_and_gives_all_iterations_one_seed():
    rows, models = batch_run(seed=7, density=0.8, homophily=0.75)
    assert [model.steps for model in models] == [31, 31]
    assert rows[0]["happy"] == rows[1]["happy"]


def test_batch_run_reports_the_round_before_the_last_of_a_model_that_stops():
    rows, (model, _) = batch_run(seed=7, density=0.6, homophily=0.4)
    recorded = model.datacollector.model_vars["happy"]
    assert not model.running and recorded[-1] == model.happy
    assert rows[0]["happy"] == recorded[-2] != recorded[-1]


def test_batch_run_keeps_finished_models_alive():
    _, models = batch_run(seed=7, density=0.6)
    assert all(model in mesa.Agent._ids for model in models)
