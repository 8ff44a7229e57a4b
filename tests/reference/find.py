"""Find, from docs/rules.md section 5."""

from tests.reference.draws import label, pick

ORDER, CHANNEL, MEETING = 6, 7, 8


def links(form, n):
    if form.topology == "complete":
        return n * (n - 1) / 2
    if form.topology == "star":
        return n - 1
    if form.topology == "mediated":
        return n
    if form.topology == "random":
        return (n - 1) + form.extra_links * n
    return len(fixed_links(form, n))


def fixed_links(form, n):
    """Links of ring and small world as a set of pairs of positions."""
    pairs = {frozenset((a, (a + 1) % n)) for a in range(n)} if n > 2 else {frozenset((0, 1))}
    if form.topology == "small_world":
        pairs |= {frozenset((2 * c, 2 * c + n // 2)) for c in range(n // 4)}
    return pairs


def running_cost(form, n):
    return form.link_cost * links(form, n) + n * form.rule_cost * form.formalisation**2


def weight(form, understood, trusted):
    s, g = form.modularity, form.formalisation
    return (s + (1 - s) * understood) * (g + (1 - g) * trusted)


def felt(form, i, j):
    """Understanding and trust that i expects with j."""
    return (
        form.mediator_understanding**2 if form.topology == "mediated" else i.understanding(j)
    ), i.trust(j)


def seen_contributions(m, i, j, w, challenge, load):
    return [w * i.seen_skill(j, k) ** m.config.production.depth / load for k in challenge.needs]


def accepts(m, form, j, i, share):
    g = form.formalisation
    return g + (1 - g) * j.trust(i) >= m.config.trust.threshold and share >= j.alone


def growable(m, team, i):
    return (
        team.members[0] is i
        and team.started < m.now
        and team.quality < m.config.challenge.aspiration
        and len(team.members) < team.form.max_size
    )


def searches(m, i):
    return (
        i.free
        and i.alone_quality < m.config.challenge.aspiration
        and i.team_on_own is None
        and i.form.topology != "none"
    )


def find(m):
    for i in sorted(m.organisations, key=lambda o: (m.draws.u(ORDER, m.now, o.row, 0), o.row)):
        for team in list(i.teams):
            if growable(m, team, i):
                grow(m, team)
        if searches(m, i):
            meet(m, i)
            if not assemble(m, i) and len(m.organisations) > 1:
                join(m, i)


def present_rows(m, team):
    return [
        m.contributions(j, w, team.challenge, len(j.teams))
        for j, w in zip(team.members, team.weights, strict=True)
    ]


def admit(m, team, j, w, share, value):
    team.append(j, w, share - j.alone)
    team.expected = value
    for other in team.members[:-1]:
        begin(m, j, other)
        begin(m, other, j)


def begin(m, i, j):
    slot = i.open_slot(j)
    slot.joint += 1
    slot.last_met = m.now


def grow(m, team):
    i, form, challenge = team.members[0], team.form, team.challenge
    rows, n = present_rows(m, team), len(team.members)
    now = m.quality(rows, challenge)
    best, best_net = None, 0.0
    for slot in i.slots:
        j = slot.partner
        if not j.free or j in team.members or i.avoids(j):
            continue
        w = weight(form, *felt(form, i, j))
        row = seen_contributions(m, i, j, w, challenge, len(j.teams) + 1)
        gain = challenge.unit_value * (m.quality([*rows, row], challenge) - now)
        net = gain - (running_cost(form, n + 1) - running_cost(form, n)) - j.alone
        if net > best_net:
            best, best_net = (j, w, row), net
    if best is None:
        return
    j, w, row = best
    value = challenge.unit_value * m.quality([*rows, row], challenge) - running_cost(form, n + 1)
    share = m.shares(form, value, [*rows, row], challenge, i.alone)[-1]
    if accepts(m, form, j, i, share):
        admit(m, team, j, w, share, value)


def meet(m, i):
    if len(m.organisations) < 2:
        return
    for meeting in range(m.config.search.meetings):
        j = whom(m, i, meeting)
        slot = i.open_slot(j)
        slot.last_met = m.now
        slot.meetings += 1
        i.earned -= m.config.search.cost
        m.tally["search_cost"] += m.config.search.cost


def whom(m, i, meeting):
    def u(d):
        return m.draws.u(MEETING, m.now, i.row, 64 * meeting + d)

    def anybody(d):
        others = [o for o in m.organisations if o is not i]
        return others[pick(u(d), len(others))]

    def fit(j):
        return sum(r * j.x[k] ** m.config.production.depth for k, r in i.challenge.needs.items())

    d = i.form.discovery
    shares = [d.encounter, d.referral, d.directory, d.convenor]
    last = max(c for c in range(4) if shares[c] > 0)
    channel = min(label(shares, m.draws.u(CHANNEL, m.now, i.row, meeting)), last)
    sample = range(3, 3 + m.config.search.directory_sample)
    if channel == 1:
        partners = [s.partner for s in i.slots if s.joint > 0]
        if partners:
            via = partners[pick(u(1), len(partners))]
            theirs = [s.partner for s in via.slots if s.joint > 0 and s.partner is not i]
            if theirs:
                return theirs[pick(u(2), len(theirs))]
    if channel == 2:
        return max((anybody(d) for d in sample), key=fit)
    if channel == 3 and i.slots:
        convenor = max((s.partner for s in i.slots), key=lambda o: o.partners)
        theirs = [s.partner for s in convenor.slots if s.joint > 0 and s.partner is not i]
        if convenor.partners and theirs:
            return max((theirs[pick(u(d), len(theirs))] for d in sample), key=fit)
    return anybody(0)


def assemble(m, i):
    """Assemble, invite and start a team; tell whether one started."""
    form, challenge = i.form, i.challenge
    known = []
    for slot in i.slots:
        j = slot.partner
        if j.free and not i.avoids(j):
            u, t = felt(form, i, j)
            known.append(
                (
                    j,
                    u,
                    t,
                    seen_contributions(m, i, j, weight(form, u, t), challenge, len(j.teams) + 1),
                )
            )

    def judge(mates):
        """Quality, value, surplus and rows (i last) of i with these."""
        n = len(mates) + 1
        w = weight(
            form, sum(c[1] for c in mates) / len(mates), sum(c[2] for c in mates) / len(mates)
        )
        own = m.contributions(i, w, challenge, len(i.teams) + 1)
        q = m.quality([c[3] for c in mates] + [own], challenge)
        v = challenge.unit_value * q - running_cost(form, n)
        rounds = float(challenge.rounds_left)
        if form.term > 0:
            rounds = min(rounds, form.term)
        if q > 0:
            rounds = min(rounds, (m.config.challenge.workload - challenge.progress) / q)
        once = n * (form.setup_cost + form.formalisation * form.exit_cost)
        return q, v, v - i.alone - sum(c[0].alone for c in mates) - once / max(1.0, rounds), w, own

    team, value, prefixes = [], i.alone, []
    while len(team) + 1 < form.max_size and len(team) < len(known):
        rest = [c for c in known if c not in team]
        best = max(rest, key=lambda c: judge([*team, c])[1])
        new_value = judge([*team, best])[1]
        if len(team) + 1 >= form.min_size and new_value <= value:
            break
        team, value = [*team, best], new_value
        if len(team) + 1 >= form.min_size:
            prefixes.append(team)
    if not prefixes:
        return False
    mates = max(prefixes, key=lambda p: judge(p)[2])
    q, v, surplus, w, own = judge(mates)
    shares = m.shares(form, v, [own] + [c[3] for c in mates], challenge, i.alone)
    staying = [
        c for c, share in zip(mates, shares[1:], strict=True) if accepts(m, form, c[0], i, share)
    ]
    if len(staying) + 1 < max(2, form.min_size):
        return False
    if len(staying) < len(mates):
        q, v, surplus, w, own = judge(staying)
        shares = m.shares(form, v, [own] + [c[3] for c in staying], challenge, i.alone)
    if surplus <= 0:
        return False
    start(m, i, staying, q, v, w, shares)
    return True


def start(m, i, mates, q, v, w, shares):
    from tests.reference.twin import Team

    team = Team(m, i.form, i.challenge.copy(), i)
    i.team_on_own = team
    team.quality, team.expected = q, v
    team.append(i, w, shares[0] - i.alone)
    for (j, u, t, _), share in zip(mates, shares[1:], strict=True):
        team.append(j, weight(i.form, u, t), share - j.alone)
    team.surplus = v - sum(o.alone for o in team.members)
    m.saw_start(team)
    for a in team.members:
        for b in team.members:
            if a is not b:
                begin(m, a, b)
    m.list.append(team)


def join(m, i):
    looked, best, best_share = [], None, None
    for slot in i.slots:
        for team in slot.partner.teams:
            form, n = team.form, len(team.members)
            if form.entry != "open" or n >= form.max_size or i in team.members or team in looked:
                continue
            looked.append(team)
            if any(i.avoids(j) for j in team.members):
                continue
            w = weight(form, *felt(form, i, slot.partner))
            rows = present_rows(m, team)
            own = m.contributions(i, w, team.challenge, len(i.teams) + 1)
            q = m.quality([*rows, own], team.challenge)
            value = team.challenge.unit_value * q - running_cost(form, n + 1)
            share = m.shares(form, value, [*rows, own], team.challenge, team.members[0].alone)[-1]
            added = running_cost(form, n + 1) - running_cost(form, n)
            marginal = team.challenge.unit_value * (q - m.quality(rows, team.challenge)) - added
            if share > i.alone and marginal >= i.alone and (best is None or share > best_share):
                best, best_share = (team, w, value), share
    if best is not None:
        team, w, value = best
        admit(m, team, i, w, best_share, value)
