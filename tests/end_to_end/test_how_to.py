"""The code of docs/how-to-extend.md runs and does what it says."""

import re
import shlex
from pathlib import Path

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
    code = "def mean_of(member, seen, model):\n    return sum(model.world.org.before[o.row] for o in seen) / len(seen)\n"
    (tmp_path / "same.py").write_text(code)
    ours = run(imitation={"rule": "conformity", "rate": 0.2}).summary()
    own = run(imitation={"rule": "same.py:mean_of", "rate": 0.2}).summary()
    for name, value in ours.items():
        assert own[name] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), name


def test_own_pooling_that_is_ours_gives_our_numbers(rules, tmp_path):
    (tmp_path / "same.py").write_text("def best(pooled, contribution):\n    return max(pooled, contribution)\n")
    assert run(production={"pooling": "same.py:best"}).rounds_table().equals(run().rounds_table())
    assert not run(production={"pooling": "my_rules.py:halfway"}).rounds_table().equals(run().rounds_table())


def test_own_topology_that_is_ours_gives_our_numbers(rules, tmp_path):
    code = "def ring(size):\n    return [(a, (a + 1) % size) for a in range(size if size > 2 else 1)]\n"
    (tmp_path / "same.py").write_text(code)
    own, ours = (run(structure={"topology": topology}).rounds_table() for topology in ("same.py:ring", "ring"))
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
    ],
)
def test_wrong_references_get_a_sentence(rules, reference, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        run(imitation={"rule": reference, "rate": 0.1})


def test_wrong_results_of_own_rules_get_a_sentence(rules, tmp_path):
    (tmp_path / "bad.py").write_text(
        "def rule(member, seen, model):\n    return [1.0]\n\n\ndef links(size):\n    return [(0, size)]\n\n\n"
        "def pool(pooled, contribution):\n    return open(pooled)\n"
    )
    with pytest.raises(InputError, match="must return an organisation, 12 finite numbers"):
        run(imitation={"rule": "bad.py:rule", "rate": 0.5})
    with pytest.raises(InputError, match="positions go from 0 to 1"):
        run(structure={"topology": "bad.py:links"})
    with pytest.raises(InputError, match="two numbers into one"):
        run(production={"pooling": "bad.py:pool"})
