"""Work and imitate, from docs/rules.md section 6."""

from math import exp, floor

from tests.reference.draws import pick
from tests.reference.find import fixed_links, weight

TOPOLOGY, SHOCK, IMITATION, EXPOSURE = 10, 11, 12, 13


def work(m):
    for i in m.organisations:
        i.worked_alone = not i.teams
        if i.worked_alone:
            value = i.alone * shock(m, i)
            i.earned += value
            m.tally["solo"] += value
            i.challenge.progress += i.alone_quality
            i.challenge.rounds_left -= 1
            m.saw_work_alone(i)
    for team in m.list:
        work_together(m, team)
    for i in m.organisations:
        for challenge in [t.challenge for t in i.teams] or [i.challenge]:
            best = max(challenge.needs, key=lambda k: i.x[k])
            i.x[best] += m.config.learning.practice * (1 - i.x[best])
            i.fit_budget()
    if m.config.imitation.rate > 0:
        imitate(m)


def shock(m, i):
    sigma = m.config.production.uncertainty
    return (
        exp(sigma * m.draws.normals(SHOCK, m.now, i.row, 0)[0] - sigma**2 / 2) if sigma > 0 else 1.0
    )


def graph(m, team):
    """Linked pairs of positions this round; None for mediated."""
    n, form = len(team.members), team.form
    if form.topology == "mediated":
        return None
    if form.topology == "complete":
        return {frozenset((a, b)) for a in range(n) for b in range(a)}
    if form.topology == "star":
        return {frozenset((0, a)) for a in range(1, n)}
    if form.topology != "random":
        return fixed_links(form, n)
    pairs = set()
    for a, i in enumerate(team.members):
        place = i.teams.index(team)

        def u(d, i=i, place=place):
            return m.draws.u(TOPOLOGY, m.now, i.row, 3 * place + d)

        if a >= 1:
            pairs.add(frozenset((a, pick(u(0), a))))
        if u(1) < form.extra_links:
            b = pick(u(2), n - 1)
            pairs.add(frozenset((a, b + 1 if b >= a else b)))
    return pairs


def integration(m, team, pairs):
    """How well a understands b, by the best path."""
    n, form = len(team.members), team.form
    if pairs is None:
        return [[form.mediator_understanding**2] * n for _ in range(n)]
    u = [[i.understanding(j) if i is not j else 1.0 for j in team.members] for i in team.members]
    best = [[u[a][b] if frozenset((a, b)) in pairs else 0.0 for b in range(n)] for a in range(n)]
    if form.topology == "star":
        return [
            [(u[a][0] if a else 1.0) * (u[0][b] if b else 1.0) for b in range(n)] for a in range(n)
        ]
    for via in range(n):
        for a in range(n):
            for b in range(n):
                if len({a, b, via}) == 3:
                    best[a][b] = max(best[a][b], best[a][via] * best[via][b])
    return best


def work_together(m, team):
    c, form, members, n = m.config, team.form, team.members, len(team.members)
    pairs = graph(m, team)
    best = integration(m, team, pairs)
    rows = []
    for b, j in enumerate(members):
        understood = sum(best[a][b] for a in range(n) if a != b) / (n - 1)
        trusted = sum(j.trust(i) for i in members if i is not j) / (n - 1)
        team.weights[b] = weight(form, understood, trusted)
        rows.append(m.contributions(j, team.weights[b], team.challenge, len(j.teams)))
    team.quality = m.quality(rows, team.challenge)
    link_cost = form.link_cost * (n if pairs is None else len(pairs))
    rule_cost = n * form.rule_cost * form.formalisation**2
    value = team.challenge.unit_value * team.quality * shock(m, members[0]) - (
        link_cost + rule_cost
    )
    shares = m.shares(form, value, rows, team.challenge, members[0].alone)
    synergy = value - sum(j.alone for j in members)
    rate = c.letting_go.surplus_rate
    for at, j in enumerate(members):
        j.earned += shares[at]
        team.gains[at] += rate * (shares[at] - j.alone - team.gains[at])
    team.surplus += rate * (synergy - team.surplus)
    if team.expected > 0:
        outcome = min(1.0, max(0.0, value / team.expected))
    else:
        outcome = 1.0 if value >= team.expected else 0.0
    m.saw_work(team, value, synergy)
    learn(m, team, pairs, outcome)
    team.challenge.progress += team.quality
    team.challenge.rounds_left -= 1
    team.age += 1
    for name, amount in (
        ("link_cost", link_cost),
        ("rule_cost", rule_cost),
        ("together", value),
        ("synergy", synergy),
    ):
        m.tally[name] += amount


def learn(m, team, pairs, outcome):
    c, form = m.config, team.form
    for a, i in enumerate(team.members):
        for b, j in enumerate(team.members):
            if i is j:
                continue
            slot = i.slot(j)
            if slot is None:
                slot = i.open_slot(j)
                slot.joint = 1
            gain = c.trust.gain * (1 - c.trust.crowding_out * form.formalisation)
            slot.trust += (gain if outcome > slot.trust else c.trust.loss) * (outcome - slot.trust)
            slot.meetings += 1
            slot.last_met = slot.last_worked = m.now
            beta = c.understanding.familiarity_gain * (i.b + j.b) / 2
            if pairs is None:
                beta *= c.understanding.mediated_learning
            if pairs is None or frozenset((a, b)) in pairs:
                slot.familiarity += beta * (1 - slot.familiarity)


def rank(o):
    return floor(o.performance * 1e9 + 0.5)


def imitate(m):
    before = {i: list(i.x) for i in m.organisations}
    for team in m.list:
        pairs = graph(m, team)
        for at, i in enumerate(team.members):
            place = i.teams.index(team)
            seen = whom_seen(m, team, at, place, pairs)
            for j in seen:
                number = j.row * m.config.population.capacity + place
                if m.draws.u(IMITATION, m.now, i.row, number) < m.config.imitation.rate:
                    target = model_of(m, team, i, j, seen, before)
                    if target is not None:
                        copy(m, team, i, target)
            i.fit_budget()


def whom_seen(m, team, at, place, pairs):
    i, form = team.members[at], team.form
    users = [o for o in m.organisations if any(t.form is form for t in o.teams)]
    if form.exposure == "linked":
        return [j for b, j in enumerate(team.members) if frozenset((at, b)) in pairs and b != at]
    if form.exposure == "convenor":
        return [team.members[0]] if at else []
    if form.exposure == "leaders":
        best = sorted(users, key=lambda o: (-rank(o), o.row))[: form.seen_at_most]
        return [o for o in best if o is not i]
    seen = []
    for d in range(form.seen_at_most):
        j = users[pick(m.draws.u(EXPOSURE, m.now, i.row, 64 * place + d), len(users))]
        if j is not i and j not in seen:
            seen.append(j)
    return seen


def model_of(m, team, i, j, seen, before):
    rule = m.config.imitation.rule
    if rule == "blind":
        return before[j]
    if rule == "conformity":
        return [sum(before[o][k] for o in seen) / len(seen) for k in range(len(i.x))]
    if rule == "prestige":
        return before[
            team.members[0] if team.members[0] in seen else max(seen, key=lambda o: o.partners)
        ]
    best = max(seen, key=rank)
    return before[best] if rank(best) > rank(i) else None


def copy(m, team, i, target):
    c = m.config.imitation
    for k in range(len(i.x)):
        s = c.selectivity * (k in team.challenge.needs) + 1 - c.selectivity
        new = i.x[k] + c.strength * s * (target[k] - i.x[k])
        if not c.upward_only or new > i.x[k]:
            i.x[k] = new
    m.tally["copies"] += 1
