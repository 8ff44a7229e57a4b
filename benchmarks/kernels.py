"""What each extension of Numba buys: the model compiled and run with it and without.

``make bench-kernels`` prints it.

Every row is a process of its own with an empty cache, in CPU seconds.
Names of rows as arguments select these alone.
A row that compiles with the state by value takes minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

SIZES = {1_000: (20, 40), 100_000: (10, 6)}  # organisations: rounds before, rounds timed


def change_nothing() -> None:
    """Leave everything as it is."""


def drop_linking() -> None:
    """Let Numba finish every kernel by itself."""
    from sim.runtime import linking

    linking.choose_compiler_options = lambda *_: {}


def drop_widening() -> None:
    """Compile a kernel for every mixture of whole numbers."""
    from sim.runtime import linking

    linking.widen_type = lambda kind: kind


def drop_prefetching() -> None:
    """Ask for no memory, at any size."""
    from sim.runtime import prefetch_kernels

    prefetch_kernels.PREFETCH_FROM_ORGANISATIONS = sys.maxsize


def drop_records() -> None:
    """Leave every array where NumPy put it."""
    from sim.runtime import memory_layout

    memory_layout.arrange_world = lambda world: world


def drop_packing() -> None:
    """Pass the state by value; requests for memory need it packed, and go too."""
    from sim.runtime import prefetching, state_passing
    from sim.runtime.compilation import kernel

    def ignore_request(*arguments: object) -> None:
        """Ask for nothing."""

    for name in prefetching.__all__:
        setattr(prefetching, name, kernel(ignore_request))
    state_passing.prepare_state = lambda world: world


ROWS: dict[str, tuple[str, Callable[[], None]]] = {
    "compiled": ("compiled", change_nothing),
    "no linking": ("compiled", drop_linking),
    "no widening": ("compiled", drop_widening),
    "no prefetching": ("compiled", drop_prefetching),
    "no records": ("compiled", drop_records),
    "no packing": ("compiled", drop_packing),
    "plain-njit": ("plain-njit", change_nothing),
    "python": ("python", change_nothing),
}


def time_model(name: str) -> dict[str, float]:
    """Return CPU seconds of compiling, and microseconds per organisation and round by size."""
    ROWS[name][1]()
    from sim.config import Config
    from sim.model import CollaborationModel

    def build(organisations: int) -> CollaborationModel:
        values = {"population": {"organisations": organisations}}
        return CollaborationModel(Config.model_validate(values))

    before = time.process_time()
    build(10).run(1).events_table()
    taken = {"compile": time.process_time() - before}
    for organisations, (first, rounds) in SIZES.items():
        if name == "python" and organisations > min(SIZES):
            continue
        if name == "python":
            first, rounds = 0, 1
        model = build(organisations).run(first)
        before = time.process_time()
        model.run(rounds)
        seconds = time.process_time() - before
        taken[f"{organisations:,}"] = 1e6 * seconds / organisations / rounds
    return taken


def measure_in_a_new_process(name: str) -> dict[str, float]:
    """Return what a process with an empty cache takes."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, __file__, "--child", name],
            env={**os.environ, "OVERBRUGGEN_KERNELS": ROWS[name][0], "NUMBA_CACHE_DIR": cache},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    times: dict[str, float] = json.loads(done.stdout)
    return times


def main() -> None:
    """Measure and print the table."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(time_model(sys.argv[2])))
        return
    sizes = [f"{organisations:,}" for organisations in SIZES]
    print(f"| kernels | compile, CPU s | {' | '.join(f'us at {size}' for size in sizes)} |")
    print("|---|---|---|---|")
    for name in sys.argv[1:] or ROWS:
        times = measure_in_a_new_process(name)
        cells = [f"{times[size]:.2f}" if size in times else "" for size in sizes]
        print(f"| {name} | {times['compile']:.1f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
