"""Execution of the runs: in this process, in several of this machine, on a dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from core.errors import ServiceError
from tools.experiments.run import Outcome, Run, carry_out
from tools.plotting.optional import load_optional

PATIENCE_S = 10
"""Seconds after which a cluster that does not answer is given up."""


def here(runs: Sequence[Run]) -> Iterator[Outcome]:
    """One after the other, in this process."""
    for run in runs:
        yield carry_out(run)


def side_by_side(runs: Sequence[Run], processes: int) -> Iterator[Outcome]:
    """In so many processes of this machine; outcomes come as they are done.

    Raises ServiceError if a process dies, which the system does when memory runs out.
    """
    # Each process has a core of its own, so its matrix products must not want them all.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    # Ctrl-C reaches the children as well, and should end them without a word.
    pool = ProcessPoolExecutor(
        processes, context, signal.signal, (signal.SIGINT, signal.SIG_DFL)
    )
    try:
        for done in as_completed([pool.submit(carry_out, run) for run in runs]):
            yield done.result()
    except BrokenProcessPool:
        raise ServiceError(
            "a process died, perhaps for want of memory; run it again with fewer --processes,"
            " and it goes on from here"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


def on_cluster(
    runs: Sequence[Run], address: str, say: Callable[[str], object]
) -> Iterator[Outcome]:
    """On the workers of a dask scheduler; a run whose worker is lost goes to another one.

    Raises MissingExtraError without dask, ServiceError if nobody answers at `address` or
    a run's workers were lost again and again.
    """
    distributed = load_optional("distributed", "cluster")
    try:
        client = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ServiceError(f"{address}: no dask scheduler answers there ({error})") from error
    try:
        count = len(client.scheduler_info(n_workers=-1)["workers"])
        say(f"{count} workers at {address}" if count else "no workers yet; waiting for some")
        futures = [client.submit(carry_out, run, pure=False) for run in runs]
        try:
            for done in distributed.as_completed(futures, loop=client.loop):
                yield done.result()
        except distributed.KilledWorker as error:
            raise ServiceError(f"{address}: {error}") from error
        finally:
            client.cancel(futures)
    finally:
        client.close()
