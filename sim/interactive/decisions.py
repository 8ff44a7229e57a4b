"""What persons decide in place of the rules, for one organisation each and one round: meet, join, copy, leave (rules.md, section 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.config import Entry, FormTopology
from sim.errors import InputError
from sim.phases.assemble import invite_team, list_candidates, start_collaboration
from sim.phases.find import evaluate_joining, invite_newcomer, is_member, meet_organisation
from sim.phases.imitate import prepare_imitation
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
from sim.submodels.production import (
    PoolingFunction,
    apply_depth,
    compute_running_cost,
    compute_team_quality,
    compute_unit_value,
)
from sim.submodels.relations import compute_perceived_skill, find_slot, get_trust
from sim.submodels.teams import (
    admit_member,
    compute_perceived_value,
    compute_weight,
    judge_partner,
    write_member_contributions,
    write_perceived_contributions,
)

Answer = Literal["done", "refused", "impossible"]
ANSWER_NAMES: tuple[Answer, ...] = ("impossible", "refused", "done")
ANSWER_IMPOSSIBLE, ANSWER_REFUSED, ANSWER_DONE = range(3)


@dataclass(frozen=True)
class Decision:
    """What a person decides for an organisation in one round; whatever is left out is not done.

    Args:
        meet: organisations to meet, at most ``search.meetings``, each at ``search.cost``.
        invite: known organisations to invite to its own challenge: into the collaboration that works on it, if it convenes one, else
            to begin one, in this order.
        join: serial number of a running collaboration to ask to join.
        copy: (organisation, domain): a team-mate, and the skill to take over from it.
        leave: serial number of one of its collaborations to leave when the round ends.
        accepts: whether invitations of others are answered by the rule (trust, and no less than alone); else all are declined.
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
    w: World, own_rule: PoolingFunction, i: int, invited: Integers, now: int
) -> int:
    """Let ``i`` begin a collaboration with those of the invited that it knows, that are free and that accept."""
    org, scratch, form = w.org, w.scratch, w.org.form[i]
    if org.load[i] >= w.p.population.capacity or w.forms.topology[form] == FormTopology.NONE:
        return ANSWER_IMPOSSIBLE
    candidates, mates = list_candidates(w, i, now), 0
    for j in invited:
        for a in range(candidates):
            if scratch.candidate[a] == j and mates + 1 < w.forms.max_size[form]:
                scratch.chosen[mates] = a
                mates += 1
    if mates + 1 < max(2, w.forms.min_size[form]):
        return ANSWER_IMPOSSIBLE
    for d in range(org.breadth[i]):
        scratch.own[d] = apply_depth(org.expertise[i, org.domains[i, d]], w.p.production.depth) / (
            org.load[i] + 1
        )
    size, quality, value, _, weight = invite_team(w, own_rule, i, mates + 1)
    if size == 0:
        return ANSWER_REFUSED
    start_collaboration(w, i, size, quality, value, weight, now)
    return ANSWER_DONE


@kernel
def invite_into_running(
    w: World, own_rule: PoolingFunction, i: int, c: int, invited: Integers, now: int
) -> int:
    """Let the convenor ``i`` invite those it knows and that are free into a running collaboration, one after the other."""
    org, col, form, answer = w.org, w.col, w.col.form[c], ANSWER_IMPOSSIBLE
    for j in invited:
        free = (
            org.load[j] < w.p.population.capacity
            and col.size[c] < w.forms.max_size[form]
            and not is_member(w, c, j)
        )
        if free and find_slot(w.ledger, i, j) != NOBODY:
            write_member_contributions(org, col, w.scratch, w.p, c)
            understood, trusted, meetings = judge_partner(org, w.ledger, w.forms, w.p, form, i, j)
            weight = compute_weight(w.forms, form, understood, trusted)
            row = w.scratch.contribution[col.size[c]]
            write_perceived_contributions(
                row,
                org,
                w.p,
                i,
                j,
                meetings,
                weight,
                org.load[j] + 1,
                col.domains[c],
                col.breadth[c],
            )
            answer = max(
                answer,
                ANSWER_DONE if invite_newcomer(w, own_rule, c, j, weight, now) else ANSWER_REFUSED,
            )
    return answer


@kernel
def find_contact(w: World, i: int, c: int) -> int:
    """Return the member of a collaboration that ``i`` has known for longest, or NOBODY."""
    for slot in range(w.ledger.used[i]):
        if is_member(w, c, w.ledger.partner[i, slot]):
            return w.ledger.partner[i, slot]
    return NOBODY


@kernel
def is_wanted_by_convenor(w: World, own_rule: PoolingFunction, c: int, i: int) -> bool:
    """Tell whether a convenor would invite ``i``: it trusts it (or has a contract), and expects it to add more than its cost."""
    org, col, forms, scratch, p = w.org, w.col, w.forms, w.scratch, w.p
    form, size, breadth, convenor = col.form[c], col.size[c], col.breadth[c], col.members[c, 0]
    write_member_contributions(org, col, scratch, p, c)
    quality_now = compute_team_quality(
        scratch.contribution, size, NOBODY, col.requirement[c], breadth, scratch.pooled, p, own_rule
    )
    understood, trusted, meetings = judge_partner(org, w.ledger, forms, p, form, convenor, i)
    weight = compute_weight(forms, form, understood, trusted)
    write_perceived_contributions(
        scratch.contribution[size],
        org,
        p,
        convenor,
        i,
        meetings,
        weight,
        org.load[i] + 1,
        col.domains[c],
        breadth,
    )
    quality = compute_perceived_value(col, org, forms, scratch, p, own_rule, c, size + 1)[0]
    added_cost = compute_running_cost(forms, form, size + 1) - compute_running_cost(
        forms, form, size
    )
    g = forms.formalisation[form]
    trusts = g + (1.0 - g) * get_trust(org, w.ledger, p, convenor, i) >= p.trust.threshold
    return (
        trusts
        and compute_unit_value(breadth, p) * (quality - quality_now) - added_cost
        > org.alone_value[i]
    )


@kernel
def ask_to_join(w: World, own_rule: PoolingFunction, i: int, c: int, now: int) -> int:
    """Let ``i`` ask to join a collaboration it knows a member of; it is taken when open and diluted by nobody, or when its convenor wants it."""
    org, col, forms = w.org, w.col, w.forms
    form, contact = col.form[c], find_contact(w, i, c)
    room = (
        org.load[i] < w.p.population.capacity
        and col.size[c] < forms.max_size[form]
        and not is_member(w, c, i)
    )
    if contact == NOBODY or not room:
        return ANSWER_IMPOSSIBLE
    if forms.entry[form] != Entry.OPEN and (
        org.decides[col.members[c, 0]] == BY_PERSON_ALONE
        or not is_wanted_by_convenor(w, own_rule, c, i)
    ):
        return ANSWER_REFUSED
    share, value, weight, marginal = evaluate_joining(w, own_rule, i, c, contact)
    if forms.entry[form] == Entry.OPEN and marginal < org.alone_value[i]:
        return ANSWER_REFUSED
    admit_member(org, w.ledger, col, forms, w.around, w.p, c, i, weight, share, value, now)
    return ANSWER_DONE


@entry
def apply_decision(
    w: World,
    own_rule: PoolingFunction,
    i: int,
    met: Integers,
    invited: Integers,
    wanted: int,
    answers: Integers,
    now: int,
) -> None:
    """Carry out what a person decided for ``i`` at the beginning of a round; write the answers to inviting and joining."""
    for j in met:
        meet_organisation(w.org, w.ledger, w.around, w.p, i, j, now)
    if invited.size > 0:
        c = w.org.at_work[i]
        if c == NOBODY:
            answers[0] = start_decided_collaboration(w, own_rule, i, invited, now)
        else:
            answers[0] = (
                invite_into_running(w, own_rule, i, c, invited, now)
                if w.col.members[c, 0] == i
                else ANSWER_IMPOSSIBLE
            )
    if wanted != NOBODY:
        answers[1] = ask_to_join(w, own_rule, i, wanted, now)


@entry
def copy_skill(w: World, i: int, j: int, k: int) -> bool:
    """Let ``i`` take over part of a team-mate's skill, that before this round's copying; tell whether they are in a team together."""
    org, p = w.org, w.p
    together = False
    for place in range(org.load[i]):
        together = together or is_member(w, org.places[i, place], j)
    if not together:
        return False
    skill = org.expertise[i, k] + p.imitation.strength * (org.before[j, k] - org.expertise[i, k])
    if skill > org.expertise[i, k] or not p.imitation.upward_only:
        org.expertise[i, k] = skill
    fit_budget(org.expertise[i], p.population.budget)
    w.around.tally[Tally.COPIES] += 1.0
    return True


@entry
def assess_organisation(w: World, i: int, j: int, skills: Floats) -> tuple[float, float]:
    """Return how ``i`` expects to understand and trust ``j`` in a collaboration of its own form, and write the skills it sees."""
    understood, trusted, meetings = judge_partner(
        w.org, w.ledger, w.forms, w.p, w.org.form[i], i, j
    )
    for k in range(skills.size):
        skills[k] = compute_perceived_skill(w.org, w.p, i, j, k, meetings)
    return understood, trusted


@entry
def record_expertise(w: World) -> None:
    """Note expertise before copying, where no rule did because nobody copies by rule."""
    prepare_imitation(w)


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
                f"organisation {i} wants {len(decided.meet)} meetings; allowed: {world.p.search.meetings}"
                " a round (search.meetings)"
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
    """Do what persons decided to do before others act, in the order of their organisations; return the answers."""
    told: dict[int, AnswersByAction] = {}
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
        told[i] = {"meet": "done"} if decided.meet else {}
        told[i] |= {"invite": ANSWER_NAMES[answers[0]]} if decided.invite else {}
        told[i] |= {"join": ANSWER_NAMES[answers[1]]} if decided.join is not None else {}
        member = (
            world.org.leaves[i] > 0
            and world.org.leaves[i] - 1 in world.org.places[i, : world.org.load[i]]
        )
        told[i] |= (
            {"leave": "done" if member else "impossible"} if decided.leave is not None else {}
        )
    return told


def copy_decided_skills(
    world: World,
    packed: PassedState,
    decisions: Mapping[int, Decision],
    told: dict[int, AnswersByAction],
) -> Sequence[tuple[int, int]]:
    """Let persons copy, after the rules did; note the answers and return who copied whom."""
    if world.p.imitation.rate == 0.0 and any(decided.copy for decided in decisions.values()):
        record_expertise(packed)
    copied = []
    for i, decided in sorted(decisions.items()):
        if decided.copy is not None:
            done = bool(copy_skill(packed, i, *decided.copy))
            told[i]["copy"] = "done" if done else "impossible"
            copied += [(i, decided.copy[0])] if done else []
    return copied
