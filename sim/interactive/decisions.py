"""What persons decide in place of the rules, each for one organisation and one round.

They meet, invite, join, copy and leave (rules.md, section 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.config import Entry, FormTopology
from sim.engine import prepare_copying
from sim.errors import InputError
from sim.phases.assemble import (
    invite_team,
    list_candidates,
    start_collaboration,
    write_initiator_contribution,
)
from sim.phases.enlarge import evaluate_joining, invite_newcomer
from sim.phases.meet import meet_organisation
from sim.runtime.compilation import entry, kernel
from sim.runtime.state_passing import PassedState
from sim.state import (
    BY_PERSON,
    BY_PERSON_ALONE,
    NOBODY,
    CollaborationTotal,
    Floats,
    Integers,
    Tally,
    World,
)
from sim.submodels.entering import fit_budget
from sim.submodels.production import PoolingFunction
from sim.submodels.relations import compute_perceived_skill, find_slot, get_trust
from sim.submodels.teams import (
    admit_member,
    compute_added_value,
    compute_collaboration_quality,
    is_member,
    judge_partner,
    write_member_contributions,
    write_perceived_contribution,
)

Answer = Literal["done", "refused", "impossible"]
ANSWER_NAMES: tuple[Answer, ...] = ("impossible", "refused", "done")
ANSWER_IMPOSSIBLE, ANSWER_REFUSED, ANSWER_DONE = range(3)


@dataclass(frozen=True)
class Decision:
    """What a person decides for an organisation in one round; whatever is left out is not done.

    Args:
        meet: rows of organisations to meet, at most ``search.meetings``, each at ``search.cost``.
        invite: rows of organisations to invite to its own challenge, in this order. It must know
            them. They are invited into the collaboration that works on the challenge, if it
            convenes one; otherwise it begins one.
        join: serial number of a running collaboration to ask to join.
        copy: (organisation, domain): a team-mate, and the skill to take over from it.
        leave: serial number of one of its collaborations to leave when the round ends.
        accepts: whether invitations of others are answered by the rule (trust, and no less than
            alone); otherwise all are declined.

    Example:
        >>> from sim.config import Config
        >>> from sim.model import CollaborationModel
        >>> model = CollaborationModel(Config())
        >>> _, answers = model.step_decided({0: Decision(meet=(5, 7))})
        >>> answers[0]
        {'meet': 'done'}
    """

    meet: tuple[int, ...] = ()
    invite: tuple[int, ...] = ()
    join: int | None = None
    copy: tuple[int, int] | None = None
    leave: int | None = None
    accepts: bool = True


AnswersByAction = dict[str, Answer]  # by what was decided: meet, invite, join, copy, leave


@kernel
def start_decided_collaboration(
    w: World, user_pooling: PoolingFunction, i: int, invited: Integers, now: int
) -> int:
    """Let ``i`` begin a collaboration with those of the invited that are free and accept.

    It must know them.
    """
    org, scratch, form = w.org, w.scratch, w.org.form[i]
    is_free = org.load[i] < w.p.population.capacity
    if not is_free or w.forms.topology[form] == FormTopology.NONE:
        return ANSWER_IMPOSSIBLE
    candidates, mates = list_candidates(w, i, now), 0
    for j in invited:
        for a in range(candidates):
            if scratch.candidate[a] == j and mates + 1 < w.forms.max_size[form]:
                scratch.chosen[mates] = a
                mates += 1
    if mates + 1 < max(2, w.forms.min_size[form]):
        return ANSWER_IMPOSSIBLE
    write_initiator_contribution(w, i)
    size, quality, value, _, weight = invite_team(w, user_pooling, i, mates + 1)
    if size == 0:
        return ANSWER_REFUSED
    start_collaboration(w, i, size, quality, value, weight, now)
    return ANSWER_DONE


@kernel
def invite_into_running(
    w: World, user_pooling: PoolingFunction, i: int, c: int, invited: Integers, now: int
) -> int:
    """Let the convenor ``i`` invite those it knows and that are free, one after the other."""
    org, col, form, answer = w.org, w.col, w.col.form[c], ANSWER_IMPOSSIBLE
    domains = col.domains[c, : col.breadth[c]]
    for j in invited:
        free = (
            org.load[j] < w.p.population.capacity
            and col.size[c] < w.forms.max_size[form]
            and not is_member(w, c, j)
        )
        if free and find_slot(w, i, j) != NOBODY:
            write_member_contributions(w, c)
            row = w.scratch.contribution[col.size[c]]
            weight = write_perceived_contribution(w, row, domains, form, i, j, org.load[j] + 1)[2]
            joins = invite_newcomer(w, user_pooling, c, j, weight, now)
            answer = max(answer, ANSWER_DONE if joins else ANSWER_REFUSED)
    return answer


@kernel
def find_contact(w: World, i: int, c: int) -> int:
    """Return the member of a collaboration that ``i`` has known for longest, or NOBODY."""
    for slot in range(w.ledger.used[i]):
        if is_member(w, c, w.ledger.partner[i, slot]):
            return w.ledger.partner[i, slot]
    return NOBODY


@kernel
def is_wanted_by_convenor(w: World, user_pooling: PoolingFunction, c: int, i: int) -> bool:
    """Return whether a convenor would invite ``i``.

    It trusts it, or has a contract, and expects it to add more than its cost.
    """
    org, col, form, size = w.org, w.col, w.col.form[c], w.col.size[c]
    domains, convenor = col.domains[c, : col.breadth[c]], col.members[c, 0]
    write_member_contributions(w, c)
    quality_now = compute_collaboration_quality(w, user_pooling, c, size)
    row = w.scratch.contribution[size]
    write_perceived_contribution(w, row, domains, form, convenor, i, org.load[i] + 1)
    quality = compute_collaboration_quality(w, user_pooling, c, size + 1)
    g = w.forms.formalisation[form]
    trusts = g + (1.0 - g) * get_trust(w, convenor, i) >= w.p.trust.threshold
    return trusts and compute_added_value(w, c, quality - quality_now) > org.alone_value[i]


@kernel
def ask_to_join(w: World, user_pooling: PoolingFunction, i: int, c: int, now: int) -> int:
    """Let ``i`` ask to join a collaboration it knows a member of.

    It is taken when the form is open and it dilutes nobody, or when the convenor wants it.
    """
    org, col, form, contact = w.org, w.col, w.col.form[c], find_contact(w, i, c)
    room = (
        org.load[i] < w.p.population.capacity
        and col.size[c] < w.forms.max_size[form]
        and not is_member(w, c, i)
    )
    if contact == NOBODY or not room:
        return ANSWER_IMPOSSIBLE
    is_open = w.forms.entry[form] == Entry.OPEN
    if not is_open and (
        org.decides[col.members[c, 0]] == BY_PERSON_ALONE
        or not is_wanted_by_convenor(w, user_pooling, c, i)
    ):
        return ANSWER_REFUSED
    share, value, weight, added = evaluate_joining(w, user_pooling, i, c, contact)
    if is_open and added < org.alone_value[i]:
        return ANSWER_REFUSED
    admit_member(w, c, i, weight, share, value, now)
    return ANSWER_DONE


@entry
def apply_decision(
    w: World,
    user_pooling: PoolingFunction,
    i: int,
    met: Integers,
    invited: Integers,
    wanted: int,
    answers: Integers,
    now: int,
) -> None:
    """Carry out what a person decided for ``i`` at the beginning of a round.

    Write the answers to inviting and to joining into ``answers``.
    """
    for j in met:
        meet_organisation(w, i, j, now)
    if invited.size > 0:
        c = w.org.at_work[i]
        if c == NOBODY:
            answers[0] = start_decided_collaboration(w, user_pooling, i, invited, now)
        else:
            answers[0] = (
                invite_into_running(w, user_pooling, i, c, invited, now)
                if w.col.members[c, 0] == i
                else ANSWER_IMPOSSIBLE
            )
    if wanted != NOBODY:
        answers[1] = ask_to_join(w, user_pooling, i, wanted, now)


@entry
def copy_skill(w: World, i: int, j: int, k: int) -> bool:
    """Let ``i`` take over part of a team-mate's skill, as it was before this round's copying.

    Return whether they are in a team together.
    """
    org, imitation = w.org, w.p.imitation
    together = False
    for place in range(org.load[i]):
        together = together or is_member(w, org.places[i, place], j)
    if not together:
        return False
    skill = org.expertise[i, k] + imitation.strength * (org.before[j, k] - org.expertise[i, k])
    if skill > org.expertise[i, k] or not imitation.upward_only:
        org.expertise[i, k] = skill
    fit_budget(org.expertise[i], w.p.population.budget)
    w.around.tally[Tally.COPIES] += 1.0
    return True


@entry
def assess_organisation(w: World, i: int, j: int, skills: Floats) -> tuple[float, float]:
    """Return how ``i`` expects to understand and trust ``j`` in a collaboration of its own form.

    Write the skills it sees into ``skills``.
    """
    understood, trusted, meetings = judge_partner(w, w.org.form[i], i, j)
    for k in range(skills.size):
        skills[k] = compute_perceived_skill(w, i, j, k, meetings)
    return understood, trusted


def check_decisions(world: World, decisions: Mapping[int, Decision]) -> None:
    """Raise InputError when a decision names what there is not."""
    count, domains = world.org.expertise.shape
    for i, decided in decisions.items():
        named = [i, *decided.meet, *decided.invite, *(decided.copy[:1] if decided.copy else ())]
        for j in named:
            if not 0 <= j < count:
                raise InputError(f"organisation {j} is not there; allowed: 0 to {count - 1}")
        if (
            i in named[1:]
            or len(set(decided.meet)) < len(decided.meet)
            or len(set(decided.invite)) < len(decided.invite)
        ):
            raise InputError(
                f"the decision of organisation {i} names itself, or somebody twice; name others,"
                " each once"
            )
        if len(decided.meet) > world.p.search.meetings:
            raise InputError(
                f"organisation {i} wants {len(decided.meet)} meetings; allowed: "
                f"{world.p.search.meetings} a round (search.meetings)"
            )
        if decided.copy and not 0 <= decided.copy[1] < domains:
            raise InputError(f"domain {decided.copy[1]} is not there; allowed: 0 to {domains - 1}")


def find_running_slot(world: World, serial: int | None) -> int:
    """Return the slot a collaboration runs in, or NOBODY."""
    in_use = world.col.order[: world.col.totals[CollaborationTotal.RUNNING]]
    found = in_use[world.col.serial[in_use] == serial] if serial is not None else in_use[:0]
    return int(found[0]) if found.size else NOBODY


def set_decision_makers(world: World, decisions: Mapping[int, Decision]) -> None:
    """Let persons decide for their organisations, and the rules for all others."""
    world.org.decides[:] = 0
    world.org.leaves[:] = 0
    for i, decided in decisions.items():
        world.org.decides[i] = BY_PERSON if decided.accepts else BY_PERSON_ALONE
        world.org.leaves[i] = find_running_slot(world, decided.leave) + 1


def apply_decisions_before_round(
    world: World,
    packed: PassedState,
    pooling: Any,
    decisions: Mapping[int, Decision],
    now: int,
) -> dict[int, AnswersByAction]:
    """Carry out what persons do before others act, in the order of organisations.

    Return the answers.
    """
    answered: dict[int, AnswersByAction] = {}
    for i, decided in sorted(decisions.items()):
        answers = np.full(2, ANSWER_IMPOSSIBLE, dtype=np.int32)
        wanted = find_running_slot(world, decided.join)
        apply_decision(
            packed,
            pooling,
            i,
            np.array(decided.meet, dtype=np.int32),
            np.array(decided.invite, dtype=np.int32),
            wanted,
            answers,
            now,
        )
        answered[i] = {"meet": "done"} if decided.meet else {}
        answered[i] |= {"invite": ANSWER_NAMES[answers[0]]} if decided.invite else {}
        answered[i] |= {"join": ANSWER_NAMES[answers[1]]} if decided.join is not None else {}
        member = (
            world.org.leaves[i] > 0
            and world.org.leaves[i] - 1 in world.org.places[i, : world.org.load[i]]
        )
        answered[i] |= (
            {"leave": "done" if member else "impossible"} if decided.leave is not None else {}
        )
    return answered


def copy_decided_skills(
    world: World,
    packed: PassedState,
    decisions: Mapping[int, Decision],
    answered: dict[int, AnswersByAction],
) -> Sequence[tuple[int, int]]:
    """Let persons copy, after the rules did; note the answers and return who copied whom."""
    if world.p.imitation.rate == 0.0 and any(decided.copy for decided in decisions.values()):
        prepare_copying(packed)
    copied = []
    for i, decided in sorted(decisions.items()):
        if decided.copy is not None:
            done = bool(copy_skill(packed, i, *decided.copy))
            answered[i]["copy"] = "done" if done else "impossible"
            copied += [(i, decided.copy[0])] if done else []
    return copied
