"""Meet others through the channels of a form (rules.md, section 5)."""

from __future__ import annotations

from sim.config import Channel
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_acquaintance
from sim.runtime.randomness import Process, draw_uniform, pick_index
from sim.state import NOBODY, Tally, World
from sim.submodels.production import apply_depth
from sim.submodels.relations import open_slot

CHANNEL_STREAM, MEETING_STREAM = int(Process.CHANNEL), int(Process.MEETING)
DRAWS_PER_MEETING = 64
FIRST_SAMPLE_DRAW = 3


@kernel
def pick_for_meeting(w: World, i: int, count: int, number: int, now: int) -> int:
    """Pick one of ``count`` by the draw of this number among those for meetings."""
    return pick_index(draw_uniform(w.p.run.seed, MEETING_STREAM, now, i, number), count)


@kernel
def draw_other_organisation(w: World, i: int, number: int, now: int) -> int:
    """Return any other organisation, uniformly."""
    j = pick_for_meeting(w, i, w.org.load.size - 1, number, now)
    return j + 1 if j >= i else j


@kernel
def count_partners(w: World, i: int, but: int) -> int:
    """Count the organisations ``i`` has worked with, other than ``but``."""
    count = 0
    for slot in range(w.ledger.used[i]):
        count += w.ledger.joint[i, slot] > 0 and w.ledger.partner[i, slot] != but
    return count


@kernel
def find_nth_partner(w: World, i: int, but: int, n: int) -> int:
    """Return the n-th that ``i`` has worked with, other than ``but``, in ledger order."""
    for slot in range(w.ledger.used[i]):
        if w.ledger.joint[i, slot] > 0 and w.ledger.partner[i, slot] != but:
            if n == 0:
                return w.ledger.partner[i, slot]
            n -= 1
    return NOBODY


@kernel
def compute_fit(w: World, i: int, j: int) -> float:
    """Return how well ``j`` fits the requirement of ``i``, as a directory shows it."""
    org, depth, total = w.org, w.p.production.depth, 0.0
    for d in range(org.breadth[i]):
        total += org.requirement[i, d] * apply_depth(org.expertise[j, org.domains[i, d]], depth)
    return total


@kernel
def find_best_connected(w: World, i: int) -> int:
    """Return who has most partners among those ``i`` knows; NOBODY when none has any."""
    best, most = NOBODY, 0
    for slot in range(w.ledger.used[i]):
        j = w.ledger.partner[i, slot]
        if w.org.partners[j] > most:
            best, most = j, w.org.partners[j]
    return best


@kernel
def find_by_referral(w: World, i: int, base: int, now: int) -> int:
    """Return a partner of one of the partners of ``i``, or NOBODY."""
    known = count_partners(w, i, NOBODY)
    if known == 0:
        return NOBODY
    via = find_nth_partner(w, i, NOBODY, pick_for_meeting(w, i, known, base + 1, now))
    known = count_partners(w, via, i)
    if known == 0:
        return NOBODY
    return find_nth_partner(w, via, i, pick_for_meeting(w, i, known, base + 2, now))


@kernel
def find_best_fit(w: World, i: int, convenor: int, base: int, now: int) -> int:
    """Return the best fit of a sample of all, or of the partners of a convenor; or NOBODY.

    ``convenor`` is who introduces ``i``, or NOBODY for a directory.
    """
    known = count_partners(w, convenor, i) if convenor != NOBODY else 0
    if convenor != NOBODY and known == 0:
        return NOBODY
    best, best_fit = NOBODY, -1.0
    for sample in range(w.p.search.directory_sample):
        number = base + FIRST_SAMPLE_DRAW + sample
        if convenor == NOBODY:
            j = draw_other_organisation(w, i, number, now)
        else:
            n = pick_for_meeting(w, i, known, number, now)
            j = find_nth_partner(w, convenor, i, n)
        fit = compute_fit(w, i, j)
        if fit > best_fit:
            best, best_fit = j, fit
    return best


@kernel
def choose_whom_to_meet(w: World, i: int, meeting: int, now: int) -> int:
    """Return whom ``i`` meets through the channel of this meeting; anybody when it finds nobody."""
    channels, base = w.forms.channels[w.org.form[i]], DRAWS_PER_MEETING * meeting
    draw = draw_uniform(w.p.run.seed, CHANNEL_STREAM, now, i, meeting)
    channel, j = 0, NOBODY
    while channel < channels.size - 1 and draw >= channels[channel]:
        channel += 1
    if channel == Channel.REFERRAL:
        j = find_by_referral(w, i, base, now)
    elif channel == Channel.DIRECTORY:
        j = find_best_fit(w, i, NOBODY, base, now)
    elif channel == Channel.CONVENOR:
        convenor = find_best_connected(w, i)
        if convenor != NOBODY:
            j = find_best_fit(w, i, convenor, base, now)
    return draw_other_organisation(w, i, base, now) if j == NOBODY else j


@kernel
def meet_organisation(w: World, i: int, j: int, now: int) -> None:
    """Let ``i`` meet ``j``, at a cost."""
    cost = w.p.search.cost
    prefetch_acquaintance(w, j)
    slot = open_slot(w, i, j, now)
    w.ledger.last_met[i, slot] = now
    w.ledger.meetings[i, slot] += 1
    w.org.earned[i] -= cost
    w.around.tally[Tally.SEARCH] += cost


@kernel
def hold_meetings(w: World, i: int, now: int) -> None:
    """Hold this round's meetings, each at a cost."""
    if w.org.load.size < 2:
        return
    for meeting in range(w.p.search.meetings):
        meet_organisation(w, i, choose_whom_to_meet(w, i, meeting, now), now)
