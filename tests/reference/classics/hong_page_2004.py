"""Plain twin of Hong & Page 2004: one team in relay, from every start."""

from itertools import combinations, pairwise, permutations

from mesa import Agent, Model


class Solver(Agent):
    def __init__(self, model, heuristic):
        super().__init__(model)
        self.heuristic = heuristic

    def search(self):
        self.model.places = [self.model.end(self.heuristic, place) for place in self.model.places]


class PlainHongPage2004(Model):
    def __init__(self, n=2000, agents=10, l=12, k=3, team="random", smoothness=1, rng=None):  # noqa: E741
        super().__init__(rng=rng)
        self.values = self.draw(n, smoothness)
        every = list(permutations(range(1, l + 1), k))
        if team == "best":
            chosen = sorted(every, key=self.ability, reverse=True)[:agents]
        else:
            chosen = self.random.sample(every, agents)
        self.members = [Solver(self, heuristic) for heuristic in chosen]
        self.places = list(range(n))

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
        return sum(self.values[self.end(heuristic, start)] for start in range(len(self.values)))

    @property
    def performance(self):
        return sum(self.values[place] for place in self.places) / len(self.places)

    @property
    def diversity(self):
        pairs = list(combinations([member.heuristic for member in self.members], 2))
        return 100 * sum(a != b for one, other in pairs for a, b in zip(one, other, strict=True)) / sum(len(one) for one, _ in pairs)

    def step(self):
        for member in self.members:
            member.search()
