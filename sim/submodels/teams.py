"""Make, join, leave and judge a collaboration: what find and let go share (rules.md, section 5)."""

from __future__ import annotations

from sim.config import FormTopology
from sim.runtime.compilation import kernel
from sim.state import BY_PERSON_ALONE, NOBODY, Floats, Integers, Tally, World
from sim.submodels.production import (
    PoolingFunction,
    apply_depth,
    compute_running_cost,
    compute_team_quality,
    compute_unit_value,
    divide_value,
    write_contribution,
)
from sim.submodels.relations import (
    compute_perceived_skill,
    compute_understanding,
    find_slot,
    get_stranger_trust,
    get_trust,
    record_joint_start,
)
from sim.submodels.structures import find_place


@kernel
def is_member(w: World, c: int, j: int) -> bool:
    """Return whether an organisation is in a collaboration."""
    for member in range(w.col.size[c]):
        if w.col.members[c, member] == j:
            return True
    return False


@kernel
def compute_weight(w: World, form: int, understood: float, trusted: float) -> float:
    """Return a member's weight from how it is understood and how far it trusts, w."""
    s, g = w.forms.modularity[form], w.forms.formalisation[form]
    return (s + (1.0 - s) * understood) * (g + (1.0 - g) * trusted)


@kernel
def judge_partner(w: World, form: int, i: int, j: int) -> tuple[float, float, int]:
    """Return how ``i`` expects to understand and trust ``j``, and how often they met."""
    slot, mediator = find_slot(w, i, j), w.forms.mediator_understanding[form]
    if w.forms.topology[form] == FormTopology.MEDIATED:
        understood = mediator * mediator
    else:
        understood = compute_understanding(w, i, j, slot)
    if slot == NOBODY:
        return understood, get_stranger_trust(w, i, j), 0
    return understood, w.ledger.trust[i, slot], w.ledger.meetings[i, slot]


@kernel
def write_perceived_contribution(
    w: World, row: Floats, domains: Integers, form: int, i: int, j: int, load: int
) -> tuple[float, float, float]:
    """Write what ``i`` expects ``j`` to contribute when it is in ``load`` collaborations.

    Return how ``i`` expects to understand and trust it, and its weight.
    """
    understood, trusted, meetings = judge_partner(w, form, i, j)
    weight, depth = compute_weight(w, form, understood, trusted), w.p.production.depth
    for d in range(domains.size):
        skill = compute_perceived_skill(w, i, j, domains[d], meetings)
        row[d] = weight * apply_depth(skill, depth) / load
    return understood, trusted, weight


@kernel
def is_invitation_accepted(w: World, form: int, i: int, j: int, share: float) -> bool:
    """Return whether ``j`` joins ``i``.

    It trusts ``i``, or has a contract, and its share is at least its value alone.
    """
    if w.org.decides[j] == BY_PERSON_ALONE:
        return False
    g = w.forms.formalisation[form]
    trusts = g + (1.0 - g) * get_trust(w, j, i) >= w.p.trust.threshold
    return trusts and share >= w.org.alone_value[j]


@kernel
def write_member_contributions(w: World, c: int) -> None:
    """Write into ``scratch.contribution`` what members add with the weights of their last work."""
    domains = w.col.domains[c, : w.col.breadth[c]]
    for member in range(w.col.size[c]):
        j = w.col.members[c, member]
        write_contribution(
            w, w.scratch.contribution[member], domains, j, w.col.weight[c, member], w.org.load[j]
        )


@kernel
def append_member(w: World, c: int, j: int, weight: float, gain: float) -> None:
    """Append a member, which pays the set-up cost."""
    org, col, member = w.org, w.col, w.col.size[c]
    col.members[c, member] = j
    col.weight[c, member] = weight
    col.gain[c, member] = gain
    col.leaving[c, member] = 0
    col.size[c] += 1
    col.largest[c] = max(col.largest[c], col.size[c])
    org.places[j, org.load[j]] = c
    org.load[j] += 1
    cost = w.forms.setup_cost[col.form[c]]
    org.earned[j] -= cost
    w.around.tally[Tally.SETUP] += cost


@kernel
def admit_member(
    w: World, c: int, j: int, weight: float, share: float, expected: float, now: int
) -> None:
    """Let a newcomer into a running collaboration."""
    append_member(w, c, j, weight, share - w.org.alone_value[j])
    w.col.expected[c] = expected
    for member in range(w.col.size[c] - 1):
        other = w.col.members[c, member]
        record_joint_start(w, j, other, now)
        record_joint_start(w, other, j, now)


@kernel
def compute_collaboration_quality(
    w: World, user_pooling: PoolingFunction, c: int, size: int
) -> float:
    """Return the quality of ``size`` rows of ``scratch.contribution`` on its challenge."""
    requirement = w.col.requirement[c, : w.col.breadth[c]]
    return compute_team_quality(w, user_pooling, requirement, size, NOBODY)


@kernel
def compute_perceived_value(
    w: World, user_pooling: PoolingFunction, c: int, size: int
) -> tuple[float, float]:
    """Return quality and value of a collaboration of ``size``, from ``scratch.contribution``."""
    quality = compute_collaboration_quality(w, user_pooling, c, size)
    value = compute_unit_value(w, w.col.breadth[c]) * quality - compute_running_cost(
        w, w.col.form[c], size
    )
    return quality, value


@kernel
def write_shares(
    w: World, user_pooling: PoolingFunction, c: int, size: int, quality: float, value: float
) -> None:
    """Divide a value into ``scratch.share`` among the rows of ``scratch.contribution``."""
    requirement = w.col.requirement[c, : w.col.breadth[c]]
    form, convenor = w.col.form[c], w.col.members[c, 0]
    divide_value(w, user_pooling, form, convenor, requirement, size, value, quality)


@kernel
def compute_added_value(w: World, c: int, added_quality: float) -> float:
    """Return what one more member would add to a collaboration, net of its running cost."""
    form, size = w.col.form[c], w.col.size[c]
    added_cost = compute_running_cost(w, form, size + 1) - compute_running_cost(w, form, size)
    return compute_unit_value(w, w.col.breadth[c]) * added_quality - added_cost


@kernel
def update_expectation(w: World, user_pooling: PoolingFunction, c: int) -> None:
    """Let the convenor form its expectation of the team and challenge as they are now."""
    org, col, contribution = w.org, w.col, w.scratch.contribution
    form, size, convenor = col.form[c], col.size[c], col.members[c, 0]
    domains = col.domains[c, : col.breadth[c]]
    understood_sum, trusted_sum = 0.0, 0.0
    for member in range(1, size):
        j = col.members[c, member]
        understood, trusted, _ = write_perceived_contribution(
            w, contribution[member - 1], domains, form, convenor, j, org.load[j]
        )
        understood_sum += understood
        trusted_sum += trusted
    weight = (
        compute_weight(w, form, understood_sum / (size - 1), trusted_sum / (size - 1))
        if size > 1
        else 1.0
    )
    write_contribution(w, contribution[size - 1], domains, convenor, weight, org.load[convenor])
    col.expected[c] = compute_perceived_value(w, user_pooling, c, size)[1]


@kernel
def remove_member(w: World, c: int, member: int) -> None:
    """Take one member out; later members and later places move up."""
    org, col, i = w.org, w.col, w.col.members[c, member]
    for m in range(member, col.size[c] - 1):
        col.members[c, m] = col.members[c, m + 1]
        col.weight[c, m] = col.weight[c, m + 1]
        col.gain[c, m] = col.gain[c, m + 1]
        col.leaving[c, m] = col.leaving[c, m + 1]
    col.size[c] -= 1
    place = find_place(w, i, c)
    org.load[i] -= 1
    for later in range(place, org.load[i]):
        org.places[i, later] = org.places[i, later + 1]


@kernel
def open_member_slots(w: World, c: int, now: int) -> float:
    """Open slots between all members at the start.

    Return the share of ordered pairs that had worked together before. All pairs are counted before
    any slot is opened: in a full ledger a new slot may take the place of a team-mate's.
    """
    members, size, repeated = w.col.members[c], w.col.size[c], 0
    for a in range(size):
        for b in range(size):
            if a != b:
                slot = find_slot(w, members[a], members[b])
                repeated += slot != NOBODY and w.ledger.joint[members[a], slot] > 0
    for a in range(size):
        for b in range(size):
            if a != b:
                record_joint_start(w, members[a], members[b], now)
    return repeated / (size * (size - 1))
