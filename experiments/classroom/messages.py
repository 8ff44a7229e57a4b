"""The messages of a page, as schemas; docs/classroom.md lists the answers of the server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from experiments.classroom.scenario import UPPER_LIMITS, Scalar, Scenario, Side
from sim.errors import InputError
from sim.interactive.decisions import Decision

LARGEST_MESSAGE = 16_384  # bytes
MOST_ROUNDS, FEWEST_BAND_ROUNDS = 1_000, 10
# Most entries of a history. The history that a page sends must fit into a message as well.
MOST_CHANGES, MOST_DECISIONS = 200, 3_000
SPEEDS = (1, 2, 5, 10, 20, 60)  # rounds per second that the page offers
LOWEST_SPEED, MOST_ROUNDS_PER_SECOND = 0.2, max(SPEEDS)
DECISION_TIMES = (15, 30, 60, 120, 300)  # seconds to decide in a role-play that the page offers
DEFAULT_DECISION_TIME = 60
SHORTEST_DECISION_TIME, LONGEST_DECISION_TIME = 2, 600
LONGEST_CODE = 16
PROTOCOL_VERSION = 2


class PageMessage(BaseModel):
    """A message of a page: no unknown fields, strict types, finite numbers."""

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
    copy_domain: int = Field(0, ge=0, lt=UPPER_LIMITS["population.domains"])
    leave: Annotated[int, Field(ge=0)] | None = None
    accepts: bool = True

    def build_decision(self) -> Decision:
        """Return the decision as the model takes it."""
        copy = None if self.copy_from is None else (self.copy_from, self.copy_domain)
        return Decision(self.meet, self.invite, self.join, copy, self.leave, self.accepts)


class RecordedChange(PageMessage):
    """A parameter that changed on one side after round ``round``."""

    round: RoundNumber
    side: Side
    parameter: str = Field(max_length=60)
    value: Scalar


class RecordedDecision(DecisionFields):
    """What a person decided for an organisation of side A in the round after ``round``."""

    round: RoundNumber
    organisation: OrganisationNumber


class SessionHistory(PageMessage):
    """How a session was played: it replays the same rounds (history.py).

    ``incomplete`` means that something is left out: decisions, or changes too, that did not fit
    into a message, or decisions that cannot be replayed. The session that is replayed from it
    has none of these, so its own history is complete again.
    """

    begun: Scenario = Scenario()
    changes: Annotated[tuple[RecordedChange, ...], Field(max_length=MOST_CHANGES)] = ()
    decisions: Annotated[tuple[RecordedDecision, ...], Field(max_length=MOST_DECISIONS)] = ()
    incomplete: bool = False


class HelloMessage(PageMessage):
    """First message: return to a session, or begin a scenario at a round.

    ``history`` holds how the session was played before, for a server that no longer knows it.
    """

    kind: Literal["hello"]
    protocol: int
    session: str | None = Field(None, max_length=64)
    code: str | None = Field(None, max_length=LONGEST_CODE)
    scenario: Scenario = Scenario()
    round: RoundNumber = 0
    frontier: RoundNumber = 0  # the last round that was played, when an earlier one is shown
    history: SessionHistory | None = None
    as_student: bool = False  # join as a student, also on the teacher's machine
    watch: bool = False  # watch the teacher's page


class PlayMessage(PageMessage):
    """Start the clock at the round that is shown."""

    kind: Literal["play"]


class PauseMessage(PageMessage):
    """Stop the clock."""

    kind: Literal["pause"]


class StepMessage(PageMessage):
    """Play one round and stop."""

    kind: Literal["step"]


class SpeedMessage(PageMessage):
    """Set the speed of the clock."""

    kind: Literal["speed"]
    per_second: float = Field(ge=LOWEST_SPEED, le=MOST_ROUNDS_PER_SECOND)


class SeekMessage(PageMessage):
    """Show a round that was played."""

    kind: Literal["seek"]
    round: RoundNumber


class ResetMessage(PageMessage):
    """Begin again at round 0, with the choices that wait for it."""

    kind: Literal["reset"]


class ChooseMessage(PageMessage):
    """Begin another scenario at round 0: that of a lesson, a link or the teacher."""

    kind: Literal["choose"]
    scenario: Scenario


class ChangeMessage(PageMessage):
    """Set a parameter, which acts at once or waits for the next reset."""

    kind: Literal["change"]
    side: Side | Literal["both"]
    parameter: str = Field(max_length=60)
    value: Scalar


class FormMessage(PageMessage):
    """Choose a preset of structure, which waits for the next reset."""

    kind: Literal["form"]
    side: Side | Literal["both"]
    name: str = Field(max_length=40)


class PaintedMessage(PageMessage):
    """A frame is on the screen."""

    kind: Literal["painted"]
    number: int = Field(ge=0)


class LookMessage(PageMessage):
    """Ask for the story of an organisation up to the round that is shown."""

    kind: Literal["look"]
    side: Side
    organisation: OrganisationNumber


class GlanceMessage(PageMessage):
    """Ask for the skills of an organisation, for the glyph under the pointer."""

    kind: Literal["glance"]
    side: Side
    organisation: OrganisationNumber


class BandsMessage(PageMessage):
    """Play the present scenario many times with other random seeds."""

    kind: Literal["bands"]
    rounds: int = Field(ge=FEWEST_BAND_ROUNDS, le=MOST_ROUNDS)


class ClassicMessage(PageMessage):
    """Play a classic of a lesson: the run of the class, and thirty with other random seeds.

    ``a`` and ``b`` set the controls of the lesson.
    """

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
    """Send the teacher's scenario to all students."""

    kind: Literal["everyone"]


class RolesMessage(PageMessage):
    """Begin a role-play, in which each student is one organisation of side A, or end it."""

    kind: Literal["roles"]
    begin: bool


class OpenRoundMessage(PageMessage):
    """Let the players decide for some seconds."""

    kind: Literal["open_round"]
    seconds: float = Field(ge=SHORTEST_DECISION_TIME, le=LONGEST_DECISION_TIME)


class CloseRoundMessage(PageMessage):
    """Play the open round now; the rules decide for players that did not."""

    kind: Literal["close_round"]


class DecideMessage(DecisionFields):
    """Decide for an organisation in the open round."""

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
    """Return a message of the page; raise InputError, in one sentence, when it is not valid."""
    if len(text) > LARGEST_MESSAGE:
        raise InputError(
            f"the message has {len(text)} bytes; allowed: {LARGEST_MESSAGE}; send less at once"
        )
    try:
        return _READER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the message"
        raise InputError(f"{field}: {first['msg']}") from error
