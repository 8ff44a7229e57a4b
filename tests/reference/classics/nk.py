"""An NK landscape in ordinary Python: contributions are drawn when first asked for; the maximum is
found by looking at all solutions.
"""

from itertools import product


class PlainLandscape:
    def __init__(self, random, n, k, itself, digits, power):
        self.random, self.n, self.digits, self.power = random, n, digits, power
        self.inputs = [
            random.sample([other for other in range(n) if itself or other != bit], k)
            for bit in range(n)
        ]
        self.contributions = {}
        self.top = max(self.fitness(solution) for solution in product((0, 1), repeat=n))

    def fitness(self, solution):
        total = 0.0
        for bit, inputs in enumerate(self.inputs):
            key = (bit, solution[bit], *(solution[other] for other in inputs))
            if key not in self.contributions:
                drawn = self.random.random()
                self.contributions[key] = (
                    drawn if self.digits is None else round(drawn, self.digits)
                )
            total += self.contributions[key]
        return total / self.n

    def payoff(self, solution):
        return (self.fitness(solution) / self.top) ** self.power


def improved(agent):
    """Return a solution with one bit changed, if that is better."""
    bit = agent.random.randrange(len(agent.solution))
    changed = (*agent.solution[:bit], 1 - agent.solution[bit], *agent.solution[bit + 1 :])
    payoff = agent.model.landscape.payoff(changed)
    return (changed, payoff) if payoff > agent.payoff else (agent.solution, agent.payoff)


def search_measures(members):
    """Return what is measured of a group that searches."""
    payoffs = [member.payoff for member in members]
    solutions = {member.solution for member in members}
    return {
        "payoff": sum(payoffs) / len(payoffs),
        "best_payoff": max(payoffs),
        "solutions_left": len(solutions),
    }
