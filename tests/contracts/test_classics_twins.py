"""Each classic beside its plain twin: the same distribution of outcomes. A correct model fails each comparison for one seed in 10,000."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, ttest_ind

from sim.classics.registry import classic
from tests.reference.classics.barkoczi_galesic_2016 import PlainBarkocziGalesic2016
from tests.reference.classics.fang_lee_schilling_2010 import PlainFangLeeSchilling2010
from tests.reference.classics.guimera_2005 import PlainGuimera2005
from tests.reference.classics.lazer_friedman_2007 import PlainLazerFriedman2007
from tests.reference.classics.march_1991 import PlainMarch1991
from tests.reference.classics.tomasello_2017 import PlainTomasello2017

FALSE_ALARM = 1e-4
SEARCH = {"n": 8, "k": 3, "agents": 20}
FIRMS = {"agents": 50, "acceptance": "threshold", "spread": 0.7}
GROUPS = {"individuals": 28, "group": 7, "dimensions": 24, "bundle": 3}
TEAMS = {"p": 0.5, "idle": 20}
CASES = (
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.3, "p2": 0.5}, "code_score", "code_score", 12),
    ("march_1991", PlainMarch1991, {"dimensions": 15, "individuals": 20, "p1": 0.9, "p2": 0.1}, "code_score", "code_score", 5),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, SEARCH, "payoff", "mean_payoff", 6),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "conformity"}, "payoff", "mean_payoff", 8),
    ("barkoczi_galesic_2016", PlainBarkocziGalesic2016, {**SEARCH, "rule": "individual"}, "payoff", "mean_payoff", 8),
    ("lazer_friedman_2007", PlainLazerFriedman2007, SEARCH, "payoff", "mean_payoff", 4),
    ("lazer_friedman_2007", PlainLazerFriedman2007, {**SEARCH, "network": "line"}, "payoff", "mean_payoff", 8),
    ("fang_lee_schilling_2010", PlainFangLeeSchilling2010, {**GROUPS, "beta": 0.3}, "payoff", "payoff", 12),
    ("fang_lee_schilling_2010", PlainFangLeeSchilling2010, {**GROUPS, "beta": 0.3, "majority": "all"}, "payoff", "payoff", 12),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.0}, "largest_share", "largest_share", 60),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.9}, "repeated", "repeated", 60),
    ("guimera_2005", PlainGuimera2005, {**TEAMS, "q": 0.9, "collaborators": "any"}, "largest_share", "largest_share", 60),
    ("tomasello_2017", PlainTomasello2017, {"agents": 50, "q": 0.6}, "mean_size", "mean_size", 100),
    ("tomasello_2017", PlainTomasello2017, FIRMS, "mean_size", "mean_size", 100),
    ("tomasello_2017", PlainTomasello2017, {**FIRMS, "thresholds": "fitness", "benefit": "sum", "a_c": 1.0}, "pull", "pull", 100),
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
    assert ttest_ind(ours, plain, equal_var=False).pvalue > FALSE_ALARM
    assert ks_2samp(ours, plain).pvalue > FALSE_ALARM
