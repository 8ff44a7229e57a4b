"""`overbruggen dock`: small docks from end to end."""

import polars as pl
import pytest

from experiments.__main__ import main
from experiments.docking.comparison import run_dock
from experiments.docking.output import build_dock_tables, draw_dock, format_dock_verdict
from experiments.docking.reference import Replicates, list_docks, read_dock


@pytest.mark.parametrize("name", list_docks())
def test_a_dock_is_run_compared_and_drawn(name):
    """Two replicates of a few cells; their results are random and not checked."""
    dock = read_dock(name)
    small = dock._replace(
        about=dock.about.model_copy(update={"replicates": Replicates(quick=2, full=2)})
    )
    result = run_dock(small, quick=True, workers=1)
    assert len(result.cells) == sum(cell.value is not None for cell in dock.cells) + len(
        dock.crossings
    )
    assert len(build_dock_tables(result)[0].rows) == len(result.cells)
    assert f"of {len(result.cells)} cells equivalent" in format_dock_verdict(result)
    exhibit = draw_dock(result)
    # A grid that is not full has hidden panels.
    assert sum(axes.get_visible() for axes in exhibit.figure.axes) == len(dock.about.panels)
    assert isinstance(exhibit.data, pl.DataFrame)
    refuse_overlaps(exhibit.figure)


def refuse_overlaps(figure):
    """Check that no legend covers data, a title or another legend."""
    figure.draw_without_rendering()
    panels = [panel for panel in figure.axes if panel.get_visible()]
    legends = [
        legend.get_window_extent()
        for legend in (*figure.legends, *(panel.get_legend() for panel in panels))
        if legend
    ]
    others = [
        extent
        for panel in panels
        for extent in (panel.get_window_extent(), panel.title.get_window_extent())
    ]
    assert len(legends) in (1, len(panels))
    for position, legend in enumerate(legends):
        assert legend.count_overlaps([*others, *legends[:position]]) == 0


def test_a_misspelt_dock_gets_one_sentence(capsys):
    assert main(["dock", "march_1992"]) == 2
    assert "Did you mean march_1991?" in capsys.readouterr().err
    assert main(["dock", "march_1991", "--quick", "--page"]) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_an_installed_package_has_no_pages_to_write(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("experiments.docking.command.DOCS_FOLDER", tmp_path / "docs")
    assert main(["dock", "march_1991", "--page"]) == 2
    assert "run it in a checkout" in capsys.readouterr().err
