"""Plain twin of Hong & Page 2004: the best and a random team in relay, from every start."""

from itertools import combinations, pairwise, permutations
from operator import ne

from mesa import Agent, Model


class Solver(Agent):
    def __init__(self, model, heuristic, ability):
        super().__init__(model)
        self.heuristic, self.ability = heuristic, ability

    def search(self, places):
        return [self.model.end(self.heuristic, place) for place in places]


class Team:
    def __init__(self, model, members):
        self.model, self.members, self.places = model, members, list(range(len(model.values)))

    def relay(self):
        for member in self.members:
            self.places = member.search(self.places)

    @property
    def performance(self):
        return sum(self.model.values[place] for place in self.places) / len(self.places)

    @property
    def diversity(self):
        pairs = list(combinations([member.heuristic for member in self.members], 2))
        return (
            100
            * sum(sum(map(ne, one, other)) for one, other in pairs)
            / sum(len(one) for one, _ in pairs)
        )


class PlainHongPage2004(Model):
    def __init__(self, n=2000, agents=10, l=12, k=3, team="random", smoothness=1, rng=None):
        super().__init__(rng=rng)
        self.values = self.draw(n, smoothness)
        every = list(permutations(range(1, l + 1), k))
        ability = {heuristic: self.ability(heuristic) for heuristic in every}
        best, drawn = (
            sorted(every, key=ability.get, reverse=True)[:agents],
            self.random.sample(every, agents),
        )
        teams = [
            Team(self, [Solver(self, heuristic, ability[heuristic]) for heuristic in chosen])
            for chosen in (best, drawn)
        ]
        self.team, self.other = teams if team == "best" else reversed(teams)
        self.diversity = self.team.diversity

    def draw(self, n, smoothness):
        known, place = {}, 0
        while place < n:
            known[place] = self.random.uniform(0, 100)
            place += self.random.randint(1, 2 * smoothness - 1)
        known[n] = known[0]
        posts = sorted(known)
        values = []
        for left, right in pairwise(posts):
            rise = (known[right] - known[left]) / (right - left)
            values += [known[left] + rise * distance for distance in range(right - left)]
        return values

    def end(self, heuristic, place):
        while True:
            before = place
            for step in heuristic:
                ahead = (place + step) % len(self.values)
                if self.values[ahead] > self.values[place]:
                    place = ahead
            if place == before:
                return place

    def ability(self, heuristic):
        return sum(
            self.values[self.end(heuristic, start)] for start in range(len(self.values))
        ) / len(self.values)

    def step(self):
        self.team.relay()
        self.other.relay()

    def measures(self):
        own, other = self.team.performance, self.other.performance
        return {
            "performance": own,
            "diversity": self.diversity,
            "ability": sum(member.ability for member in self.team.members) / len(self.team.members),
            "lead": own - other,
            "wins": (own > other) + (own == other) / 2,
        }
