"""Each classic beside its plain twin: the same distribution of every measure.

Means by Welch's test, distributions by that of Kolmogorov and Smirnov. A correct model fails each
comparison for at most one seed in 10,000: two for each measure of each case.
"""

import numpy as np
import pytest
from scipy.stats import ks_2samp, ttest_ind

from sim.classics.registry import load_classic
from tests.reference.classics.axelrod_1997 import PlainAxelrod1997
from tests.reference.classics.barkoczi_galesic_2016 import PlainBarkocziGalesic2016
from tests.reference.classics.fang_lee_schilling_2010 import PlainFangLeeSchilling2010
from tests.reference.classics.guimera_2005 import PlainGuimera2005
from tests.reference.classics.hong_page_2004 import PlainHongPage2004
from tests.reference.classics.lazer_friedman_2007 import PlainLazerFriedman2007
from tests.reference.classics.march_1991 import PlainMarch1991
from tests.reference.classics.tomasello_2017 import PlainTomasello2017
from tests.reference.classics.zollman_2010 import PlainZollman2010

FALSE_ALARM = 1e-4
SEARCH = {"n": 8, "k": 3, "agents": 20}
FIRMS = {"agents": 50, "acceptance": "threshold", "spread": 0.7}
GROUPS = {"individuals": 28, "group": 7, "dimensions": 24, "bundle": 3}
TEAMS = {"p": 0.5, "idle": 20}
TEAM = {"n": 60, "l": 5, "agents": 4}
CULTURE = {"side": 5, "features": 3, "traits": 5}
SCIENCE = {"agents": 6, "pulls": 50, "gap": 0.03}
CASES = (  # classic, twin, settings, rounds
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.3, "p2": 0.5}, 12),
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.9, "p2": 0.1}, 5),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, SEARCH, 6),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "conformity"}, 8),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "individual"}, 8),
    ("lazer_friedman_2007", PlainLazerFriedman2007, SEARCH, 4),
    ("lazer_friedman_2007", PlainLazerFriedman2007, {**SEARCH, "network": "line"}, 8),
    ("fang_lee_schilling_2010", PlainFangLeeSchilling2010, {**GROUPS, "beta": 0.3}, 12),
    (
        "fang_lee_schilling_2010",
        PlainFangLeeSchilling2010,
        {**GROUPS, "beta": 0.3, "majority": "all"},
        12,
    ),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.0}, 60),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.9}, 60),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.9, "collaborators": "any"}, 60),
    ("tomasello_2017", PlainTomasello2017, {"agents": 50, "q": 0.6}, 100),
    ("tomasello_2017", PlainTomasello2017, FIRMS, 100),
    (
        "tomasello_2017",
        PlainTomasello2017,
        {**FIRMS, "thresholds": "fitness", "benefit": "sum", "a_c": 1.0},
        100,
    ),
    ("hong_page_2004", PlainHongPage2004, TEAM, 1),
    ("hong_page_2004", PlainHongPage2004, {**TEAM, "team": "best"}, 8),
    ("hong_page_2004", PlainHongPage2004, {**TEAM, "smoothness": 4}, 8),
    ("axelrod_1997", PlainAxelrod1997, CULTURE, 15),
    ("axelrod_1997", PlainAxelrod1997, {**CULTURE, "activation": "shuffled"}, 15),
    ("axelrod_1997", PlainAxelrod1997, CULTURE, 200),
    ("zollman_2010", PlainZollman2010, SCIENCE, 20),
    ("zollman_2010", PlainZollman2010, {**SCIENCE, "network": "ring"}, 40),
    ("zollman_2010", PlainZollman2010, {**SCIENCE, "network": "wheel"}, 40),
)


@pytest.mark.parametrize(("name", "twin", "settings", "rounds"), CASES)
def test_the_twin_gives_the_same(name, twin, settings, rounds):
    ours = [load_classic(name)(rng=seed, **settings).run(rounds) for seed in range(400)]
    plain = []
    for seed in range(150):
        model = twin(rng=seed, **settings)
        for _ in range(rounds):
            model.step()
        plain.append(model.measures())
    assert set(plain[0]) == set(load_classic(name).MEASURES)
    for measure in load_classic(name).MEASURES:
        compare(
            measure, [getattr(model, measure) for model in ours], [row[measure] for row in plain]
        )


def compare(measure, ours, plain):
    """Compare two samples; what can take few values alone is the same number on both sides, and
    what is always the same needs no test.
    """
    ours, plain = (
        np.round(np.array(ours, dtype=float), 9),
        np.round(np.array(plain, dtype=float), 9),
    )
    if len(np.unique(np.concatenate([ours, plain]))) > 1:
        assert ttest_ind(ours, plain, equal_var=False).pvalue > FALSE_ALARM, measure
        assert ks_2samp(ours, plain).pvalue > FALSE_ALARM, measure
