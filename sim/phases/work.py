"""Work: integrate, produce, share, come to trust and understand, practise (rules.md, section 6)."""

from __future__ import annotations

from math import exp, sqrt

from sim.config import FormTopology
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_for_work, prefetch_needs
from sim.runtime.randomness import Process, draw_normal_pair
from sim.state import NOBODY, CollaborationTotal, Tally, WorkSum, World
from sim.submodels.entering import fit_budget
from sim.submodels.production import (
    PoolingFunction,
    apply_depth,
    compute_quality,
    compute_team_quality,
    compute_unit_value,
    divide_value,
    write_contribution,
)
from sim.submodels.relations import (
    compute_closeness,
    compute_distance,
    find_slot,
    find_slot_from_guess,
    get_stranger_trust,
    open_slot,
)
from sim.submodels.structures import draw_links
from sim.submodels.teams import compute_weight

SHOCK_STREAM = int(Process.SHOCK)


@kernel
def compute_alone_values(w: World) -> None:
    """Work out what every organisation would make alone this round on its own challenge."""
    org, pooled, depth = w.org, w.scratch.pooled, w.p.production.depth
    for i in range(org.load.size):
        breadth = org.breadth[i]
        for d in range(breadth):
            pooled[d] = apply_depth(org.expertise[i, org.domains[i, d]], depth)
        org.alone_quality[i] = compute_quality(w, pooled, org.requirement[i, :breadth])
        org.alone_value[i] = compute_unit_value(w, breadth) * org.alone_quality[i]


@kernel
def draw_shock(w: World, i: int, now: int) -> float:
    """Return the multiplicative shock to an organisation this round, mean one."""
    sigma = w.p.production.uncertainty
    if sigma == 0.0:
        return 1.0
    normal = draw_normal_pair(w.p.run.seed, SHOCK_STREAM, now, i, 0)[0]
    return exp(sigma * normal - sigma * sigma / 2.0)


@kernel
def work_alone(w: World, now: int) -> None:
    """Let organisations without a collaboration work on their own challenge."""
    org, tally = w.org, w.around.tally
    for i in range(org.load.size):
        org.worked_alone[i] = org.load[i] == 0
        if org.load[i] == 0:
            value = org.alone_value[i] * draw_shock(w, i, now)
            org.earned[i] += value
            org.progress[i] += org.alone_quality[i]
            org.rounds_left[i] -= 1
            org.rounds_spent[i] += 1
            tally[Tally.VALUE_SOLO] += value
            tally[Tally.QUALITY] += org.alone_quality[i]
            tally[Tally.SOLOISTS] += 1.0


@kernel
def compute_pair_relations(w: World, c: int) -> tuple[float, float, float, float, float]:
    """Write all understandings into ``scratch.understanding``, and slots into ``remembered``.

    Return over pairs: mean and root mean square distance, understanding from being alike and from
    having learned to bridge, and trust.
    """
    ledger, col, size = w.ledger, w.col, w.col.size[c]
    distances, squares, alike, bridged, trust = 0.0, 0.0, 0.0, 0.0, 0.0
    for a in range(size):
        for b in range(a):
            i, j = col.members[c, a], col.members[c, b]
            distance = compute_distance(w, i, j)
            close = compute_closeness(w, distance)
            distances += 2.0 * distance
            squares += 2.0 * distance * distance
            alike += 2.0 * close
            for _ in range(2):
                first, second = (a, b) if i == col.members[c, a] else (b, a)
                slot = find_slot_from_guess(w, i, j, col.remembered[c, first, second])
                learned = 0.0 if slot == NOBODY else ledger.familiarity[i, slot]
                trust += get_stranger_trust(w, i, j) if slot == NOBODY else ledger.trust[i, slot]
                col.remembered[c, first, second] = slot
                w.scratch.understanding[first, second] = 1.0 - (1.0 - close) * (1.0 - learned)
                bridged += (1.0 - close) * learned
                i, j = j, i
    pairs = size * (size - 1)
    return distances / pairs, sqrt(squares / pairs), alike / pairs, bridged / pairs, trust / pairs


@kernel
def compute_integration(w: World, c: int) -> None:
    """Write I_ij into ``scratch.integration``: the best product of understandings along paths.

    Paths follow ``scratch.linked``; understandings are those of ``scratch.understanding``.
    """
    scratch, size, form = w.scratch, w.col.size[c], w.col.form[c]
    topology, reach, u = w.forms.topology[form], w.scratch.integration, w.scratch.understanding
    mediator = w.forms.mediator_understanding[form]
    for a in range(size):
        for b in range(size):
            if topology == FormTopology.MEDIATED:
                reach[a, b] = mediator * mediator
            elif topology == FormTopology.STAR:
                reach[a, b] = (1.0 if a == 0 else u[a, 0]) * (1.0 if b == 0 else u[0, b])
            else:
                reach[a, b] = u[a, b] if scratch.linked[a, b] == 1 else 0.0
    if topology == FormTopology.MEDIATED or topology == FormTopology.STAR:
        return
    for via in range(size):
        for a in range(size):
            if a != via and reach[a, via] > 0.0:
                for b in range(size):
                    if b != a and b != via:
                        reach[a, b] = max(reach[a, b], reach[a, via] * reach[via, b])


@kernel
def weigh_members(w: World, c: int) -> None:
    """Set every member's weight, and write its contribution into ``scratch.contribution``.

    A weight says how well the others understand it (``scratch.integration``) and how far it trusts
    them.
    """
    ledger, col, scratch, size = w.ledger, w.col, w.scratch, w.col.size[c]
    domains = col.domains[c, : col.breadth[c]]
    for b in range(size):
        understood, trusted, j = 0.0, 0.0, col.members[c, b]
        for a in range(size):
            if a != b:
                slot = col.remembered[c, b, a]
                understood += scratch.integration[a, b]
                trusted += (
                    get_stranger_trust(w, j, col.members[c, a])
                    if slot == NOBODY
                    else ledger.trust[j, slot]
                )
        col.weight[c, b] = compute_weight(
            w, col.form[c], understood / (size - 1), trusted / (size - 1)
        )
        write_contribution(w, scratch.contribution[b], domains, j, col.weight[c, b], w.org.load[j])


@kernel
def find_shared_slot(w: World, c: int, a: int, b: int, now: int) -> int:
    """Return the slot in which member ``a`` remembers member ``b``; open one if it has none."""
    i, j, slot = w.col.members[c, a], w.col.members[c, b], w.col.remembered[c, a, b]
    if slot != NOBODY and w.ledger.partner[i, slot] == j:
        return slot
    slot = find_slot(w, i, j)
    if slot == NOBODY:
        slot = open_slot(w, i, j, now)
        w.ledger.joint[i, slot] = 1
        w.org.partners[i] += 1
    return slot


@kernel
def update_relations(w: World, c: int, outcome: float, now: int) -> None:
    """Move trust to the outcome and let familiarity grow, for every ordered pair of members.

    Linked pairs (``scratch.linked``) learn to understand each other; all do through a mediator.
    """
    org, ledger, members, size = w.org, w.ledger, w.col.members[c], w.col.size[c]
    form, understanding, loss = w.col.form[c], w.p.understanding, w.p.trust.loss
    mediated = w.forms.topology[form] == FormTopology.MEDIATED
    gain = w.p.trust.gain * (1.0 - w.p.trust.crowding_out * w.forms.formalisation[form])
    for a in range(size):
        for b in range(size):
            if a == b:
                continue
            i, j = members[a], members[b]
            slot = find_shared_slot(w, c, a, b, now)
            trust = ledger.trust[i, slot]
            ledger.trust[i, slot] += (gain if outcome > trust else loss) * (outcome - trust)
            ledger.meetings[i, slot] += 1
            ledger.last_met[i, slot] = now
            ledger.last_worked[i, slot] = now
            if mediated or w.scratch.linked[a, b] == 1:
                speed = understanding.familiarity_gain * (
                    understanding.mediated_learning if mediated else 1.0
                )
                speed *= (org.bridging[i] + org.bridging[j]) / 2.0
                ledger.familiarity[i, slot] += speed * (1.0 - ledger.familiarity[i, slot])


@kernel
def compare_with_expectation(value: float, expected: float) -> float:
    """Return how far a collaboration met its expectation, 0 to 1."""
    if expected <= 0.0:
        return 1.0 if value >= expected else 0.0
    return min(1.0, max(0.0, value / expected))


@kernel
def book_shares(w: World, c: int, value: float) -> float:
    """Book every member's share (``scratch.share``); return the synergy."""
    org, col, share, rate = w.org, w.col, w.scratch.share, w.p.letting_go.surplus_rate
    synergy = value
    for member in range(col.size[c]):
        j = col.members[c, member]
        synergy -= org.alone_value[j]
        org.earned[j] += share[member]
        gain = share[member] - org.alone_value[j]
        col.gain[c, member] += rate * (gain - col.gain[c, member])
    col.surplus[c] += rate * (synergy - col.surplus[c])
    return synergy


@kernel
def work_together(w: World, user_pooling: PoolingFunction, c: int, now: int) -> None:
    """Let one collaboration work for a round."""
    col, forms, tally, sums = w.col, w.forms, w.around.tally, w.col.sums[c]
    size, form, breadth, convenor = col.size[c], col.form[c], col.breadth[c], col.members[c, 0]
    requirement = col.requirement[c, :breadth]
    links = draw_links(w, c, now)
    distance, diversity, alike, bridged, trust = compute_pair_relations(w, c)
    compute_integration(w, c)
    weigh_members(w, c)
    quality = compute_team_quality(w, user_pooling, requirement, size, NOBODY)
    g = forms.formalisation[form]
    link_cost, rule_cost = forms.link_cost[form] * links, size * forms.rule_cost[form] * g * g
    value = compute_unit_value(w, breadth) * quality * draw_shock(w, convenor, now) - (
        link_cost + rule_cost
    )
    divide_value(w, user_pooling, form, convenor, requirement, size, value, quality)
    synergy = book_shares(w, c, value)
    col.quality[c] = quality
    update_relations(w, c, compare_with_expectation(value, col.expected[c]), now)
    col.progress[c] += quality
    col.age[c] += 1
    col.rounds_left[c] -= 1
    col.rounds_spent[c] += 1
    tally[Tally.LINK] += link_cost
    tally[Tally.RULE] += rule_cost
    tally[Tally.VALUE_TOGETHER] += value
    tally[Tally.SYNERGY] += synergy
    tally[Tally.QUALITY] += quality
    tally[Tally.DIVERSITY] += diversity
    tally[Tally.ALIKE] += alike
    tally[Tally.BRIDGED] += bridged
    tally[Tally.TRUST] += trust
    tally[Tally.TEAMS] += 1.0
    sums[WorkSum.MEMBERS] += size
    sums[WorkSum.VALUE] += value
    sums[WorkSum.SYNERGY] += synergy
    sums[WorkSum.DISTANCE] += distance
    sums[WorkSum.ALIKE] += alike
    sums[WorkSum.BRIDGED] += bridged
    sums[WorkSum.TRUST] += trust


@kernel
def practise_skills(w: World) -> None:
    """Let every organisation grow in the required skill it is best at."""
    org, col, p = w.org, w.col, w.p
    for i in range(org.load.size):
        prefetch_needs(w, i)
        skills = org.expertise[i]
        for place in range(max(1, org.load[i])):
            if org.load[i] == 0:
                domains, breadth = org.domains[i], org.breadth[i]
            else:
                c = org.places[i, place]
                domains, breadth = col.domains[c], col.breadth[c]
            best = domains[0]
            for d in range(1, breadth):
                if skills[domains[d]] > skills[best]:
                    best = domains[d]
            skills[best] += p.learning.practice * (1.0 - skills[best])
            fit_budget(skills, p.population.budget)


@kernel
def carry_out_work(w: World, user_pooling: PoolingFunction, now: int) -> None:
    """Let everybody work: alone, or together in every collaboration; then practise."""
    work_alone(w, now)
    for position in range(w.col.totals[CollaborationTotal.RUNNING]):
        prefetch_for_work(w, position)
        work_together(w, user_pooling, w.col.order[position], now)
    practise_skills(w)
