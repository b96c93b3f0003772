"""``python -m tools.bench``: its options, its measurements, and the exit code."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from core.errors import ZerodigitError
from pi.cli.streams import escaping
from tools.bench import report
from tools.bench.measures import Result
from tools.bench.timing import Race
from tools.command import Parser

_DESCRIPTION = """\
All benchmarks of the workstation in one run: one thread, the contestants in turns, medians,
quartiles, and ratios to the rival in the same run. A ratio says more than a rate: what slows
this computer down slows both.
"""

_EPILOG = """\
examples:
  python -m tools.bench                          against the seeds' class, scikit-learn, PyTorch
  python -m tools.bench --without torch          PyTorch is a download of some gigabytes
  python -m tools.bench --json out.json --plot out.png
  python -m tools.bench --on-device              on a Pi: what a frame costs there
  python -m tools.bench --emulated               instructions on the emulated Pi, compared with
                                                 tools/bench_reference.json
  python -m tools.bench --emulated --accept      ... which is written anew
  python -m tools.bench --service                the installed service on the emulated Pi

The rivals get an environment of their own, made once in ~/.cache/zerodigit/rivals with pip;
what cannot be installed is skipped, and said so. Our own code runs with the numpy at hand.

exit codes: 0 all floors held, 1 one was missed, a time is 10 % worse than accepted, or the
emulated Pi failed, 2 wrong usage, 3 no data, 77 the emulated Pi cannot be tried here
"""


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = Parser(
        prog="python -m tools.bench", description=_DESCRIPTION, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    where = made.add_mutually_exclusive_group()
    where.add_argument("--on-device", action="store_true", help="what a frame costs here")
    where.add_argument("--emulated", action="store_true", help="instructions it takes a Pi")
    where.add_argument("--service", action="store_true", help="the service, emulated")
    made.add_argument("--accept", action="store_true", help="take these instruction times")
    made.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    made.add_argument("--plot", type=Path, metavar="PNG", help="draw who is how fast")
    made.add_argument("--rounds", type=int, default=9, help="turns each (default %(default)s)")
    made.add_argument(
        "--without", action="append", default=[], choices=("sklearn", "scipy", "torch"),
        help="a rival to leave out; may be given again",
    )  # fmt: skip
    made.add_argument("--rivals", type=Path, metavar="DIR", help="their environment")
    made.add_argument("--data", type=Path, metavar="DIR", help="MNIST (default: .mnist)")
    made.add_argument("--no-floors", action="store_true", help="measure, and do not judge")
    return made


@escaping(keep="\r\n")
def main(arguments: list[str] | None = None) -> int:
    """Measure; the exit code."""
    args = parser().parse_args(arguments)
    if args.rounds < 1 or (args.accept and not args.emulated):
        parser().error("--rounds must be 1 or more, and --accept goes with --emulated")
    races: dict[str, Race] = {}
    try:
        about = report.surroundings()
        if args.emulated or args.service:
            results, complaints, about = _emulated(args, about)
        elif args.on_device:
            from tools.bench import device

            results, complaints = device.measure(args.rounds), []
        else:
            results, races = _workstation(args)
            complaints = []
        if args.json:
            report.write_json(args.json, about, results, races)
        if args.plot:
            from tools.bench import plot

            plot.save(races, args.plot)
    except ZerodigitError as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 3
    except _BrokenError as error:
        print(f"bench: error: {error}", file=sys.stderr)
        return 1
    except _Skipped as reason:
        print(f"SKIPPED: {reason}")
        return 77
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(report.table(results))
    for line in complaints:
        print(line)
    if args.no_floors:
        return 0
    return 1 if complaints or any(result.missed for result in results) else 0


class _BrokenError(Exception):
    """What was to be measured does not run; says why."""


class _Skipped(Exception):
    """Cannot be tried here; says why."""


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _workstation(args: argparse.Namespace) -> tuple[list[Result], dict[str, Race]]:
    from tools.bench import memory, pictures, training
    from tools.bench.rivals import PACKAGES, Rivals, cache
    from tools.fetch_mnist.files import require_mnist

    mnist = require_mnist(args.data)
    names = [name for name in PACKAGES if name not in args.without]
    with tempfile.TemporaryDirectory() as work:
        rivals = Rivals(args.rivals or cache(), names, Path(work), _say)
        try:
            _say("784-200-10")
            results, dense = training.dense(mnist, rivals, args.rounds)
            races = {"784-200-10, samples trained": dense}
            _say("an epoch of MNIST each")
            results.insert(1, training.accuracy(mnist))
            _say("the network we ship")
            shipped, race = training.shipped(mnist, rivals, args.rounds)
            if race is not None:
                races["the network we ship, samples trained"] = race
            _say("frames")
            frames, race = pictures.digitise(rivals, args.rounds)
            if race is not None:
                races["digitise, frames"] = race
            results += [shipped, frames]
        finally:
            rivals.close()
        results.append(memory.training(mnist))
    if rivals.versions:
        print(", ".join(f"{name} {version}" for name, version in rivals.versions.items()))
    return results, races


def _emulated(
    args: argparse.Namespace, here: dict[str, Any]
) -> tuple[list[Result], list[str], dict[str, Any]]:
    """Results, complaints, and what is to be said beside them, of what there is ``here``."""
    from tools.bench import emulated, reference
    from tools.emulator import host
    from tools.emulator.machine.console import CommandError, ConsoleError
    from tools.emulator.testbed import Failed

    with tempfile.TemporaryDirectory(prefix="zerodigit-bench-") as folder:
        try:
            with tempfile.TemporaryDirectory() as log:
                host.provide(host.RUNNING, Path(log, "log"), _say)
            if args.service:
                results = emulated.service(Path(folder), _say)
                return results, [], here | {"board": f"an emulated Pi Zero on {here['board']}"}
            results, about = emulated.instructions(Path(folder), _say)
        except host.Unavailable as reason:
            raise _Skipped(" ".join(str(reason).split())) from None
        except (CommandError, ConsoleError, Failed, host.CommandFailed) as error:
            raise _BrokenError(f"the emulated Pi: {error}") from None
    if args.accept:
        reference.write(results, about)
        _say(f"written: {reference.PATH}")
    return results, reference.worse(results, reference.read()), about
