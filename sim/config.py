"""Every parameter of the model once: type, range, default, unit, meaning and source.

These declarations serve the checks of a configuration, the command line's ``describe``, the tables of the
documentation and the controls of the teaching page. Symbols are those of the specification (docs/rules.md).
"""

from __future__ import annotations

from typing import Any, Literal, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

ASSUMED_SOURCE = "assumed; starting value of the trial implementation"
CALIBRATED_SOURCE = "calibrated: docs/calibration.md"
LARGEST_SEED = 2**64 - 1
LARGEST_COUNT = 1_000_000_000  # 32-bit numbers hold it, and the round it ends in


def declare_parameter(
    default: Any,
    meaning: str,
    *,
    unit: str = "-",
    source: str = ASSUMED_SOURCE,
    symbol: str = "",
    **limits: Any,
) -> Any:
    """Declare one parameter; ``limits`` are pydantic's (ge, gt, le, lt, min_length, ...)."""
    extra = {"unit": unit, "source": source, "symbol": symbol}
    options: dict[str, Any] = {"description": meaning, "json_schema_extra": extra, **limits}
    if callable(default):
        return Field(default_factory=default, **options)
    return Field(default, **options)


class Group(BaseModel):
    """A group of parameters: closed to unknown names, checked on assignment, finite numbers only."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=False)

    @field_validator("*", mode="before")
    @classmethod
    def refuse_truth_values(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number is wanted; pydantic would read them as 1 and 0."""
        kind = cls.model_fields[str(info.field_name)].annotation
        shares = value.values() if isinstance(value, dict) and get_origin(kind) is dict else ()
        if kind is not bool and any(isinstance(given, bool) for given in (value, *shares)):
            raise PydanticCustomError("truth_value", "input should be no true or false")
        return value


class Population(Group):
    """Who there is."""

    source: Literal["drawn", "file"] = declare_parameter(
        "drawn", "where organisations come from: drawn at random, or read from files"
    )
    path: str | None = declare_parameter(
        None,
        "with source=file: a CSV of organisations, or a folder with participations.csv,"
        " projects.csv and organisations.csv (.gz allowed)",
    )
    organisations: int = declare_parameter(
        100,
        "number of organisations; with source=file the size of the sample taken (0: all)",
        symbol="N",
        ge=0,
        le=2_000_000,
    )
    domains: int = declare_parameter(
        12,
        "number of expertise domains; with source=file given by the file",
        symbol="K",
        ge=1,
        le=64,
    )
    budget: float = declare_parameter(
        3.0,
        "attention budget: the largest sum of an organisation's skills",
        unit="skill",
        symbol="B",
        gt=0,
    )
    concentration: float = declare_parameter(
        0.15,
        "shape of the law skills are drawn from: small is specialised, large is even",
        gt=0,
        le=100,
        source=CALIBRATED_SOURCE,
    )
    base_skill: float = declare_parameter(
        0.02, "skill everybody has in every domain", unit="skill", ge=0, le=1
    )
    sectors: dict[str, float] = declare_parameter(
        lambda: {
            "care": 1.0,
            "education": 1.0,
            "goods": 1.0,
            "services": 1.0,
            "government": 1.0,
            "business": 1.0,
        },
        "sectors and their relative shares",
        source="the user's six sectors, equally frequent",
        min_length=1,
    )
    capacity: int = declare_parameter(
        1, "collaborations an organisation can be in at the same time", symbol="c", ge=1, le=16
    )
    ledger_slots: int = declare_parameter(
        32, "partners an organisation can remember", symbol="R", ge=2, le=1024
    )
    minimum_projects: int = declare_parameter(
        5,
        "with participations: organisations with fewer classified projects are left out",
        unit="projects",
        source="Horizon 2020 extract: expertise is estimated from five projects or more",
        ge=1,
        le=LARGEST_COUNT,
    )

    sample_seed: int = declare_parameter(
        1,
        "with source=file: seed of the sample, the same in all replicates",
        source="a study compares forms on the same organisations",
        ge=0,
        le=LARGEST_SEED,
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse fields that contradict each other."""
        if self.source == "file" and not self.path:
            raise ValueError(
                "population.source=file needs population.path: name a CSV file or a folder"
            )
        if self.source == "drawn" and self.path:
            raise ValueError(
                "population.path is read only with population.source=file: add"
                " population.source=file or leave the path out"
            )
        if self.source == "file" and "domains" in self.model_fields_set:
            raise ValueError(
                f"population.domains is {self.domains}, but with population.source=file the file"
                " says which domains there are: leave it out"
            )
        if self.source == "drawn" and self.organisations == 0:
            raise ValueError("population.organisations is 0; a drawn population needs at least 1")
        bad = {name: share for name, share in self.sectors.items() if share < 0}
        if bad or sum(self.sectors.values()) <= 0:
            raise ValueError(
                f"population.sectors is {self.sectors}; shares must not be negative and one must be"
                " above 0"
            )
        return self


class BreadthClass(Group):
    """A class of challenges by the number of domains they need."""

    lowest: int = declare_parameter(1, "smallest number of domains", ge=1, le=64)
    highest: int = declare_parameter(2, "largest number of domains", ge=1, le=64)
    share: float = declare_parameter(0.5, "relative frequency of the class", ge=0)

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse an empty class."""
        if self.highest < self.lowest:
            raise ValueError(
                f"challenge.breadths: highest is {self.highest}, below lowest {self.lowest}"
            )
        return self


class Challenge(Group):
    """What organisations are confronted with."""

    value: float = declare_parameter(
        1.0,
        "value of quality one per round for a challenge of one domain",
        unit="value per round",
        symbol="V",
        ge=0,
    )
    breadth_premium: float = declare_parameter(
        1.5,
        "exponent of value with breadth: broad problems are worth more",
        symbol="zeta",
        ge=0,
        le=5,
    )
    affinity: float = declare_parameter(
        0.9,
        "how far organisations meet challenges near their own field",
        symbol="a",
        ge=0,
        le=1,
        source=CALIBRATED_SOURCE,
    )
    workload: float = declare_parameter(
        6.0,
        "accumulated quality that solves a challenge",
        unit="quality x rounds",
        symbol="W",
        gt=0,
    )
    deadline: int = declare_parameter(
        30,
        "rounds of work after which a challenge expires",
        unit="rounds",
        ge=1,
        le=LARGEST_COUNT,
        source=CALIBRATED_SOURCE,
    )
    aspiration: float = declare_parameter(
        0.35,
        "quality alone below which an organisation looks for partners",
        unit="quality",
        ge=0,
        le=1,
    )
    breadths: tuple[BreadthClass, ...] = declare_parameter(
        lambda: (
            BreadthClass(lowest=1, highest=2, share=0.5),
            BreadthClass(lowest=3, highest=4, share=0.25),
            BreadthClass(lowest=5, highest=8, share=0.25),
        ),
        "classes of breadth with their shares",
        min_length=1,
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse classes that can never be drawn."""
        if sum(c.share for c in self.breadths) <= 0:
            raise ValueError("challenge.breadths: all shares are 0; at least one must be above 0")
        return self


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
        0.5, "share of that speed when a mediator stands between", ge=0, le=1
    )


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
        "how members' skills combine: best, additive, noisy_or, or an own function as file.py:name",
    )
    uncertainty: float = declare_parameter(
        0.0, "spread of the multiplicative shock on value", symbol="uncertainty", ge=0, le=5
    )


class Imitation(Group):
    """Copying the practice of partners."""

    rule: str = declare_parameter(
        "success",
        "whom to copy: success, conformity, blind, prestige, or an own function as file.py:name",
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


class Discovery(Group):
    """Shares over the search channels."""

    encounter: float = declare_parameter(
        0.5, "meet anybody", ge=0, source="assumed: half by chance, half through former partners"
    )
    referral: float = declare_parameter(
        0.5,
        "meet a partner's partner",
        ge=0,
        source="Gulati 1995 (past ties and their ties bring alliances about); share assumed",
    )
    directory: float = declare_parameter(0.0, "meet the best fit of a sample", ge=0)
    convenor: float = declare_parameter(
        0.0, "be introduced by the best-connected organisation one knows", ge=0
    )


class Structure(Group):
    """A form of light organising: data, not code; one YAML per form."""

    name: str = declare_parameter("alliance", "name of the form", min_length=1)
    mix: dict[str, float] = declare_parameter(
        dict,
        "a population that mixes forms: preset names with their shares; empty: this form alone",
    )
    topology: str = declare_parameter(
        "complete",
        "who coordinates with whom: none, complete, ring, star, mediated, random, small_world, or"
        " an own function as file.py:name",
    )
    min_size: int = declare_parameter(
        2, "smallest number of members", unit="organisations", ge=2, le=64
    )
    max_size: int = declare_parameter(
        5, "largest number of members", unit="organisations", ge=2, le=64
    )
    formalisation: float = declare_parameter(
        0.3, "how far contract and rules replace trust", symbol="g", ge=0, le=1
    )
    setup_cost: float = declare_parameter(0.2, "per member, once at the start", unit="value", ge=0)
    link_cost: float = declare_parameter(
        0.03, "per coordination link and round", unit="value per round", ge=0
    )
    rule_cost: float = declare_parameter(
        0.3, "times the square of formalisation, per member and round", unit="value per round", ge=0
    )
    exit_cost: float = declare_parameter(
        0.3, "times formalisation, per member, once at the end", unit="value", ge=0
    )
    mediator_understanding: float | None = declare_parameter(
        None, "the understanding a neutral mediator offers every member (mediated only)", ge=0, le=1
    )
    extra_links: float | None = declare_parameter(
        None,
        "chance per member and round of a link beside the spanning tree (random only)",
        ge=0,
        le=1,
    )
    entry: Literal["invitation", "open"] = declare_parameter(
        "invitation",
        "open: searching organisations may join a running collaboration by their own wish",
    )
    discovery: Discovery = declare_parameter(Discovery, "shares over search channels")
    exposure: Literal["linked", "convenor", "leaders", "everyone"] = declare_parameter(
        "linked", "whose practice a member sees"
    )
    seen_at_most: int = declare_parameter(
        5, "how many leaders, or how large a sample of everyone, a member sees", ge=1, le=64
    )
    persistence: float = declare_parameter(
        0.5,
        "chance to go on together after solving: 0 temporary, 1 definitive",
        ge=0,
        le=1,
        source=CALIBRATED_SOURCE,
    )
    inertia: float = declare_parameter(
        0.85,
        "chance per round to stay although surplus is negative",
        unit="per round",
        ge=0,
        le=1,
        source=CALIBRATED_SOURCE,
    )
    term: int = declare_parameter(
        0,
        "rounds after which a collaboration ends (0: no fixed term)",
        unit="rounds",
        ge=0,
        le=LARGEST_COUNT,
    )
    modularity: float = declare_parameter(
        0.3,
        "how far a part counts without being understood: 1 pooled, 0 reciprocal interdependence",
        symbol="s",
        ge=0,
        le=1,
        source="Thompson 1967 (kinds of interdependence); value assumed",
    )
    sharing: Literal["equal", "contribution", "convenor_first"] = declare_parameter(
        "equal", "how joint value is shared"
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse fields that contradict each other."""
        mediated, randomly = self.topology == "mediated", self.topology == "random"
        if self.min_size > self.max_size:
            raise ValueError(
                f"structure.min_size is {self.min_size}, above structure.max_size {self.max_size}"
            )
        if mediated != (self.mediator_understanding is not None):
            raise ValueError(
                f"structure.mediator_understanding is {self.mediator_understanding} with topology"
                f" {self.topology}: give a number in [0, 1] with topology=mediated, and null with"
                " every other topology"
            )
        if randomly != (self.extra_links is not None):
            raise ValueError(
                f"structure.extra_links is {self.extra_links} with topology {self.topology}: "
                "give a number in [0, 1] with topology=random, and null with every other topology"
            )
        if mediated and self.exposure == "linked":
            raise ValueError(
                "structure.exposure=linked shows nobody with topology=mediated, where members are"
                " linked to the mediator alone: choose convenor, leaders or everyone"
            )
        channels = self.discovery
        if channels.encounter + channels.referral + channels.directory + channels.convenor <= 0:
            raise ValueError("structure.discovery: all shares are 0; at least one must be above 0")
        if any(share < 0 for share in self.mix.values()) or (
            self.mix and sum(self.mix.values()) <= 0
        ):
            raise ValueError(
                f"structure.mix is {self.mix}; shares must not be negative and one must be above 0"
            )
        if self.mix:
            self.check_mix_alone()
        return self

    def check_mix_alone(self) -> None:
        """Refuse fields beside a mix: every form of it brings its own."""
        fields = type(self).model_fields
        if self.name == fields["name"].default:
            raise ValueError(
                f"structure.name is {self.name}, the name of one form, beside structure.mix, whose"
                " forms bring their own: give the mix a name of its own, or start from"
                " structure=mixed"
            )
        for name in (name for name in fields if name not in ("name", "mix")):
            value = getattr(self, name)
            if value != fields[name].get_default(call_default_factory=True):
                shown = (
                    ", ".join(f"{k} {v:g}" for k, v in value.model_dump().items())
                    if isinstance(value, Group)
                    else value
                )
                raise ValueError(
                    f"structure.{name} is {shown}, which has no effect beside structure.mix, whose"
                    " forms bring their own: leave it out, and start from structure=mixed"
                )


class Run(Group):
    """How long, and what is recorded."""

    rounds: int = declare_parameter(
        200, "rounds of one run", unit="rounds", symbol="T", ge=1, le=10_000_000
    )
    seed: int = declare_parameter(1, "seed of every draw", ge=0, le=LARGEST_SEED)
    record_every: int = declare_parameter(
        1, "record measures every so many rounds", unit="rounds", ge=1, le=LARGEST_COUNT
    )
    window: int = declare_parameter(
        20,
        "rounds back that a tie counts in the partner network",
        unit="rounds",
        ge=1,
        le=LARGEST_COUNT,
    )
    measures: tuple[str, ...] = declare_parameter(
        lambda: ("core",),
        "what is recorded per round: core (always), network, or an own function as file.py:name",
    )

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse a run that would record nothing."""
        if self.record_every > self.rounds:
            raise ValueError(
                f"run.record_every is {self.record_every}, above run.rounds {self.rounds}: nothing"
                " would be recorded; lower it"
            )
        return self


class Config(Group):
    """One complete configuration of the model."""

    population: Population = declare_parameter(Population, "who there is")
    challenge: Challenge = declare_parameter(Challenge, "what organisations are confronted with")
    structure: Structure = declare_parameter(Structure, "the form of light organising")
    search: Search = declare_parameter(Search, "how organisations find each other")
    understanding: Understanding = declare_parameter(
        Understanding, "when organisations understand each other"
    )
    trust: Trust = declare_parameter(Trust, "how trust starts and moves")
    production: Production = declare_parameter(Production, "how skills make value")
    imitation: Imitation = declare_parameter(Imitation, "copying the practice of partners")
    learning: Learning = declare_parameter(Learning, "what stays of experience")
    letting_go: LettingGo = declare_parameter(LettingGo, "when to stop")
    environment: Environment = declare_parameter(
        Environment, "what changes around the organisations"
    )
    run: Run = declare_parameter(Run, "how long, and what is recorded")

    @model_validator(mode="after")
    def check(self) -> Self:
        """Refuse groups that contradict each other."""
        domains = self.population.domains
        broadest = max(c.highest for c in self.challenge.breadths)
        if self.population.source == "drawn" and broadest > domains:
            raise ValueError(
                f"challenge.breadths goes up to {broadest} domains, but population.domains is"
                f" {domains}: lower the breadth or raise the number of domains"
            )
        if (
            self.structure.max_size > self.population.ledger_slots
            and self.structure.topology != "none"
        ):
            raise ValueError(
                f"population.ledger_slots is {self.population.ledger_slots}, below"
                f" structure.max_size {self.structure.max_size}: an organisation must be able to"
                " remember all its partners"
            )
        return self
