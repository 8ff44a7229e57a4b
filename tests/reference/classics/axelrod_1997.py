"""Plain twin of Axelrod 1997 on a grid of four neighbours."""

from operator import eq

from mesa import Agent, Model


class Site(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.culture = [self.random.randrange(model.traits) for _ in range(model.features)]

    def interact(self):
        other = self.random.choice(self.neighbours)
        differing = [
            feature for feature, trait in enumerate(self.culture) if trait != other.culture[feature]
        ]
        if differing and self.random.random() < 1 - len(differing) / len(self.culture):
            feature = self.random.choice(differing)
            self.culture[feature] = other.culture[feature]


class PlainAxelrod1997(Model):
    def __init__(self, side=10, features=5, traits=10, activation="random", rng=None):
        super().__init__(rng=rng)
        self.side, self.features, self.traits, self.activation = side, features, traits, activation
        self.sites = {(x, y): Site(self) for x in range(side) for y in range(side)}
        for (x, y), site in self.sites.items():
            beside = ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1))
            site.neighbours = [self.sites[place] for place in beside if place in self.sites]
        self.listed = list(self.sites.values())
        self.pairs = [
            (site, other)
            for (x, y), site in self.sites.items()
            for other in self.beside(x + 1, y) + self.beside(x, y + 1)
        ]

    def beside(self, x, y):
        return [self.sites[x, y]] if (x, y) in self.sites else []

    def region_sizes(self):
        left, sizes = set(self.listed), []
        while left:
            waiting, size = [left.pop()], 0
            while waiting:
                site = waiting.pop()
                size += 1
                same = [
                    other
                    for other in site.neighbours
                    if other in left and other.culture == site.culture
                ]
                left.difference_update(same)
                waiting += same
            sizes.append(size)
        return sizes

    def measures(self):
        sizes = self.region_sizes()
        active = sum(
            0 < sum(map(eq, site.culture, other.culture)) < self.features
            for site, other in self.pairs
        )
        return {
            "regions": len(sizes),
            "cultures_left": len({tuple(site.culture) for site in self.listed}),
            "largest_region": max(sizes) / len(self.listed),
            "active": active / len(self.pairs),
        }

    def step(self):
        if self.activation == "shuffled":
            self.agents.shuffle_do("interact")
        else:
            for _ in self.listed:
                self.random.choice(self.listed).interact()
