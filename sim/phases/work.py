"""Work together: integrate, produce, share, come to trust and understand, practise (rules.md, section 6)."""

from __future__ import annotations

from math import exp, sqrt

from sim.config import FormTopology
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_for_work, prefetch_needs
from sim.runtime.randomness import Process, draw_normal_pair
from sim.state import (
    NOBODY,
    CollaborationTotal,
    Organisations,
    Scratch,
    Settings,
    Surroundings,
    Tally,
    WorkSum,
    World,
)
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
def compute_alone_values(org: Organisations, scratch: Scratch, p: Settings) -> None:
    """Work out what every organisation would make alone this round on its own challenge."""
    for i in range(org.load.size):
        breadth = org.breadth[i]
        for d in range(breadth):
            scratch.pooled[d] = apply_depth(org.expertise[i, org.domains[i, d]], p.production.depth)
        org.alone_quality[i] = compute_quality(scratch.pooled, org.requirement[i], breadth, p)
        org.alone_value[i] = compute_unit_value(breadth, p) * org.alone_quality[i]


@kernel
def draw_shock(p: Settings, i: int, now: int) -> float:
    """Return the multiplicative luck of an organisation this round, mean one."""
    if p.production.uncertainty == 0.0:
        return 1.0
    return exp(
        p.production.uncertainty * draw_normal_pair(p.run.seed, SHOCK_STREAM, now, i, 0)[0]
        - p.production.uncertainty * p.production.uncertainty / 2.0
    )


@kernel
def work_alone(org: Organisations, around: Surroundings, p: Settings, now: int) -> None:
    """Let organisations without a collaboration work on their own challenge."""
    for i in range(org.load.size):
        org.worked_alone[i] = org.load[i] == 0
        if org.load[i] == 0:
            value = org.alone_value[i] * draw_shock(p, i, now)
            org.earned[i] += value
            org.progress[i] += org.alone_quality[i]
            org.rounds_left[i] -= 1
            org.rounds_spent[i] += 1
            around.tally[Tally.VALUE_SOLO] += value
            around.tally[Tally.QUALITY] += org.alone_quality[i]
            around.tally[Tally.SOLOISTS] += 1.0


@kernel
def compute_pair_relations(w: World, c: int) -> tuple[float, float, float, float, float]:
    """Fill distances, slots and understandings of all pairs; return mean and root mean square distance, alike, bridged, trust."""
    org, ledger, col, scratch, p = w.org, w.ledger, w.col, w.scratch, w.p
    size = col.size[c]
    distances, squares, alike, bridged, trust = 0.0, 0.0, 0.0, 0.0, 0.0
    for a in range(size):
        for b in range(a):
            i, j = col.members[c, a], col.members[c, b]
            distance = compute_distance(org.expertise, i, j)
            close = compute_closeness(distance, p)
            distances += 2.0 * distance
            squares += 2.0 * distance * distance
            alike += 2.0 * close
            for _ in range(2):
                first, second = (a, b) if i == col.members[c, a] else (b, a)
                slot = find_slot_from_guess(ledger, i, j, col.remembered[c, first, second])
                learned = 0.0 if slot == NOBODY else ledger.familiarity[i, slot]
                trust += (
                    get_stranger_trust(org, p, i, j) if slot == NOBODY else ledger.trust[i, slot]
                )
                col.remembered[c, first, second] = slot
                scratch.understanding[first, second] = 1.0 - (1.0 - close) * (1.0 - learned)
                bridged += (1.0 - close) * learned
                i, j = j, i
    pairs = size * (size - 1)
    return distances / pairs, sqrt(squares / pairs), alike / pairs, bridged / pairs, trust / pairs


@kernel
def compute_integration(w: World, c: int) -> None:
    """Fill ``scratch.integration`` with I_ij: the best product of understandings along paths of the graph."""
    scratch, size, form = w.scratch, w.col.size[c], w.col.form[c]
    topology, reach, u = w.forms.topology[form], w.scratch.integration, w.scratch.understanding
    for a in range(size):
        for b in range(size):
            if topology == FormTopology.MEDIATED:
                reach[a, b] = (
                    w.forms.mediator_understanding[form] * w.forms.mediator_understanding[form]
                )
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
    """Set every member's weight: how well the others understand it, and how far it trusts them."""
    org, ledger, col, scratch, p = w.org, w.ledger, w.col, w.scratch, w.p
    size = col.size[c]
    for b in range(size):
        understood, trusted, j = 0.0, 0.0, col.members[c, b]
        for a in range(size):
            if a != b:
                slot = col.remembered[c, b, a]
                understood += scratch.integration[a, b]
                trusted += (
                    get_stranger_trust(org, p, j, col.members[c, a])
                    if slot == NOBODY
                    else ledger.trust[j, slot]
                )
        col.weight[c, b] = compute_weight(
            w.forms, col.form[c], understood / (size - 1), trusted / (size - 1)
        )
        write_contribution(
            scratch.contribution[b],
            col.weight[c, b],
            org.expertise[j],
            org.load[j],
            col.domains[c],
            col.breadth[c],
            p,
        )


@kernel
def update_relations(w: World, c: int, outcome: float, now: int) -> None:
    """Move trust to the outcome and let familiarity grow, for every ordered pair of members."""
    org, ledger, col, scratch, p = w.org, w.ledger, w.col, w.scratch, w.p
    size, form = col.size[c], col.form[c]
    mediated = w.forms.topology[form] == FormTopology.MEDIATED
    gain = p.trust.gain * (1.0 - p.trust.crowding_out * w.forms.formalisation[form])
    for a in range(size):
        for b in range(size):
            if a == b:
                continue
            i, j = col.members[c, a], col.members[c, b]
            slot = col.remembered[c, a, b]
            if slot == NOBODY or ledger.partner[i, slot] != j:
                slot = find_slot(ledger, i, j)
                if slot == NOBODY:
                    slot = open_slot(org, ledger, p, i, j, now)
                    ledger.joint[i, slot] = 1
                    org.partners[i] += 1
            trust = ledger.trust[i, slot]
            ledger.trust[i, slot] += (gain if outcome > trust else p.trust.loss) * (outcome - trust)
            ledger.meetings[i, slot] += 1
            ledger.last_met[i, slot] = now
            ledger.last_worked[i, slot] = now
            if mediated or scratch.linked[a, b] == 1:
                speed = p.understanding.familiarity_gain * (
                    p.understanding.mediated_learning if mediated else 1.0
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
def work_together(w: World, own_rule: PoolingFunction, c: int, now: int) -> None:
    """Let one collaboration work for a round."""
    org, col, forms, scratch, p, tally = w.org, w.col, w.forms, w.scratch, w.p, w.around.tally
    size, form, breadth, convenor = col.size[c], col.form[c], col.breadth[c], col.members[c, 0]
    links = draw_links(org, col, forms, scratch, p, c, now)
    distance, diversity, alike, bridged, trust = compute_pair_relations(w, c)
    compute_integration(w, c)
    weigh_members(w, c)
    requirement = col.requirement[c]
    quality = compute_team_quality(
        scratch.contribution, size, NOBODY, requirement, breadth, scratch.pooled, p, own_rule
    )
    g = forms.formalisation[form]
    link_cost, rule_cost = forms.link_cost[form] * links, size * forms.rule_cost[form] * g * g
    value = compute_unit_value(breadth, p) * quality * draw_shock(p, convenor, now) - (
        link_cost + rule_cost
    )
    divide_value(
        scratch.share,
        value,
        quality,
        forms.sharing[form],
        org.alone_value[convenor],
        scratch.contribution,
        size,
        requirement,
        breadth,
        scratch.pooled,
        p,
        own_rule,
    )
    synergy = value
    for member in range(size):
        j = col.members[c, member]
        synergy -= org.alone_value[j]
        org.earned[j] += scratch.share[member]
        gain = scratch.share[member] - org.alone_value[j]
        col.gain[c, member] += p.letting_go.surplus_rate * (gain - col.gain[c, member])
    col.surplus[c] += p.letting_go.surplus_rate * (synergy - col.surplus[c])
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
    sums = col.sums[c]
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
def carry_out_work(w: World, own_rule: PoolingFunction, now: int) -> None:
    """Let everybody work: alone, or together in every collaboration; then practise."""
    work_alone(w.org, w.around, w.p, now)
    for position in range(w.col.totals[CollaborationTotal.RUNNING]):
        prefetch_for_work(w, position)
        work_together(w, own_rule, w.col.order[position], now)
    practise_skills(w)
