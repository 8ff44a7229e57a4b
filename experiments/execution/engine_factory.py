"""Opens the engine for an execution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from experiments.console import print_text
from experiments.execution.engines import Engine, PoolEngine, SerialEngine, count_available_cores
from experiments.execution.restart import RestartingEngine
from experiments.execution.settings import Cluster, Dask, Execution, Jobs, Local
from experiments.models.target import Target

if TYPE_CHECKING:
    from experiments.execution.cluster import ClusterSource


@contextmanager
def open_engine(execution: Execution, target: Target) -> Iterator[Engine]:
    """Give the engine of an execution, ready to run a target; close it afterwards.

    On this machine it uses processes, or with one worker and no time limit this process itself.

    Raises:
        InputError: no cluster answers at the address, or it has another version of the model.
    """
    if isinstance(execution, Local):
        workers = execution.workers or count_available_cores()
        if workers == 1 and execution.time_limit is None:
            yield SerialEngine()
        else:
            with PoolEngine(workers, execution.time_limit) as pool:
                yield RestartingEngine(pool)
        return
    # Here, because Dask is an optional dependency and slow to import.
    from experiments.execution.cluster import DaskEngine

    assert isinstance(execution, Cluster)
    with DaskEngine(
        make_cluster_source(execution),
        target,
        execution.time_limit,
        execution.chunk,
        execution.patience,
        print_text,
    ) as engine:
        yield engine


def make_cluster_source(execution: Cluster) -> ClusterSource:
    """Return what provides a cluster: an address, or jobs."""
    from experiments.execution.cluster import AddressSource
    from experiments.execution.queues import JobQueueSource

    if isinstance(execution, Jobs):
        return JobQueueSource(execution)
    assert isinstance(execution, Dask)
    return AddressSource(execution.address)
