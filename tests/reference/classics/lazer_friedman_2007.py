"""Plain twin of Lazer & Friedman 2007 on a complete network or a line."""

from mesa import Agent, Model

from tests.reference.classics.nk import PlainLandscape, improved, search_measures


class Member(Agent):
    def __init__(self, model, solution):
        super().__init__(model)
        self.solution, self.payoff = solution, model.landscape.payoff(solution)

    def choose(self):
        best = max(self.seen, key=lambda other: other.payoff)
        self.next = (best.solution, best.payoff) if best.payoff > self.payoff else improved(self)

    def change(self):
        self.solution, self.payoff = self.next


class PlainLazerFriedman2007(Model):
    def __init__(self, agents=100, n=20, k=5, network="complete", rng=None):
        super().__init__(rng=rng)
        self.landscape = PlainLandscape(self.random, n, k, itself=False, digits=None, power=8)
        self.members = [
            Member(self, tuple(self.random.randrange(2) for _ in range(n))) for _ in range(agents)
        ]
        for place, member in enumerate(self.members):
            near = (place - 1, place + 1) if network == "line" else range(agents)
            member.seen = [
                self.members[other] for other in near if 0 <= other < agents and other != place
            ]

    def measures(self):
        return search_measures(self.members)

    def step(self):
        self.agents.do("choose")
        self.agents.do("change")
