"""The model as a Mesa user knows it: ``CollaborationModel(config).run()``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.agents import AgentViews, DataCollectorAttribute
from sim.array_model import count_rounds_to_play
from sim.config import Config
from sim.engine import (
    FIRST_HALF,
    POPULATION_ENTRY,
    ROUND_START,
    SECOND_HALF,
    WHOLE_ROUND,
    play_rounds,
)
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
from sim.observation.recording import RunRecorder
from sim.population_file import check_breadth, read_population
from sim.presets import load_forms
from sim.recorded_model import RecordedModel
from sim.runtime.memory_layout import arrange_world
from sim.runtime.state_passing import prepare_state
from sim.state import NOBODY, Integers
from sim.user_rules.imitation import imitate_by_user_rule
from sim.user_rules.loading import report_callback_errors
from sim.user_rules.selection import load_user_links, load_user_rules
from sim.world import Entrants, build_world

ROUNDS_PER_CALL = 64
NO_COPIES = np.zeros((0, 2), dtype=np.int32)  # nobody asks who copied whom
REBUILT_WHEN_UNPICKLED = ("packed", "_user_rules")  # addresses and compiled functions


class CollaborationModel(RecordedModel):
    """Organisations that find each other, work together and let go.

    ``running`` becomes False when ``run.rounds`` are played, which ends Mesa's ``run_model()``;
    ``step()`` and ``run(rounds)`` still play more. State lies in arrays (``world``); the agents of
    Mesa are views of its rows, made when first looked at.

    A subclass may override ``step``, for example to collect data every round: it calls
    ``super().step()``, and ``run()`` then plays round by round through it.

    Args:
        config: every parameter; defaults where left out. ``config.run.seed`` seeds every draw of
            the model.
        kwargs: parameters that differ from it, by dotted path, as Mesa's sliders give them:
            ``CollaborationModel(**{"imitation.rate": 0.2})``.

    Raises:
        InputError: a parameter is unknown or wrong, a population file or a user-defined function
            cannot be read, or the parameters do not go together.

    Source: docs/rules.md gives the rules, docs/model.md describes the model by the ODD protocol.

    Example:
        >>> model = CollaborationModel(Config(), **{"imitation.rate": 0.1}).run(20)
        >>> model.rounds_played, len(model.organisations)
        (20, 100)
        >>> model.rounds_table()["joint_value"].len()
        20
    """

    datacollector = DataCollectorAttribute()

    def __init__(self, config: Config | None = None, **kwargs: Any) -> None:
        self.config = replace_parameters(config or Config(), kwargs)
        super().__init__(seed=self.config.run.seed % 2**32)
        structures = load_forms(self.config)
        self.form_names = tuple(form.name for form, _ in structures)
        self._user_rules = load_user_rules(self.config)
        entrants = read_entrants(self.config)
        self.sector_names = (
            tuple(self.config.population.sectors) if entrants is None else entrants.sector_names
        )
        self.world = build_world(self.config, structures, load_user_links(structures), entrants)
        self.rounds_played = 0
        self.recorder = RunRecorder(self.form_names)
        self._views = AgentViews(self)
        self.packed = prepare_state(self.world)
        self._call(0, 0, POPULATION_ENTRY)

    @classmethod
    def check(cls, config: Config) -> None:
        """Check that a model of this configuration can be built.

        Args:
            config: every parameter.

        Raises:
            InputError: it cannot.

        Example:
            >>> CollaborationModel.check(Config())
        """
        cls(config)

    def step(self) -> None:
        """Play one round: find partners, work together, imitate, let go.

        Example:
            >>> model = CollaborationModel()
            >>> model.step()
            >>> model.rounds_played
            1
        """
        self._play(1)

    def run(self, rounds: int | None = None) -> CollaborationModel:
        """Play rounds, with the numbers that as many steps give.

        Where a subclass overrides ``step``, it is called for every round.

        Args:
            rounds: how many; by default what is left of ``config.run.rounds``.

        Returns:
            The model.

        Raises:
            InputError: ``rounds`` is not a whole number, 0 or more, or a user-defined rule fails.

        Example:
            >>> CollaborationModel().run(10).run(5).rounds_played
            15
        """
        left = self.config.run.rounds - self.rounds_played
        playing = count_rounds_to_play(rounds, left, "run.rounds")
        if type(self).step is not CollaborationModel.step:
            for _ in range(playing):
                self.step()
            return self
        at_once = 1 if self._user_rules.needs_python else ROUNDS_PER_CALL
        while playing > 0:
            playing -= self._play(min(playing, at_once))
        return self

    def step_watched(self) -> Integers:
        """Play one round as ``step()`` does, and return who copied whom.

        Returns:
            Rows of (copier, model), shape (copies, 2); the model is -1 where the mean of those seen
            was copied. Copies by a user-defined imitation rule are not in it.

        Example:
            >>> model = CollaborationModel(**{"imitation.rate": 0.5}).run(10)
            >>> model.step_watched().shape[1]
            2
        """
        first, copies = self.rounds_played, self._make_copy_buffer()
        self._call(first, 1, ROUND_START | FIRST_HALF, copies)
        copies = self._copy(first, copies)
        self._finish_round(first)
        return copies

    def step_decided(
        self, decisions: Mapping[int, Decision]
    ) -> tuple[Integers, dict[int, AnswersByAction]]:
        """Play one round in which persons decide for some organisations, and rules for all others.

        Args:
            decisions: what persons decided, by row of the organisation.

        Returns:
            Who copied whom, as ``step_watched()`` returns it, and by row what became of each
            decision: done, refused or impossible.

        Raises:
            InputError: a decision names an organisation or a domain that is not there; nothing is
                played then.

        Source: docs/rules.md, section 10.

        Example:
            >>> copies, answers = CollaborationModel().step_decided({0: Decision(meet=(1,))})
            >>> answers
            {0: {'meet': 'done'}}
        """
        check_decisions(self.world, decisions)
        first, copies = self.rounds_played, self._make_copy_buffer()
        set_decision_makers(self.world, decisions)
        self._call(first, 1, ROUND_START)
        with report_callback_errors("production.pooling", self.config.production.pooling):
            answers = apply_decisions_before_round(
                self.world, self.packed, self._user_rules.pooling, decisions, first
            )
        self._call(first, 1, FIRST_HALF, copies)
        by_rules = self._copy(first, copies)
        by_persons = np.array(
            copy_decided_skills(self.world, self.packed, decisions, answers), dtype=np.int32
        ).reshape(-1, 2)
        self._finish_round(first)
        set_decision_makers(self.world, {})
        return np.concatenate([by_rules, by_persons]), answers

    def change(self, config: Config) -> None:
        """Continue under other parameters from the next round on.

        Running collaborations continue under the new terms of their form.

        Args:
            config: every parameter, as they are from now on.

        Raises:
            InputError: the configurations differ in what acts only when a model is built
                (``sim.interactive.parameter_changes.FIXED_PARAMETERS``), or name functions that
                cannot be loaded. The model then stays as it was.

        Example:
            >>> model = CollaborationModel().run(10)
            >>> model.change(replace_parameters(model.config, {"imitation.rate": 0.3}))
            >>> model.run(10).config.imitation.rate
            0.3
        """
        refuse_fixed_changes(self.config, config)
        structures = load_forms(config)
        links, rules = load_user_links(structures), load_user_rules(config)
        self.config, self._user_rules = config, rules
        self.world = apply_configuration(self.world, config, structures, links)
        self.packed = prepare_state(self.world)

    def _play(self, rounds: int) -> int:
        """Play up to ``rounds`` rounds; return how many."""
        first = self.rounds_played
        if self._user_rules.imitation is not None:
            self.step_watched()
            return 1
        played = self._call(first, rounds, WHOLE_ROUND)
        self._note(first, played)
        return played

    def _finish_round(self, first: int) -> None:
        """Play the second half of a round."""
        self._note(first, self._call(first, 1, SECOND_HALF))

    def _copy(self, now: int, copies: Integers) -> Integers:
        """Return who copied whom by our rules; a user-defined rule acts here, and is not noted."""
        if self._user_rules.imitation is not None:
            imitate_by_user_rule(self, self.packed, self._user_rules.imitation, now)
        return copies[copies[:, 0] != NOBODY]

    def _make_copy_buffer(self) -> Integers:
        """Return room for every copy that a round may hold, empty."""
        world = self.world
        most_seen = max(int(world.forms.seen_at_most.max()), world.col.members.shape[1])
        return np.full((world.org.places.size * most_seen, 2), NOBODY, dtype=np.int32)

    def _call(self, first: int, rounds: int, part: int, copies: Integers = NO_COPIES) -> int:
        """Call the kernel, and keep what it recorded; return how many rounds it played."""
        every, slots = self.config.run.record_every, self.world.col.order.size
        rows, events = self.recorder.make_buffers(rounds, every, slots)
        with report_callback_errors("production.pooling", self.config.production.pooling):
            played, recorded, written = play_rounds(
                self.packed, self._user_rules.pooling, first, rounds, part, rows, events, copies
            )
        self.recorder.keep(rows[:recorded], events[:written])
        return int(played)

    def _note(self, first: int, played: int) -> None:
        """Note which rounds were played, and measure what only Python can."""
        self.rounds_played += played
        self.steps = self.rounds_played
        if self.rounds_played >= self.config.run.rounds:
            self.running = False
        every = self.config.run.record_every
        self.recorder.note_rounds(first, played, every)
        if self._user_rules.measures_in_python and (first + 1) % every == 0:
            self.recorder.note_python_measures(self._user_rules.measure(self))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out addresses and compiled functions."""
        return {k: v for k, v in self.__dict__.items() if k not in REBUILT_WHEN_UNPICKLED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Load user-defined rules again, and lay out the arrays, which were pickled one by one."""
        self.__dict__.update(state)
        self.world = arrange_world(self.world)
        self._user_rules = load_user_rules(self.config)
        self.packed = prepare_state(self.world)


def read_entrants(config: Config) -> Entrants | None:
    """Return the organisations of a file, if the population comes from one."""
    if config.population.source == "drawn":
        return None
    read = read_population(config.population, config.population.sample_seed)
    check_breadth(config, len(read.domain_names))
    return Entrants(read.expertise, read.sector, read.sector_names)
