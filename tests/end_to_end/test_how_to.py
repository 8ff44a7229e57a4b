"""The code of docs/how-to-extend.md runs and does what it says."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from experiments.__main__ import main
from sim.config import Config
from sim.errors import InputError
from sim.model import CollaborationModel

PAGE = Path(__file__).parents[2] / "docs" / "how-to-extend.md"


@pytest.fixture
def rules(tmp_path, monkeypatch):
    code, example = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "my_rules.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    return example


def run(**groups):
    values = {"population": {"organisations": 30}, "run": {"rounds": 30}, **groups}
    return CollaborationModel(Config.model_validate(values)).run()


def test_python_example(rules, capsys):
    exec(rules, {})
    assert float(capsys.readouterr().out) > 0


def test_commands_of_the_page(rules, capsys):
    commands = re.findall(r"^overbruggen (run .*)$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command)
        assert main([*words, "run.rounds=20", "--out", "results/try", "--overwrite"]) == 0


def test_own_imitation_rule_moves_skills(rules):
    imitation = {"rule": "my_rules.py:nearest", "rate": 0.3}
    with_rule, without = run(imitation=imitation), run()
    assert with_rule.rounds_table()["copies"].sum() > 0
    assert not with_rule.rounds_table().drop("copies").equals(without.rounds_table().drop("copies"))


def test_own_rule_that_is_ours_gives_our_numbers(rules, tmp_path):
    """Blind copying written as an own conformity rule must equal the compiled one."""
    code = (
        "def mean_of(member, seen, model):\n    return sum(model.world.org.before[o.row] for o in"
        " seen) / len(seen)\n"
    )
    (tmp_path / "same.py").write_text(code)
    ours = run(imitation={"rule": "conformity", "rate": 0.2}).summary()
    own = run(imitation={"rule": "same.py:mean_of", "rate": 0.2}).summary()
    for name, value in ours.items():
        assert own[name] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), name


def test_own_pooling_that_is_ours_gives_our_numbers(rules, tmp_path):
    (tmp_path / "same.py").write_text(
        "def best(pooled, contribution):\n    return max(pooled, contribution)\n"
    )
    assert run(production={"pooling": "same.py:best"}).rounds_table().equals(run().rounds_table())
    assert (
        not run(production={"pooling": "my_rules.py:halfway"})
        .rounds_table()
        .equals(run().rounds_table())
    )


def test_own_topology_that_is_ours_gives_our_numbers(rules, tmp_path):
    code = (
        "def ring(size):\n    return [(a, (a + 1) % size) for a in range(size if size > 2 else"
        " 1)]\n"
    )
    (tmp_path / "same.py").write_text(code)
    own, ours = (
        run(structure={"topology": topology}).rounds_table()
        for topology in ("same.py:ring", "ring")
    )
    assert own.equals(ours)


def test_own_measure_is_a_column(rules):
    model = run(run={"rounds": 10, "measures": ["core", "my_rules.py:richest"]})
    assert model.rounds_table()["richest"][-1] == max(o.earned_total for o in model.organisations)


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("nowhere.py:rule", "does not exist"),
        ("my_rules.py:neerest", "Did you mean nearest?"),
        ("no_such_module:rule", "cannot be loaded"),
        ("my_rules.py:", "write file.py:name"),
    ],
)
def test_wrong_references_get_a_sentence(rules, reference, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        run(imitation={"rule": reference, "rate": 0.1})


def test_wrong_results_of_own_rules_get_a_sentence(rules, tmp_path):
    (tmp_path / "bad.py").write_text(
        "def rule(member, seen, model):\n    return [1.0]\n\n\ndef links(size):\n    return [(0,"
        " size)]\n\n\ndef pool(pooled, contribution):\n    return open(pooled)\n"
    )
    with pytest.raises(InputError, match="must return an organisation, 12 finite numbers"):
        run(imitation={"rule": "bad.py:rule", "rate": 0.5})
    with pytest.raises(InputError, match="positions go from 0 to 1"):
        run(structure={"topology": "bad.py:links"})
    with pytest.raises(InputError, match="two numbers into one"):
        run(production={"pooling": "bad.py:pool"})


BAD = """
import sys

notfun = 3


def raises(*given):
    raise ValueError("boom")


def leaves(*given):
    sys.exit(3)


def few():
    return 1.0


def text(*given):
    return "much"


def nothing(*given):
    return None


def ragged(*given):
    return [[1.0], [1.0, 2.0]]


def floats(size):
    return [(0.0, 1.0)]


def yields(size):
    yield (0, 1)
    raise KeyError("late")


def joint_value(model):
    return 1.0


def sometimes(pooled, contribution):
    if pooled > 0.5:
        raise ValueError("too much")
    return max(pooled, contribution)


def seldom(pooled, contribution):
    if 0.0 < contribution < 0.001:
        raise ValueError("too little")
    return max(pooled, contribution)


def divides(pooled, contribution):
    return contribution / pooled


def minus(pooled, contribution):
    return pooled - contribution


def unknown(pooled, contribution):
    return max(pooled, contribution) + float("nan")


def endless(pooled, contribution):
    return pooled + 1e308 * 10 * (1 + contribution)
"""


def gone_wrong(parameter, function):
    """Return the configuration with one own function of bad.py."""
    group, name = parameter.split(".")
    reference = f"bad.py:{function}"
    values = {name: ["core", reference] if name == "measures" else reference} | (
        {"rate": 0.5} if name == "rule" else {}
    )
    return {group: values | ({"rounds": 5} if group == "run" else {})}


@pytest.mark.parametrize(
    ("parameter", "function", "sentence"),
    [
        (
            "imitation.rule",
            "raises",
            (
                "imitation.rule bad.py:raises raised ValueError: boom (line 8 of bad.py); fix the"
                " function"
            ),
        ),
        ("imitation.rule", "leaves", "imitation.rule bad.py:leaves raised SystemExit: 3"),
        ("imitation.rule", "few", "few() takes 0 positional arguments but 3 were given"),
        (
            "imitation.rule",
            "text",
            "imitation.rule bad.py:text returned 'much'; it must return an organisation",
        ),
        ("imitation.rule", "ragged", "imitation.rule bad.py:ragged returned [[1.0], [1.0, 2.0]]"),
        ("imitation.rule", "notfun", "notfun in bad.py is 3, no function"),
        (
            "structure.topology",
            "raises",
            "structure.topology bad.py:raises raised ValueError: boom",
        ),
        (
            "structure.topology",
            "yields",
            "structure.topology bad.py:yields raised KeyError: 'late'",
        ),
        (
            "structure.topology",
            "nothing",
            (
                "structure.topology=bad.py:nothing gives None for 2 members; it must give a list of"
                " pairs"
            ),
        ),
        ("structure.topology", "text", "gives 'much' for 2 members"),
        ("structure.topology", "floats", "gives [(0.0, 1.0)] for 2 members"),
        ("run.measures", "raises", "run.measures bad.py:raises raised ValueError: boom"),
        (
            "run.measures",
            "text",
            "run.measures bad.py:text returned 'much'; a measure must return a number",
        ),
        ("run.measures", "nothing", "returned None"),
        ("run.measures", "ragged", "returned [[1.0], [1.0, 2.0]]"),
        ("run.measures", "joint_value", "there is a column joint_value already"),
        (
            "production.pooling",
            "sometimes",
            "production.pooling bad.py:sometimes raised ValueError: too much",
        ),
        (
            "production.pooling",
            "seldom",
            "production.pooling bad.py:seldom raised ValueError: too little",
        ),
        (
            "production.pooling",
            "divides",
            "production.pooling bad.py:divides raised ZeroDivisionError",
        ),
        (
            "production.pooling",
            "minus",
            "production.pooling bad.py:minus gives -0.05 for pooled 0 and contribution 0.05",
        ),
        ("production.pooling", "unknown", "gives nan for pooled 0 and contribution 0"),
        ("production.pooling", "endless", "gives inf"),
    ],
)
def test_own_functions_gone_wrong_get_a_sentence(
    rules, tmp_path, capfd, parameter, function, sentence
):
    (tmp_path / "bad.py").write_text(BAD)
    with pytest.raises(InputError, match=re.escape(sentence)) as error:
        run(**gone_wrong(parameter, function))
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_two_measures_of_one_name_and_a_file_that_leaves(rules, tmp_path):
    (tmp_path / "other.py").write_text("def richest(model):\n    return 0\n")
    (tmp_path / "leaves.py").write_text("import sys\n\nsys.exit(1)\n")
    with pytest.raises(InputError, match="there is a column richest already"):
        run(run={"rounds": 5, "measures": ["my_rules.py:richest", "other.py:richest"]})
    with pytest.raises(InputError, match=re.escape("leaves.py cannot be loaded: SystemExit: 1")):
        run(run={"rounds": 5, "measures": ["leaves.py:richest"]})


def test_own_functions_gone_wrong_in_the_workers_of_a_study(rules, tmp_path, capfd):
    (tmp_path / "bad.py").write_text(BAD)
    words = [
        "study",
        "alone_or_together",
        "population.organisations=20",
        "run.rounds=5",
        "replicates=2",
        "--workers",
        "2",
        "--out",
        "wrong",
    ]
    for override, sentence in (
        ("run.measures=[bad.py:raises]", "run.measures bad.py:raises raised ValueError: boom"),
        ("run.measures=[bad.py:leaves]", "run.measures bad.py:leaves raised SystemExit: 3"),
    ):
        assert main([*words, override, "--overwrite"]) == 3
        reasons = pl.read_parquet(tmp_path / "wrong" / "failures.parquet")["reason"]
        assert reasons.str.contains(sentence, literal=True).all()
        assert "Traceback" not in capfd.readouterr().err
