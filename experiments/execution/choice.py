"""From where a study is to be executed to an engine that does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from experiments.console import say
from experiments.execution.engines import Engine, Pool, ThisProcess, available_cores
from experiments.execution.restarting import Lasting
from experiments.execution.settings import Cluster, Dask, Execution, Jobs, Local
from experiments.models.model import Target

if TYPE_CHECKING:
    from experiments.execution.cluster import Source


@contextmanager
def opened(execution: Execution, target: Target) -> Iterator[Engine]:
    """Give the engine of an execution, ready to do runs of a target; let go of what it holds afterwards.

    On this machine that is processes, or with one worker and no time limit this process itself.

    Raises:
        InputError: there is no cluster at the address, or another version of the model on it.
    """
    if isinstance(execution, Local):
        workers = execution.workers or available_cores()
        if workers == 1 and execution.time_limit is None:
            yield ThisProcess()
        else:
            with Pool(workers, execution.time_limit) as pool:
                yield Lasting(pool)
        return
    from experiments.execution.cluster import DaskEngine  # only here: Dask is an extra, and slow to import

    assert isinstance(execution, Cluster)
    with DaskEngine(source_of(execution), target, execution.time_limit, execution.chunk, execution.patience, say) as engine:
        yield engine


def source_of(execution: Cluster) -> Source:
    """Return where a cluster comes from: an address, or jobs."""
    from experiments.execution.cluster import Address
    from experiments.execution.queues import Queue

    if isinstance(execution, Jobs):
        return Queue(execution)
    assert isinstance(execution, Dask)
    return Address(execution.address)
