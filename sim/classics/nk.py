"""NK landscapes, the problem that several classics search.

A solution is ``n`` bits, held as a whole number. Each bit contributes a number drawn from U(0, 1)
for every pattern of itself and its ``k`` inputs; the fitness of a solution is the mean of its
contributions.

Source: Kauffman & Weinberger (1989), J. Theor. Biol. 141:211; Kauffman (1993), The Origins of
Order. What papers vary, each a parameter here: which bits are inputs (the next ones on a ring;
others at random; any at random, itself or repeated too), whether contributions are rounded, and the
power to which fitness over its maximum is raised.
"""

from __future__ import annotations

from functools import lru_cache
from math import nan
from typing import Literal, NamedTuple, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from sim.classics.arithmetic import compute_mean
from sim.classics.classic import Floats, Integers64, Parameters
from sim.classics.kernels import classic_entry
from sim.config import declare_parameter
from sim.runtime.compilation import kernel
from sim.runtime.randomness import Seed, draw_uniform, pick_index

Inputs = Literal["adjacent", "distinct", "itself", "repeated"]
ADJACENT_INPUTS, DISTINCT_INPUTS, SELF_INPUTS, REPEATED_INPUTS = range(4)
INPUT_RULE_CODES = {name: code for code, name in enumerate(get_args(Inputs))}
# Streams of draws.
INPUT_STREAM, CONTRIBUTION_STREAM, START_STREAM, WALK_STREAM = range(1001, 1005)
# A sum of this many changes is exact to far better than the tolerance.
EXACT_SUM_INTERVAL, SUM_TOLERANCE = 1024, 1e-9
# How many landscapes are remembered, and the contributions of the largest of them (8 MB).
CACHED_LANDSCAPES, LARGEST_CACHED_SIZE = 4, 1 << 20
NO_ROUNDING = -1  # contributions are not rounded
KAUFFMAN = "Kauffman 1993"
INPUTS_MEANING = (
    "the inputs of a bit: adjacent (the next ones on a ring), distinct (different others at"
    " random), itself (different ones at random, of which it may be one itself), repeated (at"
    " random, also itself and one several times)"
)


class LandscapeParameters(Parameters):
    """Parameters of a model whose agents search an NK landscape."""

    n: int = declare_parameter(15, "bits of a solution", symbol="N", source=KAUFFMAN, ge=1, le=20)
    k: int = declare_parameter(
        7, "inputs of a bit: how rugged the landscape is", symbol="K", source=KAUFFMAN, ge=0, le=19
    )
    inputs: Inputs = declare_parameter("distinct", INPUTS_MEANING, source=KAUFFMAN)
    digits: int = declare_parameter(
        NO_ROUNDING,
        "decimals to which contributions are rounded (-1: not at all)",
        source=KAUFFMAN,
        ge=NO_ROUNDING,
        le=12,
    )
    power: float = declare_parameter(
        8.0,
        "payoff is fitness over the landscape's maximum, raised to this power",
        source=KAUFFMAN,
        gt=0,
        le=100,
    )

    @model_validator(mode="after")
    def refuse_too_many_inputs(self) -> Self:
        """Refuse more inputs than there are other bits."""
        if self.k >= self.n:
            raise ValueError(
                f"k is {self.k}, but a solution of n={self.n} bits has {self.n - 1} others: lower k"
                " or raise n"
            )
        return self


class Landscape(NamedTuple):
    """A landscape.

    Inputs of each bit, shape (n, k); contributions by pattern, shape (n, 2^(k+1)); the highest
    fitness; the power of payoffs.
    """

    inputs: Integers64
    contributions: Floats
    top: float
    power: float


def draw_nk_landscape(
    key: Seed,
    n: int,
    k: int,
    inputs: Inputs = "distinct",
    digits: int = NO_ROUNDING,
    power: float = 1.0,
) -> Landscape:
    """Draw a landscape; one key gives every model the same landscape.

    The arrays belong to the caller.
    """
    asked = int(key), n, k, INPUT_RULE_CODES[inputs], digits
    found, contributions, top = (
        get_cached_landscape(*asked)
        if n << (k + 1) <= LARGEST_CACHED_SIZE
        else draw_landscape_arrays(np.uint64(key), *asked[1:])
    )
    return Landscape(found.copy(), contributions.copy(), top, power)


@lru_cache(CACHED_LANDSCAPES)
def get_cached_landscape(
    key: int, n: int, k: int, how: int, digits: int
) -> tuple[Integers64, Floats, float]:
    """Return a recently used landscape, or draw it.

    Runs with common random numbers ask for the same landscape one after the other. It is read only.
    """
    drawing: tuple[Integers64, Floats, float] = draw_landscape_arrays(
        np.uint64(key), n, k, how, digits
    )
    return drawing


# --- kernels --------------------------------------------------------------------------------------


@kernel
def draw_inputs(key: Seed, n: int, k: int, how: int) -> Integers64:
    """Return the inputs of every bit."""
    inputs = np.empty((n, k), dtype=np.int64)
    for bit in range(n):
        others: Integers64 = np.array(
            [other for other in range(n) if other != bit or how == SELF_INPUTS], dtype=np.int64
        )
        for number in range(k):
            draw = draw_uniform(key, INPUT_STREAM, 0, bit, number)
            if how == ADJACENT_INPUTS:
                inputs[bit, number] = (bit + 1 + number) % n
            elif how == REPEATED_INPUTS:
                inputs[bit, number] = pick_index(draw, n)
            else:
                chosen = number + pick_index(draw, others.size - number)
                others[number], others[chosen] = others[chosen], others[number]
                inputs[bit, number] = others[number]
    return inputs


@kernel
def draw_contributions(key: Seed, n: int, k: int, digits: int) -> Floats:
    """Return the contribution of every bit in every pattern."""
    contributions = np.empty((n, 1 << (k + 1)))
    scale = 10.0**digits
    for bit in range(n):
        for pattern in range(contributions.shape[1]):
            contribution = draw_uniform(key, CONTRIBUTION_STREAM, bit, pattern, 0)
            contributions[bit, pattern] = (
                contribution if digits < 0 else np.rint(contribution * scale) / scale
            )
    return contributions


@kernel
def compute_fitness(solution: int, inputs: Integers64, contributions: Floats) -> float:
    """Return the mean contribution of a solution's bits."""
    n, k = inputs.shape
    total = 0.0
    for bit in range(n):
        pattern = (solution >> bit) & 1
        for number in range(k):
            pattern |= ((solution >> inputs[bit, number]) & 1) << (number + 1)
        total += contributions[bit, pattern]
    return total / n


@kernel
def compute_all_fitness(inputs: Integers64, contributions: Floats) -> Floats:
    """Return the fitness of all solutions, changing one bit after the other.

    In the order of the Gray code a pattern changes by one exclusive or.
    """
    n, k = inputs.shape
    flips = np.zeros(
        (n, n), dtype=np.int64
    )  # which bits of the second pattern change with the first
    for bit in range(n):
        flips[bit, bit] ^= 1
        for number in range(k):
            flips[inputs[bit, number], bit] ^= 1 << (number + 1)
    patterns, found, solution = np.zeros(n, dtype=np.int64), np.empty(1 << n), 0
    for turn in range(1 << n):
        if turn:
            changed = 0
            while not (turn >> changed) & 1:
                changed += 1
            solution ^= 1 << changed
            for bit in range(n):
                patterns[bit] ^= flips[changed, bit]
        total = 0.0
        for bit in range(n):
            total += contributions[bit, patterns[bit]]
        found[solution] = total / n
    return found


@kernel
def find_highest_fitness(inputs: Integers64, contributions: Floats) -> float:
    """Return the highest fitness.

    As ``compute_all_fitness``, but adding up only what changes, and exactly where it comes near the
    highest so far.
    """
    n, k = inputs.shape
    flips, touched, counts = (
        np.zeros((n, n), dtype=np.int64),
        np.empty((n, n), dtype=np.int64),
        np.zeros(n, dtype=np.int64),
    )
    for bit in range(n):
        flips[bit, bit] ^= 1
        for number in range(k):
            flips[inputs[bit, number], bit] ^= 1 << (number + 1)
    for changed in range(n):
        for bit in range(n):
            if flips[changed, bit]:
                touched[changed, counts[changed]] = bit
                counts[changed] += 1
    patterns, solution, top, total = np.zeros(n, dtype=np.int64), 0, -1.0, 0.0
    for turn in range(1 << n):
        changed = 0
        while turn and not (turn >> changed) & 1:
            changed += 1
        if turn:
            solution ^= 1 << changed
            for place in range(counts[changed]):
                bit = touched[changed, place]
                before = contributions[bit, patterns[bit]]
                patterns[bit] ^= flips[changed, bit]
                total += contributions[bit, patterns[bit]] - before
        if turn % EXACT_SUM_INTERVAL == 0:  # rounding errors must not add up
            total = n * compute_fitness(solution, inputs, contributions)
        if total > n * top - SUM_TOLERANCE:
            top = max(top, compute_fitness(solution, inputs, contributions))
    return top


@classic_entry
def draw_landscape_arrays(
    key: Seed, n: int, k: int, how: int, digits: int
) -> tuple[Integers64, Floats, float]:
    """Return inputs, contributions and the highest fitness."""
    inputs, contributions = draw_inputs(key, n, k, how), draw_contributions(key, n, k, digits)
    return inputs, contributions, find_highest_fitness(inputs, contributions)


@classic_entry
def compute_fitness_table(land: Landscape) -> Floats:
    """Return the fitness of all 2^n solutions."""
    return compute_all_fitness(land.inputs, land.contributions)


@classic_entry
def find_local_optima(land: Landscape) -> NDArray[np.bool_]:
    """Return which solutions are local optima: no change of a single bit makes them better."""
    found = compute_all_fitness(land.inputs, land.contributions)
    n, local = land.inputs.shape[0], np.ones(found.size, dtype=np.bool_)
    for solution in range(found.size):
        for bit in range(n):
            if found[solution ^ (1 << bit)] > found[solution]:
                local[solution] = False
    return local


@classic_entry
def run_adaptive_walks(land: Landscape, key: Seed, count: int) -> Floats:
    """Return the end fitness of adaptive walks.

    A walk goes from a random start to a random better neighbour until there is none.
    """
    n, ends = land.inputs.shape[0], np.empty(count)
    for walk in range(count):
        solution = pick_index(draw_uniform(key, START_STREAM, walk, 0, 0), 1 << n)
        own, turn = compute_fitness(solution, land.inputs, land.contributions), 0
        while True:
            seen, chosen, gained = 0, -1, nan
            for bit in range(n):
                other = compute_fitness(solution ^ (1 << bit), land.inputs, land.contributions)
                if other > own:
                    seen += 1
                    if (
                        draw_uniform(key, WALK_STREAM, walk, turn, bit) * seen < 1.0
                    ):  # each of those seen is chosen with the same chance
                        chosen, gained = bit, other
            if chosen < 0:
                break
            solution, own, turn = solution ^ (1 << chosen), gained, turn + 1
        ends[walk] = own
    return ends


@kernel
def compute_payoff(solution: int, land: Landscape) -> float:
    """Return (fitness / highest fitness) ^ power."""
    if land.top <= 0.0:  # all contributions were rounded to nothing
        return 0.0
    return (compute_fitness(solution, land.inputs, land.contributions) / land.top) ** land.power


@kernel
def try_random_change(solution: int, own: float, land: Landscape, draw: float) -> tuple[int, float]:
    """Return the solution with a random bit changed if its payoff is strictly better.

    Otherwise return solution and payoff unchanged.
    """
    other = solution ^ (1 << pick_index(draw, land.inputs.shape[0]))
    gained = compute_payoff(other, land)
    return (other, gained) if gained > own else (solution, own)


@kernel
def compute_all_payoffs(solutions: Integers64, land: Landscape) -> Floats:
    """Return the payoff of every solution."""
    found = np.empty(solutions.size)
    for agent in range(solutions.size):
        found[agent] = compute_payoff(solutions[agent], land)
    return found


@kernel
def draw_random_solutions(key: Seed, agents: int, n: int, distinct: bool) -> Integers64:
    """Return a random solution per agent; no two alike if they are to be distinct."""
    solutions, taken = np.empty(agents, dtype=np.int64), np.zeros(1 << n, dtype=np.bool_)
    for agent in range(agents):
        attempt = 0
        solution = pick_index(draw_uniform(key, START_STREAM, 0, agent, attempt), 1 << n)
        while distinct and taken[solution]:
            attempt += 1
            solution = pick_index(draw_uniform(key, START_STREAM, 0, agent, attempt), 1 << n)
        taken[solution] = True
        solutions[agent] = solution
    return solutions


@kernel
def write_search_measures(solutions: Integers64, payoffs: Floats, row: Floats) -> None:
    """Write mean payoff, best payoff and the number of different solutions into a row."""
    ordered = np.sort(solutions)
    row[0], row[1], row[2] = (
        compute_mean(payoffs),
        payoffs.max(),
        1 + np.count_nonzero(ordered[1:] != ordered[:-1]),
    )


@classic_entry
def draw_search_start(
    key: Seed, agents: int, land: Landscape, distinct: bool
) -> tuple[Integers64, Floats]:
    """Return random solutions and their payoffs."""
    solutions = draw_random_solutions(key, agents, land.inputs.shape[0], distinct)
    return solutions, compute_all_payoffs(solutions, land)
