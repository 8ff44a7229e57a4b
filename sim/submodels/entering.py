"""Who enters, and what they are confronted with: both drawn by key (rules.md, sections 2, 3)."""

from __future__ import annotations

from math import log
from typing import NamedTuple

from sim.config import PopulationSource
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, draw_uniform_pair, pick_index
from sim.state import NOBODY, Floats, Integers, World
from sim.submodels.structures import find_place

EXPERTISE_STREAM, SECTOR_STREAM, FORM_STREAM = (
    int(Process.EXPERTISE),
    int(Process.SECTOR),
    int(Process.FORM),
)
CHALLENGE_STREAM, JOINT_CHALLENGE_STREAM = int(Process.CHALLENGE), int(Process.JOINT_CHALLENGE)
CHALLENGE_DRAWS_PER_PLACE = 1024


class ChallengeKey(NamedTuple):
    """The key of a challenge's draws (rules.md, section 1)."""

    process: int
    moment: int
    entity: int
    first: int  # number of its first draw


@kernel
def find_label(cumulated: Floats, draw: float) -> int:
    """Return the first label whose cumulated share exceeds the draw; the last if none does."""
    for label in range(cumulated.size - 1):
        if draw < cumulated[label]:
            return label
    return cumulated.size - 1


@kernel
def fit_budget(skills: Floats, budget: float) -> None:
    """Scale skills back into the attention budget, in place."""
    total = 0.0
    for k in range(skills.size):
        total += skills[k]
    if total > budget:
        for k in range(skills.size):
            skills[k] *= budget / total


@kernel
def draw_expertise(w: World, i: int, moment: int) -> None:
    """Draw the core of an organisation that enters."""
    skills, population = w.org.core[i], w.p.population
    domains = skills.size
    spare = population.budget - domains * population.base_skill
    total = 0.0
    for k in range(domains):
        first, second = draw_uniform_pair(w.p.run.seed, EXPERTISE_STREAM, moment, i, k)
        skills[k] = (1.0 - first) ** (1.0 / population.concentration) * -log(1.0 - second)
        total += skills[k]
    for k in range(domains):
        if spare <= 0.0:
            skills[k] = min(1.0, population.budget / domains)
        else:
            portion = skills[k] / total if total > 0.0 else 1.0 / domains
            skills[k] = min(1.0, population.base_skill + spare * portion)


@kernel
def draw_for_challenge(w: World, key: ChallengeKey, number: int) -> float:
    """Return the uniform of this number among the draws of a challenge."""
    return draw_uniform(w.p.run.seed, key.process, key.moment, key.entity, key.first + number)


@kernel
def draw_breadth(w: World, key: ChallengeKey) -> int:
    """Draw how many domains a challenge needs."""
    around = w.around
    chosen = find_label(around.breadth_shares, draw_for_challenge(w, key, 0))
    lowest, highest = around.breadth_bounds[chosen, 0], around.breadth_bounds[chosen, 1]
    return lowest + pick_index(draw_for_challenge(w, key, 1), highest - lowest + 1)


@kernel
def weigh_domains(w: World, skills: Floats) -> None:
    """Write into ``scratch.domain_weight`` how likely each domain is required, near ``skills``."""
    weight, affinity, total = w.scratch.domain_weight, w.p.challenge.affinity, 0.0
    for k in range(skills.size):
        total += skills[k]
    for k in range(skills.size):
        near = skills[k] / total if total > 0.0 else 0.0
        weight[k] = affinity * near + (1.0 - affinity) * w.around.demand[k]


@kernel
def draw_requirement(
    w: World, key: ChallengeKey, skills: Floats, domains: Integers, requirement: Floats
) -> int:
    """Draw a challenge near ``skills``: its domains (ascending) and their weights (sum 1).

    Return its breadth: the number of elements of ``domains`` and ``requirement`` that are written.
    """
    breadth, weight, raw_total = draw_breadth(w, key), w.scratch.domain_weight, 0.0
    weigh_domains(w, skills)
    for d in range(breadth):
        left = 0.0
        for k in range(skills.size):
            if weight[k] >= 0.0:
                left += weight[k]
        threshold = draw_for_challenge(w, key, 2 + 2 * d) * left
        cumulated, chosen = 0.0, NOBODY
        for k in range(skills.size):
            if weight[k] >= 0.0:
                chosen = k
                cumulated += weight[k]
                if cumulated > threshold:
                    break
        weight[chosen] = -1.0  # taken
        raw = 0.5 + draw_for_challenge(w, key, 3 + 2 * d)
        raw_total += raw
        place = d
        while place > 0 and domains[place - 1] > chosen:
            domains[place], requirement[place] = domains[place - 1], requirement[place - 1]
            place -= 1
        domains[place], requirement[place] = chosen, raw
    for d in range(breadth):
        requirement[d] /= raw_total
    return breadth


@kernel
def draw_challenge(w: World, i: int, moment: int) -> None:
    """Give an organisation a new challenge of its own."""
    org = w.org
    key = ChallengeKey(CHALLENGE_STREAM, moment, i, 0)
    org.breadth[i] = draw_requirement(w, key, org.expertise[i], org.domains[i], org.requirement[i])
    org.progress[i] = 0.0
    org.rounds_left[i] = w.p.challenge.deadline
    org.rounds_spent[i] = 0
    org.at_work[i] = NOBODY


@kernel
def draw_joint_challenge(w: World, c: int, moment: int) -> None:
    """Give a collaboration that persists its next challenge, near its members' mean expertise."""
    org, col, mean_skill = w.org, w.col, w.scratch.mean_skill
    convenor, size = col.members[c, 0], col.size[c]
    for k in range(mean_skill.size):
        total = 0.0
        for member in range(size):
            total += org.expertise[col.members[c, member], k]
        mean_skill[k] = total / size
    first = CHALLENGE_DRAWS_PER_PLACE * find_place(w, convenor, c)
    key = ChallengeKey(JOINT_CHALLENGE_STREAM, moment, convenor, first)
    col.breadth[c] = draw_requirement(w, key, mean_skill, col.domains[c], col.requirement[c])
    col.progress[c] = 0.0
    col.rounds_left[c] = w.p.challenge.deadline
    col.rounds_spent[c] = 0
    col.owner[c] = NOBODY


@kernel
def enter_organisation(w: World, i: int, moment: int) -> None:
    """Let an organisation enter at row ``i``; from a file, with the core and sector of that row."""
    org, ledger, around, seed = w.org, w.ledger, w.around, w.p.run.seed
    if w.p.population.source == PopulationSource.DRAWN:
        draw_expertise(w, i, moment)
        org.sector[i] = find_label(
            around.sector_shares, draw_uniform(seed, SECTOR_STREAM, moment, i, 0)
        )
    for k in range(org.core.shape[1]):
        org.expertise[i, k] = org.core[i, k]
    org.form[i] = find_label(around.form_shares, draw_uniform(seed, FORM_STREAM, moment, i, 0))
    org.bridging[i] = w.p.learning.bridging_start
    org.performance[i] = 0.0
    org.earned[i] = 0.0
    org.earned_total[i] = 0.0
    org.load[i] = 0
    org.partners[i] = 0
    org.worked_alone[i] = 0
    for slot in range(ledger.used[i]):
        ledger.partner[i, slot] = NOBODY
    ledger.used[i] = 0
    draw_challenge(w, i, moment)
