"""What a page may say, checked before anything is done with it; docs/classroom.md lists what the server answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from experiments.classroom.scenario import UPPER_LIMITS, Scalar, Scenario, Side
from sim.errors import InputError
from sim.interactive.decisions import Decision

LARGEST_MESSAGE = 16_384  # bytes
MOST_ROUNDS = 1_000
MOST_CHANGES, MOST_DECISIONS = (
    200,
    3_000,
)  # of a course; what a page says of one must fit into a message besides
MOST_ROUNDS_PER_SECOND = 60  # rounds per second
PROTOCOL_VERSION = 1


class PageMessage(BaseModel):
    """A message of the page: closed to unknown fields, strict about types, finite numbers only."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


OrganisationNumber = Annotated[int, Field(ge=0, lt=UPPER_LIMITS["population.organisations"])]
RoundNumber = Annotated[int, Field(ge=0, le=MOST_ROUNDS)]


class DecisionFields(PageMessage):
    """What a player decides for its organisation in a round (sim/interactive/decisions.py)."""

    meet: Annotated[
        tuple[OrganisationNumber, ...], Field(max_length=UPPER_LIMITS["search.meetings"])
    ] = ()
    invite: Annotated[
        tuple[OrganisationNumber, ...], Field(max_length=UPPER_LIMITS["structure.max_size"])
    ] = ()
    join: Annotated[int, Field(ge=0)] | None = None
    copy_from: OrganisationNumber | None = None
    field: int = Field(0, ge=0, lt=UPPER_LIMITS["population.domains"])
    leave: Annotated[int, Field(ge=0)] | None = None
    accepts: bool = True

    def decision(self) -> Decision:
        """Return it as the model takes it."""
        copied = None if self.copy_from is None else (self.copy_from, self.field)
        return Decision(self.meet, self.invite, self.join, copied, self.leave, self.accepts)


class RecordedChange(PageMessage):
    """A parameter that took another value midway, on one side."""

    round: RoundNumber
    side: Side
    parameter: str = Field(max_length=60)
    value: Scalar


class RecordedDecision(DecisionFields):
    """What was decided for an organisation of side A in the round after ``round``."""

    round: RoundNumber
    organisation: OrganisationNumber


class SessionHistory(PageMessage):
    """How a session was played: with it the same rounds come back (course.py).

    ``incomplete`` when something is left out: decisions, or changes too, that would not fit into a message, or decisions that cannot be
    played any more. The session that is played from it has none of that, so its own course is whole again.
    """

    begun: Scenario = Scenario()
    changes: Annotated[tuple[RecordedChange, ...], Field(max_length=MOST_CHANGES)] = ()
    decisions: Annotated[tuple[RecordedDecision, ...], Field(max_length=MOST_DECISIONS)] = ()
    incomplete: bool = False


class HelloMessage(PageMessage):
    """First message: come back to a session, or begin one with a scenario at a round; ``course`` says how that was played before."""

    kind: Literal["hello"]
    protocol: Literal[1]
    session: str | None = Field(None, max_length=64)
    code: str | None = Field(None, max_length=16)
    scenario: Scenario = Scenario()
    round: RoundNumber = 0
    frontier: RoundNumber = 0  # the last round that was played, when an earlier one is shown
    course: SessionHistory | None = None
    joins: bool = False  # come as a student also on the teacher's machine
    watch: bool = False  # look on at the teacher's page


class PlayMessage(PageMessage):
    """Play on, from the round that is shown."""

    kind: Literal["play"]


class PauseMessage(PageMessage):
    """Stop the clock."""

    kind: Literal["pause"]


class StepMessage(PageMessage):
    """Go on by one round and stop."""

    kind: Literal["step"]


class SpeedMessage(PageMessage):
    """How many rounds a second."""

    kind: Literal["speed"]
    per_second: float = Field(ge=0.2, le=MOST_ROUNDS_PER_SECOND)


class SeekMessage(PageMessage):
    """Show a round that was played."""

    kind: Literal["seek"]
    round: RoundNumber


class ResetMessage(PageMessage):
    """Begin again at round 0, with everything that waits for it."""

    kind: Literal["reset"]


class ChooseMessage(PageMessage):
    """Take another scenario whole, and begin it at round 0: a lesson, a link, what the teacher sends."""

    kind: Literal["choose"]
    scenario: Scenario


class ChangeMessage(PageMessage):
    """Set a parameter: acts at once, or waits for the next reset."""

    kind: Literal["change"]
    side: Side | Literal["both"]
    parameter: str = Field(max_length=60)
    value: Scalar


class FormMessage(PageMessage):
    """Choose a preset of structure; it waits for the next reset."""

    kind: Literal["form"]
    side: Side | Literal["both"]
    name: str = Field(max_length=40)


class PaintedMessage(PageMessage):
    """A frame is on the screen."""

    kind: Literal["painted"]
    number: int = Field(ge=0)


class LookMessage(PageMessage):
    """Tell an organisation's story up to the round that is shown."""

    kind: Literal["look"]
    side: Side
    organisation: OrganisationNumber


class GlanceMessage(PageMessage):
    """Tell an organisation's skills in the round that is shown: the glyph under the pointer."""

    kind: Literal["glance"]
    side: Side
    organisation: OrganisationNumber


class BandsMessage(PageMessage):
    """Play the present scenario many times with other luck."""

    kind: Literal["bands"]
    rounds: int = Field(ge=10, le=MOST_ROUNDS)


class ClassicMessage(PageMessage):
    """Play a classic of a lesson: one run to look at, and thirty with other luck; ``a`` and ``b`` set controls of the lesson."""

    kind: Literal["classic"]
    lesson: str = Field(max_length=40)
    part: int = Field(ge=0, le=20)
    seed: int = Field(ge=0, le=UPPER_LIMITS["run.seed"])
    a: dict[Annotated[str, Field(max_length=40)], Scalar] = Field(
        default_factory=dict, max_length=10
    )
    b: dict[Annotated[str, Field(max_length=40)], Scalar] = Field(
        default_factory=dict, max_length=10
    )


class EveryoneMessage(PageMessage):
    """Send the teacher's scenario to all pages of the class."""

    kind: Literal["everyone"]


class RolesMessage(PageMessage):
    """Begin a role-play, in which every student's page is one organisation of side A, or end it."""

    kind: Literal["roles"]
    begin: bool


class OpenRoundMessage(PageMessage):
    """Let the players decide, for so many seconds."""

    kind: Literal["open_round"]
    seconds: float = Field(ge=2, le=600)


class CloseRoundMessage(PageMessage):
    """Play the round now; the rules decide for whoever has not."""

    kind: Literal["close_round"]


class DecideMessage(DecisionFields):
    """What a player decides in the round that is open."""

    kind: Literal["decide"]


AnyPageMessage = Annotated[
    HelloMessage
    | PlayMessage
    | PauseMessage
    | StepMessage
    | SpeedMessage
    | SeekMessage
    | ResetMessage
    | ChooseMessage
    | ChangeMessage
    | FormMessage
    | PaintedMessage
    | LookMessage
    | GlanceMessage
    | BandsMessage
    | ClassicMessage
    | EveryoneMessage
    | RolesMessage
    | OpenRoundMessage
    | CloseRoundMessage
    | DecideMessage,
    Field(discriminator="kind"),
]
_READER: TypeAdapter[AnyPageMessage] = TypeAdapter(AnyPageMessage)


def read_message(text: str | bytes) -> AnyPageMessage:
    """Return a message of the page; InputError in one sentence when it is none."""
    if len(text) > LARGEST_MESSAGE:
        raise InputError(f"the message has {len(text)} bytes; allowed: {LARGEST_MESSAGE}")
    try:
        return _READER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the message"
        raise InputError(f"{where}: {first['msg']}") from error
