"""Plain twin of Guimera et al. 2005: written from the rules, in ordinary Mesa Python, with networkx
and draws of its own.
"""

from itertools import combinations

import networkx as nx
from mesa import Agent, Model


class Person(Agent):
    def __init__(self, model):
        super().__init__(model)
        self.last = None


class PlainGuimera2005(Model):
    def __init__(self, p=0.4, q=0.5, team_size=4, idle=100, collaborators="one", rng=None):
        super().__init__(rng=rng)
        self.p, self.q, self.team_size, self.idle = p, q, team_size, idle
        self.of_one = collaborators == "one"
        self.network, self.now, self.links, self.repeats = nx.Graph(), 0, 0, 0

    def past_collaborator(self, incumbents):
        asked = [self.random.choice(incumbents)] if self.of_one else incumbents
        known = {other for person in asked for other in self.network[person]} - set(incumbents)
        return self.random.choice(sorted(known, key=lambda person: person.unique_id))

    def next_member(self, incumbents):
        left = [person for person in self.network if person not in incumbents]
        if not left or self.random.random() >= self.p:
            return None
        if incumbents and self.random.random() < self.q:
            return self.past_collaborator(incumbents)
        return self.random.choice(left)

    def step(self):
        incumbents, newcomers = [], []
        for _ in range(self.team_size):
            found = self.next_member(incumbents)
            if found is None:
                newcomers.append(Person(self))
            else:
                incumbents.append(found)
        team = incumbents + newcomers
        for person in team:
            person.last = self.now
        self.network.add_nodes_from(team)
        for one, other in combinations(team, 2):
            self.links += 1
            self.repeats += self.network.has_edge(one, other)
            self.network.add_edge(one, other)
        for person in [person for person in self.network if person.last < self.now - self.idle]:
            self.network.remove_node(person)
            person.remove()
        self.now += 1

    def measures(self):
        present = len(self.network)
        return {
            "largest_share": max(map(len, nx.connected_components(self.network))) / present,
            "agents_present": present,
            "collaborators": 2 * self.network.number_of_edges() / present,
            "repeated": self.repeats / self.links,
        }
