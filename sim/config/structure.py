"""The forms of light organising."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from sim.config.declaration import (
    CALIBRATED_SOURCE,
    LARGEST_COUNT,
    Group,
    declare_parameter,
    list_choices,
    number_choices,
    number_names,
)

LARGEST_SAMPLE = 64  # organisations that a member can see


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


Channel = number_names("channel", Discovery.model_fields)


class Structure(Group):
    """A form of light organising: data, not code; one YAML file per form.

    ``docs/parameters.md`` explains every field; its paths begin with ``structure``.

    Raises:
        pydantic.ValidationError: a name is unknown, a value is out of range, or fields contradict
            each other.

    Example:
        >>> Structure(name="circle", topology="ring", max_size=6).sharing
        'equal'
    """

    name: str = declare_parameter("alliance", "name of the form", min_length=1)
    mix: dict[str, float] = declare_parameter(
        dict,
        "a population that mixes forms: preset names with their shares; empty: this form alone",
    )
    topology: str = declare_parameter(
        "complete",
        "who coordinates with whom",
        choices=("none", "complete", "ring", "star", "mediated", "random", "small_world"),
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
        "open: searching organisations may join a running collaboration without an invitation",
    )
    discovery: Discovery = declare_parameter(Discovery, "shares over search channels")
    exposure: Literal["linked", "convenor", "leaders", "everyone"] = declare_parameter(
        "linked", "whose practice a member sees"
    )
    seen_at_most: int = declare_parameter(
        5,
        "how many leaders, or how large a sample of everyone, a member sees",
        ge=1,
        le=LARGEST_SAMPLE,
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


FORM_TOPOLOGIES = list_choices(Structure.model_fields["topology"])
FormTopology = number_choices(Structure, "topology")
Entry = number_choices(Structure, "entry")
Exposure = number_choices(Structure, "exposure")
Sharing = number_choices(Structure, "sharing")
