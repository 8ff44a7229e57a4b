"""Plain twin of Barkoczi & Galesic 2016 on a complete network."""

from collections import Counter

from mesa import Agent, Model

from tests.reference.classics.nk import PlainLandscape, improved, search_measures


class Member(Agent):
    def __init__(self, model, solution):
        super().__init__(model)
        self.solution, self.payoff = solution, model.landscape.payoff(solution)

    def option(self):
        sampled = self.random.sample(
            [other for other in self.model.members if other is not self], self.model.sample
        )
        if self.model.rule == "best_member":
            return max(sampled, key=lambda other: other.payoff)
        if self.model.rule == "conformity":
            solution, count = Counter(other.solution for other in sampled).most_common(1)[0]
            return (
                next(other for other in sampled if other.solution == solution)
                if count > 1
                else None
            )
        return None

    def choose(self):
        other = self.option()
        self.next = (
            (other.solution, other.payoff)
            if other is not None and other.payoff > self.payoff
            else improved(self)
        )

    def change(self):
        self.solution, self.payoff = self.next


class PlainBarkocziGalesic2016(Model):
    def __init__(self, agents=100, n=15, k=7, rule="best_member", sample=3, rng=None):
        super().__init__(rng=rng)
        self.rule, self.sample = rule, sample
        self.landscape = PlainLandscape(self.random, n, k, itself=True, digits=1, power=8)
        starts = self.random.sample(range(2**n), agents)
        self.members = [
            Member(self, tuple((start >> bit) & 1 for bit in range(n))) for start in starts
        ]

    def measures(self):
        return search_measures(self.members)

    def step(self):
        self.agents.do("choose")
        self.agents.do("change")
