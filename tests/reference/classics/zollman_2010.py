"""Plain twin of Zollman 2010 on a complete network, a wheel or a cycle; successes are counted pull
by pull, or by the generator of the library.
"""

from mesa import Agent, Model


class Scientist(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.beliefs = [
            [self.random.uniform(0, model.prior), self.random.uniform(0, model.prior)]
            for _ in model.chances
        ]

    def expected(self, arm):
        successes, failures = self.beliefs[arm]
        return successes / (successes + failures)

    @property
    def arm(self):
        return 0 if self.expected(0) > self.expected(1) else 1  # the better arm is the first here

    def pull(self):
        self.pulled = self.arm
        chance, pulls = self.model.chances[self.pulled], self.model.pulls
        self.won = (
            sum(self.random.random() < chance for _ in range(pulls))
            if self.model.single
            else int(self.model.rng.binomial(pulls, chance))
        )

    def learn(self):
        for other in (self, *self.neighbours):
            self.beliefs[other.pulled][0] += other.won
            self.beliefs[other.pulled][1] += self.model.pulls - other.won


class PlainZollman2010(Model):
    def __init__(
        self,
        agents=10,
        network="complete",
        pulls=1000,
        better=0.5,
        gap=0.001,
        prior=4.0,
        single=False,
        rng=None,
    ):
        super().__init__(rng=rng)
        self.pulls, self.chances, self.prior, self.single = (
            pulls,
            (better, better - gap),
            prior,
            single,
        )
        members = list(Scientist.create_agents(self, agents))
        for place, member in enumerate(members):
            if network == "complete":
                member.neighbours = [other for other in members if other is not member]
            elif network == "ring":
                member.neighbours = [members[place - 1], members[(place + 1) % agents]]
            else:  # a wheel: the first is its hub
                rim = members[1:]
                beside = [rim[place - 2], rim[place % len(rim)]] if place else rim
                member.neighbours = [members[0], *beside] if place else beside

    def measures(self):
        expected = [(agent.expected(0), agent.expected(1)) for agent in self.agents]
        right = sum(better > worse for better, worse in expected)
        return {
            "success": right == len(expected),
            "better_share": right / len(expected),
            "expected_better": sum(better for better, _ in expected) / len(expected),
            "expected_worse": sum(worse for _, worse in expected) / len(expected),
        }

    def step(self):
        self.agents.do("pull")
        self.agents.do("learn")
