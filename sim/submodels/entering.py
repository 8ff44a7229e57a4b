"""Who enters and what they are confronted with: organisations and challenges drawn by key (rules.md, sections 2, 3)."""

from __future__ import annotations

from math import log

from sim.config import PopulationSource
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_uniform, draw_uniform_pair, pick_index
from sim.state import (
    NOBODY,
    Collaborations,
    Floats,
    Integers,
    Ledger,
    Organisations,
    Scratch,
    Settings,
    Surroundings,
)

EXPERTISE_STREAM, SECTOR_STREAM, FORM_STREAM = (
    int(Process.EXPERTISE),
    int(Process.SECTOR),
    int(Process.FORM),
)
CHALLENGE_STREAM, JOINT_CHALLENGE_STREAM = int(Process.CHALLENGE), int(Process.JOINT_CHALLENGE)
CHALLENGE_DRAWS_PER_PLACE = 1024


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
def draw_expertise(skills: Floats, p: Settings, i: int, moment: int) -> None:
    """Draw the expertise of an organisation that enters, in place."""
    domains = skills.size
    spare = p.population.budget - domains * p.population.base_skill
    total = 0.0
    for k in range(domains):
        first, second = draw_uniform_pair(p.run.seed, EXPERTISE_STREAM, moment, i, k)
        skills[k] = (1.0 - first) ** (1.0 / p.population.concentration) * -log(1.0 - second)
        total += skills[k]
    for k in range(domains):
        if spare <= 0.0:
            skills[k] = min(1.0, p.population.budget / domains)
        else:
            portion = skills[k] / total if total > 0.0 else 1.0 / domains
            skills[k] = min(1.0, p.population.base_skill + spare * portion)


@kernel
def draw_breadth(
    around: Surroundings, p: Settings, process: int, entity: int, moment: int, offset: int
) -> int:
    """Draw how many domains a challenge needs."""
    chosen = find_label(
        around.breadth_shares, draw_uniform(p.run.seed, process, moment, entity, offset)
    )
    lowest, highest = around.breadth_bounds[chosen, 0], around.breadth_bounds[chosen, 1]
    return lowest + pick_index(
        draw_uniform(p.run.seed, process, moment, entity, offset + 1), highest - lowest + 1
    )


@kernel
def draw_requirement(
    domains: Integers,
    requirement: Floats,
    breadth: int,
    skills: Floats,
    around: Surroundings,
    weight: Floats,
    p: Settings,
    process: int,
    entity: int,
    moment: int,
    offset: int,
) -> None:
    """Draw the required domains (ascending) and their weights (sum 1), in place; near ``skills`` by affinity."""
    total_skill = 0.0
    for k in range(skills.size):
        total_skill += skills[k]
    for k in range(skills.size):
        near = skills[k] / total_skill if total_skill > 0.0 else 0.0
        weight[k] = p.challenge.affinity * near + (1.0 - p.challenge.affinity) * around.demand[k]
    raw_total = 0.0
    for d in range(breadth):
        left = 0.0
        for k in range(skills.size):
            if weight[k] >= 0.0:
                left += weight[k]
        threshold = draw_uniform(p.run.seed, process, moment, entity, offset + 2 + 2 * d) * left
        cumulated, chosen = 0.0, NOBODY
        for k in range(skills.size):
            if weight[k] >= 0.0:
                chosen = k
                cumulated += weight[k]
                if cumulated > threshold:
                    break
        weight[chosen] = -1.0  # taken
        raw = 0.5 + draw_uniform(p.run.seed, process, moment, entity, offset + 3 + 2 * d)
        raw_total += raw
        place = d
        while place > 0 and domains[place - 1] > chosen:
            domains[place], requirement[place] = domains[place - 1], requirement[place - 1]
            place -= 1
        domains[place], requirement[place] = chosen, raw
    for d in range(breadth):
        requirement[d] /= raw_total


@kernel
def draw_challenge(
    org: Organisations, around: Surroundings, scratch: Scratch, p: Settings, i: int, moment: int
) -> None:
    """Give an organisation a new challenge of its own."""
    breadth = draw_breadth(around, p, CHALLENGE_STREAM, i, moment, 0)
    org.breadth[i] = breadth
    draw_requirement(
        org.domains[i],
        org.requirement[i],
        breadth,
        org.expertise[i],
        around,
        scratch.domain_weight,
        p,
        CHALLENGE_STREAM,
        i,
        moment,
        0,
    )
    org.progress[i] = 0.0
    org.rounds_left[i] = p.challenge.deadline
    org.rounds_spent[i] = 0
    org.at_work[i] = NOBODY


@kernel
def draw_joint_challenge(
    org: Organisations,
    col: Collaborations,
    around: Surroundings,
    scratch: Scratch,
    p: Settings,
    c: int,
    moment: int,
) -> None:
    """Give a collaboration that persists its next challenge, near its members' mean expertise."""
    convenor, size, place = col.members[c, 0], col.size[c], 0
    while org.places[convenor, place] != c:
        place += 1
    offset = CHALLENGE_DRAWS_PER_PLACE * place
    for k in range(scratch.skill.size):
        total = 0.0
        for member in range(size):
            total += org.expertise[col.members[c, member], k]
        scratch.skill[k] = total / size
    breadth = draw_breadth(around, p, JOINT_CHALLENGE_STREAM, convenor, moment, offset)
    col.breadth[c] = breadth
    draw_requirement(
        col.domains[c],
        col.requirement[c],
        breadth,
        scratch.skill,
        around,
        scratch.domain_weight,
        p,
        JOINT_CHALLENGE_STREAM,
        convenor,
        moment,
        offset,
    )
    col.progress[c] = 0.0
    col.rounds_left[c] = p.challenge.deadline
    col.rounds_spent[c] = 0
    col.owner[c] = NOBODY


@kernel
def enter_organisation(
    org: Organisations,
    ledger: Ledger,
    around: Surroundings,
    scratch: Scratch,
    p: Settings,
    i: int,
    moment: int,
) -> None:
    """Let an organisation enter at row ``i``; from a file, it takes over core and sector of the row."""
    if p.population.source == PopulationSource.DRAWN:
        draw_expertise(org.core[i], p, i, moment)
        org.sector[i] = find_label(
            around.sector_shares, draw_uniform(p.run.seed, SECTOR_STREAM, moment, i, 0)
        )
    for k in range(org.core.shape[1]):
        org.expertise[i, k] = org.core[i, k]
    org.form[i] = find_label(
        around.form_shares, draw_uniform(p.run.seed, FORM_STREAM, moment, i, 0)
    )
    org.bridging[i] = p.learning.bridging_start
    org.performance[i] = 0.0
    org.earned[i] = 0.0
    org.earned_total[i] = 0.0
    org.load[i] = 0
    org.partners[i] = 0
    org.worked_alone[i] = 0
    for slot in range(ledger.used[i]):
        ledger.partner[i, slot] = NOBODY
    ledger.used[i] = 0
    draw_challenge(org, around, scratch, p, i, moment)
