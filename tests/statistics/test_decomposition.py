"""Shapley's division and the decomposition of joint value: known answers."""

import numpy as np
import polars as pl
import pytest

from analysis.decomposition import Form, accounts, compute_team_values, decomposition
from analysis.erosion import (
    compute_run_courses,
)
from analysis.errors import AnalysisError
from analysis.shapley import causes, compute_shapley_values
from experiments.design import load_study
from experiments.run_study import run_study_in_memory
from sim.config import Config
from sim.model import CollaborationModel
from sim.observation.outcomes import compute_erosion_outcomes as course_of_the_model
from sim.presets import load_forms, load_structure
from tests.reference.twin import TwinModel
from tests.statistics.tidy_tables import factorial

FORMS = {"alliance": Form(0.3, 0.3), "platform": Form(0.3, 0.2, 0.8), "alone": Form(0.0, 0.0)}


def play_series(replicates=3, **groups):
    """Rounds of small runs of the model, per form and rate."""
    parts = []
    for form in FORMS:
        for rate in (0.0, 0.2):
            for r in range(replicates):
                values = {
                    "population": {"organisations": 30},
                    "run": {"rounds": 40, "seed": r},
                    "imitation": {"rate": rate},
                    **groups,
                }
                values["structure"] = load_structure(form).model_dump()
                model = CollaborationModel(Config.model_validate(values)).run()
                labels = {
                    "structure": form,
                    "imitation.rate": rate,
                    "replicate": r,
                    "seed": r,
                    "run": f"{form}{rate}{r}",
                }
                parts.append(
                    model.rounds_table().with_columns(
                        **{name: pl.lit(value) for name, value in labels.items()}
                    )
                )
    return pl.concat(parts)


@pytest.fixture(scope="module")
def series():
    return play_series()


def test_shapley_of_known_games():
    """The glove game (one left, two right gloves) has the values 2/3, 1/6, 1/6 (Shapley 1953).

    A product of two divides evenly what both do together.
    """
    gloves = compute_shapley_values(lambda on: np.array([float(on[0] and (on[1] or on[2]))]), 3)
    assert [float(share[0]) for share in gloves] == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    product = compute_shapley_values(
        lambda on: np.array([(2.0 if on[0] else 1.0) * (5.0 if on[1] else 1.0)]), 2
    )
    assert [float(share[0]) for share in product] == pytest.approx([3.0, 6.0])
    with pytest.raises(AnalysisError, match="causes"):
        compute_shapley_values(lambda on: np.zeros(1), 0)


def test_causes_add_up_and_share_what_they_do_together():
    runs = factorial(
        {"a": [0, 1], "b": [0, 1]}, lambda r, a, b: r + 2 * a + 3 * b + 4 * a * b + r * a, 5
    )
    table = causes(runs, {"a": (0, 1), "b": (0, 1)}, "y")
    assert table["value"].to_list() == pytest.approx([2 + 2 + 2, 3 + 2, 11])
    assert table.filter(part="a")["high"][0] > table.filter(part="a")["value"][0]
    with pytest.raises(AnalysisError, match="no common seeds"):
        causes(
            factorial({"a": [0, 1], "b": [0, 1]}, lambda r, a, b: r + a, 5, common=False),
            {"a": (0, 1), "b": (0, 1)},
            "y",
        )


def test_accounts_balance_in_the_model(series):
    books = accounts(series, ["structure", "imitation.rate"])
    costs = books.select(
        pl.sum_horizontal("link_cost", "rule_cost", "setup_cost", "exit_cost", "search_cost")
    ).to_series()
    assert (
        np.abs((books["joint_value"] - books["solo"] - books["teams"] + costs).to_numpy()).max()
        < 1e-12
    )
    alone = books.filter(structure="alone")
    assert np.abs(alone["teams"].to_numpy()).max() < 1e-12
    value_alone = series.group_by("run", maintain_order=True).agg(pl.col("value_alone").mean())[
        "value_alone"
    ]
    assert (books["solo"] + books["members_alone"]).to_numpy() == pytest.approx(
        value_alone.to_numpy()
    )


def test_accounts_are_those_of_the_events_also_under_uncertainty():
    values = {
        "population": {"organisations": 30},
        "run": {"rounds": 40, "seed": 5},
        "production": {"uncertainty": 0.3},
    }
    model = CollaborationModel(Config.model_validate(values)).run()
    labels = {"replicate": 0, "seed": 5, "run": "one"}
    books = accounts(
        model.rounds_table().with_columns(
            **{name: pl.lit(value) for name, value in labels.items()}
        ),
        [],
    )
    events = model.events_table().filter(pl.col("rounds") > 0)
    net = float((events["value"] * events["rounds"]).sum()) / (30 * 40)
    alone = float(((events["value"] - events["synergy"]) * events["rounds"]).sum()) / (30 * 40)
    assert books["teams"][0] - books["link_cost"][0] - books["rule_cost"][0] == pytest.approx(net)
    assert books["members_alone"][0] == pytest.approx(alone)


@pytest.mark.parametrize(
    ("factor", "reference", "by"),
    [("imitation.rate", 0.0, "structure"), ("structure", "alone", "imitation.rate")],
)
def test_parts_add_up_to_the_difference_in_joint_value(series, factor, reference, by):
    if factor == "imitation.rate":
        series = series.filter(pl.col("structure") != "alone")
    table = decomposition(series, factor, reference, FORMS, [by])
    means = series.group_by(factor, by).agg(pl.col("joint_value").mean())
    for where, part in table.group_by(factor, by):
        pick = {factor: where[0], by: where[1]}
        expected = (
            means.filter(**pick)["joint_value"][0]
            - means.filter(**{**pick, factor: reference})["joint_value"][0]
        )
        assert part.filter(pl.col("of") != "total")["value"].sum() == pytest.approx(expected)
        assert part.filter(of="total")["value"][0] == pytest.approx(expected)
    mediated = table.filter((pl.col(by) if by == "structure" else pl.col(factor)) == "platform")
    assert (
        not mediated["part"].is_in(["alike", "bridged"]).any()
    )  # a mediator's understanding does not depend on the members


def test_decomposition_gives_each_part_its_own():
    """Invented rounds differ in one thing: trust, bridging, what is pooled, or a cost."""
    base = {"pooled": 2.0, "alike": 0.4, "bridged": 0.2, "trust": 0.5, "link_cost": 0.1}
    changes = {
        "base": {},
        "trust": {"trust": 0.7},
        "bridged": {"bridged": 0.3},
        "pooled": {"pooled": 1.0},
        "link cost": {"link_cost": 0.2},
    }
    rows = []
    for change, changed in changes.items():
        for r in range(3):
            at = base | changed
            teams = (
                (at["pooled"] + r)
                * (0.3 + 0.7 * (at["alike"] + at["bridged"]))
                * (0.2 + 0.8 * at["trust"])
            )
            members = 0.4
            row = {
                "joint_value": 0.3 + teams - at["link_cost"],
                "synergy": teams - at["link_cost"] - members,
                "link_cost": at["link_cost"],
            }
            row |= {
                "understanding_alike": at["alike"],
                "understanding_bridged": at["bridged"],
                "trust_within": at["trust"],
            }
            row |= {
                "synergy_ratio": row["synergy"] / members,
                "rule_cost": 0.0,
                "setup_cost": 0.0,
                "exit_cost": 0.0,
                "search_cost": 0.0,
            }
            rows.append(
                {
                    "change": change,
                    "structure": "hub",
                    "replicate": r,
                    "seed": r,
                    "run": f"{change}{r}",
                    "round": 0,
                    **row,
                }
            )
    table = decomposition(pl.DataFrame(rows), "change", "base", {"hub": Form(0.3, 0.2)})
    for change in list(changes)[1:]:
        found = table.filter(
            (pl.col("change") == change)
            & (pl.col("of") != "total")
            & (pl.col("value").abs() > 1e-9)
        )
        assert found["part"].to_list() == [change]
    assert table.filter(change="link cost", part="link cost")["value"][0] == pytest.approx(-0.1)


class FullyUnderstood(TwinModel):
    """The plain twin, summing what teams would make if all were understood and trusted."""

    whole = 0.0

    def saw_work(self, team, value, synergy):
        rows = [self.contributions(j, 1.0, team.challenge, len(j.teams)) for j in team.members]
        self.whole += team.challenge.unit_value * self.quality(rows, team.challenge)


NEAR = {
    "alliance": 0.06,
    "hub": 0.06,
    "network": 0.06,
    "consortium": 0.06,
    "platform": 0.1,
    "movement": 0.15,
}  # as docs/how-to-estimates.md promises


@pytest.mark.parametrize(("form", "within"), NEAR.items())
@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_pooled_expertise_is_near_that_of_the_twin(form, within, rate):
    """Pooled expertise against what the twin's teams would make with every weight 1.

    The ratios are printed with -s.
    """
    chosen = load_structure(form)
    groups = {
        "population": {"organisations": 30},
        "run": {"rounds": 40, "seed": 3},
        "imitation": {"rate": rate},
        "structure": chosen.model_dump(),
    }
    config = Config.model_validate(groups)
    labels = {"structure": form, "replicate": 0, "seed": 3, "run": form}
    rounds = (
        CollaborationModel(config)
        .run()
        .rounds_table()
        .with_columns(**{name: pl.lit(value) for name, value in labels.items()})
    )
    kinds = {form: Form(chosen.modularity, chosen.formalisation, chosen.mediator_understanding)}
    read = compute_team_values(accounts(rounds, ["structure"]), "structure", kinds, {})[1].pooled[0]
    whole = FullyUnderstood(config, load_forms(config)).run(config.run.rounds).whole / (30 * 40)
    print(
        f"{form}, rate {rate:g}: pooled expertise read {read:.3f}, in full {whole:.3f}, ratio"
        f" {read / whole:.3f}"
    )
    assert read == pytest.approx(whole, rel=within)


def test_decomposition_says_what_it_lacks(series):
    with pytest.raises(AnalysisError, match="forms lacks platform"):
        decomposition(
            series,
            "imitation.rate",
            0.0,
            {"alliance": FORMS["alliance"], "alone": FORMS["alone"]},
            ["structure"],
        )
    with pytest.raises(AnalysisError, match="no column synergy_ratio"):
        decomposition(series.drop("synergy_ratio"), "imitation.rate", 0.0, FORMS, ["structure"])


def test_courses_are_those_the_model_reports(series):
    found = compute_run_courses(series, ["structure", "imitation.rate"])
    for row in found.iter_rows(named=True):
        rounds = series.filter(run=row["run"])
        ours = course_of_the_model(
            rounds["round"].to_numpy(),
            rounds["joint_value"].to_numpy(),
            rounds["synergy"].to_numpy(),
        )
        assert (row["peak"], row["loss"]) == (ours["synergy_peak"], ours["synergy_loss"])
        assert row["half_life"] == ours["synergy_half_life"] or (
            row["half_life"] is None and np.isnan(ours["synergy_half_life"])
        )


def test_shapley_of_a_study_of_the_model():
    study = load_study(
        "formalisation_and_trust",
        [
            "replicates=3",
            "run.rounds=20",
            "population.organisations=20",
            "structure.formalisation=0,0.5",
        ],
    )
    table = causes(
        run_study_in_memory(study, 1).runs,
        {"structure.formalisation": (0.0, 0.5), "initial_trust": (0.35, 0.95)},
        "joint_value",
    )
    assert table["value"][:2].sum() == pytest.approx(table["value"][2])
