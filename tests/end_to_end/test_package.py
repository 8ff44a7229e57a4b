"""`overbruggen package` and `overbruggen rebuild`: the archive is whole, the same every time, and gives the same bytes; what changed is found."""

import hashlib
import io
import json
import shutil
import tomllib
import zipfile
from pathlib import Path

import polars as pl
import pytest
import yaml

from experiments.__main__ import main
from experiments.archive.environment import build_wheel, list_framework_files
from experiments.archive.recipe import read_recipe
from experiments.archive.zip import (
    CHECKSUMS_FILE,
    compute_entry_checksum,
    format_checksums,
    read_checksums,
)
from experiments.store.files import RECORDED_PACKAGES
from experiments.store.provenance import read_provenance
from sim.presets import find_configs_folder
from tests.studies import MODEL, run

ROOT = Path(__file__).parents[2]
RULES = """def nearest(member, seen, model):
    return min(seen, key=lambda other: ((other.expertise - member.expertise) ** 2).sum())


def richest(model):
    return max(organisation.earned_total for organisation in model.organisations)
"""
STUDY = {
    "title": "Nearest & others",
    "question": "Does copying the nearest erode?",
    "hypotheses": ["It does."],
    "factors": {"imitation.rate": [0.0, 0.2], "imitation.rule": ["my_rules.py:nearest", "success"]},
    "overrides": [
        "run.rounds=8",
        "run.measures=[core,my_rules.py:richest]",
        "population=file",
        "population.path=data/organisations.csv",
        "population.organisations=0",
    ],
    "replicates": {"until": {"joint_value": 0.001}, "at_least": 2, "at_most": 4, "batch": 2},
    "seed": 3,
    "series": 2,
    "keep": ["events"],
}
KIND = (
    "--kind",
    "interaction",
    "--x",
    "imitation.rate",
    "--by",
    "imitation.rule",
    "--journal",
    "pnas",
    "--columns",
    "1",
)
LOCAL = "--workers", "1"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder somebody starts in: own rules, organisations, a study with a figure asked for afterwards, extended by a level."""
    folder = tmp_path_factory.mktemp("begun")
    (folder / "my_rules.py").write_text(RULES)
    (folder / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    (folder / "data").mkdir()
    skills = [
        f"o{number},care,{','.join(f'{(number * domain) % 7 / 40:g}' for domain in range(1, 11))}"
        for number in range(12)
    ]
    (folder / "data" / "organisations.csv").write_text(
        "\n".join(["organisation,sector,a,b,c,d,e,f,g,h,i,j", *skills, ""])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("study", "mine.yaml", "--out", "out", *LOCAL, "--quiet") == 0
        assert run("resume", "out", "imitation.rate=0.0,0.1,0.2", *LOCAL, "--quiet") == 0
        assert run("figures", "out", *KIND) == 0
        assert (
            run(
                "package",
                "out",
                "--out",
                "all.zip",
                "--with-data",
                "--author",
                "A. Ünal",
                "--license",
                "CC-BY-4.0",
            )
            == 0
        )
    return folder


@pytest.fixture
def here(begun, tmp_path, monkeypatch):
    """A copy of that folder to work in."""
    shutil.copytree(begun, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def unpacked(begun, tmp_path):
    with zipfile.ZipFile(begun / "all.zip") as archive:
        archive.extractall(tmp_path / "archive")
    return tmp_path / "archive"


def said(capsys, *words):
    capsys.readouterr()
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, " ".join(out.split()), err.strip()


def reseal(archive):
    """Make checksums true again, as somebody would who changed an archive on purpose."""
    sums = {place: compute_entry_checksum(archive / place) for place in read_checksums(archive)}
    (archive / CHECKSUMS_FILE).write_text(format_checksums(sums))


# --- the archive ---------------------------------------------------------------------------------------------------------


def test_the_same_folder_gives_the_same_bytes_wherever_and_whenever(begun, here):
    for path in (here / "out").iterdir():
        path.touch()
    assert (
        run(
            "package",
            "out",
            "--out",
            "again.zip",
            "--with-data",
            "--author",
            "A. Ünal",
            "--license",
            "CC-BY-4.0",
        )
        == 0
    )
    assert (here / "again.zip").read_bytes() == (begun / "all.zip").read_bytes()


def test_everything_is_in_it_and_has_its_checksum(begun, unpacked):
    packed = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    sums = read_checksums(unpacked)
    assert packed == {*sums, CHECKSUMS_FILE}
    assert all(
        hashlib.sha256((unpacked / place).read_bytes()).hexdigest() == promised
        for place, promised in sums.items()
    )
    results = {
        path.name
        for path in (begun / "out").iterdir()
        if path.is_file() and not path.name.startswith(".")
    } - {"journal.jsonl"}
    assert {
        place.removeprefix("results/") for place in packed if place.startswith("results/")
    } == results
    inputs = {"mine.yaml", "my_rules.py", "data/organisations.csv"}
    assert {
        place.removeprefix("inputs/") for place in packed if place.startswith("inputs/")
    } == inputs
    assert {
        "README.md",
        "LICENSE",
        "CITATION.cff",
        "rebuild.sh",
        "rebuild.json",
        "environment/constraints.txt",
    } <= packed


def test_readme_has_question_caption_command_and_checksum_of_every_file(begun, unpacked):
    page, steps = (unpacked / "README.md").read_text(), read_recipe(unpacked).steps
    assert [step.command[0] for step in steps] == ["study", "figures"]
    for text in (
        STUDY["question"],
        "It does.",
        "overbruggen figures ../rebuilt " + " ".join(KIND),
        "imitation.rate=0.0,0.1,0.2",
    ):
        assert text in page
    assert (unpacked / "results" / "interaction_joint_value.md").read_text().partition("\n\n")[
        2
    ].strip() in page
    made = {name for step in steps for name in step.files}
    assert made == {path.name for path in (unpacked / "results").iterdir()} - {
        "manifest.json",
        "provenance.json",
    }
    assert all(
        f"{compute_entry_checksum(unpacked / 'results' / name)}  {name}" in page for name in made
    )


def test_metadata_fulfils_what_ro_crate_demands(unpacked):
    """The MUSTs of the RO-Crate Metadata Specification 1.1; `make crate-check` asks an independent validator."""
    metadata = json.loads((unpacked / "ro-crate-metadata.json").read_text())
    assert metadata["@context"] == "https://w3id.org/ro/crate/1.1/context"
    graph = {entity["@id"]: entity for entity in metadata["@graph"]}
    assert len(graph) == len(metadata["@graph"]) and all(
        "@type" in entity for entity in graph.values()
    )
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork" and descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = graph["./"]
    assert root["@type"] == "Dataset" and all(
        root[key] for key in ("name", "description", "datePublished", "license", "hasPart")
    )
    for value in (
        part for entity in graph.values() for part in entity.values()
    ):  # flat: entities only refer to each other
        for nested in (
            [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        ):
            assert not isinstance(nested, dict) or set(nested) == {"@id"}
            assert (
                not isinstance(nested, dict)
                or nested["@id"] in graph
                or nested["@id"] == "https://w3id.org/ro/crate/1.1"
            )
    linked = {
        part["@id"]
        for name in ("./", "results/", "inputs/", "environment/")
        for part in graph[name]["hasPart"]
    }
    files = {name for name, entity in graph.items() if "File" in entity["@type"]}
    assert files <= linked and all((unpacked / name).exists() for name in linked)
    assert files == {*read_checksums(unpacked), CHECKSUMS_FILE} - {"ro-crate-metadata.json"}
    assert graph["#A.%20%C3%9Cnal"]["name"] == "A. Ünal"


def test_the_wheel_holds_the_source_in_use_and_nothing_else():
    with zipfile.ZipFile(io.BytesIO(build_wheel())) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
        found = [
            path
            for room in ("sim", "analysis", "experiments")
            for path in (ROOT / room).rglob("*")
            if path.is_file()
        ]
        files = [path for path in found if path.suffix != ".pyc"]
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
    """All that the project needs, but for what only runs processes, finds folders, reads requirements, serves or writes pages and the terminal."""
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


# --- making it again -----------------------------------------------------------------------------------------------------


def test_everything_again_gives_the_same_bytes(unpacked, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, out, _ = said(capsys, "rebuild", unpacked, "--out", "again", *LOCAL)
    steps = read_recipe(unpacked).steps
    files = {name: promised for step in steps for name, promised in step.files.items()}
    assert status == 0 and f"{len(files)} of {len(files)} files are the same" in out
    assert all(
        compute_entry_checksum(tmp_path / "again" / name) == promised
        for name, promised in files.items()
    )
    assert not (unpacked / "inputs" / "__pycache__").exists()


def test_one_changed_byte_in_an_archive_is_found(unpacked, tmp_path, capsys):
    table = unpacked / "results" / "runs.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    status, out, _ = said(capsys, "rebuild", unpacked, "--out", tmp_path / "again")
    assert (
        status == 1 and "results/runs.parquet changed" in out and not (tmp_path / "again").exists()
    )


def test_a_figure_and_a_table_that_results_do_not_give_are_found(unpacked, tmp_path, capsys):
    recipe = json.loads((unpacked / "rebuild.json").read_text())
    for step, name, before, after in (
        (0, "table_points.csv", "0.2", "0.3"),
        (1, "interaction_joint_value.svg", "</svg>", "</svg> "),
    ):
        path = unpacked / "results" / name
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))
        recipe["steps"][step]["files"][name] = compute_entry_checksum(path)
    (unpacked / "rebuild.json").write_text(json.dumps(recipe))
    reseal(unpacked)
    status, out, _ = said(
        capsys, "rebuild", unpacked, "--out", tmp_path / "again", "--figures-only"
    )
    assert status == 1 and out.count("different") == 2 and "2 are not" in out


def test_a_model_of_ones_own_moves_into_the_archive_and_its_failures_are_compared(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(MODEL, tmp_path / "elsewhere" / "moods_of_others.py")
    (tmp_path / "start").mkdir()
    monkeypatch.chdir(tmp_path / "start")
    model = {
        "class": f"{tmp_path}/elsewhere/moods_of_others.py:Moody",
        "rounds": 2,
        "measures": ["value"],
    }
    study = {
        "question": "Moods?",
        "model": model,
        "factors": {"mood": ["fine", "raises"]},
        "replicates": 2,
        "seed": 7,
    }
    (tmp_path / "start" / "moods.yaml").write_text(yaml.safe_dump(study))
    assert run("study", "moods.yaml", "--out", "out", *LOCAL, "--quiet") == 3
    assert run("package", "out") == 0
    shutil.rmtree(tmp_path / "elsewhere")
    with zipfile.ZipFile("out.zip") as archive:
        assert "inputs/moods_of_others.py" in archive.namelist()
        assert (
            yaml.safe_load(archive.read("inputs/moods.yaml"))["model"]["class"]
            == "moods_of_others.py:Moody"
        )
    status, out, _ = said(capsys, "rebuild", "out.zip", "--out", "again", *LOCAL)
    assert status == 0 and "files are the same" in out
    assert pl.read_parquet("again/failures.parquet").height == 2


def test_a_package_that_is_installed_is_named_and_not_copied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = {"class": "mesa.examples:Schelling", "rounds": 2, "measures": ["happy"]}
    study = {
        "model": model,
        "factors": {"density": {"low": 0.5, "high": 0.8}, "homophily": {"low": 0.2, "high": 0.6}},
        "replicates": 2,
    }
    (tmp_path / "segregation.yaml").write_text(yaml.safe_dump(study))
    assert (
        run(
            "study",
            "segregation.yaml",
            "design=morris",
            "design.trajectories=4",
            "--out",
            "out",
            *LOCAL,
            "--quiet",
        )
        == 0
    )
    assert run("sensitivity", "out") == 0
    assert run("package", "out") == 0
    with zipfile.ZipFile("out.zip") as archive:
        assert [name for name in archive.namelist() if name.startswith("inputs/")] == [
            "inputs/segregation.yaml"
        ]
        assert "Mesa==" in archive.read("environment/requirements.txt").decode()
    assert run("rebuild", "out.zip", "--figures-only", "--out", "again") == 0


# --- what is refused -----------------------------------------------------------------------------------------------------


def test_data_stay_at_home_unless_asked_for(here, capsys):
    status, out, _ = said(capsys, "package", "out")
    assert status == 0 and "only their checksums" in out
    with zipfile.ZipFile("out.zip") as archive:
        assert "inputs/data/organisations.csv" not in archive.namelist()
        archive.extractall("away")
    status, _, err = said(capsys, "rebuild", "away", "--out", "again")
    assert (
        status == 2
        and compute_entry_checksum(here / "data/organisations.csv") in err
        and "at inputs/data/organisations.csv" in err
    )


def test_files_that_changed_since_they_were_made_are_refused(here, capsys):
    before = (here / "out" / "table_points.csv").read_bytes()
    (here / "out" / "table_points.csv").write_bytes(before + b"\n")
    assert (
        "table_points.csv changed since it was made; `overbruggen resume out` makes it again"
        in said(capsys, "package", "out")[2]
    )
    (here / "out" / "table_points.csv").write_bytes(before)
    (here / "my_rules.py").write_text(RULES.replace("min", "max"))
    assert "out holds other runs than its study would do now" in said(capsys, "package", "out")[2]
    assert not (here / "out.zip").exists()


def test_a_figure_of_earlier_results_is_refused(here, capsys):
    assert run("resume", "out", "imitation.rate=0.0,0.2", *LOCAL, "--quiet") == 0
    assert (
        "was made of earlier results; `overbruggen figures out --kind interaction"
        in said(capsys, "package", "out")[2]
    )
    assert run("figures", "out", *KIND) == 0
    assert run("package", "out") == 0


def test_a_command_is_noted_once_with_what_it_made_last(here):
    assert run("figures", "out", "--journal", "nature") == 0
    assert run("figures", "out", *KIND) == 0
    made = read_provenance(here / "out")
    assert [entry.command[0] for entry in made] == ["study", "figures", "figures"]
    assert (
        made[1].command == ("figures", "FOLDER", "--journal", "nature", "--columns", "2")
        and "mine.pdf" in made[1].files
    )
    names = [name for entry in made for name in entry.files]
    assert len(names) == len(set(names))


def incomplete(here):
    manifest = here / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"complete": true', '"complete": false'))


def damaged(here):
    (here / "out" / "runs.parquet").write_bytes(b"PAR1")


def of_before(here):
    (here / "out" / "provenance.json").unlink()


def other_packages(here):
    manifest = here / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"numpy": "', '"numpy": "0.'))


def other_model(here):
    manifest = here / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "', '"version": "0'))


def of_a_run(here):
    manifest = here / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"kind": "study"', '"kind": "run"'))


def archive_there(here):
    (here / "out.zip").touch()


@pytest.mark.parametrize(
    ("change", "words", "sentence"),
    [
        (None, ["nowhere"], "nowhere does not exist, so it is no results folder"),
        (None, ["data"], "data is no results folder"),
        (incomplete, ["out"], "out is incomplete"),
        (damaged, ["out"], "runs.parquet cannot be read"),
        (of_before, ["out"], "does not say which commands made it"),
        (other_packages, ["out"], "was made with numpy 0."),
        (other_model, ["out"], "was begun with model version"),
        (of_a_run, ["out"], "out holds one run and no study"),
        (archive_there, ["out"], "exists already; give another file with --out, or --overwrite"),
        (None, ["out", "--out", "data"], "data is a folder; give a file"),
        (None, ["out", "--out", "out/out.zip"], "lies in the folder that is packaged"),
        (None, ["out", "--out", "mine.yaml/x.zip"], "cannot be written"),
        (None, ["out", "--license", "for all"], "--license is for all; allowed"),
    ],
)
def test_what_cannot_be_packaged_is_said_in_one_sentence(change, words, sentence, here, capsys):
    if change is not None:
        change(here)
    before = sorted(path for path in here.rglob("*"))
    status, _, err = said(capsys, "package", *words)
    assert status == 2 and sentence in err and len(err.splitlines()) == 1
    assert sorted(path for path in here.rglob("*")) == before


def test_own_code_named_by_a_place_of_this_machine_is_refused(here, capsys):
    measure = f"run.measures=[core,{here}/my_rules.py:richest]"
    assert (
        run(
            "study",
            "mine.yaml",
            measure,
            "imitation.rule=success",
            "imitation.rate=0.1",
            "--out",
            "abs",
            *LOCAL,
            "--quiet",
        )
        == 0
    )
    status, _, err = said(capsys, "package", "abs")
    assert status == 2 and f"run.measures names {here}/my_rules.py, a place of this machine" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.zip"], "nowhere.zip does not exist"),
        (["mine.yaml"], "mine.yaml cannot be unpacked"),
        (["data"], "data is no replication archive"),
        (["all.zip", "--out", "data"], "exists already"),
        (["all.zip", "--out", "data", "--figures-only"], "exists already"),
        (["all.zip", "--workers", "0"], "--workers is 0; allowed: 1 or more"),
    ],
)
def test_what_cannot_be_rebuilt_is_said_in_one_sentence(words, sentence, here, capsys):
    status, _, err = said(capsys, "rebuild", *words)
    assert status == 2 and sentence in err and len(err.splitlines()) == 1
