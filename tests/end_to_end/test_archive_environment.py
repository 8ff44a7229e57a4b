"""The software in an archive: a wheel of the source in use, and all libraries of the results."""

import io
import tomllib
import zipfile
from pathlib import Path

from experiments.archive.environment import build_wheel, list_framework_files
from experiments.store.files import RECORDED_PACKAGES
from sim.presets import find_configs_folder

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_the_source_in_use_and_nothing_else():
    with zipfile.ZipFile(io.BytesIO(build_wheel())) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
        paths = [
            path
            for package in ("sim", "analysis", "experiments")
            for path in (ROOT / package).rglob("*")
            if path.is_file()
        ]
        files = [path for path in paths if path.suffix != ".pyc"]
        configs = {
            f"sim/_configs/{path.relative_to(find_configs_folder()).as_posix()}"
            for path in find_configs_folder().rglob("*.yaml")
        }
        moved = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"][
            "targets"
        ]["wheel"]["force-include"]
        single = {place for source, place in moved.items() if (ROOT / source).is_file()}
        assert names == {path.relative_to(ROOT).as_posix() for path in files} | configs | single
        assert all(
            packed.read(path.relative_to(ROOT).as_posix()) == path.read_bytes() for path in files
        )
        assert set(list_framework_files()) == names


def test_the_manifest_names_every_library_that_results_depend_on():
    """All requirements except those that only run processes, serve or write pages, and the like."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {requirement.split("<")[0].split(">")[0].split("=")[0] for requirement in needed}
    others = {
        "pebble",
        "platformdirs",
        "packaging",
        "rich",
        "jinja2",
        "segno",
        "starlette",
        "uvicorn",
        "websockets",
    }
    assert set(RECORDED_PACKAGES) == names - others
