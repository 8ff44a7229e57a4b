"""Whether installed libraries are as tests/architecture/private_attributes.py says we assume."""

import copyreg
import inspect
import multiprocessing
import random
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np


def hold_names(place, *names):
    """Return a check that a module, or ``module:class``, has these names."""

    def check():
        module, _, kind = place.partition(":")
        found = import_module(module)
        found = getattr(found, kind) if kind else found
        return all(hasattr(found, name) for name in names)

    return check


def mesa_counts_agents_in_a_class():
    import mesa

    model = mesa.Model()
    agent = mesa.Agent(model)
    counted = mesa.Agent._ids.pop(model, None) is not None
    return counted and agent in model.agents


def mesa_cells_remember_neighbourhoods():
    from mesa.discrete_space import Cell

    remembering = (Cell.get_neighborhood, Cell._neighborhood)
    return all(hasattr(method, "cache_clear") for method in remembering)


def mesa_grids_register_a_class_of_cells():
    from mesa.discrete_space import Cell, OrthogonalMooreGrid

    before = set(copyreg.dispatch_table)
    OrthogonalMooreGrid((2, 2), random=random.Random(1))
    new = set(copyreg.dispatch_table) - before
    for kind in new:
        del copyreg.dispatch_table[kind]
    return bool(new) and all(issubclass(kind, Cell) for kind in new)


def numba_finishes_libraries():
    import numba

    function = numba.njit(lambda number: number + 1)
    function(1)
    library = next(iter(function.overloads.values())).library
    return library._finalized is True and hasattr(library._final_module, "global_variables")


def numba_finds_constants_by_name():
    import numba
    from numba.core.environment import lookup_environment

    from sim.runtime.linking import ENVIRONMENT_PREFIX

    function = numba.njit(lambda number: number + 1)
    function(1)
    library = next(iter(function.overloads.values())).library
    names = [variable.name for variable in library._final_module.global_variables]
    constants = [name for name in names if name.startswith(ENVIRONMENT_PREFIX)]
    known = [lookup_environment(name) is not None for name in constants]
    return any(known) and hasattr(library.codegen, "set_env")


def numba_asks_a_dispatcher_for_its_template():
    import numba

    asked = []
    inner = numba.njit(lambda number: number + 1)
    template = inner.get_call_template
    inner.get_call_template = lambda args, kws: asked.append(args) or template(args, kws)
    return numba.njit(lambda number: inner(number))(1) == 2 and len(asked) > 0


def numba_reads_the_cache_folder_at_declaration():
    from sim.engine import play_rounds
    from sim.runtime.compilation import find_cache_folder

    return Path(play_rounds.stats.cache_path).is_relative_to(find_cache_folder())


def numba_names_compiled_kernels_on_disk():
    from sim.config import Config
    from sim.engine import play_rounds
    from sim.model import CollaborationModel
    from sim.runtime.compilation import is_model_compiled

    CollaborationModel(Config.model_validate({"population": {"organisations": 4}})).run(1)
    return len(list(Path(play_rounds.stats.cache_path).glob("*.nbc"))) > 0 and is_model_compiled()


def numba_reads_a_packed_tuple():
    import numba

    from sim.runtime.packing import PackedTuple

    class Pair(NamedTuple):
        values: np.ndarray
        number: float

    read = numba.njit(lambda pair: pair.values[1] + pair.number)
    return read(PackedTuple(Pair(np.array([1.0, 2.0]), 0.5))) == 2.5


def numba_passes_structures_by_reference():
    import numba

    from sim.runtime.struct_passing import build_struct
    from sim.state import Ledger

    trust = np.zeros(1)

    @numba.njit
    def write(ledger):
        ledger.trust[0] = 3.0

    write(build_struct(Ledger(*(np.zeros(1) for _ in Ledger._fields))._replace(trust=trust)))
    return trust[0] == 3.0


def numba_reports_what_a_callback_raises():
    from sim.runtime.compilation import compile_callback

    raised = []
    before, sys.unraisablehook = sys.unraisablehook, raised.append
    try:
        compile_callback(divide_by_nothing).ctypes(1.0, 0.0)
    finally:
        sys.unraisablehook = before
    return len(raised) == 1


def divide_by_nothing(first, second):
    """Divide, which raises where the second number is 0."""
    return first / second


def llvm_prefetches():
    from llvmlite import ir

    from sim.runtime.prefetch_requests import build_line_request

    kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), ir.IntType(64)])
    module = ir.Module()
    function = ir.Function(module, kind, "ask")
    build_line_request(ir.IRBuilder(function.append_basic_block()), *function.args)
    return "llvm.prefetch" in str(module)


def pebble_takes_time_from_one_module():
    from pebble.pool import process

    source = inspect.getsource(process)
    used = {part.split("(")[0] for part in source.split(" time.")[1:]}
    return used == {"time", "sleep"} and "import time\n" in source


def pebble_reads_its_constants():
    from pebble.pool import process

    source = inspect.getsource(process) + inspect.getsource(import_module("pebble.common.process"))
    return all(name in source for name in ("CONSTS.channel_lock_timeout", "CONSTS.term_timeout"))


def python_notes_whether_a_process_is_a_daemon():
    process = multiprocessing.current_process()
    before = process.daemon
    process._config["daemon"] = not before
    changed = process.daemon is not before
    process._config["daemon"] = before
    return changed


def dask_workers_know_their_tasks():
    from distributed.worker import Worker
    from distributed.worker_state_machine import WorkerState

    return hasattr(Worker, "get_current_task") and "tasks" in WorkerState.__annotations__


def hydra_parses_one_override():
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create().parse_override("mix={a: 1}").value() == {"a": 1}


def hydra_forgets_what_it_composed():
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()
    return not GlobalHydra.instance().is_initialized()
