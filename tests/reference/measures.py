"""A second opinion on what is measured: the twin, keeping what happens, and every measure written
out over its objects.
"""

from itertools import combinations, permutations
from math import sqrt
from statistics import fmean

import numpy as np

from tests.reference.twin import TwinModel


def mean(values):
    """The mean, and 0 of nothing."""
    values = list(values)
    return fmean(values) if values else 0.0


class MeasuredTwin(TwinModel):
    """The plain twin with a table of measures and a table of events."""

    def __init__(self, config, forms=None):
        self.started, self.alone_this_round, self.worked, self.measured, self.ended = (
            0,
            [],
            [],
            [],
            [],
        )
        super().__init__(config, forms)

    # --- what is kept ---

    def saw_start(self, team):
        team.serial, team.history = self.started, []
        self.started += 1
        remembered = [i.slot(j) for i, j in permutations(team.members, 2)]
        team.repeat_share = mean(s is not None and s.joint > 0 for s in remembered)

    def saw_work_alone(self, organisation):
        self.alone_this_round.append(organisation.alone_quality)

    def saw_work(self, team, value, synergy):
        pairs = list(permutations(team.members, 2))
        seen = {
            "members": [j.row for j in team.members],
            "quality": team.quality,
            "value": value,
            "synergy": synergy,
            "alone": sum(j.alone for j in team.members),
            "mean_distance": mean(i.distance(j) for i, j in pairs),
            "diversity_within": sqrt(mean(i.distance(j) ** 2 for i, j in pairs)),
            "understanding": mean(i.understanding(j) for i, j in pairs),
            "understanding_alike": mean(i.closeness(j) for i, j in pairs),
            "understanding_bridged": mean(i.understanding(j) - i.closeness(j) for i, j in pairs),
            "trust": mean(i.trust(j) for i, j in pairs),
        }
        team.history.append(seen)
        self.worked.append(seen)

    def saw_end(self, team, reason):
        self.ended.append(self.event(team, reason))

    def step(self):
        self.alone_this_round, self.worked = [], []
        super().step()
        self.measured.append(
            self.of_money() | self.of_work() | self.of_running() | self.of_everybody()
        )

    # --- events ---

    def events(self):
        """Those that ended, then those that run."""
        return [*self.ended, *(self.event(team, "running") for team in self.list)]

    def event(self, team, reason):
        averaged = (
            "value",
            "synergy",
            "mean_distance",
            "understanding_alike",
            "understanding_bridged",
            "trust",
        )
        return {name: mean(seen[name] for seen in team.history) for name in averaged} | {
            "collaboration": team.serial,
            "form": team.form.name,
            "convenor": team.members[0].row,
            "started": team.started,
            "ended": self.now,
            "rounds": len(team.history),
            "reason": reason,
            "size": len(team.members),
            "mean_size": mean(len(seen["members"]) for seen in team.history),
            "largest_size": max(len(seen["members"]) for seen in team.history),
            "breadth": len(team.challenge.needs),
            "repeat_share": team.repeat_share,
            "cross_sector_share": mean(
                i.sector != j.sector for i, j in combinations(team.members, 2)
            ),
            "bridging_skill": mean(i.b for i in team.members),
        }

    # --- measures of a round ---

    def of_money(self):
        """What the twin tallies itself, of the round just played."""
        return {name: value for name, value in self.rounds[-1].items() if name != "synergy"}

    def of_work(self):
        """Over all teams that worked this round, also those that ended by it."""
        names = (
            "understanding",
            "understanding_alike",
            "understanding_bridged",
            "diversity_within",
        )
        synergy, alone = (sum(seen[name] for seen in self.worked) for name in ("synergy", "alone"))
        return {name: mean(seen[name] for seen in self.worked) for name in names} | {
            "synergy": synergy / len(self.organisations),
            "synergy_ratio": synergy / alone if alone > 0 else 0.0,
            "quality": mean([seen["quality"] for seen in self.worked] + self.alone_this_round),
            "trust_within": mean(seen["trust"] for seen in self.worked),
        }

    def of_running(self):
        """Over collaborations that run at the end of the round."""
        across = [
            mean(i.sector != j.sector for i, j in combinations(team.members, 2))
            for team in self.list
        ]
        return {
            "working_share": mean(len(i.teams) > 0 for i in self.organisations),
            "collaborations": len(self.list),
            "mean_size": mean(len(team.members) for team in self.list),
            "cross_sector_share": mean(across),
            "repeat_share": mean(team.repeat_share for team in self.list),
        }

    def of_everybody(self):
        """Over all organisations, pair by pair where it is about differences."""
        skills = np.array([o.x for o in self.organisations])
        totals = skills.sum(axis=1, keepdims=True)
        shares = np.divide(skills, totals, out=np.zeros_like(skills), where=totals > 0)
        earned = np.array([max(0.0, o.earned_total) for o in self.organisations])
        n, rao = len(skills), between(shares).mean() / 2.0
        return {
            "trust": mean(s.trust for o in self.organisations for s in o.slots),
            "bridging_skill": mean(o.b for o in self.organisations),
            "diversity": sqrt(between(skills).sum() / (n * (n - 1))) if n > 1 else 0.0,
            "rao_entropy": rao,
            "effective_profiles": 1.0 / (1.0 - rao),
            "domains_covered": mean(
                bool(any(o.x[k] >= 0.5 for o in self.organisations)) for k in range(skills.shape[1])
            ),
            "gini_value": (
                np.abs(earned[:, None] - earned).mean() / (2.0 * earned.mean())
                if earned.any()
                else 0.0
            ),
        }


def between(rows):
    """Squared Euclidean distances of all ordered pairs of rows, each row with itself included."""
    return ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
