"""One battery for every classic: add a file to sim/classics/ and a preset to configs/model/, and
all of this is tested.
"""

import ast
import pickle
from functools import cache
from itertools import pairwise

import mesa
import numpy as np
import polars as pl
import pytest
from mesa.datacollection import DataCollector
from pydantic import ValidationError

from experiments.__main__ import main
from experiments.cli.descriptions import format_classics_markdown
from experiments.configuration import list_parameters
from experiments.design import load_study
from experiments.models.classics import ClassicTarget, list_model_presets, read_model_preset
from experiments.models.target import RecordingOptions
from sim.classics.kernels import CLASSIC_NAME, CLASSICS_FOLDER
from sim.classics.registry import list_classics, load_classic

SEEDS = range(6)
PARAMETERS = [
    (name, path)
    for name in list_classics()
    for path in list_parameters(load_classic(name).Parameters)
]
# Where a parameter is read only when others say so, or some value takes another to be possible:
# what to set beside it.
BESIDE = {
    ("barkoczi_galesic_2016", "degree"): {"network": "ring"},
    ("barkoczi_galesic_2016", "distinct_starts"): {"n": 8, "k": 3, "agents": 60},
    ("barkoczi_galesic_2016", "n"): {"agents": 20},
    ("lazer_friedman_2007", "degree"): {"network": "ring"},
    ("lazer_friedman_2007", "error"): {"network": "line"},
    ("lazer_friedman_2007", "distinct_starts"): {"n": 8, "k": 3},
    ("march_1991", "missing"): {"rounds": 3},
    **{
        ("tomasello_2017", name): {"acceptance": "threshold"}
        for name in ("a_c", "a_l", "cost_power", "benefit", "thresholds", "spread")
    },
    ("tomasello_2017", "asked_again"): {
        "acceptance": "threshold",
        "agents": 3,
        "thresholds": "fitness",
        "spread": 1.0,
        "rounds": 40,
    },
    ("fang_lee_schilling_2010", "individuals"): {"group": 4},
    ("fang_lee_schilling_2010", "dimensions"): {"bundle": 1},
    **{
        ("guimera_2005", name): {"p": 0.7, "q": 0.8, "rounds": 60}
        for name in ("q", "collaborators")
    },
    ("tomasello_2017", "agents"): {"q": 0.9, "rejections": 5},
    ("hong_page_2004", "n"): {"l": 6},
    ("hong_page_2004", "k"): {"l": 6, "agents": 4},
    ("hong_page_2004", "l"): {"n": 100},
    ("hong_page_2004", "gaps"): {"smoothness": 5},
    ("axelrod_1997", "side"): {"traits": 5},
    ("zollman_2010", "degree"): {"network": "ring"},
}
SMALL = {"rounds": 12}  # beside the classic's defaults, so that the battery is quick
# Values to try where limits and choices do not say which are worth it.
TRIED = {
    "rounds": (3, 12),
    "n": (9, 12),
    "k": (1, 6),
    "digits": (-1, 1),
    "degree": (2, 8),
    "agents": (40, 80),
    "sample": (1, 9),
    "power": (1, 8),
    "a_c": (0.05, 0.5),
    "idle": (1, 3),
    "group": (4, 20),
    "bundle": (1, 4),
    "individuals": (40, 80),
}


def values_of(field, name):
    """Return values of a parameter that should differ in what they do."""
    if name in TRIED:
        return TRIED[name]
    if choices := getattr(field.annotation, "__args__", ()):
        return tuple(
            value for value in choices if value not in (None, "cliques", "max_clustering", "none")
        )  # which do not fit every size
    if field.annotation is bool:
        return (False, True)
    limits = {
        sign: getattr(rule, sign)
        for rule in field.metadata
        for sign in ("ge", "gt", "le", "lt")
        if hasattr(rule, sign)
    }
    default = field.get_default()
    low, high = (
        limits.get("ge", limits.get("gt", 0)),
        limits.get("le", limits.get("lt", 2 * default)),
    )
    if field.annotation is int:
        return (max(low, default // 2), min(high, 2 * default + 1))
    return (low + 0.2 * (high - low), low + 0.9 * (high - low))


@cache
def rounds_of(name, settings):
    """Return the measures of some seeds."""
    return [load_classic(name)(rng=seed, **dict(settings)).run().rounds_table() for seed in SEEDS]


def small(name):
    """Return a classic to be looked at."""
    return load_classic(name)(rng=5, **SMALL)


@pytest.mark.parametrize("name", list_classics())
def test_it_says_where_it_comes_from_and_what_its_paper_leaves_open(name):
    text = ast.get_docstring(ast.parse((CLASSICS_FOLDER / f"{name}.py").read_text()))
    assert "Source:" in text and name.rpartition("_")[2] in text
    assert "eft open" in text
    assert all(measure.meaning and measure.unit for measure in load_classic(name).MEASURES.values())
    assert name in list_model_presets() and read_model_preset(name)[0] == name


@pytest.mark.parametrize("name", list_classics())
def test_no_classic_calls_another(name):
    """Kernels are kept by the content of their own file and the shared parts alone."""
    for node in ast.walk(ast.parse((CLASSICS_FOLDER / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim.classics."):
            assert not CLASSIC_NAME.fullmatch(node.module.rpartition(".")[2])


@pytest.mark.parametrize(("name", "path"), PARAMETERS)
def test_every_parameter_says_what_it_is_and_keeps_its_range(name, path):
    field = list_parameters(load_classic(name).Parameters)[path]
    assert (
        field.description and field.json_schema_extra["unit"] and field.json_schema_extra["source"]
    )
    bounds = {"ge": -1, "gt": 0, "le": 1, "lt": 0}
    for rule in field.metadata:
        for sign, beyond in bounds.items():
            if hasattr(rule, sign):
                with pytest.raises(ValidationError):
                    load_classic(name)(**{path: getattr(rule, sign) + beyond})


@pytest.mark.parametrize(("name", "path"), PARAMETERS)
def test_every_parameter_moves_an_outcome(name, path):
    field = list_parameters(load_classic(name).Parameters)[path]
    settings = {**SMALL, **BESIDE.get((name, path), {})}
    found = [
        rounds_of(name, tuple({**settings, path: value}.items()))
        for value in values_of(field, path)
    ]
    assert len(found) > 1
    for first, other in pairwise(found):
        assert any(not a.equals(b) for a, b in zip(first, other, strict=True)), (
            f"{path} of {name} changes nothing"
        )


@pytest.mark.parametrize("name", list_classics())
def test_the_same_seed_gives_the_same_run_and_another_another(name):
    tables = [
        load_classic(name)(rng=seed, **SMALL).run().rounds_table() for seed in (5, 5, 6, 2**64 - 1)
    ]
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
    assert not tables[2].equals(tables[3])


@pytest.mark.parametrize("name", list_classics())
def test_steps_are_a_run(name):
    stepped, whole, other = small(name), small(name).run(), small(name)
    while stepped.running:
        stepped.step()
    other.run(5).run()
    assert stepped.rounds_table().equals(whole.rounds_table())
    assert other.rounds_table().equals(whole.rounds_table())
    assert stepped.steps == whole.steps == whole.rounds_played
    assert not whole.running


@pytest.mark.parametrize("name", list_classics())
def test_a_pickled_model_goes_on_as_it_would_have(name):
    model = small(name).run(4)
    copy = pickle.loads(pickle.dumps(model))
    assert copy.run().rounds_table().equals(model.run().rounds_table())


@pytest.mark.parametrize("name", list_classics())
def test_it_is_a_mesa_model(name):
    model = small(name)
    assert isinstance(model, mesa.Model)
    collector = DataCollector(model_reporters={measure: measure for measure in model.MEASURES})
    model.run_model()
    collector.collect(model)
    last = model.rounds_table().row(-1, named=True)
    found = {measure: values[-1] for measure, values in collector.model_vars.items()}
    np.testing.assert_equal(found, {measure: last[measure] for measure in model.MEASURES})
    assert len(model.agents) == model.size == len(model.agents_by_type[model.Agent])
    attributes = [attribute for attribute in vars(model.Agent) if not attribute.startswith("_")]
    assert attributes and all(
        getattr(agent, attribute) is not None for agent in model.agents for attribute in attributes
    )
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = model.nothing_of_this_name


@pytest.mark.parametrize("name", list_classics())
def test_measures_keep_to_their_range(name):
    for seed in SEEDS:
        table = load_classic(name)(rng=seed, **SMALL).run().rounds_table()
        for measure, declared in load_classic(name).MEASURES.items():
            values = table[measure].to_numpy()
            if measure not in load_classic(name).MAY_BE_UNDEFINED:
                assert np.isfinite(values).all()
            if declared.unit in ("0-1", "share of the highest"):
                assert (values >= 0).all() and (values <= 1 + 1e-12).all()


@pytest.mark.parametrize("preset", list_model_presets())
def test_a_target_runs_it(preset):
    target = ClassicTarget(preset)
    parameters = target.settle(SMALL)
    harvest = target.run(parameters, 5, RecordingOptions(series_every=3))
    model = target.model(target.model.Parameters.model_validate(parameters), rng=5).run()
    assert harvest.measures == model.summary()
    assert harvest.series["round"].to_list() == [
        t for t in range(1, model.rounds_played + 1) if t % 3 == 0
    ]
    assert target.shorten(parameters)["rounds"] == 1


@pytest.mark.parametrize("name", list_classics())
def test_run_and_study_on_the_command_line(name, tmp_path, capsys):
    assert main(["run", f"model={name}", "rounds=8", "seed=3", "--out", str(tmp_path / "run")]) == 0
    expected = load_classic(name)(rng=3, rounds=8).run().rounds_table()
    assert pl.read_parquet(tmp_path / "run" / "rounds.parquet").equals(expected)
    assert (tmp_path / "run" / "run.png").exists()
    command = [
        "study",
        f"model={name}",
        "rounds=4,8",
        "replicates=2",
        "series=2",
        "--workers",
        "1",
        "--out",
        str(tmp_path / "study"),
    ]
    assert main(command) == 0
    runs = pl.read_parquet(tmp_path / "study" / "runs.parquet")
    assert len(runs) == 4 and set(load_classic(name).MEASURES) <= set(runs.columns)
    assert main(["resume", str(tmp_path / "study"), "replicates=3", "--workers", "1"]) == 0
    assert len(pl.read_parquet(tmp_path / "study" / "runs.parquet")) == 6
    assert main(["describe", name]) == 0
    assert main(["run", f"model={name}", "roudns=8"]) == 2
    assert (
        "roudns is not a parameter of" in (said := capsys.readouterr().err)
        and "Did you mean rounds?" in said
    )


def test_a_whole_range_of_a_classic_gives_whole_numbers(tmp_path):
    study = load_study(
        "model=march_1991",
        [
            "design=latin_hypercube",
            "design.samples=8",
            "individuals=interval(5,20)",
            "p1=interval(0,1)",
        ],
    )
    assert all(isinstance(point.parameters["individuals"], int) for point in study.points())


def test_a_misspelt_model_is_a_sentence(capsys):
    assert main(["run", "model=march_1990"]) == 2
    assert "Did you mean march_1991?" in capsys.readouterr().err
    assert main(["study", "model=march_1990"]) == 2


def test_the_page_of_classics_is_what_the_code_says():
    page = (CLASSICS_FOLDER.parents[1] / "docs" / "classics.md").read_text()
    assert page == format_classics_markdown(), (
        "renew it: overbruggen describe classics --markdown > docs/classics.md"
    )
