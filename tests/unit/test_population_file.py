"""Organisations from files: what is read, and every fault named by file, row and column."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from experiments.configuration import dump_config
from sim.config import Config, Population
from sim.errors import InputError
from sim.model import CollaborationModel
from sim.population_file import read_population

HORIZON = Path(__file__).parents[3] / "shared" / "data" / "horizon2020"
GOOD = (
    "organisation,sector,care,energy,transport\n"
    "a,public,0.5,0.2,0.1\nb,private,0,0.9,0.4\nc,public,0.3,0.3,0.3\n"
)


def population(path, **more):
    return Population.model_validate(
        {"source": "file", "path": str(path), "organisations": 0, **more}
    )


def write(folder, text, name="table.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path, **more):
    return read_population(population(path, **more), 1)


def test_reads_a_table(tmp_path):
    got = read(write(tmp_path, GOOD))
    np.testing.assert_allclose(got.expertise, [[0.5, 0.2, 0.1], [0.0, 0.9, 0.4], [0.3, 0.3, 0.3]])
    assert got.domain_names == ("care", "energy", "transport")
    assert [got.sector_names[code] for code in got.sector] == ["public", "private", "public"]


FAULTS = {
    "gap": (GOOD.replace("0.9", ""), ["row 3", "column energy", "empty"]),
    "gap in sector": (GOOD.replace("private", ""), ["row 3", "column sector", "empty"]),
    "duplicate": (GOOD + "a,public,0.1,0.1,0.1\n", ["row 5", "column organisation", "second time"]),
    "negative": (GOOD.replace("0.9", "-0.9"), ["row 3", "column energy", "-0.9", "0 to 1"]),
    "above one": (GOOD.replace("0.9", "1.9"), ["row 3", "column energy", "1.9"]),
    "text": (GOOD.replace("0.9", "much"), ["row 3", "column energy", "much"]),
    "not a number": (GOOD.replace("0.9", "nan"), ["row 3", "column energy", "nan"]),
    "infinite": (GOOD.replace("0.9", "inf"), ["row 3", "column energy", "inf"]),
    "empty file": ("", ["empty"]),
    "header only": ("organisation,sector,care\n", ["no rows"]),
    "no sector": (GOOD.replace("sector", "sectr"), ["no column sector", "Did you mean sectr?"]),
    "no identity": (GOOD.replace("organisation", "who"), ["no column organisation"]),
    "no expertise": ("organisation,sector\na,public\n", ["no column of expertise"]),
    "ragged": (
        "organisation,sector,care\na,public,0.1,0.2,0.3\n",
        ["row 2", "5 fields", "3 columns"],
    ),
    "binary": (bytes(range(256)) * 20, ["is no CSV file", "bytes that are no text"]),
    "zeros": (GOOD.encode() + bytes(20), ["is no CSV file", "bytes that are no text"]),
    "cut gzip": (gzip.compress(GOOD.encode())[:60], ["the compressed file is damaged"]),
    "column twice": (GOOD.replace("transport", "care"), ["has the column care twice"]),
    "column twice but for blanks": (
        GOOD.replace("transport", " care "),
        ["has the column care twice"],
    ),
    "column without a name": (GOOD.replace("transport", ""), ["has no name for column 5"]),
    "duplicate but for blanks": (
        GOOD + " a ,public,0.1,0.1,0.1\n",
        ["row 5", "a is here a second time"],
    ),
    "open quote": (GOOD + '"d,public,0.1,0.1,0.1\n', ["row 5", "quote"]),
    "empty line": (
        GOOD.replace("b,private", "\nb,private"),
        ["row 3", "column organisation", "empty"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(tmp_path, fault):
    text, words = FAULTS[fault]
    with pytest.raises(InputError) as error:
        read(write(tmp_path, text))
    assert "table.csv" in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_unknown_sector_and_full_budget(tmp_path):
    path = write(tmp_path, GOOD)
    with pytest.raises(
        InputError,
        match=r"row 3, column sector: private is not in population.sectors; allowed: public",
    ):
        read(path, sectors={"public": 1.0})
    with pytest.raises(InputError, match="row 3: skills sum to 1.3, above population.budget 1"):
        read(path, budget=1.0)


def test_blanks_around_cells_and_empty_lines_at_the_end_do_not_count(tmp_path):
    got, plain = (
        read(write(tmp_path, GOOD.replace("c,public", "c, public ") + "\n,,,,\n")),
        read(write(tmp_path, GOOD, "plain.csv")),
    )
    assert got.sector_names == plain.sector_names == ("private", "public")
    np.testing.assert_array_equal(got.sector, plain.sector)


def test_compressed_or_not(tmp_path):
    assert read(write(tmp_path, gzip.compress(GOOD.encode()), "table.csv.gz")).organisation_ids == (
        "a",
        "b",
        "c",
    )
    with pytest.raises(
        InputError,
        match=r"plain.csv.gz is called .gz but is not compressed; rename it to plain.csv",
    ):
        read(write(tmp_path, GOOD, "plain.csv.gz"))


def test_what_the_file_decides_is_not_given_and_what_is_given_is_checked(tmp_path):
    path = write(tmp_path, GOOD)
    with pytest.raises(
        ValueError, match="population.domains is 3, but with population.source=file the file says"
    ):
        population(path, domains=3)
    with pytest.raises(
        InputError, match="row 2, column sector: public is not in population.sectors; allowed: care"
    ):
        read(path, sectors=Population().sectors)
    config = Config.model_validate(
        {"population": {"source": "file", "path": str(path), "organisations": 0}}
    )
    again = Config.model_validate(dump_config(config))
    assert (again, again.population.model_fields_set & {"domains", "sectors"}) == (config, set())


def test_sample_is_the_same_and_in_order(tmp_path):
    path = write(tmp_path, GOOD)
    first, again = read(path, organisations=2), read(path, organisations=2)
    assert first.organisation_ids == again.organisation_ids == tuple(sorted(first.organisation_ids))
    with pytest.raises(InputError, match="population.organisations is 4, but .* has 3 usable"):
        read(path, organisations=4)


def folder_of(
    tmp_path,
    participations="project_id,organisation_id\n1,a\n2,a\n2,b\n3,b\n",
    organisations="organisation_id,sector\na,HES\nb,PRC\n",
):
    write(tmp_path, participations, "participations.csv")
    write(tmp_path, "project_id,field\n1,ICT\n2,Energy\n3,MSCA (any field)\n", "projects.csv")
    write(tmp_path, organisations, "organisations.csv")
    return tmp_path


def test_participations_give_shares_of_fields(tmp_path):
    got = read(folder_of(tmp_path), minimum_projects=1, base_skill=0.0, budget=1.0)
    assert got.domain_names == ("Energy", "ICT")
    np.testing.assert_allclose(
        got.expertise, [[0.5, 0.5], [1.0, 0.0]]
    )  # the project without a subject does not count


def test_faults_in_participations(tmp_path):
    with pytest.raises(
        InputError,
        match=r"participations.csv, row 2, column organisation_id: a is not in organisations.csv",
    ):
        read(folder_of(tmp_path, organisations="organisation_id,sector\nb,PRC\n"))
    with pytest.raises(
        InputError,
        match=r"participations.csv, row 3, column project_id: 1, a is here a second time",
    ):
        read(folder_of(tmp_path, participations="project_id,organisation_id\n1,a\n1,a\n"))
    with pytest.raises(InputError, match="5 classified projects"):
        read(folder_of(tmp_path))
    (tmp_path / "projects.csv").unlink()
    with pytest.raises(InputError, match=r"has no projects.csv"):
        read(tmp_path)


def test_missing_path_and_too_few_domains(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "nowhere.csv")
    config = Config.model_validate(
        {"population": {"source": "file", "path": str(write(tmp_path, GOOD)), "organisations": 0}}
    )
    with pytest.raises(InputError, match="challenge.breadths goes up to 8 domains, but .* has 3"):
        CollaborationModel(config)


def test_model_runs_on_a_file(tmp_path):
    values = {
        "population": {"source": "file", "path": str(write(tmp_path, GOOD)), "organisations": 0},
        "challenge": {"breadths": [{"lowest": 1, "highest": 3, "share": 1.0}]},
        "environment": {"turnover": 0.05},
        "run": {"rounds": 30},
    }
    model = CollaborationModel(Config.model_validate(values)).run()
    np.testing.assert_allclose(
        model.world.org.core, [[0.5, 0.2, 0.1], [0.0, 0.9, 0.4], [0.3, 0.3, 0.3]]
    )
    assert {o.sector for o in model.organisations} == {"public", "private"}


@pytest.mark.skipif(
    not HORIZON.is_dir(),
    reason="the Horizon 2020 extract is not beside the project (../shared/data/horizon2020)",
)
def test_horizon_2020_has_the_documented_facts():
    """The extract's README: 3,255 organisations with five or more classified projects; 4.1 fields,
    effective 3.2, top share .62.
    """
    got = read(HORIZON, base_skill=0.0, budget=1.0)
    shares = got.expertise / got.expertise.sum(axis=1, keepdims=True)
    assert len(shares) == 3255
    assert len(got.domain_names) == 16
    assert round(float((shares > 0).sum(axis=1).mean()), 1) == 4.1
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1)
    assert round(float(np.exp(entropy).mean()), 1) == 3.2
    assert round(float(shares.max(axis=1).mean()), 2) == 0.62
    assert sorted(got.sector_names) == ["HES", "OTH", "PRC", "PUB", "REC"]
