"""Ask for memory before it is needed, so that a large population does not wait for it.

The state of many organisations does not fit the processor's caches, and partners lie anywhere in
it: nearly every look at a partner waits for memory. But who acts next is known: the rows of the
next actors and teams are asked for while the present one is at work, those first that show which
rows come next. This changes no number.
"""

from __future__ import annotations

from sim.runtime.compilation import kernel
from sim.runtime.prefetch_requests import make_row_request, make_slot_request
from sim.state import (
    CollaborationTotal,
    World,
)

# Below, the state (1.5 kB each) is in the caches anyway, and asking costs more than it saves.
PREFETCH_FROM_ORGANISATIONS = 3_000

request_actor = make_row_request(
    "breadth", "alone_value", "expertise", "form", "at_work", "places", "alone_quality"
)
request_partner_names = make_row_request("partner")
request_partners = make_row_request("used", "partner")
request_meetings = make_row_request("meetings", "joint", "trust", "last_worked")
request_load = make_row_request("load")
request_organisation = make_row_request("expertise", "alone_value")
request_opinion = make_slot_request("trust", "meetings")
request_skills = make_row_request("expertise")
request_relation = make_slot_request("trust", "meetings", "last_worked")
request_team = make_row_request("size")
request_team_first_line = make_row_request("size", lines=1)
request_team_two_lines = make_row_request("size", lines=2)
request_needs = make_row_request("domains", lines=1)
request_own_needs = make_row_request("breadth")


@kernel
def prefetch_actor(w: World, i: int) -> None:
    """Ask for what somebody who acts later reads of itself."""
    request_actor(w.org, i)
    request_partners(w.ledger, i)
    if w.org.load[i] < w.p.population.capacity:
        request_meetings(w.ledger, i)


@kernel
def prefetch_actor_teams(w: World, i: int) -> None:
    """Ask for the teams it is in."""
    for place in range(w.org.load[i]):
        request_team(w.col, w.org.places[i, place])


@kernel
def prefetch_candidates(w: World, i: int) -> None:
    """Ask for what it reads of those it knows that are free, and for its team-mates' skills."""
    for slot in range(w.ledger.used[i]):
        j = w.ledger.partner[i, slot]
        if w.org.load[j] < w.p.population.capacity:
            request_organisation(w.org, j)
            request_opinion(w.ledger, i, slot)
            request_partners(w.ledger, j)
    for place in range(w.org.load[i]):
        c = w.org.places[i, place]
        for mate in range(w.col.size[c]):
            request_skills(w.org, w.col.members[c, mate])


@kernel
def prefetch_team(w: World, c: int) -> None:
    """Ask for a team that works later."""
    request_team(w.col, c)


@kernel
def prefetch_members(w: World, c: int) -> None:
    """Ask for its members, and for whom they remember."""
    for place in range(w.col.size[c]):
        i = w.col.members[c, place]
        request_organisation(w.org, i)
        request_load(w.org, i)
        request_partner_names(w.ledger, i)


@kernel
def prefetch_relations(w: World, c: int) -> None:
    """Ask for what its members remember of each other."""
    for a in range(w.col.size[c]):
        for b in range(w.col.size[c]):
            if a != b:
                request_relation(w.ledger, w.col.members[c, a], w.col.remembered[c, a, b])


@kernel
def prefetch_acquaintance(w: World, j: int) -> None:
    """Ask for what is read of somebody just met, if it is free, while others are met and judged."""
    if w.org.load.size >= PREFETCH_FROM_ORGANISATIONS and w.org.load[j] < w.p.population.capacity:
        request_organisation(w.org, j)
        request_partners(w.ledger, j)


@kernel
def prefetch_for_find(w: World, turn: int, actors: int) -> None:
    """Ask for what the next turns need: the farther, the less is known of where it lies."""
    if w.org.load.size >= PREFETCH_FROM_ORGANISATIONS and turn + 9 < actors:
        prefetch_actor(w, w.scratch.actors[turn + 9])
        prefetch_actor_teams(w, w.scratch.actors[turn + 5])
        prefetch_candidates(w, w.scratch.actors[turn + 2])


@kernel
def prefetch_for_work(w: World, position: int) -> None:
    """Ask for what the next teams need: the farther, the less is known of where it lies."""
    order = w.col.order
    if (
        w.org.load.size >= PREFETCH_FROM_ORGANISATIONS
        and position + 12 < w.col.totals[CollaborationTotal.RUNNING]
    ):
        prefetch_team(w, order[position + 12])
        prefetch_members(w, order[position + 6])
        prefetch_relations(w, order[position + 2])


@kernel
def prefetch_own_teams(w: World, i: int) -> None:
    """Ask for what decides whether somebody grows a team, when all are gone through."""
    if w.org.load.size >= PREFETCH_FROM_ORGANISATIONS and i + 16 < w.org.load.size:
        for place in range(w.org.load[i + 16]):
            request_team_first_line(w.col, w.org.places[i + 16, place])


@kernel
def prefetch_needs(w: World, i: int) -> None:
    """Ask for what teams need, when all who practise for them are gone through."""
    if w.org.load.size >= PREFETCH_FROM_ORGANISATIONS and i + 16 < w.org.load.size:
        for place in range(w.org.load[i + 16]):
            request_needs(w.col, w.org.places[i + 16, place])
        if w.org.load[i + 16] == 0:
            request_own_needs(w.org, i + 16)


@kernel
def prefetch_for_let_go(w: World, position: int) -> None:
    """Ask for what decides whether a team goes on, when all are gone through."""
    if (
        w.org.load.size >= PREFETCH_FROM_ORGANISATIONS
        and position + 12 < w.col.totals[CollaborationTotal.RUNNING]
    ):
        request_team_two_lines(w.col, w.col.order[position + 12])


@kernel
def prefetch_team_size(w: World, position: int) -> None:
    """Ask for who is in a team, when all are gone through."""
    if (
        w.org.load.size >= PREFETCH_FROM_ORGANISATIONS
        and position + 12 < w.col.totals[CollaborationTotal.RUNNING]
    ):
        request_team_first_line(w.col, w.col.order[position + 12])
