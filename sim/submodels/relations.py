"""The bounded ledger, trust in strangers, and understanding across distance (rules.md, section 4)."""

from __future__ import annotations

from math import exp, sqrt

from sim.config import Decay
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Process, draw_normal_pair
from sim.state import NOBODY, Floats, Ledger, Organisations, Settings

PERCEPTION_STREAM = int(Process.PERCEPTION)


@kernel
def find_slot(ledger: Ledger, i: int, j: int) -> int:
    """Return the slot in which ``i`` remembers ``j``, or NOBODY."""
    found = NOBODY
    for slot in range(ledger.used[i]):  # to the end, for then many slots are compared at once
        if ledger.partner[i, slot] == j:
            found = slot
    return found


@kernel
def find_slot_from_guess(ledger: Ledger, i: int, j: int, guess: int) -> int:
    """Return the slot in which ``i`` remembers ``j``, or NOBODY; quick when it still is where it was before (slots not in use name nobody)."""
    if guess >= 0 and ledger.partner[i, guess] == j:
        return guess
    return find_slot(ledger, i, j)


@kernel
def get_initial_trust(p: Settings, same_sector: bool) -> float:
    """Return the trust between strangers of one sector, or of two."""
    return p.trust.initial if same_sector else p.trust.initial_across_sectors


@kernel
def get_stranger_trust(org: Organisations, p: Settings, i: int, j: int) -> float:
    """Return the trust ``i`` has in ``j`` before they know each other, tau0."""
    return get_initial_trust(p, org.sector[i] == org.sector[j])


@kernel
def open_slot(org: Organisations, ledger: Ledger, p: Settings, i: int, j: int, now: int) -> int:
    """Return the slot of ``j`` in the ledger of ``i``; make one if needed, forgetting the least recently met when full."""
    slot = find_slot(ledger, i, j)
    if slot != NOBODY:
        return slot
    if ledger.used[i] < p.population.ledger_slots:
        slot = ledger.used[i]
        ledger.used[i] += 1
    else:
        slot = 0
        for other in range(1, p.population.ledger_slots):
            if ledger.last_met[i, other] < ledger.last_met[i, slot]:
                slot = other
        if ledger.joint[i, slot] > 0:
            org.partners[i] -= 1
    ledger.partner[i, slot] = j
    ledger.trust[i, slot] = get_stranger_trust(org, p, i, j)
    ledger.familiarity[i, slot] = 0.0
    ledger.meetings[i, slot] = 0
    ledger.last_met[i, slot] = now
    ledger.joint[i, slot] = 0
    ledger.last_worked[i, slot] = -1
    ledger.same_sector[i, slot] = org.sector[i] == org.sector[j]
    return slot


@kernel
def record_joint_start(
    org: Organisations, ledger: Ledger, p: Settings, i: int, j: int, now: int
) -> None:
    """Note in the ledger of ``i`` that it starts a collaboration with ``j``."""
    slot = open_slot(org, ledger, p, i, j, now)
    if ledger.joint[i, slot] == 0:
        org.partners[i] += 1
    ledger.joint[i, slot] += 1
    ledger.last_met[i, slot] = now


@kernel
def get_trust(org: Organisations, ledger: Ledger, p: Settings, i: int, j: int) -> float:
    """Return the trust of ``i`` in ``j``, tau_ij."""
    slot = find_slot(ledger, i, j)
    return get_stranger_trust(org, p, i, j) if slot == NOBODY else ledger.trust[i, slot]


@kernel
def is_cooling_off(ledger: Ledger, p: Settings, i: int, slot: int, now: int) -> bool:
    """Tell whether ``i`` still avoids the former partner in this slot."""
    return (
        p.letting_go.cooling_off > 0
        and ledger.joint[i, slot] > 0
        and now - ledger.last_worked[i, slot] <= p.letting_go.cooling_off
    )


@kernel
def compute_distance(expertise: Floats, i: int, j: int) -> float:
    """Return the cognitive distance d_ij, Euclidean."""
    total = 0.0
    for k in range(expertise.shape[1]):
        difference = expertise[i, k] - expertise[j, k]
        total += difference * difference
    return sqrt(total)


@kernel
def compute_closeness(distance: float, p: Settings) -> float:
    """Return the understanding that likeness alone gives, f(d / delta)."""
    z = distance / p.understanding.reach
    if p.understanding.decay == Decay.GAUSSIAN:
        return exp(-z * z)
    if p.understanding.decay == Decay.EXPONENTIAL:
        return exp(-z)
    return max(0.0, 1.0 - z)


@kernel
def compute_understanding(
    org: Organisations, ledger: Ledger, p: Settings, i: int, j: int, slot: int
) -> float:
    """Return how well ``i`` understands ``j``, u_ij; ``slot`` is where it remembers ``j``, or NOBODY."""
    learned = 0.0 if slot == NOBODY else ledger.familiarity[i, slot]
    return 1.0 - (1.0 - compute_closeness(compute_distance(org.expertise, i, j), p)) * (
        1.0 - learned
    )


@kernel
def compute_perceived_skill(
    org: Organisations, p: Settings, i: int, j: int, k: int, meetings: int
) -> float:
    """Return what ``i`` sees of the skill of ``j`` in domain ``k`` after so many meetings; clearer by meeting again."""
    skill = org.expertise[j, k]
    if p.search.noise == 0.0:
        return skill
    pairs = (org.expertise.shape[1] + 1) // 2
    meetings = max(1, meetings)
    even, odd = draw_normal_pair(p.run.seed, PERCEPTION_STREAM, meetings, i, j * pairs + k // 2)
    error = even if k % 2 == 0 else odd
    return min(1.0, max(0.0, skill + p.search.noise / sqrt(meetings) * error))
