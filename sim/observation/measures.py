"""What is measured: per round from the state, and per collaboration as events."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from sim.config import number_names
from sim.runtime.compilation import kernel
from sim.runtime.prefetching import prefetch_team_size
from sim.runtime.sorting import sort_by_keys
from sim.state import CollaborationTotal, DomainStatistic, Floats, Tally, World


class Measure(NamedTuple):
    """A quantity recorded per round."""

    meaning: str
    unit: str


PER_ORGANISATION = "per organisation and round"
MEASURES = {
    "joint_value": Measure("value of all work, net of all costs", f"value {PER_ORGANISATION}"),
    "value_alone": Measure(
        "what all would earn alone in the same round", f"value {PER_ORGANISATION}"
    ),
    "synergy": Measure(
        "value of collaborations minus what their members would earn alone",
        f"value {PER_ORGANISATION}",
    ),
    "synergy_ratio": Measure("synergy as a share of what the members would earn alone", "-"),
    "quality": Measure("mean quality of all work units, teams and soloists", "quality"),
    "search_cost": Measure("cost of meetings", f"value {PER_ORGANISATION}"),
    "setup_cost": Measure("cost of starting and joining", f"value {PER_ORGANISATION}"),
    "exit_cost": Measure("cost of leaving", f"value {PER_ORGANISATION}"),
    "link_cost": Measure("cost of coordination links", f"value {PER_ORGANISATION}"),
    "rule_cost": Measure("cost of contract and rules", f"value {PER_ORGANISATION}"),
    "solved": Measure("challenges solved", f"challenges {PER_ORGANISATION}"),
    "expired": Measure("challenges that ran out of time", f"challenges {PER_ORGANISATION}"),
    "copies": Measure("copies made", f"copies {PER_ORGANISATION}"),
    "working_share": Measure("organisations in a collaboration at the end of the round", "share"),
    "collaborations": Measure("running collaborations at the end of the round", "number"),
    "mean_size": Measure("members per running collaboration", "organisations"),
    "understanding": Measure("understanding between members", "0-1"),
    "understanding_alike": Measure("understanding from being alike", "0-1"),
    "understanding_bridged": Measure("understanding from having learned to bridge", "0-1"),
    "trust_within": Measure("trust between members", "0-1"),
    "diversity_within": Measure(
        "root mean square distance between members, before copying", "distance"
    ),
    "trust": Measure("trust over all remembered relations", "0-1"),
    "bridging_skill": Measure("bridging skill", "0-1"),
    "cross_sector_share": Measure("pairs of members from different sectors", "share"),
    "repeat_share": Measure(
        "pairs in running collaborations that had worked together before they started", "share"
    ),
    "diversity": Measure("root mean square distance between all organisations", "distance"),
    "rao_entropy": Measure(
        "Rao's quadratic entropy of expertise shares, half the squared Euclidean distance", "0-1"
    ),
    "effective_profiles": Measure(
        "effective number of expertise profiles, 1 / (1 - Rao)", "profiles"
    ),
    "domains_covered": Measure("domains in which somebody reaches half of full skill", "share"),
    "gini_value": Measure("inequality of value earned since entering", "0-1"),
}
COVERAGE_THRESHOLD = 0.5
MeasureColumn = number_names("measure", MEASURES)


@kernel
def gini(w: World, values: Floats) -> float:
    """Return the Gini coefficient of values, negative ones as 0; 0 when nobody has anything."""
    weighted, total, n = 0.0, 0.0, values.size
    for i in range(n):
        w.scratch.keys[i] = max(0.0, values[i])
    sort_by_keys(w, n)
    for rank in range(n):
        value = w.scratch.keys[rank]
        weighted += (rank + 1) * value
        total += value
    return (2.0 * weighted / total - (n + 1)) / n if total > 0.0 else 0.0


@kernel
def measure_teams(w: World, row: Floats) -> None:
    """Write measures of collaborations."""
    org, col, tally = w.org, w.col, w.around.tally
    members, busy, across, repeated = 0, 0, 0.0, 0.0
    for i in range(org.load.size):
        busy += org.load[i] > 0
    running = col.totals[CollaborationTotal.RUNNING]
    for position in range(running):
        prefetch_team_size(w, position)
        c = col.order[position]
        size, different = col.size[c], 0
        for a in range(size):
            for b in range(a):
                different += org.sector[col.members[c, a]] != org.sector[col.members[c, b]]
        members += size
        across += 2.0 * different / (size * (size - 1))
        repeated += col.repeat_share[c]
    row[MeasureColumn.WORKING_SHARE] = busy / org.load.size
    row[MeasureColumn.COLLABORATIONS] = running
    row[MeasureColumn.MEAN_SIZE] = members / running if running > 0 else 0.0
    teams = max(1.0, tally[Tally.TEAMS])
    row[MeasureColumn.UNDERSTANDING] = (tally[Tally.ALIKE] + tally[Tally.BRIDGED]) / teams
    row[MeasureColumn.UNDERSTANDING_ALIKE] = tally[Tally.ALIKE] / teams
    row[MeasureColumn.UNDERSTANDING_BRIDGED] = tally[Tally.BRIDGED] / teams
    row[MeasureColumn.TRUST_WITHIN] = tally[Tally.TRUST] / teams
    row[MeasureColumn.DIVERSITY_WITHIN] = tally[Tally.DIVERSITY] / teams
    row[MeasureColumn.CROSS_SECTOR_SHARE] = across / running if running > 0 else 0.0
    row[MeasureColumn.REPEAT_SHARE] = repeated / running if running > 0 else 0.0


@kernel
def compute_domain_variances(w: World) -> tuple[float, float, int]:
    """Return the variances of expertise and of its shares, summed over domains.

    Return too in how many domains somebody is good. The loops run along rows, as these lie in
    memory, with a sum per domain: along columns a large population waits for memory.
    """
    skills, sums = w.org.expertise, w.scratch.by_domain
    n, domains = skills.shape
    for k in range(domains):
        for statistic in range(sums.shape[0]):
            sums[statistic, k] = 0.0
    for i in range(n):
        total = 0.0
        for k in range(domains):
            total += skills[i, k]
        w.scratch.keys[i] = 1.0 / total if total > 0.0 else 0.0
        for k in range(domains):
            sums[DomainStatistic.MEAN, k] += skills[i, k] / n
            sums[DomainStatistic.SHARE_MEAN, k] += skills[i, k] * w.scratch.keys[i] / n
            sums[DomainStatistic.HIGHEST, k] = max(sums[DomainStatistic.HIGHEST, k], skills[i, k])
    for i in range(n):
        for k in range(domains):
            spread = skills[i, k] - sums[DomainStatistic.MEAN, k]
            share_spread = skills[i, k] * w.scratch.keys[i] - sums[DomainStatistic.SHARE_MEAN, k]
            sums[DomainStatistic.VARIANCE, k] += spread * spread / n
            sums[DomainStatistic.SHARE_VARIANCE, k] += share_spread * share_spread / n
    variance, share_variance, covered = 0.0, 0.0, 0
    for k in range(domains):
        variance += sums[DomainStatistic.VARIANCE, k]
        share_variance += sums[DomainStatistic.SHARE_VARIANCE, k]
        covered += sums[DomainStatistic.HIGHEST, k] >= COVERAGE_THRESHOLD
    return variance, share_variance, covered


@kernel
def measure_population(w: World, row: Floats) -> None:
    """Write measures over all organisations, in time linear in their number."""
    org, ledger = w.org, w.ledger
    n, domains = org.expertise.shape
    trust, slots, bridging = 0.0, 0, 0.0
    for i in range(n):
        bridging += org.bridging[i]
        slots += ledger.used[i]
        for slot in range(ledger.used[i]):
            trust += ledger.trust[i, slot]
    variance, share_variance, covered = compute_domain_variances(w)
    row[MeasureColumn.TRUST] = trust / slots if slots > 0 else 0.0
    row[MeasureColumn.BRIDGING_SKILL] = bridging / n
    row[MeasureColumn.DIVERSITY] = sqrt(2.0 * variance * n / (n - 1)) if n > 1 else 0.0
    row[MeasureColumn.RAO_ENTROPY] = share_variance
    row[MeasureColumn.EFFECTIVE_PROFILES] = 1.0 / (1.0 - share_variance)
    row[MeasureColumn.DOMAINS_COVERED] = covered / domains
    row[MeasureColumn.GINI_VALUE] = gini(w, org.earned_total)


@kernel
def measure_round(w: World, row: Floats) -> None:
    """Write one round's measures in the order of ``MEASURES``."""
    org, tally = w.org, w.around.tally
    n, alone = org.load.size, 0.0
    for i in range(n):
        alone += org.alone_value[i]
    row[MeasureColumn.JOINT_VALUE] = (
        tally[Tally.VALUE_TOGETHER]
        + tally[Tally.VALUE_SOLO]
        - tally[Tally.SEARCH]
        - tally[Tally.SETUP]
        - tally[Tally.EXIT]
    ) / n
    row[MeasureColumn.VALUE_ALONE] = alone / n
    row[MeasureColumn.SYNERGY] = tally[Tally.SYNERGY] / n
    members_alone = tally[Tally.VALUE_TOGETHER] - tally[Tally.SYNERGY]
    row[MeasureColumn.SYNERGY_RATIO] = (
        tally[Tally.SYNERGY] / members_alone if members_alone > 0.0 else 0.0
    )
    row[MeasureColumn.QUALITY] = tally[Tally.QUALITY] / max(
        1.0, tally[Tally.TEAMS] + tally[Tally.SOLOISTS]
    )
    row[MeasureColumn.SEARCH_COST], row[MeasureColumn.SETUP_COST], row[MeasureColumn.EXIT_COST] = (
        tally[Tally.SEARCH] / n,
        tally[Tally.SETUP] / n,
        tally[Tally.EXIT] / n,
    )
    row[MeasureColumn.LINK_COST], row[MeasureColumn.RULE_COST] = (
        tally[Tally.LINK] / n,
        tally[Tally.RULE] / n,
    )
    row[MeasureColumn.SOLVED], row[MeasureColumn.EXPIRED], row[MeasureColumn.COPIES] = (
        tally[Tally.SOLVED] / n,
        tally[Tally.EXPIRED] / n,
        tally[Tally.COPIES] / n,
    )
    measure_teams(w, row)
    measure_population(w, row)
