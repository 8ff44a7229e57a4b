"""Plain twin of Axelrod 1997 on a grid of four neighbours."""

from mesa import Agent, Model


class Site(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.culture = [self.random.randrange(model.traits) for _ in range(model.features)]

    def interact(self):
        other = self.random.choice(self.neighbours)
        differing = [feature for feature, trait in enumerate(self.culture) if trait != other.culture[feature]]
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

    @property
    def regions(self):
        left, count = set(self.listed), 0
        while left:
            count += 1
            waiting = [left.pop()]
            while waiting:
                site = waiting.pop()
                same = [other for other in site.neighbours if other in left and other.culture == site.culture]
                left.difference_update(same)
                waiting += same
        return count

    def step(self):
        if self.activation == "shuffled":
            self.agents.shuffle_do("interact")
        else:
            for _ in self.listed:
                self.random.choice(self.listed).interact()
