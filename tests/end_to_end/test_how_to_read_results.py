"""The Python and SQL of docs/how-to-read-results.md run, and all ways of reading give the same
numbers.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from experiments.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-read-results.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the page's code has made, run from top to bottom on a small study."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        words = [
            "structure=hub,alliance",
            "imitation.rate=0,0.1",
            "production.depth=2",
            "replicates=3",
            "run.rounds=10",
            "population.organisations=20",
        ]
        assert (
            main(
                [
                    "study",
                    "structure_and_imitation",
                    *words,
                    "--workers",
                    "1",
                    "--quiet",
                    "--out",
                    "results/small",
                ]
            )
            == 0
        )
        pytest.importorskip("duckdb")
        made: dict = {}
        for code in CODE:
            exec(code, made)
        made["asked"] = made["duckdb"].sql(made["sql"]).fetchall()
        yield made


def test_every_way_of_reading_gives_the_same_means(names):
    means = names["means"]["joint_value"].to_numpy()
    grouped = (
        names["frames"]
        .runs.groupby(["structure", "imitation.rate"])["joint_value"]
        .mean()
        .to_numpy()
    )
    asked = [row[2] for row in names["asked"]]
    assert len(means) == 4
    assert np.allclose(means, grouped, rtol=1e-12)
    assert np.allclose(means, asked, rtol=1e-12)
    assert [row[3] for row in names["asked"]] == [3] * 4


def test_the_page_says_what_there_is(names):
    results = names["results"]
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert set(rows) == {*results._fields, "factors"}
    assert (names["so_far"].manifest.complete, len(names["so_far"].runs)) == (True, 12)
