"""Who copied whom in a round: told from the same keyed draws that decided it, so that runs nobody watches pay nothing for it."""

from __future__ import annotations

from sim.config import Exposure, ImitationRule
from sim.phases.imitate import (
    COPY_NOBODY,
    choose_model,
    list_visible_organisations,
)
from sim.runtime.compilation import entry
from sim.state import BY_RULES, CollaborationTotal, Integers, World
from sim.submodels.structures import draw_links, find_place


@entry
def write_copies(w: World, pairs: Integers, now: int) -> int:
    """Write (copier, model, or MEAN) of the copies of this round, as far as ``pairs`` has room; return their number.

    To be called between the halves of a round, when teams and performances are those that ``imitate`` saw.
    """
    org, col, p, written = w.org, w.col, w.p, 0
    if p.imitation.rate == 0.0 or p.imitation.rule == ImitationRule.USER_DEFINED:
        return 0
    for position in range(col.totals[CollaborationTotal.RUNNING]):
        c = col.order[position]
        if w.forms.exposure[col.form[c]] == Exposure.LINKED:
            draw_links(org, col, w.forms, w.scratch, p, c, now)
        for member in range(col.size[c]):
            i = col.members[c, member]
            if org.decides[i] != BY_RULES:
                continue
            place = find_place(org, i, c)
            seen = list_visible_organisations(w, c, member, place, now)
            for chance in range(seen):
                model = choose_model(w, c, i, place, chance, seen, now)
                if model != COPY_NOBODY and written < pairs.shape[0]:
                    pairs[written, 0], pairs[written, 1] = i, model
                    written += 1
    return written
