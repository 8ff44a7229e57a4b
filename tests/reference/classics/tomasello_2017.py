"""Plain twin of Tomasello, Burkholz & Schweitzer 2017: written from the rules, in ordinary Mesa
Python, with draws of its own.
"""

import math

from mesa import Agent, Model


class Firm(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.fitness = (
            math.exp(self.random.gauss(-(model.spread**2) / 2, model.spread))
            if model.spread
            else 1.0
        )
        self.threshold = model.a_l * (
            self.random.random() if model.thresholds == "drawn" else self.fitness
        )

    def accepts(self, members):
        if self.model.acceptance == "constant":
            return self.random.random() < self.model.q
        benefit = sum(firm.fitness for firm in members) + self.fitness
        n = len(members) + 1
        return (
            benefit if self.model.benefit == "sum" else benefit / n
        ) - self.model.a_c * n**self.model.cost_power >= self.threshold

    def initiate(self):
        members, asked, refused = [self], {self}, 0
        while refused < self.model.rejections and len(asked) < len(self.model.firms):
            invited = self.random.choice(self.model.firms)
            if invited in asked:
                continue
            asked.add(invited)
            if invited.accepts(members):
                members.append(invited)
            else:
                refused += 1
        return len(members)


class PlainTomasello2017(Model):
    def __init__(
        self,
        agents=1000,
        rejections=3,
        acceptance="constant",
        q=0.5,
        a_c=0.1,
        a_l=2.0,
        cost_power=1.0,
        benefit="mean",
        spread=0.0,
        thresholds="drawn",
        size=2,
        rng=None,
    ):
        super().__init__(rng=rng)
        self.rejections, self.acceptance, self.q, self.a_c, self.a_l, self.cost_power = (
            rejections,
            acceptance,
            q,
            a_c,
            a_l,
            cost_power,
        )
        self.benefit, self.spread, self.thresholds, self.size = benefit, spread, thresholds, size
        self.sums = dict.fromkeys(
            (
                "size",
                "size squared",
                "exactly",
                "at least",
                "fitness",
                "fitness squared",
                "product",
            ),
            0.0,
        )
        self.count, self.largest = 0, 0
        self.firms = list(Firm.create_agents(self, agents))

    def step(self):
        initiator = self.random.choice(self.firms)
        self.add(initiator.initiate(), initiator.fitness)

    def add(self, size, fitness):
        sums = self.sums
        sums["size"] += size
        sums["size squared"] += size * size
        sums["exactly"] += size == self.size
        sums["at least"] += size >= self.size
        sums["fitness"] += fitness
        sums["fitness squared"] += fitness * fitness
        sums["product"] += size * fitness
        self.count += 1
        self.largest = max(self.largest, size)

    def measures(self):
        mean = {name: total / self.count for name, total in self.sums.items()}
        variance = max(0.0, mean["size squared"] - mean["size"] ** 2)
        spread = max(0.0, mean["fitness squared"] - mean["fitness"] ** 2)
        together = mean["product"] - mean["size"] * mean["fitness"]
        return {
            "mean_size": mean["size"],
            "deviation": math.sqrt(variance),
            "frequency": mean["exactly"],
            "tail": mean["at least"],
            "largest": self.largest,
            "pull": (
                together / math.sqrt(variance * spread) if min(variance, spread) > 1e-12 else 0.0
            ),
        }
