"""Everything wrong with a design gets one clear sentence before anything is run."""

import pytest
import yaml

from experiments.__main__ import main

RATE = {"imitation.rate": {"low": 0, "high": 0.5}}
TWO = {"structure": ["hub", "alliance"], "imitation.rate": [0, 0.1, 0.2]}
GAIN = {"trust.gain": {"low": 0.01, "high": 0.1}}
HYPERCUBE = {"name": "latin_hypercube", "factors": ["trust.gain"]}


def ranged(**settings):
    return {"factors": {"imitation.rate": {"low": 0.1, "high": 0.5, **settings}}}


WRONG_FILES = [
    (
        {"factors": RATE, "design": "morriss"},
        ["morriss is not a design", "latin_hypercube", "Did you mean morris?"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "trajectoris": 3}},
        ["design.trajectoris is not a setting", "Did you mean trajectories?"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "trajectories": 1}},
        ["design.trajectories is 1", "at least 2"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "levels": 5}},
        ["design.levels is 5", "even", "6"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "optimal": 20}},
        ["design.optimal is 20", "2 to 19"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "groups": 3}},
        ["design.groups is 3", "{group: [factor, factor]}"],
    ),
    (
        {"factors": RATE, "design": {"name": "morris", "groups": {"g": ["imitation.rat"]}}},
        ["names imitation.rat", "Did you mean imitation.rate"],
    ),
    (
        {"factors": RATE, "design": {"name": "sobol", "samples": 100}},
        ["design.samples is 100", "powers of two", "64 or 128"],
    ),
    (
        {"factors": RATE, "design": {"name": "sobol_sequence", "samples": 1000}},
        ["design.samples is 1000", "512 or 1024"],
    ),
    ({"factors": RATE, "design": {"samples": 100}}, ["has no name", "latin_hypercube"]),
    ({"factors": RATE, "design": 3}, ["the design is 3", "allowed: a name"]),
    (
        {"factors": {**GAIN, **RATE}, "design": {"name": "latin_hypercube", "strength": 2}},
        ["design.samples is 64", "square of a prime", "25"],
    ),
    (
        {"factors": {"imitation.rate": [0.1]}, "design": "sobol"},
        ["sobol has no factor that varies", "imitation.rate=0,0.1"],
    ),
    (
        {"factors": RATE},
        ["imitation.rate is a range from 0.0 to 0.5", "levels: 5", "design=latin_hypercube"],
    ),
    ({"factors": TWO, "design": "paired"}, ["equal length", "structure 2, imitation.rate 3"]),
    (
        {"factors": TWO, "design": "fractional_factorial"},
        ["imitation.rate has 3 levels", "two", "imitation.rate=0,0.2"],
    ),
    (
        {
            "factors": {"structure": ["hub", "alliance", "network", "alone", "merger"]},
            "design": "morris",
        },
        ["structure has 5", "design.levels=6"],
    ),
    (
        {"factors": TWO, "design": {"name": "one_at_a_time", "base": {"structure": "hubb"}}},
        ["structure=hubb", "hub, alliance", "Did you mean hub?"],
    ),
    (
        {"factors": TWO, "design": {"name": "one_at_a_time", "base": {"structur": "hub"}}},
        ["design.base names structur", "Did you mean structure?"],
    ),
    (ranged(low=0.6), ["imitation.rate: low is 0.6, above high 0.5", "swap them"]),
    (ranged(low=0.5), ["imitation.rate", "from 0.5 to 0.5 is empty"]),
    (
        ranged(low=0, scale="log"),
        ["imitation.rate: low is 0.0 on a log scale", "above 0", "linear"],
    ),
    (ranged(scale="lg"), ["imitation.rate: scale is lg", "linear, log", "Did you mean log?"]),
    (ranged(low="much"), ["imitation.rate: low is much", "finite number"]),
    (ranged(levels=1), ["imitation.rate: levels is 1", "at least 2"]),
    (ranged(lo=1), ["imitation.rate: lo is not a setting of a range", "Did you mean low?"]),
    (ranged(whole=True), ["imitation.rate: low is 0.1", "whole bounds"]),
    ({"factors": {"imitation.rate": {"low": 0.1}}}, ["imitation.rate", "needs low and high"]),
    (
        {"factors": {"structure.max_size": {"low": 4, "high": 4}}},
        ["structure.max_size", "too narrow", "structure.max_size=4"],
    ),
    (
        {"factors": {"structure.max_size": {"low": 4, "high": 6, "levels": 5}}},
        ["structure.max_size", "too narrow for 5 levels", "3 numbers"],
    ),
    (
        {"factors": {"structure": {"low": 0, "high": 1}}},
        ["structure is a preset", "list the presets"],
    ),
    (
        {"factors": {"structure.topology": {"low": 0, "high": 1}}},
        ["structure.topology is not a number", "list of levels"],
    ),
    (
        {"factors": {"imitation.rat": {"low": 0, "high": 1}}},
        ["imitation.rat is not a parameter", "Did you mean imitation.rate?"],
    ),
    (
        {"factors": {"imitation.rate": {"low": 0, "high": 2}}, "design": "fractional_factorial"},
        ["imitation.rate is 2.0", "at most 1"],
    ),
    ({"factors": {"imitation.rate": 0.1}}, ["imitation.rate is 0.1", "a list of levels"]),
    ({"factors": {"imitation.rate": []}}, ["imitation.rate is []", "a list of levels"]),
    ({"factors": {"seed": {"a": {"imitation.rate": 0}}}}, ["seed has the name of a column"]),
    (
        {"factors": {**TWO, "who": {"a": {"structure": "hub"}}}},
        ["structure is set twice", "the factor structure", "the factor who"],
    ),
    (
        {"factors": TWO, "overrides": ["structure=hub"]},
        ["structure is set twice", "structure=hub", "the factor structure"],
    ),
    (
        {"factors": TWO, "constraints": ["imitation.rat < 1"]},
        ["imitation.rat < 1", "not a factor", "Did you mean imitation.rate?"],
    ),
    (
        {"factors": TWO, "constraints": ["imitation.rate <"]},
        ["the constraint imitation.rate < cannot be read"],
    ),
    (
        {"factors": TWO, "constraints": ["structure == 'hubb'"]},
        ["hubb is no level of structure", "Did you mean hub?"],
    ),
    (
        {"factors": TWO, "constraints": ["open('x') == 1"]},
        ["open('x')", "allowed: names of factors"],
    ),
    (
        {"factors": TWO, "constraints": ["structure < 1"]},
        ["structure < 1 cannot be evaluated", "structure=hub"],
    ),
    (
        {"factors": TWO, "constraints": ["imitation.rate / 0 > 1"]},
        ["cannot be evaluated", "division by zero"],
    ),
    ({"factors": TWO, "constraints": [3]}, ["constraints is [3]", "a list of texts"]),
    ({"factors": TWO, "constraints": [" "]}, ["the constraint ' ' is not an expression"]),
    ({"factors": TWO, "overrides": [{"a": 1}]}, ["overrides is [{'a': 1}]", "a list of texts"]),
    ({"factors": TWO, "replicates": 10**30}, ["replicates is 1000", "1 to 10,000,000"]),
    ({"factors": TWO, "constraints": "structure == 'hub'"}, ["constraints is", "a list"]),
    (
        {"factors": TWO, "constraints": ["imitation.rate > 0.5"]},
        ["no point", "imitation.rate > 0.5", "loosen"],
    ),
    (
        {"factors": TWO, "constraints": ["imitation.rate > 0.1", "imitation.rate < 0.2"]},
        ["no point", "all constraints at once"],
    ),
    (
        {
            "factors": {**RATE, **GAIN},
            "constraints": ["trust.gain < imitation.rate"],
            "design": "sobol",
        },
        ["sobol needs every", "latin_hypercube"],
    ),
    (
        {
            "factors": {**RATE, **GAIN},
            "constraints": ["trust.gain < imitation.rate"],
            "design": "morris",
        },
        ["morris needs every point"],
    ),
    (
        {"factors": {**RATE, **GAIN}, "design": {"cross": [HYPERCUBE, HYPERCUBE]}},
        ["trust.gain is a factor of latin_hypercube and"],
    ),
    (
        {
            "factors": {**RATE, **GAIN},
            "design": {"cross": [HYPERCUBE, {**HYPERCUBE, "factors": ["trust.gian"]}]},
        },
        ["Did you mean trust.gain?"],
    ),
    (
        {
            "factors": {**TWO, **GAIN},
            "design": {"cross": [HYPERCUBE, {"name": "paired", "factors": ["structure"]}]},
        },
        ["imitation.rate", "of no part"],
    ),
    (
        {"factors": {**RATE, **GAIN}, "design": {"cross": ["sobol", "morris"]}},
        ["sobol and morris do not name their factors", "factors: [...]"],
    ),
    (
        {"factors": GAIN, "design": {"cross": [HYPERCUBE]}},
        ["cross composes", "two designs or more"],
    ),
    (
        {"factors": GAIN, "design": {"cross": [HYPERCUBE, "paired"], "samples": 3}},
        ["the composition cross also has samples"],
    ),
    ({"factors": GAIN, "design": "zip"}, ["zip composes designs"]),
    (
        {"factors": {**TWO, **GAIN}, "design": {"zip": [HYPERCUBE, "full_factorial"]}},
        ["zip", "latin_hypercube 64, full_factorial 6"],
    ),
    (
        {"factors": {f"structure.mix.s{n}": list(range(10)) for n in range(9)}},
        ["1,000,000,000 points", "at most 2,000,000"],
    ),
    ({"factor": TWO}, ["factor is not a setting of a study", "Did you mean factors?"]),
    ({"factors": ["structure"]}, ["factors is ['structure']", "factors by name"]),
    ({"factors": TWO, "replicates": "many"}, ["replicates is many", "whole number"]),
]


def refused(capsys, *words):
    assert main(["study", *words]) == 2
    _, err = capsys.readouterr()
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    return err


@pytest.mark.parametrize("position", range(len(WRONG_FILES)))
def test_wrong_study_files(position, tmp_path, monkeypatch, capsys):
    given, sentences = WRONG_FILES[position]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(given, sort_keys=False))
    err = refused(capsys, "mine.yaml")
    for sentence in sentences:
        assert sentence in err, err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (None, ["points.csv cannot be read", "no such file"]),
        ("", ["points.csv is empty"]),
        ("0.1,hub\n0.2,alliance\n", ["points.csv has no header", "imitation.rate,structure"]),
        ("imitation.rate,structure\n", ["a header and no rows"]),
        (
            "imitation.rat,structure\n0.1,hub\n",
            ["the column imitation.rat", "Did you mean imitation.rate?"],
        ),
        ("imitation.rate;structure\n0,1;hub\n", ["separate columns by commas"]),
        ("imitation.rate,\n0.1,hub\n", ["a column has no name"]),
        ("imitation.rate,imitation.rate\n0.1,0.2\n", ["two columns imitation.rate"]),
        (
            "imitation.rate,structure\n0.1,hub\n0.2,\n",
            ["points.csv, row 3, column structure", "empty"],
        ),
        (
            "imitation.rate,structure\n0.1,hub\n\noften,hub\n",
            ["points.csv, row 4, column imitation.rate", "often is not allowed", "at most 1"],
        ),
        (
            "imitation.rate,structure\n1.5,hub\n",
            ["row 2, column imitation.rate", "1.5 is not allowed"],
        ),
        (
            "imitation.rate,structure\nnan,hub\n",
            ["row 2, column imitation.rate", "nan is not allowed"],
        ),
        ("imitation.rate,structure\n0.1,hubb\n", ["row 2, column structure", "Did you mean hub?"]),
        ("imitation.rate,structure\n0.1\n", ["row 2: 1 cells", "2 columns"]),
        (
            "imitation.rate,who\n0.1,anna\n",
            ["row 2, column who", "anne, bob", "Did you mean anne?"],
        ),
        ("imitation.rate,structure\n0.1,'a\n", ["row 2, column structure", "cannot be read"]),
        (
            'imitation.rate,structure\n"1,2",hub\n',
            ["row 2, column imitation.rate", "several values"],
        ),
    ],
)
def test_wrong_tables(text, sentences, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "points.csv").write_text(text)
    scenarios = {"anne": {"trust.initial": 0.1}, "bob": {"trust.initial": 0.9}}
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump(
            {"factors": {"who": scenarios}, "design": {"name": "table", "file": "points.csv"}}
        )
    )
    err = refused(capsys, "mine.yaml")
    for sentence in sentences:
        assert sentence in err, err


WRONG_WORDS = {
    ("imitation.rate=range(0,1,0)",): ["imitation.rate=range(0,1,0) cannot be read"],
    ("imitation.rate=range(1,0)",): ["imitation.rate has no levels"],
    ("imitation.rate=shuffle(0,0.1)",): ["without the seed"],
    ("imitation.rate=interval(0.5,0)", "design=latin_hypercube"): ["low is 0.5, above high 0.0"],
    ("imitation.rate=foo(1,2)",): ["cannot be read", "foo"],
    ("imitation.rat=0,0.1",): ["imitation.rat is not a parameter", "Did you mean imitation.rate?"],
    ("design.samples=8",): ["design.samples is not a setting of full_factorial"],
    ("design=sobol,morris",): ["design=sobol,morris gives several values"],
    ("design=table",): ["design.file=points.csv"],
    ("design=table", "design.file=points.csv", "imitation.rate=0.1,0.2"): [
        "imitation.rate is given on the command line and is a column"
    ],
    ("design=table", "design.file=points.csv"): [
        "production.depth is a factor",
        "no column of points.csv",
        "production.depth=one level",
    ],
    ("replicates=0",): ["replicates is 0"],
    ("replicates=1,2",): ["replicates takes one"],
}


@pytest.mark.parametrize("words", WRONG_WORDS)
def test_wrong_words(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("imitation.rate,structure\n0.1,hub\n")
    err = refused(capsys, "structure_and_imitation", *words)
    for sentence in WRONG_WORDS[words]:
        assert sentence in err, err


def test_wrong_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert "no such file" in refused(capsys, "nowhere.yaml")
    (tmp_path / "mine.yaml").write_text("factors: [")
    assert "mine.yaml is not YAML" in refused(capsys, "mine.yaml")
    (tmp_path / "mine.yaml").write_text("")
    assert "holds no settings" in refused(capsys, "mine.yaml")
    assert "is not a study" in refused(capsys, "mine")
