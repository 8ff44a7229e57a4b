"""Find each other: in a random order, convenors grow teams and searchers find partners.

The rules are in rules.md, section 5.
"""

from __future__ import annotations

from sim.config import FormTopology
from sim.phases.assemble import assemble_team, invite_and_start
from sim.phases.enlarge import grow_team, has_open_form, join_best_collaboration
from sim.phases.meet import hold_meetings
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_for_find, prefetch_own_teams
from sim.runtime.randomness import Process, draw_uniform
from sim.runtime.sorting import sort_by_keys
from sim.state import BY_RULES, NOBODY, World
from sim.submodels.production import PoolingFunction

ORDER_STREAM = int(Process.ORDER)


@kernel
def is_search_wanted(w: World, i: int) -> bool:
    """Return whether an organisation looks for partners by the rules.

    It is free, not content alone, and its challenge is not at work yet.
    """
    org = w.org
    if org.decides[i] != BY_RULES:
        return False
    return (
        org.load[i] < w.p.population.capacity
        and org.alone_quality[i] < w.p.challenge.aspiration
        and org.at_work[i] == NOBODY
        and w.forms.topology[org.form[i]] != FormTopology.NONE
    )


@kernel
def is_growth_wanted(w: World, i: int, c: int, now: int) -> bool:
    """Return whether ``i`` looks for one more member of a collaboration by the rules.

    It convenes it, and it runs below aspiration with room for one more.
    """
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
def list_actors(w: World, now: int) -> int:
    """Write who acts into ``scratch.actors``, in the order drawn; return their number."""
    org, scratch, actors = w.org, w.scratch, 0
    for i in range(org.load.size):
        prefetch_own_teams(w, i)
        acts = is_search_wanted(w, i)
        for place in range(org.load[i]):
            acts = acts or is_growth_wanted(w, i, org.places[i, place], now)
        if acts:
            scratch.actors[actors] = i
            scratch.keys[actors] = draw_uniform(w.p.run.seed, ORDER_STREAM, now, i, 0)
            actors += 1
    sort_by_keys(w, actors)
    return actors


@kernel
def find_partners(w: World, user_pooling: PoolingFunction, now: int) -> None:
    """Let organisations act one after the other, in an order drawn for this round."""
    org, actors = w.org, list_actors(w, now)
    # Where nobody may join, looking at the teams of all one knows would find nothing.
    can_join = org.load.size > 1 and has_open_form(w)
    for turn in range(actors):
        prefetch_for_find(w, turn, actors)
        i = w.scratch.actors[turn]
        for place in range(org.load[i]):
            c = org.places[i, place]
            if is_growth_wanted(w, i, c, now):
                grow_team(w, user_pooling, c, now)
        if is_search_wanted(w, i):
            hold_meetings(w, i, now)
            size = assemble_team(w, user_pooling, i, now)
            if (size == 0 or not invite_and_start(w, user_pooling, i, size, now)) and can_join:
                join_best_collaboration(w, user_pooling, i, now)
