"""Plain twin of Fang, Lee & Schilling 2010: written from the rules, in ordinary Mesa Python, with
draws of its own.
"""

from itertools import combinations

from mesa import Agent, Model

from tests.reference.classics.beliefs import right_and_differing


class Individual(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.beliefs = [
            self.random.choice((-1, 0, 1) if model.start == "three" else (-1, 1))
            for _ in model.reality
        ]
        self.contacts = []

    def look(self):
        reality, bundle = self.model.reality, self.model.bundle
        pairs = list(zip(self.beliefs, reality, strict=True))
        whole = [
            all(held == real for held, real in pairs[begun : begun + bundle])
            for begun in range(0, len(reality), bundle)
        ]
        self.payoff = sum(whole) / len(whole)

    def choose(self):
        superior = [contact for contact in self.contacts if contact.payoff > self.payoff]
        self.next_beliefs = list(self.beliefs)
        if not superior:
            return
        for dimension in range(len(self.beliefs)):
            if self.random.random() < self.model.p_learn:
                votes = [contact.beliefs[dimension] for contact in superior]
                counts = {
                    belief: votes.count(belief)
                    for belief in ((-1, 1) if self.model.held else (-1, 0, 1))
                }
                most = max(counts.values())
                winners = [belief for belief, count in counts.items() if count == most]
                if most > 0 and len(winners) == 1:
                    self.next_beliefs[dimension] = winners[0]

    def learn(self):
        self.beliefs = self.next_beliefs


class PlainFangLeeSchilling2010(Model):
    def __init__(
        self,
        individuals=280,
        group=7,
        dimensions=100,
        bundle=5,
        beta=0.1,
        p_learn=0.3,
        start="three",
        majority="held",
        rng=None,
    ):
        super().__init__(rng=rng)
        self.bundle, self.p_learn, self.start, self.held = (
            bundle,
            p_learn,
            start,
            majority == "held",
        )
        self.reality = [self.random.choice((-1, 1)) for _ in range(dimensions)]
        everybody = list(Individual.create_agents(self, individuals))
        groups = [everybody[begun : begun + group] for begun in range(0, individuals, group)]
        for members in groups:
            for member in members:
                member.contacts = [other for other in members if other is not member]
        for members in groups:
            for one, other in combinations(members, 2):
                if self.random.random() < beta:
                    self.rewire(
                        one, other, [person for person in everybody if person not in members]
                    )
        self.agents.do("look")

    def rewire(self, one, other, outside):
        keeps = self.random.choice((one, other))
        stranger = self.random.choice(
            [person for person in outside if person not in keeps.contacts]
        )
        one.contacts.remove(other)
        other.contacts.remove(one)
        keeps.contacts.append(stranger)
        stranger.contacts.append(keeps)

    def measures(self):
        payoffs = [agent.payoff for agent in self.agents]
        knowledge, disagreement = right_and_differing(
            [agent.beliefs for agent in self.agents], self.reality
        )
        return {
            "payoff": sum(payoffs) / len(payoffs),
            "best_payoff": max(payoffs),
            "knowledge": knowledge,
            "disagreement": disagreement,
        }

    def step(self):
        self.agents.do("choose")
        self.agents.do("learn")
        self.agents.do("look")
