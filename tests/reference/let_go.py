"""Let go, from docs/rules.md section 7."""

from tests.reference.find import felt, running_cost, seen_contributions, weight

JOINT_CHALLENGE, PERSISTENCE, INERTIA, REFLECTION = 5, 14, 15, 16


def let_go(m):
    decisions = [(team, *decide(m, team)) for team in m.list]
    for team, reason, leavers in decisions:
        carry_out(m, team, reason, leavers)
    m.list = [team for team, reason, _ in decisions if reason is None]
    for i in m.organisations:
        if i.worked_alone:
            solved = i.challenge.progress >= m.config.challenge.workload
            if solved or i.challenge.rounds_left <= 0:
                m.tally["solved" if solved else "expired"] += 1
                i.redraw(m.now + 1)
    rate = m.config.learning.forgetting
    for i in m.organisations:
        for slot in i.slots:
            if slot.last_worked < m.now:
                slot.trust += rate * (i.stranger_trust(slot.partner) - slot.trust)
                slot.familiarity -= rate * slot.familiarity


def is_solved(m, team):
    return team.challenge.progress >= m.config.challenge.workload


def decide(m, team):
    """Why a team ends (None: it goes on) and who leaves with their places."""
    form, convenor = team.form, team.members[0]
    place = convenor.teams.index(team)
    solved = is_solved(m, team)
    reason = None
    if solved and m.draws.u(PERSISTENCE, m.now, convenor.row, place) >= form.persistence:
        reason = "solved"
    elif not solved and team.challenge.rounds_left <= 0:
        reason = "deadline"
    elif form.term > 0 and team.age >= form.term:
        reason = "solved" if solved else "term"
    elif team.surplus < 0 and m.draws.u(INERTIA, m.now, convenor.row, 2 * place) >= form.inertia:
        reason = "solved" if solved else "surplus"
    everybody = [(i, i.teams.index(team)) for i in team.members]
    if reason is None:
        leavers = []
        for (i, place), gain in zip(everybody, team.gains, strict=True):
            if gain < 0 and m.draws.u(INERTIA, m.now, i.row, 2 * place + 1) >= form.inertia:
                leavers.append((i, place))
        if len(team.members) - len(leavers) >= form.min_size:
            return None, leavers
        reason = "members"
    return reason, everybody


def carry_out(m, team, reason, leavers):
    form, c = team.form, m.config.learning
    solved, members = is_solved(m, team), list(team.members)
    if reason is not None:
        m.saw_end(team, reason)
    for i, place in leavers:
        cost = form.formalisation * form.exit_cost
        i.earned -= cost
        m.tally["exit_cost"] += cost
        if m.draws.u(REFLECTION, m.now, i.row, place) < c.reflection:
            bridged = sum(i.distance(j) for j in members if j is not i) / (len(members) - 1)
            i.b = min(1.0, i.b + c.bridging_gain * (1 - i.b) * bridged)
        if reason is None and team.owner is i:
            i.redraw(m.now + 1)
            team.owner = None
    if solved:
        m.tally["solved"] += 1
    elif reason is not None and team.challenge.rounds_left <= 0:
        m.tally["expired"] += 1
    if reason is not None:
        hand_back(m, team, solved)
    for i, _ in leavers:
        team.remove(i)
    if reason is None:
        if solved:
            if team.owner is not None:
                team.owner.redraw(m.now + 1)
                team.owner = None
            convenor, n = team.members[0], len(team.members)
            mean = [sum(i.x[k] for i in team.members) / n for k in range(len(convenor.x))]
            offset = 1024 * convenor.teams.index(team)
            team.challenge = m.draw_challenge(
                JOINT_CHALLENGE, convenor.row, m.now + 1, offset, mean
            )
        if leavers or solved:
            expect(m, team)


def hand_back(m, team, solved):
    if team.owner is None:
        return
    owner, team.owner = team.owner, None
    owner.team_on_own = None
    owner.challenge.progress, owner.challenge.rounds_left = (
        team.challenge.progress,
        team.challenge.rounds_left,
    )
    if solved or team.challenge.rounds_left <= 0:
        owner.redraw(m.now + 1)


def expect(m, team):
    """The convenor's expectation of the team as it is now."""
    i, form, mates = team.members[0], team.form, team.members[1:]
    feelings = [felt(form, i, j) for j in mates]
    rows = [
        seen_contributions(m, i, j, weight(form, u, t), team.challenge, len(j.teams))
        for j, (u, t) in zip(mates, feelings, strict=True)
    ]
    w = weight(
        form, sum(u for u, _ in feelings) / len(mates), sum(t for _, t in feelings) / len(mates)
    )
    rows.append(m.contributions(i, w, team.challenge, len(i.teams)))
    team.expected = team.challenge.unit_value * m.quality(rows, team.challenge) - running_cost(
        form, len(team.members)
    )
