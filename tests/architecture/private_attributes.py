"""What we touch in other libraries beyond their documented interface, and what we assume of it.

tests/architecture/test_private_attributes.py finds every such place in the code, and checks every
assumption here against the installed library. The checks stand in library_checks.py, and
docs/decisions/0011-private-attributes.md explains the list.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.architecture import library_checks as checks


class Assumption(NamedTuple):
    """A part of a library that it may change without notice."""

    library: str
    name: str  # as the code writes it: an attribute, or what is imported
    used_in: tuple[str, ...]
    purpose: str  # what depends on it
    holds: Callable[[], bool]  # whether the installed library is as assumed


AGENT_IDS = "agents are numbered by their model, and models are released after a run"
LINKING = "kernels are optimised once, in the kernel that Python calls"
PACKING = "the state goes to kernels as one pointer"
PREFETCHING = "large populations do not wait for memory"
TIME_LIMITS = "runs have time limits, and a worker that dies costs its run alone"
CLUSTER = "a study on a cluster survives the loss of a worker"
PRESETS = "presets and overrides are composed into a configuration"

RUNTIME = "sim/runtime/"
LINKING_FILE, PACKING_FILE = (f"{RUNTIME}{name}.py" for name in ("linking", "packing"))
REQUESTS_FILE, STRUCT_FILE = (
    f"{RUNTIME}{name}.py" for name in ("prefetch_requests", "struct_passing")
)
ISOLATION_FILE = "experiments/models/isolation.py"
ENGINES_FILE, REMOTE_FILE = (f"experiments/execution/{name}.py" for name in ("engines", "remote"))

MESA = (
    Assumption(
        "mesa",
        "_ids",
        ("sim/array_model.py", ISOLATION_FILE),
        AGENT_IDS,
        checks.mesa_counts_agents_in_a_class,
    ),
    Assumption(
        "mesa",
        "_neighborhood",
        (ISOLATION_FILE,),
        "models on a grid are released after a run",
        checks.mesa_cells_remember_neighbourhoods,
    ),
    Assumption(
        "mesa",
        "dispatch_table",
        (ISOLATION_FILE,),
        "models on a grid are released after a run",
        checks.mesa_grids_register_a_class_of_cells,
    ),
    Assumption(
        "mesa",
        "mesa.experimental.devs.simulator",
        ("experiments/models/mesa.py",),
        "a model that a simulator drives is run to its end",
        checks.hold_names("mesa.experimental.devs.simulator:Simulator", "run_for", "setup"),
    ),
)

NUMBA = (
    *(
        Assumption(
            "numba",
            name,
            (LINKING_FILE,),
            LINKING,
            checks.hold_names("numba.core.codegen:JITCodeLibrary", name),
        )
        for name in (
            "_finalize_dynamic_globals",
            "_finalize_final_module",
            "_finalize_specific",
            "_optimize_final_module",
            "_ensure_finalized",
        )
    ),
    *(
        Assumption("numba", name, (LINKING_FILE,), LINKING, checks.numba_finishes_libraries)
        for name in ("_finalized", "_final_module")
    ),
    Assumption(
        "numba",
        "numba.core.codegen",
        (LINKING_FILE,),
        LINKING,
        checks.hold_names("numba.core.codegen", "JITCodeLibrary"),
    ),
    Assumption(
        "numba",
        "numba.core.compiler",
        (LINKING_FILE,),
        LINKING,
        checks.hold_names("numba.core.compiler:Compiler", "define_pipelines"),
    ),
    Assumption(
        "numba",
        "numba.core.environment",
        (LINKING_FILE,),
        LINKING,
        checks.numba_finds_constants_by_name,
    ),
    Assumption(
        "numba",
        "get_call_template",
        (LINKING_FILE,),
        "every kernel is compiled once, for whole numbers of 64 bits",
        checks.numba_asks_a_dispatcher_for_its_template,
    ),
    Assumption(
        "numba",
        "numba.config.CACHE_DIR",
        ("sim/runtime/compilation.py",),
        "compiled kernels are found on disk, and never stale ones",
        checks.numba_reads_the_cache_folder_at_declaration,
    ),
    Assumption(
        "numba",
        ".nbc",
        ("sim/runtime/compilation.py", "sim/classics/kernels.py"),
        "a command says that it compiles, when it does",
        checks.numba_names_compiled_kernels_on_disk,
    ),
    Assumption("numba", "_getvalue", (PACKING_FILE,), PACKING, checks.numba_reads_a_packed_tuple),
    Assumption(
        "numba",
        "numba.core.datamodel",
        (PACKING_FILE,),
        PACKING,
        checks.hold_names("numba.core.datamodel", "PrimitiveModel"),
    ),
    Assumption(
        "numba",
        "numba.core.typing.templates",
        (PACKING_FILE,),
        PACKING,
        checks.hold_names("numba.core.typing.templates", "AttributeTemplate"),
    ),
    Assumption(
        "numba",
        "numba.np.arrayobj",
        (PACKING_FILE,),
        PACKING,
        checks.hold_names("numba.np.arrayobj", "populate_array"),
    ),
    Assumption(
        "numba",
        "numba.np.numpy_support",
        (PACKING_FILE,),
        PACKING,
        checks.hold_names("numba.np.numpy_support", "from_dtype"),
    ),
    Assumption(
        "numba",
        "numba.core",
        (LINKING_FILE, REQUESTS_FILE),
        PREFETCHING,
        checks.hold_names("numba.core.cgutils", "unpack_tuple", "for_range_slice", "voidptr_t"),
    ),
    Assumption(
        "numba",
        "numba.experimental",
        (STRUCT_FILE,),
        "OVERBRUGGEN_KERNELS=plain-njit passes the state by reference",
        checks.numba_passes_structures_by_reference,
    ),
    Assumption("llvmlite", "llvm.prefetch", (REQUESTS_FILE,), PREFETCHING, checks.llvm_prefetches),
)

RUNNING = (
    Assumption(
        "pebble",
        "pebble.pool",
        (ENGINES_FILE,),
        "time limits do not depend on the clock that a user may set",
        checks.pebble_takes_time_from_one_module,
    ),
    Assumption(
        "pebble",
        "vars(process)",
        (ENGINES_FILE,),
        "time limits do not depend on the clock that a user may set",
        checks.pebble_takes_time_from_one_module,
    ),
    *(
        Assumption("pebble", name, (ENGINES_FILE,), TIME_LIMITS, checks.pebble_reads_its_constants)
        for name in ("CONSTS.channel_lock_timeout", "CONSTS.term_timeout")
    ),
    Assumption(
        "python",
        "_config",
        (REMOTE_FILE,),
        "a worker on a cluster has worker processes",
        checks.python_notes_whether_a_process_is_a_daemon,
    ),
    Assumption(
        "python",
        "_exit",
        (ENGINES_FILE,),
        "a worker ends with its parent",
        checks.hold_names("os", "_exit"),
    ),
    Assumption(
        "distributed",
        "state.tasks",
        (REMOTE_FILE,),
        CLUSTER,
        checks.dask_workers_know_their_tasks,
    ),
    Assumption(
        "distributed",
        "distributed.core",
        ("experiments/execution/queues.py",),
        CLUSTER,
        checks.hold_names("distributed.core:Status", "running"),
    ),
    Assumption(
        "hydra-core",
        "hydra.core.override_parser.overrides_parser",
        ("experiments/configuration.py",),
        PRESETS,
        checks.hydra_parses_one_override,
    ),
    Assumption(
        "hydra-core",
        "hydra.core.override_parser.types",
        ("experiments/configuration.py",),
        PRESETS,
        checks.hold_names("hydra.core.override_parser.types", "Glob", "QuotedString"),
    ),
    Assumption(
        "hydra-core",
        "hydra.core.global_hydra",
        ("experiments/configuration.py",),
        PRESETS,
        checks.hydra_forgets_what_it_composed,
    ),
    Assumption(
        "python",
        "sys.unraisablehook",
        ("sim/user_rules/loading.py",),
        "an error in a user-defined pooling rule ends the run in one sentence",
        checks.numba_reports_what_a_callback_raises,
    ),
)

REGISTER: tuple[Assumption, ...] = (*MESA, *NUMBA, *RUNNING)
