"""One clear sentence for every wrong command."""

import pytest

from tests.command_line import run_command

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
        "would leave only one sector",
        "population.sectors={care: 2, education: 1}",
    ],
    ("run", "population.sectors={care: true}"): ["population.sectors is", "no true or false"],
    ("run", "imitation.rate=true"): ["imitation.rate is True", "no true or false", "at most 1"],
    ("run", "run.rounds=true"): ["run.rounds is True", "whole number"],
    ("run", "structure.name=é"): ["structure.name=é cannot be read", "'structure.name=\"é\"'"],
    ("run", "structure.name=${x}"): ["structure.name=${x} cannot be composed"],
    ("run", "imitation.rate==5"): [
        "imitation.rate==5 has more than one equals sign; write imitation.rate=5"
    ],
}


@pytest.mark.parametrize("words", WRONG)
def test_bad_input_gets_one_clear_sentence(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run_command(capsys, *words)
    assert status == 2
    assert "Traceback" not in err
    for expected in WRONG[words]:
        assert expected in err, err
    assert len(err.strip().splitlines()) == 1
    assert "http" not in err
    assert not list(tmp_path.rglob("*.parquet"))


def test_an_own_measure_does_not_replace_a_column_of_the_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("def replicate(model):\n    return 1\n")
    status, _, err = run_command(
        capsys, "study", "alone_or_together", "run.measures=[core,own.py:replicate]"
    )
    assert (status, "has a column replicate already" in err) == (2, True)
