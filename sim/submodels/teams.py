"""Make, join, leave and judge a collaboration: what find and let go share (rules.md, section 5)."""

from __future__ import annotations

from sim.config import FormTopology
from sim.runtime.compilation import kernel
from sim.state import (
    BY_PERSON_ALONE,
    NOBODY,
    Collaborations,
    Floats,
    Forms,
    Integers,
    Ledger,
    Organisations,
    Scratch,
    Settings,
    Surroundings,
    Tally,
)
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
    record_joint_start,
)


@kernel
def compute_weight(forms: Forms, form: int, understood: float, trusted: float) -> float:
    """Return a member's weight from how it is understood and how far it trusts, w."""
    s, g = forms.modularity[form], forms.formalisation[form]
    return (s + (1.0 - s) * understood) * (g + (1.0 - g) * trusted)


@kernel
def judge_partner(
    org: Organisations, ledger: Ledger, forms: Forms, p: Settings, form: int, i: int, j: int
) -> tuple[float, float, int]:
    """Return how ``i`` expects to understand and trust ``j`` under a form, and how often they met."""
    slot = find_slot(ledger, i, j)
    if forms.topology[form] == FormTopology.MEDIATED:
        understood = forms.mediator_understanding[form] * forms.mediator_understanding[form]
    else:
        understood = compute_understanding(org, ledger, p, i, j, slot)
    if slot == NOBODY:
        return understood, get_stranger_trust(org, p, i, j), 0
    return understood, ledger.trust[i, slot], ledger.meetings[i, slot]


@kernel
def write_perceived_contributions(
    row: Floats,
    org: Organisations,
    p: Settings,
    i: int,
    j: int,
    meetings: int,
    weight: float,
    load: int,
    domains: Integers,
    breadth: int,
) -> None:
    """Write the contributions ``i`` expects of ``j`` on the required domains."""
    for d in range(breadth):
        row[d] = (
            weight
            * apply_depth(
                compute_perceived_skill(org, p, i, j, domains[d], meetings), p.production.depth
            )
            / load
        )


@kernel
def is_invitation_accepted(
    org: Organisations, forms: Forms, p: Settings, form: int, trusted: float, share: float, j: int
) -> bool:
    """Tell whether an invited organisation joins: it trusts enough (or has a contract) and earns no less than alone."""
    if org.decides[j] == BY_PERSON_ALONE:
        return False
    g = forms.formalisation[form]
    return g + (1.0 - g) * trusted >= p.trust.threshold and share >= org.alone_value[j]


@kernel
def write_member_contributions(
    org: Organisations, col: Collaborations, scratch: Scratch, p: Settings, c: int
) -> None:
    """Write the members' contributions with the weights they had in the last round of work."""
    for member in range(col.size[c]):
        j = col.members[c, member]
        write_contribution(
            scratch.contribution[member],
            col.weight[c, member],
            org.expertise[j],
            org.load[j],
            col.domains[c],
            col.breadth[c],
            p,
        )


@kernel
def append_member(
    org: Organisations,
    col: Collaborations,
    forms: Forms,
    around: Surroundings,
    c: int,
    j: int,
    weight: float,
    gain: float,
) -> None:
    """Append a member, which pays the set-up cost."""
    member = col.size[c]
    col.members[c, member] = j
    col.weight[c, member] = weight
    col.gain[c, member] = gain
    col.leaving[c, member] = 0
    col.size[c] += 1
    col.largest[c] = max(col.largest[c], col.size[c])
    org.places[j, org.load[j]] = c
    org.load[j] += 1
    cost = forms.setup_cost[col.form[c]]
    org.earned[j] -= cost
    around.tally[Tally.SETUP] += cost


@kernel
def admit_member(
    org: Organisations,
    ledger: Ledger,
    col: Collaborations,
    forms: Forms,
    around: Surroundings,
    p: Settings,
    c: int,
    j: int,
    weight: float,
    share: float,
    expected: float,
    now: int,
) -> None:
    """Let a newcomer into a running collaboration."""
    append_member(org, col, forms, around, c, j, weight, share - org.alone_value[j])
    col.expected[c] = expected
    for member in range(col.size[c] - 1):
        other = col.members[c, member]
        record_joint_start(org, ledger, p, j, other, now)
        record_joint_start(org, ledger, p, other, j, now)


@kernel
def compute_perceived_value(
    col: Collaborations,
    org: Organisations,
    forms: Forms,
    scratch: Scratch,
    p: Settings,
    own_rule: PoolingFunction,
    c: int,
    size: int,
) -> tuple[float, float]:
    """Return perceived quality and value of a collaboration from ``scratch.contribution``, and write the shares."""
    breadth = col.breadth[c]
    quality = compute_team_quality(
        scratch.contribution, size, NOBODY, col.requirement[c], breadth, scratch.pooled, p, own_rule
    )
    value = compute_unit_value(breadth, p) * quality - compute_running_cost(
        forms, col.form[c], size
    )
    return quality, value


@kernel
def write_shares(
    col: Collaborations,
    org: Organisations,
    forms: Forms,
    scratch: Scratch,
    p: Settings,
    own_rule: PoolingFunction,
    c: int,
    size: int,
    quality: float,
    value: float,
) -> None:
    """Divide a value among the contributions in ``scratch``."""
    divide_value(
        scratch.share,
        value,
        quality,
        forms.sharing[col.form[c]],
        org.alone_value[col.members[c, 0]],
        scratch.contribution,
        size,
        col.requirement[c],
        col.breadth[c],
        scratch.pooled,
        p,
        own_rule,
    )


@kernel
def update_expectation(
    org: Organisations,
    ledger: Ledger,
    col: Collaborations,
    forms: Forms,
    scratch: Scratch,
    p: Settings,
    own_rule: PoolingFunction,
    c: int,
) -> None:
    """Let the convenor form its expectation of the team and challenge as they are now."""
    form, size, breadth, convenor = col.form[c], col.size[c], col.breadth[c], col.members[c, 0]
    understood_sum, trusted_sum = 0.0, 0.0
    for member in range(1, size):
        j = col.members[c, member]
        understood, trusted, meetings = judge_partner(org, ledger, forms, p, form, convenor, j)
        understood_sum += understood
        trusted_sum += trusted
        weight = compute_weight(forms, form, understood, trusted)
        write_perceived_contributions(
            scratch.contribution[member - 1],
            org,
            p,
            convenor,
            j,
            meetings,
            weight,
            org.load[j],
            col.domains[c],
            breadth,
        )
    weight = (
        compute_weight(forms, form, understood_sum / (size - 1), trusted_sum / (size - 1))
        if size > 1
        else 1.0
    )
    write_contribution(
        scratch.contribution[size - 1],
        weight,
        org.expertise[convenor],
        org.load[convenor],
        col.domains[c],
        breadth,
        p,
    )
    col.expected[c] = compute_perceived_value(col, org, forms, scratch, p, own_rule, c, size)[1]


@kernel
def remove_member(org: Organisations, col: Collaborations, c: int, member: int) -> None:
    """Take one member out; later members and later places move up."""
    i = col.members[c, member]
    for m in range(member, col.size[c] - 1):
        col.members[c, m] = col.members[c, m + 1]
        col.weight[c, m] = col.weight[c, m + 1]
        col.gain[c, m] = col.gain[c, m + 1]
        col.leaving[c, m] = col.leaving[c, m + 1]
    col.size[c] -= 1
    place = 0
    while org.places[i, place] != c:
        place += 1
    org.load[i] -= 1
    for later in range(place, org.load[i]):
        org.places[i, later] = org.places[i, later + 1]


@kernel
def open_member_slots(
    org: Organisations, ledger: Ledger, col: Collaborations, p: Settings, c: int, now: int
) -> float:
    """Open slots between all members at the start; return the share of ordered pairs that had worked together before.

    All pairs are counted before any slot is opened: in a full ledger a new slot may take the place of a team-mate's.
    """
    size, repeated = col.size[c], 0
    for a in range(size):
        for b in range(size):
            if a != b:
                slot = find_slot(ledger, col.members[c, a], col.members[c, b])
                repeated += slot != NOBODY and ledger.joint[col.members[c, a], slot] > 0
    for a in range(size):
        for b in range(size):
            if a != b:
                record_joint_start(org, ledger, p, col.members[c, a], col.members[c, b], now)
    return repeated / (size * (size - 1))
