"""The study and the code of docs/how-to-estimates.md run, and their tables say what the page
says.
"""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from experiments.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-estimates.md").read_text(encoding="utf-8")
EXPLAINED = {"n", "method"}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimates")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
            Path(name).write_text(text)
        for command in re.findall(r"^overbruggen (.*)$", PAGE, re.MULTILINE):
            assert main([*shlex.split(command), "--workers", "1"]) == 0
        found = {}
        for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(code, found)
    return found


def test_every_table_explains_itself(names):
    tables = {
        name: table
        for name, table in names.items()
        if isinstance(table, pl.DataFrame) and name not in ("runs", "series", "books")
    }
    assert len(tables) >= 17
    for name, table in tables.items():
        assert not table.is_empty(), name
        assert set(table.columns) >= EXPLAINED, name


def test_common_seeds_are_paired(names):
    assert names["against_alliance"]["method"].str.starts_with("paired").all()
    assert (names["tested"]["p_holm"] >= names["tested"]["p_value"]).all()
    assert (
        names["sizes"]["effect"].unique().sort() == pl.Series(["d_z", "probability of superiority"])
    ).all()


def test_shares_and_parts_add_up(names):
    assert names["shares"]["eta_squared"].sum() == pytest.approx(1.0)
    for table, factor, by in (
        (names["by_imitation"], "imitation.rate", "structure"),
        (names["by_form"], "structure", "imitation.rate"),
    ):
        for _, part in table.group_by(factor, by):
            assert part.filter(pl.col("of") != "total")["value"].sum() == pytest.approx(
                part.filter(of="total")["value"][0]
            )
    assert names["both"]["value"][:2].sum() == pytest.approx(names["both"]["value"][2])


def test_parts_of_forms_are_those_of_the_presets(names):
    from sim.presets import load_structure

    for name, form in names["forms"].items():
        preset = load_structure(name)
        assert (form.modularity, form.formalisation, form.mediator) == (
            preset.modularity,
            preset.formalisation,
            preset.mediator_understanding,
        )
