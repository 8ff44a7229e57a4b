"""The model as a Mesa user knows it: ``CollaborationModel(config).run()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mesa
import numpy as np
import polars as pl

from sim.agents import Collaboration, DataCollectorAttribute, Organisation
from sim.config import FORM_TOPOLOGIES, IMITATION_RULES, POOLING_RULES, Config, Structure
from sim.engine import (
    FIRST_HALF,
    POPULATION_ENTRY,
    ROUND_START,
    SECOND_HALF,
    WHOLE_ROUND,
    play_rounds,
    write_running_events,
)
from sim.errors import InputError
from sim.interactive.decisions import (
    AnswersByAction,
    Decision,
    apply_decisions_before_round,
    check_decisions,
    copy_decided_skills,
    set_decision_makers,
)
from sim.interactive.parameter_changes import (
    apply_configuration,
    refuse_fixed_changes,
    replace_parameters,
)
from sim.numbering import NumberedModel
from sim.observation.events import EVENT_COLUMNS, INTEGER_COLUMNS
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES, compute_outcomes
from sim.population_file import check_breadth, read_population
from sim.presets import load_forms as forms_of
from sim.runtime.memory_layout import arrange_world
from sim.runtime.state_passing import prepare_state
from sim.state import END_REASONS, NOBODY, ChallengeCount, CollaborationTotal, Floats, Integers
from sim.submodels.structures import LinkRule
from sim.user_rules.imitation import imitate_by_user_rule
from sim.user_rules.loading import (
    check_name,
    compile_pooling,
    is_user_defined,
    load_user_function,
    load_user_measure,
    report_callback_errors,
)
from sim.world import Entrants, build_world

MEASURE_GROUPS = ("core", "network")
RESERVED_COLUMNS = {
    "round",
    *MEASURES,
    *OUTCOMES,
    *(f"{name}_end" for name in MEASURES),
}  # columns of ours: no own measure may have these names
ROUNDS_PER_CALL = 64
NO_COPIES = np.zeros((0, 2), dtype=np.int32)  # nobody asks who copied whom


class CollaborationModel(NumberedModel):
    """Organisations that find each other, work together and let go.

    Args:
        config: every parameter; defaults where left out. ``config.run.seed`` seeds every draw of the model.
        kwargs: parameters that differ from it, by dotted path: ``CollaborationModel(**{"imitation.rate": 0.2})``, as Mesa's sliders give them.

    A round is ``step()``; ``run()`` plays many at once with the same numbers. ``running`` becomes False when ``run.rounds``
    are played, which ends Mesa's ``run_model()``; ``step()`` and ``run(rounds)`` go on when asked. State lives in arrays
    (``world``); the agents of Mesa are views of its rows, made when first looked at.

    A subclass may override ``step``, say to collect data every round: it calls ``super().step()``, and ``run()`` then plays
    round by round through it.
    """

    datacollector = DataCollectorAttribute()

    def __init__(self, config: Config | None = None, **kwargs: Any) -> None:
        self.config = replace_parameters(config or Config(), kwargs)
        super().__init__(seed=self.config.run.seed % 2**32)
        structures = forms_of(self.config)
        self.form_names = tuple(form.name for form, _ in structures)
        self._load_own_rules()
        entrants = self._entrants()
        self.sector_names = (
            tuple(self.config.population.sectors) if entrants is None else entrants.sector_names
        )
        self.world = build_world(self.config, structures, self._own_links(structures), entrants)
        self._begin()

    @classmethod
    def check(cls, config: Config) -> None:
        """Raise InputError when a model of this configuration could not be built; what only the model knows is checked here."""
        cls(config)

    def _load_own_rules(self) -> None:
        """Load the researcher's own functions that the configuration names."""
        check_name("imitation.rule", self.config.imitation.rule, IMITATION_RULES)
        check_name("production.pooling", self.config.production.pooling, POOLING_RULES)
        rule, pooling = self.config.imitation.rule, self.config.production.pooling
        self._imitation = (
            load_user_function("imitation.rule", rule) if is_user_defined(rule) else None
        )
        self._pooling = compile_pooling(pooling if is_user_defined(pooling) else None)
        self._measures: dict[str, Callable[[CollaborationModel], float]] = {}
        for name in self.config.run.measures:
            check_name("run.measures", name, MEASURE_GROUPS)
            if is_user_defined(name):
                own = name.rpartition(":")[2]
                if (
                    own in self._measures
                    or own in RESERVED_COLUMNS
                    or (own.startswith("network_") and "network" in self.config.run.measures)
                ):
                    raise InputError(
                        f"run.measures has {name}, but there is a column {own} already; give the"
                        " function another name"
                    )
                self._measures[own] = load_user_measure(name)

    @staticmethod
    def _own_links(structures: Sequence[tuple[Structure, float]]) -> dict[str, LinkRule]:
        """Load the researcher's own topologies that forms name."""
        for form, _ in structures:
            check_name("structure.topology", form.topology, FORM_TOPOLOGIES)
        return {
            f.topology: load_user_function("structure.topology", f.topology)
            for f, _ in structures
            if is_user_defined(f.topology)
        }

    def _entrants(self) -> Entrants | None:
        """Read the organisations of a file, if they come from one."""
        if self.config.population.source == "drawn":
            return None
        read = read_population(self.config.population, self.config.population.sample_seed)
        check_breadth(self.config, len(read.domain_names))
        return Entrants(read.expertise, read.sector, read.sector_names)

    def _begin(self) -> None:
        """Let everybody enter and make the buffers results are written to."""
        self.rounds_played = 0
        self._rows: list[Floats] = []
        self._moments: list[int] = []
        self._extra: list[dict[str, float]] = []
        self._events: list[Floats] = []
        self._organisations: list[Organisation] = []
        self._collaborations: dict[int, Collaboration] = {}
        self.packed = prepare_state(self.world)
        self._call(0, 0, POPULATION_ENTRY)

    # --- playing -----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Play one round: find partners, work together, imitate, let go."""
        self._play(1)

    def step_watched(self) -> Integers:
        """Play one round as ``step()`` does and return who copied whom in it.

        Returns:
            Rows of (copier, model), shape (copies, 2); the model is -1 where the mean of those seen was copied. Copies by an
            own imitation rule are not told.
        """
        first, copies = self.rounds_played, self._make_copy_buffer()
        self._call(first, 1, ROUND_START | FIRST_HALF, copies)
        copies = self._copy(first, copies)
        self._note(first, self._call(first, 1, SECOND_HALF))
        return copies

    def step_decided(
        self, decisions: Mapping[int, Decision]
    ) -> tuple[Integers, dict[int, AnswersByAction]]:
        """Play one round in which persons decide for some organisations, by row, and the rules for all others (rules.md, section 10).

        Returns:
            Who copied whom, as ``step_watched()`` tells it, and what came of each decision: done, refused or impossible.

        Raises:
            InputError: a decision names an organisation or a domain that is not there; nothing is played then.
        """
        check_decisions(self.world, decisions)
        first, copies = self.rounds_played, self._make_copy_buffer()
        set_decision_makers(self.world, decisions)
        self._call(first, 1, ROUND_START)
        with report_callback_errors("production.pooling", self.config.production.pooling):
            told = apply_decisions_before_round(
                self.world, self.packed, self._pooling, decisions, first
            )
        self._call(first, 1, FIRST_HALF, copies)
        by_rules = self._copy(first, copies)
        by_persons = np.array(
            copy_decided_skills(self.world, self.packed, decisions, told), dtype=np.int32
        ).reshape(-1, 2)
        self._note(first, self._call(first, 1, SECOND_HALF))
        set_decision_makers(self.world, {})
        return np.concatenate([by_rules, by_persons]), told

    def _copy(self, now: int, copies: Integers) -> Integers:
        """Tell who copied whom by the compiled rules, which acted already; let an own imitation rule act, which is not told."""
        if self._imitation is not None:
            imitate_by_user_rule(self, self.packed, self._imitation, now)
        return copies[copies[:, 0] != NOBODY]

    def _make_copy_buffer(self) -> Integers:
        """Return room for every copy that a round may hold, empty."""
        world = self.world
        most_seen = max(int(world.forms.seen_at_most.max()), world.col.members.shape[1])
        return np.full((world.org.places.size * most_seen, 2), NOBODY, dtype=np.int32)

    def change(self, config: Config) -> None:
        """Go on under other parameters from the next round on; collaborations that run go on under the new terms of their form.

        Raises:
            InputError: the configurations differ in what acts only when a model is built (``sim.interactive.parameter_changes.FIXED_PARAMETERS``), or name
                functions that cannot be loaded. The model then stays as it was.
        """
        refuse_fixed_changes(self.config, config)
        structures, before = forms_of(config), self.config
        own_links = self._own_links(structures)
        self.config = config
        try:
            self._load_own_rules()
        except InputError:
            self.config = before
            self._load_own_rules()
            raise
        self.world = apply_configuration(self.world, config, structures, own_links)
        self.packed = prepare_state(self.world)

    def run(self, rounds: int | None = None) -> CollaborationModel:
        """Play ``rounds`` rounds (default: what is left up to ``config.run.rounds``) and return the model.

        Rounds are played many at once, unless a subclass overrides ``step``: then each one is a call of ``self.step()``.
        """
        left = self._rounds_asked(rounds)
        if type(self).step is not CollaborationModel.step:
            for _ in range(left):
                self.step()
            return self
        one_by_one = self._imitation is not None or self._asks_python()
        while left > 0:
            left -= self._play(1 if one_by_one else min(left, ROUNDS_PER_CALL))
        return self

    def _rounds_asked(self, rounds: int | None) -> int:
        """Return how many rounds to play."""
        if rounds is None:
            return max(0, self.config.run.rounds - self.rounds_played)
        if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or rounds < 0:
            raise InputError(
                f"run({rounds!r}) cannot be played; give a whole number of rounds, 0 or more, or"
                " none to play what is left of run.rounds"
            )
        return int(rounds)

    def _asks_python(self) -> bool:
        """Tell whether something is recorded that only Python can measure."""
        return bool(self._measures) or "network" in self.config.run.measures

    def _play(self, rounds: int) -> int:
        """Play up to ``rounds`` rounds; return how many."""
        first = self.rounds_played
        if self._imitation is None:
            played = self._call(first, rounds, WHOLE_ROUND)
        else:
            self._call(first, rounds, ROUND_START | FIRST_HALF)
            imitate_by_user_rule(self, self.packed, self._imitation, first)
            played = self._call(first, rounds, SECOND_HALF)
        self._note(first, played)
        return played

    def _note(self, first: int, played: int) -> None:
        """Note which rounds were played, and measure what only Python can."""
        self.rounds_played += played
        self.steps = self.rounds_played
        if self.rounds_played >= self.config.run.rounds:
            self.running = False
        every = self.config.run.record_every
        self._moments += [now for now in range(first, first + played) if (now + 1) % every == 0]
        if self._asks_python() and (first + 1) % every == 0:
            extra = self._network() if "network" in self.config.run.measures else {}
            self._extra.append(
                extra | {name: measure(self) for name, measure in self._measures.items()}
            )

    def _network(self) -> dict[str, float]:
        """Measure the partner network."""
        from sim.observation.network import (
            compute_network_measures,
        )  # networkx is slow to import and seldom asked for

        return compute_network_measures(self.world, self.rounds_played - 1, self.config.run.window)

    def _call(self, first: int, rounds: int, part: int, copies: Integers = NO_COPIES) -> int:
        """Call the kernel and keep what it recorded."""
        rows = np.zeros((rounds // self.config.run.record_every + 1, len(MEASURES)))
        events = np.empty((2 * self.world.col.order.size + 64, len(EVENT_COLUMNS)))
        with report_callback_errors("production.pooling", self.config.production.pooling):
            played, recorded, written = play_rounds(
                self.packed, self._pooling, first, rounds, part, rows, events, copies
            )
        if recorded:
            self._rows.append(rows[:recorded])
        if written:
            self._events.append(events[:written].copy())
        return int(played)

    # --- results -----------------------------------------------------------------------------------------------------

    def rounds_table(self) -> pl.DataFrame:
        """Return one row per recorded round: ``round`` and every measure."""
        values = np.concatenate(self._rows) if self._rows else np.zeros((0, len(MEASURES)))
        table = pl.DataFrame(
            {"round": np.array(self._moments, dtype=np.int64)}
            | dict(zip(MEASURES, values.T, strict=True))
        )
        return table.hstack(pl.DataFrame(self._extra)) if self._extra else table

    def events_table(self) -> pl.DataFrame:
        """Return one row per collaboration, ended (and not taken away by ``take_events``) or still running."""
        return self._event_rows([*self._events, self._running_events()])

    def events_waiting(self) -> int:
        """Return how many collaborations ended since ``take_events`` was last called."""
        return sum(len(events) for events in self._events)

    def take_events(self) -> pl.DataFrame:
        """Return the collaborations that ended so far and forget them: long runs stream them to disk instead of keeping them."""
        taken = self._event_rows(self._events)
        self._events = []
        return taken

    def _event_rows(self, parts: list[Floats]) -> pl.DataFrame:
        """Return records with the names of forms and reasons, and whole numbers where they are whole."""
        values = np.concatenate([np.zeros((0, len(EVENT_COLUMNS))), *parts])
        table = pl.DataFrame(dict(zip(EVENT_COLUMNS, values.T, strict=True)))
        names = {"form": self.form_names, "reason": END_REASONS}
        labelled = [
            pl.Series(c, [names[c][int(v)] for v in table[c]], dtype=pl.String) for c in names
        ]
        return table.with_columns(labelled).with_columns(pl.col(INTEGER_COLUMNS).cast(pl.Int64))

    def _running_events(self) -> Floats:
        """Return records of collaborations that still run."""
        running = np.zeros(
            (int(self.world.col.totals[CollaborationTotal.RUNNING]), len(EVENT_COLUMNS))
        )
        write_running_events(self.packed, running, self.rounds_played)
        return running

    def challenges_table(self) -> pl.DataFrame:
        """Return per breadth how many challenges were solved alone and together, ran out, and the mean rounds to solve."""
        counts = self.world.around.challenges[1:]
        solved = counts[:, ChallengeCount.SOLVED_ALONE] + counts[:, ChallengeCount.SOLVED_TOGETHER]
        table = pl.DataFrame(
            {
                "breadth": np.arange(1, len(counts) + 1),
                "solved_alone": counts[:, ChallengeCount.SOLVED_ALONE].astype(np.int64),
                "solved_together": counts[:, ChallengeCount.SOLVED_TOGETHER].astype(np.int64),
                "expired": counts[:, ChallengeCount.EXPIRED].astype(np.int64),
                "mean_rounds_to_solve": np.divide(
                    counts[:, ChallengeCount.ROUNDS_TO_SOLVE],
                    solved,
                    out=np.full(len(counts), np.nan),
                    where=solved > 0,
                ),
            }
        )
        return table.filter(
            pl.col("solved_alone") + pl.col("solved_together") + pl.col("expired") > 0
        )

    def summary(self) -> dict[str, float]:
        """Return what the run comes to: means over rounds, over the last quarter, and ``OUTCOMES`` (sim/observation/outcomes.py)."""
        if not self._moments:
            raise InputError(
                f"summary() has nothing to sum up: {self.rounds_played} rounds are played and none"
                f" is recorded yet (run.record_every is {self.config.run.record_every}); play with"
                " run() first"
            )
        return compute_outcomes(
            self.rounds_table(),
            self.events_table(),
            self.challenges_table(),
            self.config.challenge.breadths,
        )

    # --- Mesa --------------------------------------------------------------------------------------------------------

    @property
    def agents(self) -> mesa.agent.AgentSet:
        """All organisations, all running collaborations, and agents of the user's own."""
        self._meet_agents()
        return self._all_agents

    @property
    def agents_by_type(self) -> dict[type, mesa.agent.AgentSet]:
        """Agents by class."""
        self._meet_agents()
        by_type: dict[type, mesa.agent.AgentSet] = super().agents_by_type
        return by_type

    @property
    def organisations(self) -> Sequence[Organisation]:
        """All organisations, by row."""
        if not self._organisations:
            self._organisations = [
                Organisation(self, row) for row in range(self.world.org.load.size)
            ]
        return self._organisations

    @property
    def collaborations(self) -> list[Collaboration]:
        """All running collaborations, in order of starting."""
        col = self.world.col
        return [
            self.collaboration_in(c)
            for c in col.order[: col.totals[CollaborationTotal.RUNNING]].tolist()
        ]

    def organisation(self, row: int) -> Organisation:
        """Return the organisation of a row."""
        return self.organisations[row]

    def collaboration_in(self, slot: int) -> Collaboration:
        """Return the collaboration that runs in a slot."""
        held = self._collaborations.get(slot)
        if held is not None and not held.ended:
            return held
        if held is not None:
            held.remove()
        self._collaborations[slot] = Collaboration(self, slot)
        return self._collaborations[slot]

    def _meet_agents(self) -> None:
        """Make agents for what has none yet; remove those of collaborations that ended."""
        _ = self.organisations, self.collaborations
        for slot in [slot for slot, held in self._collaborations.items() if held.ended]:
            self._collaborations.pop(slot).remove()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made anew: addresses and compiled functions."""
        state = dict(self.__dict__)
        for name in ("packed", "_pooling", "_imitation", "_measures"):
            state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Find the own rules again; lay the arrays out again, which were kept one by one, and pack them."""
        self.__dict__.update(state)
        self.world = arrange_world(self.world)
        self._load_own_rules()
        self.packed = prepare_state(self.world)
