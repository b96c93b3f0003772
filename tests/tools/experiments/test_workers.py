"""Runs side by side: processes of this machine, and a real dask cluster on the loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import ServiceError
from tools.experiments import workers
from tools.experiments.run import HUNDRED, Run, carry_out
from tools.plotting.optional import MissingExtraError

CHECKOUT = Path(__file__).resolve().parents[3]
RUNS = [Run(hidden=(5,), epochs=1, images=HUNDRED, seed=seed) for seed in range(4)]


@pytest.fixture(scope="module")
def expected():
    return {run: carry_out(run).by_epoch for run in RUNS}


def by_run(outcomes):
    return {outcome.run: outcome.by_epoch for outcome in outcomes}


def test_one_after_the_other(expected):
    assert by_run(workers.here(RUNS)) == expected


def test_two_processes_find_the_same(expected):
    assert by_run(workers.side_by_side(RUNS, 2)) == expected


def test_a_process_that_dies_is_one_line(monkeypatch):
    monkeypatch.setattr(workers, "carry_out", os._exit)
    with pytest.raises(ServiceError, match="a process died"):
        list(workers.side_by_side([1, 2], 2))


def test_without_dask_it_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="distributed is not installed"):
        list(workers.on_cluster(RUNS, "tcp://127.0.0.1:1", print))


def test_nobody_at_the_address_is_one_line(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "PATIENCE_S", 1)
    with pytest.raises(ServiceError, match="no dask scheduler answers"):
        list(workers.on_cluster(RUNS, "tcp://127.0.0.1:9", print))


class Cluster:
    """A scheduler and two workers, each a process, in a session of their own."""

    def __init__(self, folder):
        self.file = folder / "scheduler.json"
        self.folder = folder
        self.processes = []
        self.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.wait_for(self.file.exists)
        self.workers = [
            self.start("dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
            for _ in range(2)
        ]

    def start(self, module, *options):
        environment = {
            name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"
        }
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *options,
             "--scheduler-file", str(self.file)],
            cwd=CHECKOUT,
            env=environment | {"PYTHONPATH": str(CHECKOUT), "DASK_TEMPORARY_DIRECTORY":
                               str(self.folder), "OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def wait_for(self, condition, seconds=60):
        limit = time.monotonic() + seconds
        while not condition():
            assert all(process.poll() is None for process in self.processes), "it ended"
            assert time.monotonic() < limit, "it did not come up"
            os.sched_yield()

    @property
    def address(self):
        import json

        return json.loads(self.file.read_text())["address"]

    def close(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_a_cluster_completes_though_a_worker_is_killed_in_mid_run(cluster):
    import distributed

    with distributed.Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    # Long enough that the one that is killed is in the middle of a run.
    runs = [Run(hidden=(100,), epochs=20, images=HUNDRED, seed=seed) for seed in range(8)]
    said, outcomes = [], []
    for outcome in workers.on_cluster(runs, cluster.address, said.append):
        if not outcomes:
            cluster.workers[0].send_signal(signal.SIGKILL)
            assert cluster.workers[0].wait() == -signal.SIGKILL
        outcomes.append(outcome)
    assert said == [f"2 workers at {cluster.address}"]
    assert sorted(outcome.run for outcome in outcomes) == runs
    assert by_run(outcomes)[runs[5]] == carry_out(runs[5]).by_epoch
