"""A study with user-defined rules, organisations and a figure, and its archive, for tests."""

import yaml

from experiments.__main__ import main
from tests.studies import run

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
PACKAGE = ("package", "out", "--with-data", "--author", "A. Ünal", "--license", "CC-BY-4.0")


def write_study_files(folder):
    """Write the files from which the study starts."""
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


def archive_study():
    """Run the study in the present folder, extend it by a level, draw a figure, and package it."""
    assert run("study", "mine.yaml", "--out", "out", *LOCAL, "--quiet") == 0
    assert run("resume", "out", "imitation.rate=0.0,0.1,0.2", *LOCAL, "--quiet") == 0
    assert run("figures", "out", *KIND) == 0
    assert run(*PACKAGE, "--out", "all.zip") == 0


def run_and_capture(capsys, *words):
    """Return the exit status of a command, its output on one line, and its error."""
    capsys.readouterr()
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, " ".join(out.split()), err.strip()
