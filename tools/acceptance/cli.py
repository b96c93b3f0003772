"""``tools/emulate``: the commands, and what they print."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pi.cli.streams import escaping
from tools.acceptance import camera, distro, runner
from tools.acceptance.checks import catalogue
from tools.acceptance.report import Report
from tools.command import Parser
from tools.emulator import host
from tools.emulator.image import build, checkout
from tools.emulator.machine import machine

_DESCRIPTION = """\
A Raspberry Pi Zero without one: QEMU with a real kernel, systemd and GPIO registers, and
Debian for an ARM of its kind. On it zerodigit is installed, run, asked, hindered and cut off.
"""

_EPILOG = """\
examples:
  tools/emulate test                     all checks; an hour or more
  tools/emulate test --quick             the essential ones: one power cut, instruction times
  tools/emulate test watchdog torn       those with such a word in their name
  tools/emulate test --list              their names
  tools/emulate run                      a console, as root; Ctrl-A X takes the power away
  tools/emulate distro bookworm          the unit tests with Debian's own Python and numpy
  tools/emulate camera                   the camera adapter with the real Picamera2

What is missing on this machine is installed from Debian, which needs root. The image is built
once (20 seconds to 2 minutes) and kept in ~/.cache/zerodigit/emulator; it is built anew when
its recipe, tools/emulator/image/recipe.py, changes. Times on it are no times of a real Zero.

exit codes: 0 all passed, 1 something failed, 2 wrong usage, 77 it cannot be tried here (the
last line then says SKIPPED and why)
"""


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = Parser(
        prog="tools/emulate", description=_DESCRIPTION, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    making = commands.add_parser("build", help="build the image, unless it is there")
    making.add_argument("--anew", action="store_true", help="build it even so")
    commands.add_parser("run", help="a console on a fresh Pi, with the checkout in /srv")
    test = commands.add_parser("test", help="install zerodigit on a fresh Pi, and check it")
    test.add_argument("names", nargs="*", metavar="NAME", help="checks with this in their name")
    test.add_argument("--quick", action="store_true", help="the essential ones alone")
    test.add_argument("--list", action="store_true", help="name the checks, and do nothing")
    test.add_argument(
        "--logs", type=Path, metavar="DIR", help="where logs go (default: a new one)"
    )
    systems = commands.add_parser("distro", help="the unit tests with a Debian's own packages")
    systems.add_argument("suite", choices=sorted(distro.SUITES))
    systems.add_argument("tests", nargs="*", metavar="PYTEST-ARGUMENT")
    commands.add_parser("camera", help="the camera adapter with the real Picamera2")
    return made


@escaping(keep="\r\n")
def main(arguments: list[str] | None = None) -> int:
    """Do it; the exit code."""
    args = parser().parse_args(arguments)
    try:
        return int(globals()[f"_{args.command}"](args))
    except host.Unavailable as reason:
        print(f"SKIPPED: {' '.join(str(reason).split())}")
        return host.SKIPPED
    except host.CommandFailed as error:
        print(f"tools/emulate: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _say(text: str) -> None:
    print(f"tools/emulate: {text}", file=sys.stderr, flush=True)


def _logs(args: argparse.Namespace | None = None) -> Path:
    """A folder for the logs of this run."""
    if args is not None and args.logs is not None:
        args.logs.mkdir(parents=True, exist_ok=True)
        return Path(args.logs)
    name = time.strftime("%Y%m%d-%H%M%S-")
    base = host.cache_folder() / "logs"
    base.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=name, dir=base))


def _image(anew: bool = False) -> build.Image:
    with tempfile.TemporaryDirectory() as folder:
        host.provide(host.RUNNING, Path(folder, "log"), _say)
    return build.get(_say, anew=anew)


def _build(args: argparse.Namespace) -> int:
    print(_image(args.anew).folder)
    return 0


def _test(args: argparse.Namespace) -> int:
    if args.list:
        print("\n".join(check.name for check in catalogue.ALL))
        return 0
    try:
        chosen = catalogue.chosen(args.names, args.quick)
    except ValueError as error:
        parser().error(str(error))
    made = _image()
    folder = _logs(args)
    with (folder / "report.txt").open("w") as log:
        report = Report(log=log)
        runner.run(made, chosen, folder, report, quick=args.quick)
        return report.close()


def _run(args: argparse.Namespace) -> int:
    made = _image()
    folder = _logs()
    pi = machine.Machine(made, folder)
    checkout.write_to_card(pi.disk, checkout.archive(), "/srv/checkout.tar.gz")
    print(
        "the checkout: cd /srv && tar xzf checkout.tar.gz && cd checkout && "
        "bash tools/install --packages-present\nCtrl-A X takes the power away\n"
    )
    command = pi.command(folder)
    # The serial line on this terminal, the monitor behind Ctrl-A C.
    kept = command[: command.index("-chardev")]
    try:
        return subprocess.call([*kept, "-serial", "mon:stdio"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _distro(args: argparse.Namespace) -> int:
    return distro.run(args.suite, args.tests, _say)


def _camera(args: argparse.Namespace) -> int:
    folder = _logs()
    with (folder / "report.txt").open("w") as log:
        report = Report(log=log)
        camera.run(folder, report, _say)
        return report.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main())
