"""Small Mesa models as researchers write them: seeded in every way there is, and not at all. Loaded
by tests from this file.
"""

import random

import numpy as np
from mesa import Agent, DataCollector, Model
from mesa.examples import Schelling


class Walker(Agent):
    """Moves by what the model draws."""

    def __init__(self, model):
        super().__init__(model)
        self.place = 0.0


class Walk(Model):
    """Walkers moved by Mesa's generator."""

    def __init__(self, walkers=5, pull=0.0, rng=None):
        super().__init__(rng=rng)
        self.pull, self.history = pull, [0.0]
        self.datacollector = DataCollector({"mean_place": self.mean_place, "history": "history"})
        Walker.create_agents(self, walkers)

    def draw(self):
        return self.rng.normal()

    def step(self):
        for walker in self.agents:
            walker.place += self.draw() - self.pull * walker.place
        self.datacollector.collect(self)

    def mean_place(self):
        return sum(walker.place for walker in self.agents) / len(self.agents)

    def above(self, limit):
        return sum(walker.place > limit for walker in self.agents)


class PassesOn(Walk):
    """Leaves its seed to the class it derives from."""

    def __init__(self, extra=1, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra


class SchellingPassesOn(Schelling):
    """Leaves its seed to a class that knows ``seed`` alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class DrawsFromPython(Walk):
    def draw(self):
        return random.random()


class DrawsFromNumpy(Walk):
    def draw(self):
        return np.random.normal()


class OwnGenerator(Walk):
    """Has a generator of its own without a seed."""

    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.own = np.random.default_rng()

    def draw(self):
        return self.own.normal()


class ForgetsSeed(Walk):
    """Takes a seed and does not pass it on."""

    def __init__(self, rng=None):
        super().__init__()


class TakesNoSeed(Walk):
    def __init__(self, walkers=5):
        super().__init__(walkers=walkers)


class DrawsNothing(Walk):
    def draw(self):
        return 1.0


class Needs(Walk):
    """Has an argument without a default, and one whose default is no plain value."""

    def __init__(self, needed, moments=(1, 2), seed=None):
        super().__init__(rng=seed)
        self.needed, self.moments = needed, moments


class SpoilsArguments(Walk):
    """Changes the list it is given."""

    def __init__(self, places, rng=None):
        super().__init__(rng=rng)
        self.total = sum(places)
        places.append(100.0)


class Breaks(Walk):
    """Fails after its agents were made."""

    def __init__(self, rng=None):
        super().__init__(rng=rng)
        raise RuntimeError("no room")


class NeverCollects(Walk):
    def step(self):
        pass


class ReportsNothing(Model):
    """Has no DataCollector."""

    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.level = self.rng.random()


class NotAModel:
    pass
