"""How organisations find, understand, trust, produce, imitate, learn and let go."""

from __future__ import annotations

from typing import Literal

from sim.config.declaration import (
    LARGEST_COUNT,
    Group,
    declare_parameter,
    list_choices,
    number_choices,
)


class Search(Group):
    """How organisations find each other."""

    meetings: int = declare_parameter(
        8,
        "meetings a searching organisation holds in a round",
        unit="per round",
        symbol="M",
        ge=0,
        le=256,
    )
    cost: float = declare_parameter(
        0.002,
        "cost of one meeting",
        unit="value",
        source="assumed: a round of meetings costs about 4 % of what an organisation earns alone",
        ge=0,
    )
    directory_sample: int = declare_parameter(
        8,
        "organisations a directory or a convenor looks at for one meeting",
        symbol="D",
        ge=1,
        le=60,
    )
    noise: float = declare_parameter(
        0.1,
        "error in what a first meeting shows of a skill; falls with the root of the number of"
        " meetings",
        unit="skill",
        symbol="sigma",
        ge=0,
    )


class Understanding(Group):
    """When organisations understand each other."""

    decay: Literal["gaussian", "exponential", "linear"] = declare_parameter(
        "gaussian",
        "how understanding falls with cognitive distance",
        symbol="f",
        source="linear: Nooteboom et al. 2007; others for robustness",
    )
    reach: float = declare_parameter(
        2.0,
        "cognitive distance at which understanding has largely gone",
        unit="distance",
        symbol="delta",
        gt=0,
    )
    familiarity_gain: float = declare_parameter(
        0.3,
        "how fast working together teaches to understand, times the pair's bridging skill",
        unit="per round",
        symbol="beta",
        ge=0,
        le=1,
    )
    mediated_learning: float = declare_parameter(
        0.5, "share of that speed when members are linked by a mediator", ge=0, le=1
    )


Decay = number_choices(Understanding, "decay")


class Trust(Group):
    """How trust starts and moves."""

    initial: float = declare_parameter(
        0.6, "trust in a stranger of the own sector", symbol="tau0", ge=0, le=1
    )
    initial_across_sectors: float = declare_parameter(
        0.5, "trust in a stranger of another sector", symbol="tau0", ge=0, le=1
    )
    threshold: float = declare_parameter(
        0.3,
        "trust, or the contract in its place, below which an invitation is declined",
        ge=0,
        le=1,
    )
    gain: float = declare_parameter(
        0.1, "speed of trust upwards", unit="per round", symbol="gamma_up", ge=0, le=1
    )
    loss: float = declare_parameter(
        0.2, "speed of trust downwards", unit="per round", symbol="gamma_down", ge=0, le=1
    )
    crowding_out: float = declare_parameter(
        0.5,
        "how far contracts keep trust from growing",
        ge=0,
        le=1,
        source="contested: Malhotra & Murnighan 2002 (yes), Poppo & Zenger 2002 (no); the middle",
    )


class Production(Group):
    """How skills make value."""

    depth: float = declare_parameter(
        2.0,
        "exponent of skill: 1 makes a generalist free, 2 lets spreading earn about what a"
        " specialist does",
        symbol="phi",
        ge=1,
        le=10,
    )
    floor: float = declare_parameter(
        0.01, "capability left when nobody has the skill", symbol="c_min", gt=0, le=1
    )
    complementarity: float = declare_parameter(
        -1.0,
        "exponent of the pooled capabilities: 1 substitutes, 0 Cobb-Douglas, very negative the"
        " weakest link",
        symbol="rho",
        ge=-1000,
        le=1,
    )
    pooling: str = declare_parameter(
        "best",
        "how members' skills combine",
        choices=("best", "additive", "noisy_or"),
    )
    uncertainty: float = declare_parameter(
        0.0, "spread of the multiplicative shock on value", symbol="uncertainty", ge=0, le=5
    )


POOLING_RULES = list_choices(Production.model_fields["pooling"])
Pooling = number_choices(Production, "pooling")


class Imitation(Group):
    """Copying the practice of partners."""

    rule: str = declare_parameter(
        "success",
        "whom to copy",
        choices=("success", "conformity", "blind", "prestige"),
    )
    rate: float = declare_parameter(
        0.0,
        "chance to copy, per exposed member and round",
        unit="per round",
        symbol="mu",
        ge=0,
        le=1,
    )
    strength: float = declare_parameter(
        0.2, "share of the difference that one copy takes over", symbol="eta", ge=0, le=1
    )
    selectivity: float = declare_parameter(
        0.0, "1 copies just what the challenge needs, 0 follows blindly", ge=0, le=1
    )
    upward_only: bool = declare_parameter(False, "copying never lowers a skill")


IMITATION_RULES = list_choices(Imitation.model_fields["rule"])
ImitationRule = number_choices(Imitation, "rule")


class Learning(Group):
    """What stays of experience."""

    practice: float = declare_parameter(
        0.01, "growth of the required skill a worker is best at", unit="per round", ge=0, le=1
    )
    identity: float = declare_parameter(
        0.02, "pull of the own core on expertise", unit="per round", symbol="theta", ge=0, le=1
    )
    bridging_start: float = declare_parameter(
        0.3, "bridging skill at the start", symbol="b0", ge=0, le=1
    )
    reflection: float = declare_parameter(
        0.5, "chance to reflect on a collaboration when leaving it", ge=0, le=1
    )
    bridging_gain: float = declare_parameter(
        0.1,
        "bridging skill learned per unit of distance bridged, when reflecting",
        symbol="psi",
        ge=0,
        le=1,
    )
    forgetting: float = declare_parameter(
        0.01, "fading of trust and familiarity without shared work", unit="per round", ge=0, le=1
    )
    performance_rate: float = declare_parameter(
        0.1,
        "weight of the newest round in an organisation's performance",
        unit="per round",
        ge=0,
        le=1,
    )


class LettingGo(Group):
    """When to stop."""

    surplus_rate: float = declare_parameter(
        0.25,
        "weight of the newest round in the average surplus that decides on going on",
        unit="per round",
        ge=0,
        le=1,
    )
    cooling_off: int = declare_parameter(
        0, "rounds in which former partners avoid each other", unit="rounds", ge=0, le=LARGEST_COUNT
    )


class Environment(Group):
    """What changes around the organisations."""

    turbulence: float = declare_parameter(
        0.0, "chance per round that a domain is renewed", unit="per round", ge=0, le=1
    )
    obsolescence: float = declare_parameter(
        0.7, "share of the old skill a renewal takes away", ge=0, le=1
    )
    pick_up: float = declare_parameter(
        0.1, "share of organisations that pick the renewed domain up", ge=0, le=1
    )
    turnover: float = declare_parameter(
        0.0,
        "chance per round that an organisation leaves and a newcomer takes its place",
        unit="per round",
        ge=0,
        le=1,
    )
