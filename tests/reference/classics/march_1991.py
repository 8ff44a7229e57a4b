"""Plain twin of March 1991: written from the rules, in ordinary Mesa Python, with draws of its
own.
"""

from mesa import Agent, Model

from tests.reference.classics.beliefs import right_and_differing


class Individual(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.beliefs = [self.random.choice((-1, 0, 1)) for _ in model.reality]

    def act(self):
        self.actions = [belief or self.random.choice((-1, 1)) for belief in self.beliefs]
        self.score = sum(
            action == real for action, real in zip(self.actions, self.model.reality, strict=True)
        )

    def socialise(self):
        for dimension, taught in enumerate(self.model.code_before):
            if (
                taught
                and self.beliefs[dimension] != taught
                and self.random.random() < self.model.p1
            ):
                self.beliefs[dimension] += taught


class PlainMarch1991(Model):
    def __init__(self, dimensions=30, individuals=50, p1=0.5, p2=0.5, rng=None):
        super().__init__(rng=rng)
        self.p1, self.p2 = p1, p2
        self.reality = [self.random.choice((-1, 1)) for _ in range(dimensions)]
        self.code = [0] * dimensions
        Individual.create_agents(self, individuals)

    def measures(self):
        code = list(zip(self.code, self.reality, strict=True))
        knowledge, disagreement = right_and_differing(
            [agent.beliefs for agent in self.agents], self.reality
        )
        return {
            "code_score": sum(said * real for said, real in code) / len(code),
            "code_knowledge": sum(said == real for said, real in code) / len(code),
            "knowledge": knowledge,
            "disagreement": disagreement,
        }

    def step(self):
        self.code_before = list(self.code)
        self.agents.do("act")
        own = sum(
            0.5 if not said else said == real
            for said, real in zip(self.code, self.reality, strict=True)
        )
        better = [agent for agent in self.agents if agent.score > own]
        self.agents.do("socialise")
        for dimension in range(len(self.code)):
            balance = sum(agent.actions[dimension] for agent in better)
            view = (balance > 0) - (balance < 0)
            if (
                view
                and view != self.code[dimension]
                and self.random.random() < 1 - (1 - self.p2) ** abs(balance)
            ):
                self.code[dimension] = view
