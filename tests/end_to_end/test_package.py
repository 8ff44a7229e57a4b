"""`overbruggen package`: the archive is complete and always the same; changes are refused."""

import hashlib
import json
import zipfile

import pytest

from experiments.archive.recipe import read_recipe
from experiments.archive.zip import CHECKSUMS_FILE, compute_entry_checksum, read_checksums
from experiments.store.provenance import read_provenance
from tests.archived_study import KIND, LOCAL, PACKAGE, RULES, STUDY, run_and_capture
from tests.studies import run

# --- contents -------------------------------------------------------------------------------------


def test_the_same_folder_gives_the_same_bytes_wherever_and_whenever(archived_study, working_copy):
    for path in (working_copy / "out").iterdir():
        path.touch()
    assert run(*PACKAGE, "--out", "again.zip") == 0
    assert (working_copy / "again.zip").read_bytes() == (archived_study / "all.zip").read_bytes()


def test_everything_is_in_it_and_has_its_checksum(archived_study, unpacked):
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
        for path in (archived_study / "out").iterdir()
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


def test_readme_has_question_caption_command_and_checksum_of_every_file(archived_study, unpacked):
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


def test_metadata_meets_the_requirements_of_ro_crate(unpacked):
    """Check the MUSTs of the RO-Crate Metadata Specification 1.1.

    `make crate-check` asks an independent validator.
    """
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


# --- checks ---------------------------------------------------------------------------------------


def test_data_are_included_only_on_request(working_copy, capsys):
    status, out, _ = run_and_capture(capsys, "package", "out")
    assert status == 0 and "only their checksums" in out
    with zipfile.ZipFile("out.zip") as archive:
        assert "inputs/data/organisations.csv" not in archive.namelist()
        archive.extractall("away")
    status, _, err = run_and_capture(capsys, "rebuild", "away", "--out", "again")
    assert (
        status == 2
        and compute_entry_checksum(working_copy / "data/organisations.csv") in err
        and "at inputs/data/organisations.csv" in err
    )


def test_files_that_changed_since_they_were_made_are_refused(working_copy, capsys):
    before = (working_copy / "out" / "table_points.csv").read_bytes()
    (working_copy / "out" / "table_points.csv").write_bytes(before + b"\n")
    assert (
        "table_points.csv changed since it was made; `overbruggen resume out` makes it again"
        in run_and_capture(capsys, "package", "out")[2]
    )
    (working_copy / "out" / "table_points.csv").write_bytes(before)
    (working_copy / "my_rules.py").write_text(RULES.replace("min", "max"))
    assert (
        "out holds other runs than its study would do now"
        in run_and_capture(capsys, "package", "out")[2]
    )
    assert not (working_copy / "out.zip").exists()


def test_a_figure_of_earlier_results_is_refused(working_copy, capsys):
    assert run("resume", "out", "imitation.rate=0.0,0.2", *LOCAL, "--quiet") == 0
    assert (
        "was made from earlier results; `overbruggen figures out --kind interaction"
        in run_and_capture(capsys, "package", "out")[2]
    )
    assert run("figures", "out", *KIND) == 0
    assert run("package", "out") == 0


def test_a_command_is_recorded_once_with_its_newest_files(working_copy):
    assert run("figures", "out", "--journal", "nature") == 0
    assert run("figures", "out", *KIND) == 0
    made = read_provenance(working_copy / "out")
    assert [entry.command[0] for entry in made] == ["study", "figures", "figures"]
    assert (
        made[1].command == ("figures", "FOLDER", "--journal", "nature", "--columns", "2")
        and "mine.pdf" in made[1].files
    )
    names = [name for entry in made for name in entry.files]
    assert len(names) == len(set(names))


def incomplete(working_copy):
    manifest = working_copy / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"complete": true', '"complete": false'))


def damaged(working_copy):
    (working_copy / "out" / "runs.parquet").write_bytes(b"PAR1")


def of_before(working_copy):
    (working_copy / "out" / "provenance.json").unlink()


def other_packages(working_copy):
    manifest = working_copy / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"numpy": "', '"numpy": "0.'))


def other_model(working_copy):
    manifest = working_copy / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "', '"version": "0'))


def of_a_run(working_copy):
    manifest = working_copy / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"kind": "study"', '"kind": "run"'))


def archive_there(working_copy):
    (working_copy / "out.zip").touch()


@pytest.mark.parametrize(
    ("change", "words", "sentence"),
    [
        (None, ["nowhere"], "nowhere does not exist, so it is not a results folder"),
        (None, ["data"], "data is not a results folder"),
        (incomplete, ["out"], "out is incomplete"),
        (damaged, ["out"], "runs.parquet cannot be read"),
        (of_before, ["out"], "has no record of the commands that made it"),
        (other_packages, ["out"], "was made with numpy 0."),
        (other_model, ["out"], "was begun with model version"),
        (of_a_run, ["out"], "out holds one run, not a study"),
        (archive_there, ["out"], "exists already; give another file with --out, or --overwrite"),
        (None, ["out", "--out", "data"], "data is a folder; give a file"),
        (None, ["out", "--out", "out/out.zip"], "lies in the folder that is packaged"),
        (None, ["out", "--out", "mine.yaml/x.zip"], "cannot be written"),
        (None, ["out", "--license", "for all"], "--license is for all; allowed"),
    ],
)
def test_what_cannot_be_packaged_gets_one_sentence(change, words, sentence, working_copy, capsys):
    if change is not None:
        change(working_copy)
    before = sorted(path for path in working_copy.rglob("*"))
    status, _, err = run_and_capture(capsys, "package", *words)
    assert status == 2 and sentence in err and len(err.splitlines()) == 1
    assert sorted(path for path in working_copy.rglob("*")) == before


def test_user_defined_code_with_an_absolute_path_is_refused(working_copy, capsys):
    measure = f"run.measures=[core,{working_copy}/my_rules.py:richest]"
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
    status, _, err = run_and_capture(capsys, "package", "abs")
    assert (
        status == 2 and f"run.measures is {working_copy}/my_rules.py, a path of this machine" in err
    )
