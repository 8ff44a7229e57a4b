"""The plain twin: the model of docs/rules.md in object-style Mesa Python, for comparison with the
compiled engine.
"""

from math import exp, log, sqrt

import mesa

from tests.reference.draws import Draws, label, pick
from tests.reference.environment import change
from tests.reference.find import find
from tests.reference.let_go import let_go
from tests.reference.work import work

EXPERTISE, SECTOR, FORM, CHALLENGE, PERCEPTION = 1, 2, 3, 4, 9


class Slot:
    """What one organisation remembers of another."""

    def __init__(self, partner, trust, now):
        self.partner, self.trust, self.familiarity = partner, trust, 0.0
        self.meetings, self.last_met, self.joint, self.last_worked = 0, now, 0, -1


class Challenge:
    """A requirement with progress and time left."""

    def __init__(self, needs, unit_value, rounds_left):
        self.needs, self.unit_value, self.rounds_left, self.progress = (
            needs,
            unit_value,
            rounds_left,
            0.0,
        )

    def copy(self):
        twin = Challenge(self.needs, self.unit_value, self.rounds_left)
        twin.progress = self.progress
        return twin


class TwinOrganisation(mesa.Agent):
    """An organisation."""

    def __init__(self, model, row):
        super().__init__(model)
        self.row = row

    def enter(self, moment):
        m, p = self.model, self.model.config.population
        raw = []
        for k in range(p.domains):
            a, b = m.draws.pair(EXPERTISE, moment, self.row, k)
            raw.append((1 - a) ** (1 / p.concentration) * -log(1 - b))
        spare = p.budget - p.domains * p.base_skill
        if spare <= 0:
            self.core = [min(1.0, p.budget / p.domains)] * p.domains
        else:
            total = sum(raw)
            self.core = [
                min(1.0, p.base_skill + spare * (g / total if total > 0 else 1 / p.domains))
                for g in raw
            ]
        self.x = list(self.core)
        self.sector = label(list(p.sectors.values()), m.draws.u(SECTOR, moment, self.row, 0))
        self.form = m.forms[label(m.form_shares, m.draws.u(FORM, moment, self.row, 0))]
        self.b, self.performance, self.earned, self.earned_total = (
            m.config.learning.bridging_start,
            0.0,
            0.0,
            0.0,
        )
        self.slots, self.teams, self.worked_alone = [], [], False
        self.redraw(moment)

    def redraw(self, moment):
        self.challenge = self.model.draw_challenge(CHALLENGE, self.row, moment, 0, self.x)
        self.team_on_own = None

    def slot(self, other):
        return next((s for s in self.slots if s.partner is other), None)

    def stranger_trust(self, other):
        t = self.model.config.trust
        return t.initial if self.sector == other.sector else t.initial_across_sectors

    def open_slot(self, other):
        found = self.slot(other)
        if found is None:
            found = Slot(other, self.stranger_trust(other), self.model.now)
            if len(self.slots) < self.model.config.population.ledger_slots:
                self.slots.append(found)
            else:
                self.slots[self.slots.index(min(self.slots, key=lambda s: s.last_met))] = found
        return found

    def trust(self, other):
        s = self.slot(other)
        return self.stranger_trust(other) if s is None else s.trust

    def distance(self, other):
        return sqrt(sum((a - b) ** 2 for a, b in zip(self.x, other.x, strict=True)))

    def closeness(self, other):
        u = self.model.config.understanding
        z = self.distance(other) / u.reach
        return {
            "gaussian": lambda: exp(-z * z),
            "exponential": lambda: exp(-z),
            "linear": lambda: max(0.0, 1 - z),
        }[u.decay]()

    def understanding(self, other):
        s = self.slot(other)
        return 1 - (1 - self.closeness(other)) * (1 - (0.0 if s is None else s.familiarity))

    def seen_skill(self, other, k):
        sigma = self.model.config.search.noise
        if sigma == 0:
            return other.x[k]
        s = self.slot(other)
        meetings = max(1, 0 if s is None else s.meetings)
        pairs = (len(self.x) + 1) // 2
        z = self.model.draws.normals(PERCEPTION, meetings, self.row, other.row * pairs + k // 2)[
            k % 2
        ]
        return min(1.0, max(0.0, other.x[k] + sigma / sqrt(meetings) * z))

    def avoids(self, other):
        s, rounds = self.slot(other), self.model.config.letting_go.cooling_off
        return (
            s is not None
            and rounds > 0
            and s.joint > 0
            and self.model.now - s.last_worked <= rounds
        )

    @property
    def free(self):
        return len(self.teams) < self.model.config.population.capacity

    @property
    def partners(self):
        return sum(s.joint > 0 for s in self.slots)

    def fit_budget(self):
        self.x = self.model.fitted(self.x)


class Team:
    """A collaboration."""

    def __init__(self, model, form, challenge, owner):
        self.model, self.form, self.challenge, self.owner = model, form, challenge, owner
        self.members, self.weights, self.gains = [], [], []
        self.started, self.age, self.quality, self.expected, self.surplus = (
            model.now,
            0,
            0.0,
            0.0,
            0.0,
        )

    def append(self, organisation, weight, gain):
        self.members.append(organisation)
        self.weights.append(weight)
        self.gains.append(gain)
        organisation.teams.append(self)
        organisation.earned -= self.form.setup_cost
        self.model.tally["setup_cost"] += self.form.setup_cost

    def remove(self, organisation):
        at = self.members.index(organisation)
        del self.members[at], self.weights[at], self.gains[at]
        organisation.teams.remove(self)


class TwinModel(mesa.Model):
    """The whole model."""

    def __init__(self, config, forms=None):
        super().__init__(seed=1)
        self.config = config
        forms = forms or [(config.structure, 1.0)]
        self.forms, self.form_shares = [f for f, _ in forms], [s for _, s in forms]
        self.draws, self.now, self.rounds, self.list = Draws(config.run.seed), 0, [], []
        self.demand = [1 / config.population.domains] * config.population.domains
        self.clear()
        self.organisations = [
            TwinOrganisation(self, row) for row in range(config.population.organisations)
        ]
        for organisation in self.organisations:
            organisation.enter(0)

    def clear(self):
        names = (
            "search_cost setup_cost exit_cost link_cost rule_cost together solo synergy solved"
            " expired copies"
        )
        self.tally = dict.fromkeys(names.split(), 0.0)

    def fitted(self, skills):
        total, budget = sum(skills), self.config.population.budget
        return [x * (budget / total) for x in skills] if total > budget else skills

    # --- challenges, quality, value ---

    def draw_challenge(self, process, entity, moment, offset, skills):
        c = self.config.challenge

        def u(number):
            return self.draws.u(process, moment, entity, offset + number)

        kind = c.breadths[label([b.share for b in c.breadths], u(0))]
        breadth = kind.lowest + pick(u(1), kind.highest - kind.lowest + 1)
        total = sum(skills)
        weights = {
            k: c.affinity * (x / total if total > 0 else 0.0) + (1 - c.affinity) * self.demand[k]
            for k, x in enumerate(skills)
        }
        raw = {}
        for d in range(breadth):
            left = [k for k in range(len(skills)) if k not in raw]
            threshold, cumulated, chosen = (
                u(2 + 2 * d) * sum(weights[k] for k in left),
                0.0,
                left[-1],
            )
            for k in left:
                cumulated += weights[k]
                if cumulated > threshold:
                    chosen = k
                    break
            raw[chosen] = 0.5 + u(3 + 2 * d)
        whole = 0.0
        for weight in raw.values():
            whole += weight
        return Challenge(
            {k: raw[k] / whole for k in sorted(raw)},
            c.value * breadth**c.breadth_premium,
            c.deadline,
        )

    def contributions(self, organisation, weight, challenge, load):
        phi = self.config.production.depth
        return [weight * organisation.x[k] ** phi / load for k in challenge.needs]

    def quality(self, rows, challenge):
        """Quality of contributions, a row per member."""
        p, pooled = self.config.production, []
        for d in range(len(challenge.needs)):
            c = 0.0
            for row in rows:
                c = {
                    "best": max(c, row[d]),
                    "additive": min(1.0, c + row[d]),
                    "noisy_or": 1 - (1 - c) * (1 - row[d]),
                }[p.pooling]
            pooled.append(max(p.floor, c))
        weights, rho = list(challenge.needs.values()), p.complementarity
        if abs(rho) < 1e-9:
            return exp(sum(r * log(c) for r, c in zip(weights, pooled, strict=True)))
        if rho < -100:
            return min(pooled)
        return sum(r * c**rho for r, c in zip(weights, pooled, strict=True)) ** (1 / rho)

    def shares(self, form, value, rows, challenge, convenor_alone):
        n = len(rows)
        if form.sharing == "contribution":
            whole = self.quality(rows, challenge)
            marginal = [
                max(0.0, whole - self.quality(rows[:j] + rows[j + 1 :], challenge))
                for j in range(n)
            ]
            if sum(marginal) > 0:
                return [value * m / sum(marginal) for m in marginal]
        if form.sharing == "convenor_first" and value > 0:
            first = min(value, convenor_alone)
            return [first + (value - first) / n] + [(value - first) / n] * (n - 1)
        return [value / n] * n

    # --- what a subclass may want to see (tests/reference/measures.py) ---

    def saw_start(self, team):
        """A team started; its members have not opened slots for each other yet."""

    def saw_work_alone(self, organisation):
        """An organisation worked alone."""

    def saw_work(self, team, value, synergy):
        """A team worked; nobody has learned from it yet."""

    def saw_end(self, team, reason):
        """A team is about to end; nobody has left yet."""

    # --- a round ---

    def step(self):
        self.clear()
        for o in self.organisations:
            o.earned = 0.0
            o.alone_quality = self.quality(
                [self.contributions(o, 1.0, o.challenge, 1)], o.challenge
            )
            o.alone = o.challenge.unit_value * o.alone_quality
        alone = sum(o.alone for o in self.organisations)
        find(self)
        work(self)
        let_go(self)
        change(self)
        for o in self.organisations:
            o.performance += self.config.learning.performance_rate * (o.earned - o.performance)
            o.earned_total += o.earned
        t, n = self.tally, len(self.organisations)
        costs = t["search_cost"] + t["setup_cost"] + t["exit_cost"]
        record = {name: value / n for name, value in t.items() if name not in ("together", "solo")}
        self.rounds.append(
            record
            | {
                "joint_value": (t["together"] + t["solo"] - costs) / n,
                "value_alone": alone / n,
            }
        )
        self.now += 1

    def run(self, rounds):
        for _ in range(rounds):
            self.step()
        return self
