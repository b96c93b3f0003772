"""The talk's experiments: accuracy against hidden nodes, learning rate, epochs and more.

    python -m tools.experiments                          all of them: many hours
    python -m tools.experiments rotations --repeats 3    one of them
    python -m tools.experiments --images 10000           on fewer training digits
    python -m tools.experiments --dask tcp://host:8786   on a cluster
    python -m tools.experiments --show --plot out.png    only draw what there is

Every run is a row in the results file, and is not done again: after Ctrl-C or a power cut
the same command goes on. On a cluster each worker needs this checkout (start it there, with
--nthreads 1) and MNIST. The experiments, each setting with several seeds:

    hidden     10 to 500 hidden nodes
    rate       learning rates from 0.01 to 0.9
    epochs     20 epochs at three learning rates
    rotations  every digit also turned ten degrees either way; the best setting found
    layers     one, two and three hidden layers
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pi.cli.flags import number
from pi.cli.status import span
from tools import command
from tools.experiments import grid, report, workers
from tools.experiments.results import Results
from tools.experiments.run import ALL, Outcome, Run, data

RESULTS = Path("experiments.csv")

_count = number(int, 1)


def main(argv: list[str] | None = None) -> int:
    """Carry out and draw the experiments; 130 when interrupted (run again to go on)."""
    arguments = _parser().parse_args(argv)

    def work() -> None:
        with Results(arguments.results) as results:
            _experiment(arguments, results)

    return command.run("experiments", work, "interrupted; the same command goes on from here")


def _experiment(arguments: argparse.Namespace, results: Results) -> None:
    if arguments.plot:
        from tools.plotting.panels import load_matplotlib

        load_matplotlib()  # Better missed now than after many hours.
    chosen = grid.chosen(arguments.names, arguments.images, arguments.short)
    if not arguments.show:
        runs = grid.runs(chosen, arguments.repeats)
        missing = [run for run in runs if run not in results.outcomes]
        print(f"{len(runs)} runs, {len(runs) - len(missing)} of them in {results.path}")
        time_left = TimeLeft(missing)
        for outcome in _outcomes(arguments, missing):
            results.add(outcome)
            time_left.show(outcome)
    report.show(chosen, results, arguments.plot)


def _outcomes(arguments: argparse.Namespace, runs: Sequence[Run]) -> Iterator[Outcome]:
    if not runs:
        return iter(())
    if arguments.dask:
        return workers.on_cluster(runs, arguments.dask, print)
    data(runs[0].images)  # Without MNIST here, one line rather than one from each process.
    processes = min(arguments.processes, len(runs))
    return workers.side_by_side(runs, processes) if processes > 1 else workers.here(runs)


class TimeLeft:
    """A line for each run that is done, with the time that is left at this pace."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.count = len(runs)
        self.left = sum(run.cost() for run in runs)
        self.total = self.left
        self.done = 0
        self.start = time.monotonic()

    def show(self, outcome: Outcome) -> None:
        self.done += 1
        self.left -= outcome.run.cost()
        pace = (time.monotonic() - self.start) / max(self.total - self.left, 1)
        print(
            f"{self.done} of {self.count}: {outcome.run.in_words()}, seed {outcome.run.seed}:"
            f" {outcome.accuracy:.4f} in {span(outcome.seconds)};"
            f" {span(pace * self.left)} left",
            flush=True,
        )


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.experiments", __doc__)
    add = parser.add_argument
    add("names", nargs="*", type=_name, metavar="NAME", help="experiments; default: all")
    add("--results", type=Path, default=RESULTS, metavar="FILE", help="(default: %(default)s)")
    add("--repeats", type=_count, default=5, metavar="N", help="seeds (default: %(default)s)")
    add("--images", type=_count, default=ALL, metavar="N", help="training digits to use")
    add("--short", action="store_true", help="a tiny grid on a hundred digits: a minute")
    add(
        "--processes",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="runs side by side on this machine (default: %(default)s)",
    )
    add("--dask", metavar="ADDRESS", help="a dask scheduler, such as tcp://host:8786")
    add("--show", action="store_true", help="run nothing, only show the results")
    add("--plot", type=Path, metavar="OUT.png", help="draw the plots properly")
    return parser


def _name(text: str) -> str:
    # Not argparse's choices, which before Python 3.14 refuse that there are none.
    if text not in grid.NAMES:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(grid.NAMES)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
