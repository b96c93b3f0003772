"""``zerodigit logs``: what the service and its nights said, over SSH, in words."""

from __future__ import annotations

import argparse
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ServiceError
from pi.cli.errors import OK, UsageError

if TYPE_CHECKING:
    from pi.system.log_reader import Filter, Line

UNITS = ("zerodigit.service", "zerodigit-retrain.service")
"""Of systemd: the service, and its nights."""

_LEVELS = ("error", "warning", "info", "debug")
_KINDS = ("shown", "dark", "unsure", "pressed", "camera", "weights", "night", "heartbeat")
_SHORT = re.compile(r"(\d+)\s*(s|min|m|h|d)")

_EPILOG = """\
examples:
  zerodigit logs                      the last 50 lines
  zerodigit logs --follow             and what comes, until Ctrl-C
  zerodigit logs --level warning      what went wrong
  zerodigit logs --digit 7 --since 2h
                                      when it read a 7, in the last two hours
  zerodigit logs --only shown --only unsure
  zerodigit logs --only night         what the nights said
  zerodigit logs --json | jq .DIGIT   as journalctl has it, for programs
  zerodigit run 2>digits.log          without systemd, and later:
  zerodigit logs --file digits.log

Under systemd the log is the journal: journalctl -u zerodigit -u zerodigit-retrain shows the
same. Where you see nothing though it runs, or it fails, join the group that may read it:
sudo usermod -aG systemd-journal $USER
"""


def add_parser(subparsers: Any) -> None:
    """Say what the command takes."""
    parser = subparsers.add_parser(
        "logs",
        help="what the service and its nights said: filtered, followed, in words",
        description="Read the log of the service and of its nights.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-f", "--follow", action="store_true", help="wait for more")
    parser.add_argument(
        "-n", "--lines", type=int, default=50, metavar="N",
        help="at most so many of the last lines (default: 50; 0: all)",
    )  # fmt: skip
    parser.add_argument("--since", metavar="TIME", help="30min, 2h, 3d, today, 2026-11-23 ...")
    parser.add_argument("--level", choices=_LEVELS, help="lines as grave as that, or graver")
    parser.add_argument(
        "--only", action="append", default=[], choices=_KINDS, metavar="KIND",
        help=f"lines of that kind: {', '.join(_KINDS)}; may be repeated",
    )  # fmt: skip
    parser.add_argument("--digit", type=int, choices=range(10), metavar="D", help="lines on it")
    parser.add_argument("--json", action="store_true", help="an object a line, with all fields")
    parser.add_argument("--file", type=Path, help="a log file, in place of the journal")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; 0, also if there are none."""
    from pi.system.log_reader import Filter

    if args.lines < 0:
        raise UsageError("--lines must be 0 or more")
    wanted = Filter(args.level, tuple(args.only), args.digit)
    lines = _from_file(args, wanted) if args.file is not None else _from_journal(args, wanted)
    said = 0
    try:
        for line in lines:
            print(line, flush=args.follow)
            said += 1
    except KeyboardInterrupt:
        if not args.follow:
            raise
    if not said and not args.follow:
        print("zerodigit: no such lines in the log", file=sys.stderr)
    return OK


def journalctl(args: argparse.Namespace, wanted: Filter) -> list[str]:
    """The command that gets them from the journal."""
    command = ["journalctl", *(part for unit in UNITS for part in ("--unit", unit))]
    command += ["--no-pager", "--quiet", "--output", "json"]
    command += wanted.for_journalctl()
    if args.lines and not _reversing(args, wanted):
        command += ["--lines", str(args.lines)]
    elif args.follow:
        command.append("--no-tail")
    if args.since:
        short = _SHORT.fullmatch(args.since.strip())
        since = f"-{short[1]}{'min' if short[2] == 'm' else short[2]}" if short else args.since
        command.append(f"--since={since}")
    return [*command, "--follow"] if args.follow else command


def _reversing(args: argparse.Namespace, wanted: Filter) -> bool:
    """Whether a newer journalctl would take --lines as a wish for the newest line first."""
    return _searching(wanted) and not args.follow


def _searching(wanted: Filter) -> bool:
    return "--grep" in wanted.for_journalctl()


def _from_journal(args: argparse.Namespace, wanted: Filter) -> Iterator[str]:
    import subprocess

    from pi.system.log_reader import from_journal

    try:
        process = subprocess.Popen(
            journalctl(args, wanted), stdout=subprocess.PIPE, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise ServiceError(
            "there is no journalctl here; keep a log by `zerodigit run 2>digits.log`, and "
            "read it by `zerodigit logs --file digits.log`"
        ) from None
    assert process.stdout is not None
    texts: Iterable[str] = process.stdout
    if _reversing(args, wanted):
        texts = deque(texts, args.lines or None)
    try:
        for text in texts:
            yield text.rstrip("\n") if args.json else from_journal(text).in_words()
    finally:
        process.stdout.close()
        process.terminate()
        code = process.wait()
    # 1 is also what it says where --grep found nothing.
    if code > (1 if _searching(wanted) else 0):
        raise ServiceError(
            f"journalctl failed with code {code}, see above; how to ask, and who may: "
            "`zerodigit logs --help`"
        )


def _from_file(args: argparse.Namespace, wanted: Filter) -> Iterator[str]:
    from pi.system.log_reader import Line, from_text

    if args.since:
        raise UsageError("--since goes by the journal; a file does not tell the time")
    tell: Callable[[Line], str] = Line.to_json if args.json else Line.in_words
    try:
        with open(args.file, encoding="utf-8", errors="replace") as file:
            lines = (line for line in map(from_text, file) if wanted.takes(line))
            yield from map(tell, deque(lines, args.lines or None))
            while args.follow:
                if text := file.readline():
                    line = from_text(text)
                    if wanted.takes(line):
                        yield tell(line)
                else:
                    _pause()
    except OSError as error:
        raise ServiceError(f"{args.file}: cannot be read ({error.strerror})") from None


def _pause() -> None:
    """Between two looks at a file that is followed."""
    import time

    time.sleep(0.5)
