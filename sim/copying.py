"""Who copied whom in a round: told from the same keyed draws that decided it, so that runs nobody watches pay nothing for it."""

from __future__ import annotations

from sim.compilation import entry
from sim.phases.imitate import CONFORMITY, IMITATION, OWN, list_seen, model_among
from sim.randomness import uniform
from sim.state import BY_RULES, NOBODY, Integers, World
from sim.structures import LINKED, draw_links, place_of

MEAN = -1  # in place of a model: the mean of those seen, which conformity copies


@entry
def write_copies(w: World, pairs: Integers, now: int) -> int:
    """Write (copier, model) of the copies of this round, as far as ``pairs`` has room; return their number.

    To be called between the halves of a round, when teams and performances are those that ``imitate`` saw.
    """
    org, col, p, written = w.org, w.col, w.p, 0
    if p.imitation_rate == 0.0 or p.imitation_rule == OWN:
        return 0
    for position in range(col.totals[0]):
        c = col.order[position]
        if w.forms.exposure[col.form[c]] == LINKED:
            draw_links(org, col, w.forms, w.scratch, p, c, now)
        for member in range(col.size[c]):
            i = col.members[c, member]
            if org.decides[i] != BY_RULES:
                continue
            place = place_of(org, i, c)
            seen = list_seen(w, c, member, place, now)
            for chance in range(seen):
                number = w.scratch.seen[chance] * p.capacity + place
                if uniform(p.seed, IMITATION, now, i, number) < p.imitation_rate:
                    mean = p.imitation_rule == CONFORMITY
                    model = MEAN if mean else model_among(w, c, i, chance, seen)
                    if (mean or model != NOBODY) and written < pairs.shape[0]:
                        pairs[written, 0], pairs[written, 1] = i, model
                        written += 1
    return written
