"""The version of a Mesa model, and its journey to another process."""

import multiprocessing
import pickle
from pathlib import Path

from experiments.models.mesa import read_mesa_target
from experiments.models.mesa_inspection import list_source_files, load_model_class
from experiments.models.target import RecordingOptions
from tests.mesa_targets import OTHERS, example, measures_of, other

MODEL = """
from mesa import Model
from {place} import LEVEL


class Own(Model):
    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.level = LEVEL
"""


def test_version_is_that_of_the_file_and_of_what_it_imports_and_the_newest_is_run(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("own_model_a.py").write_text(MODEL.format(place="own_level_a"))
    Path("own_level_a.py").write_text("LEVEL = 1\n")
    target = read_mesa_target({"class": "own_model_a.py:Own", "rounds": 1, "measures": ["level"]})
    first = target.compute_version()
    assert measures_of(target) == {"level": 1}
    Path("own_report_a.py").write_text("print('not part of the model')\n")
    assert target.compute_version() == first
    Path("own_level_a.py").write_text("LEVEL = 1 + 1\n")
    assert target.compute_version() != first
    assert measures_of(target) == {"level": 2}


def test_version_is_of_the_whole_package_and_the_class_wherever_they_lie(tmp_path):
    package = tmp_path / "own_package"
    (package / "parts").mkdir(parents=True)
    for name in ("__init__.py", "parts/__init__.py"):
        (package / name).touch()
    (package / "parts" / "model.py").write_text(MODEL.format(place="..level"))
    (package / "level.py").write_text("LEVEL = 3\n")
    reference = f"{package / 'parts' / 'model.py'}:Own"
    assert measures_of(
        read_mesa_target({"class": reference, "rounds": 1, "measures": ["level"]})
    ) == {"level": 3}
    inside = [
        f"own_package/{name}"
        for name in ("__init__.py", "level.py", "parts/__init__.py", "parts/model.py")
    ]
    assert [name for name, _ in list_source_files(load_model_class(reference))] == inside
    assert (
        other("Walk").compute_version()
        == other("Walk", rounds=9).compute_version()
        != other("PassesOn").compute_version()
    )


def run_elsewhere(task):
    target, parameters, seed = task
    return target.run(parameters, seed, RecordingOptions(series_every=2))


def test_targets_travel_to_another_process(monkeypatch):
    monkeypatch.chdir(OTHERS.parent)
    own = read_mesa_target(
        {"class": f"{OTHERS.name}:Walk", "rounds": 5, "measures": ["mean_place"]}
    )
    monkeypatch.chdir(Path(__file__).parent)
    tasks = [(own, own.settle({}), 3), (*example("Schelling"), 3)]
    assert pickle.loads(pickle.dumps(own)) == own
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for there, here in zip(
            pool.map(run_elsewhere, tasks), map(run_elsewhere, tasks), strict=True
        ):
            assert there.measures == here.measures and there.series.equals(here.series)
