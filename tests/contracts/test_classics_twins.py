"""Each classic beside its plain twin: the same distribution of outcomes. A correct model fails each comparison for one seed in 10,000."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, ttest_ind

from sim.classics.registry import classic
from tests.reference.classics.axelrod_1997 import PlainAxelrod1997
from tests.reference.classics.barkoczi_galesic_2016 import PlainBarkocziGalesic2016
from tests.reference.classics.hong_page_2004 import PlainHongPage2004
from tests.reference.classics.lazer_friedman_2007 import PlainLazerFriedman2007
from tests.reference.classics.march_1991 import PlainMarch1991
from tests.reference.classics.zollman_2010 import PlainZollman2010

FALSE_ALARM = 1e-4
SEARCH = {"n": 8, "k": 3, "agents": 20}
TEAM = {"n": 60, "l": 5, "agents": 4}
CULTURE = {"side": 5, "features": 3, "traits": 5}
SCIENCE = {"agents": 6, "pulls": 50, "gap": 0.03}
CASES = (
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.3, "p2": 0.5}, "code_score", "code_score", 12),
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.9, "p2": 0.1}, "code_score", "code_score", 5),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, SEARCH, "payoff", "mean_payoff", 6),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "conformity"}, "payoff", "mean_payoff", 8),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "individual"}, "payoff", "mean_payoff", 8),
    ("lazer_friedman_2007", PlainLazerFriedman2007, SEARCH, "payoff", "mean_payoff", 4),
    ("lazer_friedman_2007", PlainLazerFriedman2007, {**SEARCH, "network": "line"}, "payoff", "mean_payoff", 8),
    ("hong_page_2004", PlainHongPage2004, TEAM, "performance", "performance", 1),
    ("hong_page_2004", PlainHongPage2004, {**TEAM, "team": "best"}, "performance", "performance", 8),
    ("hong_page_2004", PlainHongPage2004, {**TEAM, "team": "best"}, "diversity", "diversity", 1),
    ("hong_page_2004", PlainHongPage2004, {**TEAM, "smoothness": 4}, "performance", "performance", 8),
    ("axelrod_1997", PlainAxelrod1997, CULTURE, "regions", "regions", 15),
    ("axelrod_1997", PlainAxelrod1997, {**CULTURE, "activation": "shuffled"}, "regions", "regions", 15),
    ("axelrod_1997", PlainAxelrod1997, CULTURE, "regions", "regions", 200),
    ("zollman_2010", PlainZollman2010, SCIENCE, "better_share", "better_share", 20),
    ("zollman_2010", PlainZollman2010, {**SCIENCE, "network": "ring"}, "better_share", "better_share", 40),
    ("zollman_2010", PlainZollman2010, {**SCIENCE, "network": "wheel"}, "expected_better", "expected_better", 40),
)


@pytest.mark.parametrize(("name", "twin", "settings", "measure", "theirs", "rounds"), CASES)
def test_the_twin_gives_the_same(name, twin, settings, measure, theirs, rounds):
    ours = np.array([getattr(classic(name)(rng=seed, **settings).run(rounds), measure) for seed in range(400)])
    plain = []
    for seed in range(150):
        model = twin(rng=seed, **settings)
        for _ in range(rounds):
            model.step()
        plain.append(getattr(model, theirs))
    ours, plain = np.round(ours, 9), np.round(plain, 9)  # what can take few values alone is the same number on both sides
    assert ttest_ind(ours, plain, equal_var=False).pvalue > FALSE_ALARM
    assert ks_2samp(ours, plain).pvalue > FALSE_ALARM
