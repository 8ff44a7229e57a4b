"""Ask for memory before it is needed, so that a large population does not wait for it.

The state of many organisations does not fit the processor's caches, and partners lie anywhere in it: nearly every look
at a partner waits for memory. But who acts next is known: the rows of the next actors and teams are asked for while the
present one is at work, those first that tell which rows come next. This changes no number.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.runtime.compilation import kernel
from sim.runtime.packing import WORD, read_field
from sim.state import Ledger, Organisations, Settings, World

FROM_ORGANISATIONS = 3_000  # below, the state (1.5 kB each) is in the caches anyway and asking costs more than it saves
CACHE_LINE = 64
READ, KEEP, DATA = (ir.Constant(ir.IntType(32), number) for number in (0, 3, 1))


def ask(builder: Any, start: Any, offset: Any) -> None:
    """Build the request for one cache line."""
    numbers = [ir.IntType(32)] * 3
    function = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *numbers])
    request = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], function)
    builder.call(request, [builder.gep(builder.bitcast(start, cgutils.voidptr_t), [offset]), READ, KEEP, DATA])


def rows_of(*columns: str, lines: int = 0) -> Any:
    """Return a kernel ``(group, row)`` that asks for the row in each of these columns.

    For the first column of a record this is the whole record. ``lines`` asks for so many cache lines from a column on instead.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def ask_for_row(typing: Any, group: Any, row: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            for column in columns:
                kind = group.fields[column][1]
                array = context.make_array(kind)(context, builder, read_field(context, builder, group, arguments[0], column))
                length = cgutils.unpack_tuple(builder, array.strides, kind.ndim)[0]
                start = builder.mul(arguments[1], length)
                end = ir.Constant(WORD, lines * CACHE_LINE) if lines else length
                with cgutils.for_range_slice(builder, ir.Constant(WORD, 0), end, ir.Constant(WORD, CACHE_LINE), WORD) as (offset, _):
                    ask(builder, array.data, builder.add(start, offset))
            return context.get_dummy_value()

        return types.void(group, types.int64), build

    return ask_for_row


def slots_of(*columns: str) -> Any:
    """Return a kernel ``(group, row, slot)`` that asks for one slot of a row in each of these columns."""

    @intrinsic  # type: ignore[untyped-decorator]
    def ask_for_slot(typing: Any, group: Any, row: Any, slot: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            for column in columns:
                kind = group.fields[column][1]
                array = context.make_array(kind)(context, builder, read_field(context, builder, group, arguments[0], column))
                steps = cgutils.unpack_tuple(builder, array.strides, kind.ndim)
                offset = builder.add(builder.mul(arguments[1], steps[0]), builder.mul(arguments[2], steps[1]))
                ask(builder, array.data, offset)
            return context.get_dummy_value()

        return types.void(group, types.int64, types.int64), build

    return ask_for_slot


own_situation = rows_of("breadth", "alone_value", "expertise", "form", "at_work", "places", "alone_quality")
names = rows_of("partner")
who_it_knows = rows_of("used", "partner")
whom_it_met = rows_of("meetings", "joint", "trust", "last_worked")
freedom = rows_of("load")
somebody = rows_of("expertise", "alone_value")
opinion = slots_of("trust", "meetings")
skills = rows_of("expertise")
relation = slots_of("trust", "meetings", "last_worked")
team = rows_of("size")
team_in_short = rows_of("size", lines=1)
team_in_question = rows_of("size", lines=2)
needs = rows_of("domains", lines=1)
own_needs = rows_of("breadth")


@kernel
def look_ahead_to_actor(w: World, i: int) -> None:
    """Ask for what somebody who acts later reads of itself."""
    own_situation(w.org, i)
    who_it_knows(w.ledger, i)
    if w.org.load[i] < w.p.capacity:
        whom_it_met(w.ledger, i)


@kernel
def look_ahead_to_its_teams(w: World, i: int) -> None:
    """Ask for the teams it is in."""
    for place in range(w.org.load[i]):
        team(w.col, w.org.places[i, place])


@kernel
def look_ahead_to_candidates(w: World, i: int) -> None:
    """Ask for what it reads of those it knows that are free, and for its team-mates' skills."""
    for slot in range(w.ledger.used[i]):
        j = w.ledger.partner[i, slot]
        if w.org.load[j] < w.p.capacity:
            somebody(w.org, j)
            opinion(w.ledger, i, slot)
            who_it_knows(w.ledger, j)
    for place in range(w.org.load[i]):
        c = w.org.places[i, place]
        for mate in range(w.col.size[c]):
            skills(w.org, w.col.members[c, mate])


@kernel
def look_ahead_to_team(w: World, c: int) -> None:
    """Ask for a team that works later."""
    team(w.col, c)


@kernel
def look_ahead_to_members(w: World, c: int) -> None:
    """Ask for its members, and for whom they remember."""
    for place in range(w.col.size[c]):
        i = w.col.members[c, place]
        somebody(w.org, i)
        freedom(w.org, i)
        names(w.ledger, i)


@kernel
def look_ahead_to_relations(w: World, c: int) -> None:
    """Ask for what its members remember of each other."""
    for a in range(w.col.size[c]):
        for b in range(w.col.size[c]):
            if a != b:
                relation(w.ledger, w.col.members[c, a], w.col.remembered[c, a, b])


@kernel
def look_at_acquaintance(org: Organisations, ledger: Ledger, p: Settings, j: int) -> None:
    """Ask for what is read of somebody just met, if it is free, while others are met and judged."""
    if org.load.size >= FROM_ORGANISATIONS and org.load[j] < p.capacity:
        somebody(org, j)
        who_it_knows(ledger, j)


@kernel
def look_ahead_in_find(w: World, turn: int, actors: int) -> None:
    """Ask for what the next turns need: the farther, the less is known of where it lies."""
    if w.org.load.size >= FROM_ORGANISATIONS and turn + 9 < actors:
        look_ahead_to_actor(w, w.scratch.actors[turn + 9])
        look_ahead_to_its_teams(w, w.scratch.actors[turn + 5])
        look_ahead_to_candidates(w, w.scratch.actors[turn + 2])


@kernel
def look_ahead_in_work(w: World, position: int) -> None:
    """Ask for what the next teams need: the farther, the less is known of where it lies."""
    order = w.col.order
    if w.org.load.size >= FROM_ORGANISATIONS and position + 12 < w.col.totals[0]:
        look_ahead_to_team(w, order[position + 12])
        look_ahead_to_members(w, order[position + 6])
        look_ahead_to_relations(w, order[position + 2])


@kernel
def look_ahead_to_own_teams(w: World, i: int) -> None:
    """Ask for what tells whether somebody grows a team, when all are gone through."""
    if w.org.load.size >= FROM_ORGANISATIONS and i + 16 < w.org.load.size:
        for place in range(w.org.load[i + 16]):
            team_in_short(w.col, w.org.places[i + 16, place])


@kernel
def look_ahead_to_needs(w: World, i: int) -> None:
    """Ask for what teams need, when all who practise for them are gone through."""
    if w.org.load.size >= FROM_ORGANISATIONS and i + 16 < w.org.load.size:
        for place in range(w.org.load[i + 16]):
            needs(w.col, w.org.places[i + 16, place])
        if w.org.load[i + 16] == 0:
            own_needs(w.org, i + 16)


@kernel
def look_ahead_to_fate(w: World, position: int) -> None:
    """Ask for what decides whether a team goes on, when all are gone through."""
    if w.org.load.size >= FROM_ORGANISATIONS and position + 12 < w.col.totals[0]:
        team_in_question(w.col, w.col.order[position + 12])


@kernel
def look_ahead_to_size(w: World, position: int) -> None:
    """Ask for who is in a team, when all are gone through."""
    if w.org.load.size >= FROM_ORGANISATIONS and position + 12 < w.col.totals[0]:
        team_in_short(w.col, w.col.order[position + 12])
