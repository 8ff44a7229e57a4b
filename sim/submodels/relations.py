"""The bounded ledger, trust in strangers, understanding across distance (rules.md, section 4)."""

from __future__ import annotations

from math import exp, sqrt

from sim.config import Decay
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_normal_pair
from sim.state import NOBODY, World

PERCEPTION_STREAM = int(Process.PERCEPTION)


@kernel
def find_slot(w: World, i: int, j: int) -> int:
    """Return the slot in which ``i`` remembers ``j``, or NOBODY."""
    found = NOBODY
    for slot in range(w.ledger.used[i]):  # to the end, for then many slots are compared at once
        if w.ledger.partner[i, slot] == j:
            found = slot
    return found


@kernel
def find_slot_from_guess(w: World, i: int, j: int, guess: int) -> int:
    """Return the slot in which ``i`` remembers ``j``, or NOBODY; quick when the guess holds.

    A slot that is not in use names nobody.
    """
    if guess >= 0 and w.ledger.partner[i, guess] == j:
        return guess
    return find_slot(w, i, j)


@kernel
def get_initial_trust(w: World, same_sector: bool) -> float:
    """Return the trust between strangers of one sector, or of two."""
    return w.p.trust.initial if same_sector else w.p.trust.initial_across_sectors


@kernel
def get_stranger_trust(w: World, i: int, j: int) -> float:
    """Return the trust ``i`` has in ``j`` before they know each other, tau0."""
    return get_initial_trust(w, w.org.sector[i] == w.org.sector[j])


@kernel
def open_slot(w: World, i: int, j: int, now: int) -> int:
    """Return the slot of ``j`` in the ledger of ``i``; make one if needed.

    When the ledger is full, the partner met least recently is forgotten.
    """
    org, ledger, slots = w.org, w.ledger, w.p.population.ledger_slots
    slot = find_slot(w, i, j)
    if slot != NOBODY:
        return slot
    if ledger.used[i] < slots:
        slot = ledger.used[i]
        ledger.used[i] += 1
    else:
        slot = 0
        for other in range(1, slots):
            if ledger.last_met[i, other] < ledger.last_met[i, slot]:
                slot = other
        if ledger.joint[i, slot] > 0:
            org.partners[i] -= 1
    ledger.partner[i, slot] = j
    ledger.trust[i, slot] = get_stranger_trust(w, i, j)
    ledger.familiarity[i, slot] = 0.0
    ledger.meetings[i, slot] = 0
    ledger.last_met[i, slot] = now
    ledger.joint[i, slot] = 0
    ledger.last_worked[i, slot] = -1
    ledger.same_sector[i, slot] = org.sector[i] == org.sector[j]
    return slot


@kernel
def record_joint_start(w: World, i: int, j: int, now: int) -> None:
    """Note in the ledger of ``i`` that it starts a collaboration with ``j``."""
    slot = open_slot(w, i, j, now)
    if w.ledger.joint[i, slot] == 0:
        w.org.partners[i] += 1
    w.ledger.joint[i, slot] += 1
    w.ledger.last_met[i, slot] = now


@kernel
def get_trust(w: World, i: int, j: int) -> float:
    """Return the trust of ``i`` in ``j``, tau_ij."""
    slot = find_slot(w, i, j)
    return get_stranger_trust(w, i, j) if slot == NOBODY else w.ledger.trust[i, slot]


@kernel
def is_cooling_off(w: World, i: int, slot: int, now: int) -> bool:
    """Return whether ``i`` still avoids the former partner in this slot."""
    return (
        w.p.letting_go.cooling_off > 0
        and w.ledger.joint[i, slot] > 0
        and now - w.ledger.last_worked[i, slot] <= w.p.letting_go.cooling_off
    )


@kernel
def compute_distance(w: World, i: int, j: int) -> float:
    """Return the cognitive distance d_ij, Euclidean."""
    expertise, total = w.org.expertise, 0.0
    for k in range(expertise.shape[1]):
        difference = expertise[i, k] - expertise[j, k]
        total += difference * difference
    return sqrt(total)


@kernel
def compute_closeness(w: World, distance: float) -> float:
    """Return the understanding that likeness alone gives, f(d / delta)."""
    z = distance / w.p.understanding.reach
    if w.p.understanding.decay == Decay.GAUSSIAN:
        return exp(-z * z)
    if w.p.understanding.decay == Decay.EXPONENTIAL:
        return exp(-z)
    return max(0.0, 1.0 - z)


@kernel
def compute_understanding(w: World, i: int, j: int, slot: int) -> float:
    """Return how well ``i`` understands ``j``, u_ij; it remembers ``j`` in ``slot``, or NOBODY."""
    learned = 0.0 if slot == NOBODY else w.ledger.familiarity[i, slot]
    return 1.0 - (1.0 - compute_closeness(w, compute_distance(w, i, j))) * (1.0 - learned)


@kernel
def compute_perceived_skill(w: World, i: int, j: int, k: int, meetings: int) -> float:
    """Return what ``i`` sees of the skill of ``j`` in domain ``k``; clearer the more they met."""
    noise, skill = w.p.search.noise, w.org.expertise[j, k]
    if noise == 0.0:
        return skill
    pairs = (w.org.expertise.shape[1] + 1) // 2
    meetings = max(1, meetings)
    even, odd = draw_normal_pair(w.p.run.seed, PERCEPTION_STREAM, meetings, i, j * pairs + k // 2)
    error = even if k % 2 == 0 else odd
    return min(1.0, max(0.0, skill + noise / sqrt(meetings) * error))
