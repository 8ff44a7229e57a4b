"""A Mesa model that behaves as it is told: for tests of what an engine survives."""

import os
import signal
import time

import mesa


class Moody(mesa.Model):
    """Draws a number a round, unless its mood is bad."""

    def __init__(self, mood="fine", pause=0.0, size=1, rng=None):
        super().__init__(rng=rng)
        self.mood, self.pause, self.size, self.value = mood, pause, size, 0.0

    def step(self):
        time.sleep(self.pause)
        self.value += float(self.rng.random())
        if self.mood == "raises":
            raise ValueError("not today")
        if self.mood == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mood == "murders":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(600)
        if self.mood == "hangs":
            time.sleep(600)
        if self.mood == "vague":
            self.value = float("nan")
