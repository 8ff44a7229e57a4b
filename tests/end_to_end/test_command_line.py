"""The command line as a user meets it: results, and one clear sentence for everything that is
wrong.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
import yaml

from experiments.__main__ import main
from experiments.cli.commands import COMMANDS
from experiments.design.study_file import list_study_names
from experiments.store import files as store
from experiments.store.files import create_results_folder, write_table
from sim.errors import InputError

SMALL = ["population.organisations=20", "run.rounds=10"]


def run(capsys, *arguments):
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


def test_run_writes_everything(tmp_path, capsys):
    folder = tmp_path / "one"
    status, out, _ = run(
        capsys, "run", "structure=hub", "imitation.rate=0.1", *SMALL, "--out", str(folder)
    )
    assert status == 0
    assert "joint_value" in out
    names = {path.name for path in folder.iterdir()}
    tables = {
        f"{table}.parquet"
        for table in ("rounds", "events", "challenges", "organisations", "members")
    }
    assert names == tables | {
        "config.yaml",
        "manifest.json",
        *(f"run.{kind}" for kind in ("png", "csv", "md", "tex")),
    }
    assert len(pl.read_parquet(folder / "rounds.parquet")) == 10
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["command"].startswith("overbruggen run structure=hub")
    assert manifest["seed"] == 1
    before = (folder / "run.png").read_bytes()
    assert run(capsys, "figures", str(folder))[0] == 0
    assert (folder / "run.png").read_bytes() == before
    assert (folder / "run.pdf").exists() and (folder / "run.svg").exists()


def test_study_is_the_same_whatever_the_workers(tmp_path, capsys):
    words = [
        "structure_and_imitation",
        *SMALL,
        "structure=hub,alliance",
        "imitation.rate=0,0.1",
        "production.depth=2",
        "replicates=3",
    ]
    tables = []
    for workers in (1, 2):
        folder = tmp_path / f"workers{workers}"
        status, out, _ = run(
            capsys, "study", *words, "--workers", str(workers), "--out", str(folder)
        )
        assert status == 0
        assert "hub" in out
        assert "loss by imitation" in out.replace("\n", " ")
        tables.append((folder / "runs.parquet").read_bytes())
        assert (folder / "joint_value_and_synergy.pdf").exists()
    assert tables[0] == tables[1]
    runs = pl.read_parquet(folder / "runs.parquet")
    assert runs.shape[0] == 12
    assert runs.group_by("replicate").agg(pl.col("seed").n_unique())["seed"].to_list() == [1, 1, 1]


WRONG = {
    ("run", "imitation.rat=0.1"): [
        "imitation.rat is not a parameter",
        "Did you mean imitation.rate?",
    ],
    ("run", "imitaton=success"): ["imitaton is not a parameter", "Did you mean imitation?"],
    ("run", "structure=hubb"): ["structure=hubb", "Did you mean hub?"],
    ("run", "structure=hub,alliance"): [
        "structure=hub,alliance gives several values",
        "overbruggen study NAME structure=hub,alliance",
    ],
    ("run", "imitation.rate=0,0.1"): ["imitation.rate=0,0.1 gives several values"],
    ("run", "challenge.breadths=3"): ["challenge.breadths is 3", "list of {lowest: whole number"],
    ("run", "trust=high"): ["trust is a group", "trust.initial"],
    ("run", "imitation.rate=1.5"): ["imitation.rate is 1.5", "at most 1"],
    ("run", "imitation.rate=often"): ["imitation.rate is 'often'", "number"],
    ("run", "imitation.rate=nan"): ["imitation.rate is nan", "finite"],
    ("run", "search.cost=inf"): ["search.cost is inf", "finite"],
    ("run", "population.domains=6"): ["challenge.breadths goes up to 8", "population.domains is 6"],
    ("run", "population.organisations=0"): ["population.organisations is 0", "at least 1"],
    ("run", "run.rounds=0"): ["run.rounds is 0", "at least 1"],
    ("run", "structure.max_size=1"): ["structure.max_size is 1", "at least 2"],
    ("run", "structure.min_size=9"): ["structure.min_size is 9", "structure.max_size 5"],
    ("run", "structure.mediator_understanding=0.5"): [
        "structure.mediator_understanding is 0.5",
        "mediated",
    ],
    ("run", "structure.topology=mediated"): [
        "structure.mediator_understanding is None",
        "mediated",
    ],
    ("run", "structure.topology=triangle"): ["structure.topology is triangle", "allowed"],
    ("run", "production.pooling=bestt"): ["production.pooling is bestt", "Did you mean best?"],
    ("run", "run.seed=-1"): ["run.seed is -1", "at least 0"],
    ("run", "run.seed=18446744073709551616"): ["run.seed is 18446744073709551616", "at most"],
    ("run", "population.ledger_slots=3"): ["population.ledger_slots is 3", "structure.max_size 5"],
    ("run", "population=file"): ["population.path"],
    ("run", "population=file", "population.path=nowhere.csv"): ["nowhere.csv", "does not exist"],
    ("run", "nonsense"): ["nonsense is not an override"],
    ("study", "structure_and_imitaton"): [
        "structure_and_imitaton is not a study",
        "Did you mean structure_and_imitation?",
    ],
    ("study",): ["study needs a name", "overbruggen study --list"],
    ("study", "openness", "--list"): ["--list shows all studies and openness is one"],
    ("study", "structure_and_imitation", "imitation.rate=0,2"): [
        "imitation.rate is 2",
        "at most 1",
    ],
    ("study", "structure_and_imitation", "seed=-3"): ["seed is -3"],
    ("study", "structure_and_imitation", "replicates=0"): ["replicates is 0"],
    ("study", "alone_or_together", "challenges=wide"): [
        "challenges=wide is not a scenario",
        "narrow, broad",
    ],
    ("run", "run.rounds=5", "run.record_every=6"): ["run.record_every is 6", "run.rounds 5"],
    ("study", "structure_and_imitation", "--workers", "0"): ["--workers is 0"],
    ("describe", "trst"): ["trst is not a group", "Did you mean trust?"],
    ("figures", "no/such/folder"): ["not a results folder"],
    ("study", "structure_and_imitation", "structure=hub,hub"): [
        "structure has the level hub twice"
    ],
    ("study", "structure_and_imitation", "imitation.rate=0,0.0"): [
        "imitation.rate has the level 0.0 twice"
    ],
    ("study", "structure_and_imitation", "seed=1", "seed=2"): [
        "seed is given twice, as seed=1 and seed=2"
    ],
    ("study", "structure_and_imitation", "replicates=99999999999"): [
        "replicates is 99999999999",
        "1 to 10,000,000",
    ],
    ("run", "trust.gain=0.1", "trust.gain=0.2"): [
        "trust.gain is given twice, as trust.gain=0.1 and trust.gain=0.2"
    ],
    ("run", "structure.term=99999999999"): ["structure.term is 99999999999", "at most 1000000000"],
    ("run", "challenge.deadline=3000000000"): [
        "challenge.deadline is 3000000000",
        "at most 1000000000",
    ],
    ("run", "structure=mixed", "structure.max_size=3"): [
        "structure.max_size is 3, which has no effect beside structure.mix"
    ],
    ("run", "structure.mix={hub: 1}"): [
        "structure.name is alliance, the name of one form",
        "start from structure=mixed",
    ],
    ("run", "population.sectors.care=2"): [
        "would leave one sector alone",
        "population.sectors={care: 2, education: 1}",
    ],
    ("run", "population.sectors={care: true}"): ["population.sectors is", "no true or false"],
    ("run", "imitation.rate=true"): ["imitation.rate is True", "no true or false", "at most 1"],
    ("run", "run.rounds=true"): ["run.rounds is True", "whole number"],
    ("run", "structure.name=é"): ["structure.name=é cannot be read", "'structure.name=\"é\"'"],
    ("run", "structure.name=${x}"): ["structure.name=${x} cannot be put together"],
    ("run", "imitation.rate==5"): [
        "imitation.rate==5 has more than one equals sign; write imitation.rate=5"
    ],
}


@pytest.mark.parametrize("words", WRONG)
def test_bad_input_gets_one_clear_sentence(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *words)
    assert status == 2
    assert "Traceback" not in err
    for expected in WRONG[words]:
        assert expected in err, err
    assert len(err.strip().splitlines()) == 1
    assert "http" not in err
    assert not list(tmp_path.rglob("*.parquet"))


def test_overrides_may_follow_an_option(tmp_path, capsys):
    assert run(capsys, "run", "structure=hub", "--out", str(tmp_path / "one"), *SMALL)[0] == 0
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert shlex.split(manifest["command"]) == [
        "overbruggen",
        "run",
        "structure=hub",
        "--out",
        str(tmp_path / "one"),
        *SMALL,
    ]
    words = [
        "study",
        "--workers",
        "1",
        "alone_or_together",
        "--out",
        str(tmp_path / "two"),
        *SMALL,
        "challenges=broad",
        "structure=alone",
    ]
    assert run(capsys, *words, "replicates=2")[0] == 0
    with pytest.raises(SystemExit) as left:
        main(["run", *SMALL, "--fast"])
    assert left.value.code == 2
    assert "unrecognized arguments: --fast" in capsys.readouterr().err


def test_a_given_mix_is_the_whole_mix(tmp_path, capsys):
    assert (
        run(
            capsys,
            "run",
            "structure=mixed",
            "structure.mix={hub: 1, alliance: 2}",
            *SMALL,
            "--out",
            str(tmp_path / "one"),
        )[0]
        == 0
    )
    assert yaml.safe_load((tmp_path / "one" / "config.yaml").read_text())["structure"]["mix"] == {
        "hub": 1.0,
        "alliance": 2.0,
    }


def test_all_studies_are_listed_within_eighty_columns_without_compiling():
    """Every study loads, has its name whole on a line, and nothing that is slow to import is
    imported.
    """
    heavy = (
        "[name for name in ('matplotlib', 'SALib', 'mesa', 'sim.model', 'sim.engine') if name in"
        " sys.modules]"
    )
    code = (
        "import sys; from experiments.__main__ import main; main(['study', '--list']);"
        f" print({heavy})"
    )
    environment = {**os.environ, "COLUMNS": "80"}
    *lines, imported = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    assert imported == "[]"
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0]: line for line in lines if " x " in line and " = " in line}
    assert sorted(rows) == list_study_names()
    assert re.split(r"\s{2,}", rows["openness"].strip()) == [
        "openness",
        "128 x 30 = 3,840",
        "full factorial",
    ]
    assert re.split(r"\s{2,}", rows["turbulence_and_persistence"].strip())[1] == "7"


CUT_OR_WIDENED = {
    "structure_and_imitation": [
        "structure=hub,alliance",
        "imitation.rate=0,0.1",
        "production.depth=2",
        "structure.link_cost=0,0.1",
    ],
    "size_and_topology": ["size=3", "topology=star"],
    "coordination_and_imitation": ["imitation.rate=0.1"],
    "turbulence_and_persistence": ["environment.turbulence=0.1", "structure.persistence=0"],
}


@pytest.mark.parametrize("study", CUT_OR_WIDENED)
def test_runs_are_kept_when_the_tables_of_a_study_cannot_be_made(study, tmp_path, capsys):
    folder = tmp_path / "study"
    status, out, err = run(
        capsys,
        "study",
        study,
        *CUT_OR_WIDENED[study],
        *SMALL,
        "replicates=2",
        "--workers",
        "1",
        "--out",
        str(folder),
    )
    assert (status, err) == (0, "")
    assert f"The tables of {study} need the complete study" in out
    assert "Points of the design" in out
    assert len(pl.read_parquet(folder / "runs.parquet")) > 1
    assert run(capsys, "figures", str(folder))[0] == 0


def test_an_own_measure_does_not_replace_a_column_of_the_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("def replicate(model):\n    return 1\n")
    status, _, err = run(
        capsys, "study", "alone_or_together", "run.measures=[core,own.py:replicate]"
    )
    assert (status, "has a column replicate already" in err) == (2, True)


ORIGIN = {
    "overbruggen": "0.1.0",
    "commit": None,
    "command": "",
    "seed": 1,
    "started": "2024-01-01T00:00:00Z",
    "ended": "2024-01-01T00:00:01Z",
    "python": "",
    "machine": "",
    "packages": {},
}
STUDY = {
    "kind": "study",
    "study": "reflection",
    "factors": ["structure"],
    "overrides": [],
    "version": "",
    "complete": True,
    "runs": 1,
    "failed": 0,
}


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("[1]", "is not a manifest that `overbruggen` wrote, or was damaged"),
        ("{", "is not a manifest that `overbruggen` wrote, or was damaged"),
        (json.dumps(ORIGIN | {"kind": "study"}), "damaged (study: Field required)"),
        (json.dumps(ORIGIN | STUDY), "runs.parquet has no column structure"),
        (json.dumps(ORIGIN | STUDY | {"complete": False}), "is incomplete"),
        (json.dumps(ORIGIN | {"kind": "run"}), "rounds.parquet lacks columns"),
    ],
)
def test_figures_of_a_folder_that_is_not_ours(manifest, sentence, tmp_path, capsys):
    (tmp_path / "manifest.json").write_text(manifest)
    for name in ("runs", "rounds"):
        pl.DataFrame({"other": [1]}).write_parquet(tmp_path / f"{name}.parquet")
    status, _, err = run(capsys, "figures", str(tmp_path))
    assert (status, len(err.strip().splitlines())) == (2, 1)
    assert sentence in err


def test_only_errors_of_writing_are_said_to_be_such(tmp_path):
    with (
        pytest.raises(OSError, match="the computation"),
        create_results_folder(tmp_path / "one", False),
    ):
        raise OSError("the computation")
    with (
        pytest.raises(InputError, match="cannot be written"),
        create_results_folder(tmp_path / "one", False) as draft,
    ):
        write_table(pl.DataFrame({"a": [1]}), draft / "no" / "such.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_commit_is_reported_for_a_checkout_of_this_project_alone(tmp_path, monkeypatch):
    def git(*words):
        done = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *words]
        subprocess.run(done, cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "experiments" / "store").mkdir(parents=True)
    monkeypatch.setattr(store, "__file__", str(tmp_path / "experiments" / "store" / "files.py"))
    git("init")
    (tmp_path / "pyproject.toml").write_text('name = "other"')
    git("add", ".")
    git("commit", "-m", "first")
    assert store.find_commit() is None
    (tmp_path / "pyproject.toml").write_text('name = "overbruggen"')
    assert re.fullmatch("[0-9a-f]{40}-dirty", store.find_commit() or "")
    git("commit", "-am", "second")
    assert re.fullmatch("[0-9a-f]{40}", store.find_commit() or "")


def test_existing_or_unwritable_folder(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "mine"))
    assert (status, "exists already" in err) == (2, True)
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "mine"), "--overwrite")
    assert (status, "not a results folder" in err) == (2, True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"
    (tmp_path / "file").write_text("")
    status, _, err = run(capsys, "run", *SMALL, "--out", str(tmp_path / "file" / "below"))
    assert (status, "cannot be written" in err) == (2, True)


def test_describe_shows_every_parameter_of_a_group(capsys):
    status, out, _ = run(capsys, "describe", "trust", "--markdown")
    assert status == 0
    assert "| trust.gain | gamma_up | number, at least 0, at most 1 | 0.1 | per round |" in out


def test_describe_measures(capsys):
    status, out, _ = run(capsys, "describe", "measures")
    assert status == 0
    assert "synergy_half_life" in out


def test_a_mixed_population_is_shown_by_form_and_events_stream(tmp_path, capsys, monkeypatch):
    words = ["run", "structure=mixed", "population.organisations=40", "run.rounds=60"]
    status, out, _ = run(capsys, *words, "--out", str(tmp_path / "whole"))
    assert status == 0
    assert "By form" in out
    monkeypatch.setattr("experiments.run.EVENTS_IN_MEMORY", 3)
    assert run(capsys, *words, "--out", str(tmp_path / "streamed"))[0] == 0
    whole, streamed = (
        pl.read_parquet(tmp_path / name / "events.parquet") for name in ("whole", "streamed")
    )
    assert streamed.equals(whole)
    assert not list((tmp_path / "streamed").glob(".events*"))


def test_scenarios_make_points_and_events_are_kept(tmp_path, capsys):
    few = [*SMALL, "replicates=2", "--workers", "1"]
    assert (
        run(
            capsys,
            "study",
            "distance_and_bridging",
            "learning.bridging_start=0.1,0.9",
            *few,
            "--out",
            str(tmp_path / "s"),
        )[0]
        == 0
    )
    events = pl.read_parquet(tmp_path / "s" / "events.parquet")
    assert events["learning.bridging_start"].unique().sort().to_list() == [0.1, 0.9]
    assert (
        run(
            capsys,
            "study",
            "alone_or_together",
            "challenges=broad",
            "structure=alone",
            *few,
            "--out",
            str(tmp_path / "b"),
        )[0]
        == 0
    )
    assert pl.read_parquet(tmp_path / "b" / "runs.parquet")["challenges"].unique().to_list() == [
        "broad"
    ]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(tmp_path, number, status):
    words = [
        sys.executable,
        "-m",
        "experiments",
        "run",
        "run.rounds=5000000",
        "run.record_every=1000",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, out + err
    assert "Interrupted" in out
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_within_code_given_as_text_keeps_its_status(tmp_path):
    act = "exec('import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(5)')"
    (tmp_path / "interrupted.py").write_text(
        "import sys\nfrom experiments import __main__\n__main__.COMMANDS['describe'] = lambda"
        f" *given: {act}\nsys.exit(__main__.main(['describe']))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, "Interrupted" in ended.stdout, ended.stderr) == (143, True, "")


def test_a_library_that_stumbles_over_the_signal_does_not_hide_it(capsys, monkeypatch):
    def stumble(*given):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        finally:
            raise RuntimeError("a file that was never opened cannot be closed")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setitem(COMMANDS, "describe", stumble)
    status, out, err = run(capsys, "describe")
    assert (status, "Interrupted" in out, err) == (143, True, "")
    assert signal.getsignal(signal.SIGTERM) == before


def test_full_disk_gets_a_sentence_and_leaves_nothing(tmp_path, capsys):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    try:
        status, _, err = run(capsys, "run", *SMALL, "--out", str(disk / "one"))
        assert (status, "the disk is full" in err) == (2, True)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)
