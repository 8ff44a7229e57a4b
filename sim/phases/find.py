"""Find each other: meet, judge, invite, join (rules.md, section 5)."""

from __future__ import annotations

from sim.config import Channel, Entry, FormTopology
from sim.phases.assemble import assemble_team, invite_and_start
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_acquaintance, prefetch_for_find, prefetch_own_teams
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.runtime.sorting import sort_by_keys
from sim.state import (
    BY_RULES,
    NOBODY,
    Floats,
    Forms,
    Ledger,
    Organisations,
    Settings,
    Surroundings,
    Tally,
    World,
)
from sim.submodels.production import (
    PoolingFunction,
    apply_depth,
    compute_running_cost,
    compute_team_quality,
    compute_unit_value,
    write_contribution,
)
from sim.submodels.relations import find_slot, get_trust, is_cooling_off, open_slot
from sim.submodels.teams import (
    admit_member,
    compute_perceived_value,
    compute_weight,
    is_invitation_accepted,
    judge_partner,
    write_member_contributions,
    write_perceived_contributions,
    write_shares,
)

ORDER_STREAM, CHANNEL_STREAM, MEETING_STREAM = (
    int(Process.ORDER),
    int(Process.CHANNEL),
    int(Process.MEETING),
)
DRAWS_PER_MEETING = 64
FIRST_SAMPLE_DRAW = 3


@kernel
def is_search_wanted(org: Organisations, forms: Forms, p: Settings, i: int) -> bool:
    """Tell whether an organisation looks for partners by the rules: free, not content alone, its challenge not already at work."""
    if org.decides[i] != BY_RULES:
        return False
    return (
        org.load[i] < p.population.capacity
        and org.alone_quality[i] < p.challenge.aspiration
        and org.at_work[i] == NOBODY
        and forms.topology[org.form[i]] != FormTopology.NONE
    )


@kernel
def is_growth_wanted(w: World, i: int, c: int, now: int) -> bool:
    """Tell whether ``i`` convenes this collaboration by the rules, and it runs below aspiration with room for one more."""
    col = w.col
    if w.org.decides[i] != BY_RULES:
        return False
    return (
        col.members[c, 0] == i
        and col.started[c] < now
        and col.quality[c] < w.p.challenge.aspiration
        and col.size[c] < w.forms.max_size[col.form[c]]
    )


@kernel
def draw_other_organisation(p: Settings, i: int, population: int, now: int, number: int) -> int:
    """Return any other organisation, uniformly."""
    j = pick_index(draw_uniform(p.run.seed, MEETING_STREAM, now, i, number), population - 1)
    return j + 1 if j >= i else j


@kernel
def count_partners(ledger: Ledger, i: int, but: int) -> int:
    """Count the organisations ``i`` has worked with, other than ``but``."""
    count = 0
    for slot in range(ledger.used[i]):
        count += ledger.joint[i, slot] > 0 and ledger.partner[i, slot] != but
    return count


@kernel
def find_nth_partner(ledger: Ledger, i: int, but: int, n: int) -> int:
    """Return the n-th organisation that ``i`` has worked with, other than ``but``, in ledger order."""
    for slot in range(ledger.used[i]):
        if ledger.joint[i, slot] > 0 and ledger.partner[i, slot] != but:
            if n == 0:
                return ledger.partner[i, slot]
            n -= 1
    return NOBODY


@kernel
def compute_fit(org: Organisations, p: Settings, i: int, j: int) -> float:
    """Return how well ``j`` fits the requirement of ``i``, as a directory shows it."""
    total = 0.0
    for d in range(org.breadth[i]):
        total += org.requirement[i, d] * apply_depth(
            org.expertise[j, org.domains[i, d]], p.production.depth
        )
    return total


@kernel
def find_best_connected(org: Organisations, ledger: Ledger, i: int) -> int:
    """Return the organisation with most partners among those ``i`` knows; NOBODY when none has any."""
    best, most = NOBODY, 0
    for slot in range(ledger.used[i]):
        j = ledger.partner[i, slot]
        if org.partners[j] > most:
            best, most = j, org.partners[j]
    return best


@kernel
def choose_whom_to_meet(
    org: Organisations, ledger: Ledger, forms: Forms, p: Settings, i: int, meeting: int, now: int
) -> int:
    """Return whom ``i`` meets through the discovery channel of this meeting."""
    population, base = org.load.size, DRAWS_PER_MEETING * meeting
    draw = draw_uniform(p.run.seed, CHANNEL_STREAM, now, i, meeting)
    channel = 0
    while channel < Channel.CONVENOR and draw >= forms.channels[org.form[i], channel]:
        channel += 1
    if channel == Channel.REFERRAL:
        known = count_partners(ledger, i, NOBODY)
        if known > 0:
            via = find_nth_partner(
                ledger,
                i,
                NOBODY,
                pick_index(draw_uniform(p.run.seed, MEETING_STREAM, now, i, base + 1), known),
            )
            known = count_partners(ledger, via, i)
            if known > 0:
                return find_nth_partner(
                    ledger,
                    via,
                    i,
                    pick_index(draw_uniform(p.run.seed, MEETING_STREAM, now, i, base + 2), known),
                )
    if channel == Channel.DIRECTORY or channel == Channel.CONVENOR:
        convenor = find_best_connected(org, ledger, i) if channel == Channel.CONVENOR else NOBODY
        known = count_partners(ledger, convenor, i) if convenor != NOBODY else 0
        if channel == Channel.DIRECTORY or known > 0:
            best, best_fit = NOBODY, -1.0
            for sample in range(p.search.directory_sample):
                number = base + FIRST_SAMPLE_DRAW + sample
                if channel == Channel.DIRECTORY:
                    j = draw_other_organisation(p, i, population, now, number)
                else:
                    j = find_nth_partner(
                        ledger,
                        convenor,
                        i,
                        pick_index(draw_uniform(p.run.seed, MEETING_STREAM, now, i, number), known),
                    )
                suits = compute_fit(org, p, i, j)
                if suits > best_fit:
                    best, best_fit = j, suits
            return best
    return draw_other_organisation(p, i, population, now, base)


@kernel
def meet_organisation(
    org: Organisations, ledger: Ledger, around: Surroundings, p: Settings, i: int, j: int, now: int
) -> None:
    """Let ``i`` meet ``j``, at a cost."""
    prefetch_acquaintance(org, ledger, p, j)
    slot = open_slot(org, ledger, p, i, j, now)
    ledger.last_met[i, slot] = now
    ledger.meetings[i, slot] += 1
    org.earned[i] -= p.search.cost
    around.tally[Tally.SEARCH] += p.search.cost


@kernel
def hold_meetings(
    org: Organisations,
    ledger: Ledger,
    forms: Forms,
    around: Surroundings,
    p: Settings,
    i: int,
    now: int,
) -> None:
    """Hold this round's meetings, each at a cost."""
    if org.load.size < 2:
        return
    for meeting in range(p.search.meetings):
        meet_organisation(
            org,
            ledger,
            around,
            p,
            i,
            choose_whom_to_meet(org, ledger, forms, p, i, meeting, now),
            now,
        )


@kernel
def is_member(w: World, c: int, j: int) -> bool:
    """Tell whether an organisation is in a collaboration."""
    for member in range(w.col.size[c]):
        if w.col.members[c, member] == j:
            return True
    return False


@kernel
def copy_contributions(target: Floats, source: Floats, breadth: int) -> None:
    """Copy contributions on the required domains."""
    for d in range(breadth):
        target[d] = source[d]


@kernel
def invite_newcomer(
    w: World, own_rule: PoolingFunction, c: int, j: int, weight: float, now: int
) -> bool:
    """Let the convenor invite ``j``, whose contribution stands after the members' in ``scratch``; tell whether it joins."""
    org, col, scratch, p, size = w.org, w.col, w.scratch, w.p, w.col.size[c]
    quality, value = compute_perceived_value(col, org, w.forms, scratch, p, own_rule, c, size + 1)
    write_shares(col, org, w.forms, scratch, p, own_rule, c, size + 1, quality, value)
    share = scratch.share[size]
    if not is_invitation_accepted(
        org, w.forms, p, col.form[c], get_trust(org, w.ledger, p, j, col.members[c, 0]), share, j
    ):
        return False
    admit_member(org, w.ledger, col, w.forms, w.around, p, c, j, weight, share, value, now)
    return True


@kernel
def grow_team(w: World, own_rule: PoolingFunction, c: int, now: int) -> None:
    """Let the convenor invite the one known free organisation that adds most, if that is worth its cost."""
    org, ledger, col, forms, scratch, p = w.org, w.ledger, w.col, w.forms, w.scratch, w.p
    i, form, size, breadth = col.members[c, 0], col.form[c], col.size[c], col.breadth[c]
    write_member_contributions(org, col, scratch, p, c)
    quality_now = compute_team_quality(
        scratch.contribution, size, NOBODY, col.requirement[c], breadth, scratch.pooled, p, own_rule
    )
    added_cost = compute_running_cost(forms, form, size + 1) - compute_running_cost(
        forms, form, size
    )
    best, best_net, best_weight = NOBODY, 0.0, 0.0
    for slot in range(ledger.used[i]):
        j = ledger.partner[i, slot]
        if (
            org.load[j] >= p.population.capacity
            or is_member(w, c, j)
            or is_cooling_off(ledger, p, i, slot, now)
        ):
            continue
        understood, trusted, meetings = judge_partner(org, ledger, forms, p, form, i, j)
        weight = compute_weight(forms, form, understood, trusted)
        write_perceived_contributions(
            scratch.contribution[size],
            org,
            p,
            i,
            j,
            meetings,
            weight,
            org.load[j] + 1,
            col.domains[c],
            breadth,
        )
        quality = compute_perceived_value(col, org, forms, scratch, p, own_rule, c, size + 1)[0]
        net = (
            compute_unit_value(breadth, p) * (quality - quality_now)
            - added_cost
            - org.alone_value[j]
        )
        if net > best_net:
            best, best_net, best_weight = j, net, weight
            copy_contributions(scratch.own, scratch.contribution[size], breadth)
    if best == NOBODY:
        return
    copy_contributions(scratch.contribution[size], scratch.own, breadth)
    invite_newcomer(w, own_rule, c, best, best_weight, now)


@kernel
def has_avoided_member(w: World, i: int, c: int, now: int) -> bool:
    """Tell whether a collaboration contains a former partner that ``i`` still avoids."""
    if w.p.letting_go.cooling_off == 0:
        return False
    for member in range(w.col.size[c]):
        slot = find_slot(w.ledger, i, w.col.members[c, member])
        if slot != NOBODY and is_cooling_off(w.ledger, w.p, i, slot, now):
            return True
    return False


@kernel
def has_open_form(forms: Forms) -> bool:
    """Tell whether any form lets organisations in that nobody invited."""
    for form in range(forms.entry.size):
        if forms.entry[form] == Entry.OPEN:
            return True
    return False


@kernel
def evaluate_joining(
    w: World, own_rule: PoolingFunction, i: int, c: int, contact: int
) -> tuple[float, float, float, float]:
    """Return what ``i`` would get in a collaboration it knows a member of, the value then, its weight, and what it would add."""
    org, col, forms, scratch, p = w.org, w.col, w.forms, w.scratch, w.p
    form, size, breadth = col.form[c], col.size[c], col.breadth[c]
    write_member_contributions(org, col, scratch, p, c)
    quality_now = compute_team_quality(
        scratch.contribution, size, NOBODY, col.requirement[c], breadth, scratch.pooled, p, own_rule
    )
    understood, trusted, _ = judge_partner(org, w.ledger, forms, p, form, i, contact)
    weight = compute_weight(forms, form, understood, trusted)
    write_contribution(
        scratch.contribution[size],
        weight,
        org.expertise[i],
        org.load[i] + 1,
        col.domains[c],
        breadth,
        p,
    )
    quality, value = compute_perceived_value(col, org, forms, scratch, p, own_rule, c, size + 1)
    write_shares(col, org, forms, scratch, p, own_rule, c, size + 1, quality, value)
    added_cost = compute_running_cost(forms, form, size + 1) - compute_running_cost(
        forms, form, size
    )
    return (
        scratch.share[size],
        value,
        weight,
        compute_unit_value(breadth, p) * (quality - quality_now) - added_cost,
    )


@kernel
def join_best_collaboration(w: World, own_rule: PoolingFunction, i: int, now: int) -> None:
    """Let ``i`` join the open collaboration among its contacts' that pays best, if it dilutes nobody."""
    org, ledger, col, forms, scratch = w.org, w.ledger, w.col, w.forms, w.scratch
    visits = 0
    best, best_share, best_value, best_weight = NOBODY, 0.0, 0.0, 0.0
    for slot in range(ledger.used[i]):
        contact = ledger.partner[i, slot]
        for place in range(org.load[contact]):
            c = org.places[contact, place]
            form = col.form[c]
            if forms.entry[form] != Entry.OPEN or col.size[c] >= forms.max_size[form]:
                continue
            known = False
            for visit in range(visits):
                known = known or scratch.visited[visit] == c
            if known or is_member(w, c, i):
                continue
            scratch.visited[visits] = c
            visits += 1
            if has_avoided_member(w, i, c, now):
                continue
            share, value, weight, marginal = evaluate_joining(w, own_rule, i, c, contact)
            wanted = share > org.alone_value[i] and marginal >= org.alone_value[i]
            if wanted and (best == NOBODY or share > best_share):
                best, best_share, best_value, best_weight = c, share, value, weight
    if best != NOBODY:
        admit_member(
            org,
            ledger,
            col,
            forms,
            w.around,
            w.p,
            best,
            i,
            best_weight,
            best_share,
            best_value,
            now,
        )


@kernel
def find_partners(w: World, own_rule: PoolingFunction, now: int) -> None:
    """Let organisations act one after the other, in an order drawn anew: convenors grow teams, searchers find partners."""
    org, scratch = w.org, w.scratch
    actors = 0
    for i in range(org.load.size):
        prefetch_own_teams(w, i)
        acts = is_search_wanted(org, w.forms, w.p, i)
        for place in range(org.load[i]):
            acts = acts or is_growth_wanted(w, i, org.places[i, place], now)
        if acts:
            scratch.actors[actors] = i
            scratch.keys[actors] = draw_uniform(w.p.run.seed, ORDER_STREAM, now, i, 0)
            actors += 1
    sort_by_keys(scratch, actors)
    can_join = org.load.size > 1 and has_open_form(
        w.forms
    )  # else looking at the teams of all it knows would be in vain
    for turn in range(actors):
        prefetch_for_find(w, turn, actors)
        i = scratch.actors[turn]
        for place in range(org.load[i]):
            c = org.places[i, place]
            if is_growth_wanted(w, i, c, now):
                grow_team(w, own_rule, c, now)
        if is_search_wanted(org, w.forms, w.p, i):
            hold_meetings(org, w.ledger, w.forms, w.around, w.p, i, now)
            size = assemble_team(w, own_rule, i, now)
            if (size == 0 or not invite_and_start(w, own_rule, i, size, now)) and can_join:
                join_best_collaboration(w, own_rule, i, now)
