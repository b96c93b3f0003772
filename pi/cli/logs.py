"""``zerodigit logs``: read the log of the service and of its nights.

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

Under systemd the log is the journal:
  journalctl -u zerodigit -u zerodigit-retrain
shows the same. Where you see nothing though it runs, or it fails, join the
group that may read it: sudo usermod -aG systemd-journal $USER
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import stat
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from core.errors import ServiceError
from pi.cli import flags
from pi.cli.errors import OK, UsageError

if TYPE_CHECKING:
    from pi.system.log_reader import Filter, Line

UNITS = ("zerodigit.service", "zerodigit-retrain.service")
"""Units of systemd: the service, and its nights."""

LEVELS = {"error": 3, "warning": 4, "info": 6, "debug": 7}
"""As syslog(3) numbers them."""

KINDS = {
    "shown": ("shown",),
    "dark": ("dark",),
    "unsure": ("unsure",),
    "pressed": ("pressed",),
    "camera": ("no frames", "the camera", "camera "),
    "weights": ("reading with", "no new weights"),
    "night": ("night:",),
    "heartbeat": ("heartbeat", "started", "stopped", "reloaded"),
}
"""How the messages of each kind begin."""

_SPAN = re.compile(r"\d+\s*[a-z]+")


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers, "logs", run, __doc__, codes={1: "the journal or the file cannot be read"}
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="print new lines as they come, until Ctrl-C"
    )
    parser.add_argument(
        "-n", "--lines", type=int, default=50, metavar="N",
        help="at most the last N lines (default 50; 0 for all)",
    )  # fmt: skip
    parser.add_argument(
        "--since", metavar="TIME", help="lines since 30min, 2h, 3d, today, 2026-11-23 ..."
    )
    parser.add_argument("--level", choices=LEVELS, help="lines of this level, or a graver one")
    parser.add_argument(
        "--only", action="append", default=[], choices=KINDS, metavar="KIND",
        help=f"lines of that kind: {', '.join(KINDS)}; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--digit", type=int, choices=range(10), metavar="D", help="lines on this digit"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, with all fields"
    )
    parser.add_argument("--file", type=Path, help="read a log file in place of the journal")


def run(args: argparse.Namespace) -> int:
    """Print them; 0, also if there are none."""
    from pi.system.log_reader import Filter

    if args.lines < 0:
        raise UsageError("--lines must be 0 or more")
    beginnings = tuple(each for kind in args.only for each in KINDS[kind])
    wanted = Filter(LEVELS.get(args.level), beginnings, args.digit)
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
    """The command that gets the wanted lines from the journal."""
    command = ["journalctl", *(part for unit in UNITS for part in ("--unit", unit))]
    command += ["--no-pager", "--quiet", "--output", "json"]
    if wanted.priority is not None:
        command += ["--priority", str(wanted.priority)]
    if wanted.pattern:
        command += ["--grep", wanted.pattern, "--case-sensitive"]
    if args.lines and (args.follow or not wanted.pattern):
        command += ["--lines", str(args.lines)]
    elif args.follow:
        command.append("--no-tail")
    if args.since:
        # journalctl takes "-2h" as two hours ago, and "2h" not at all.
        ago = "-" if _SPAN.fullmatch(args.since) else ""
        command.append(f"--since={ago}{args.since}")
    return [*command, "--follow"] if args.follow else command


def _from_journal(args: argparse.Namespace, wanted: Filter) -> Iterator[str]:
    import subprocess

    from pi.system.log_reader import from_journal, harmless, lines

    try:
        process = subprocess.Popen(
            journalctl(args, wanted),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise ServiceError(
            "there is no journalctl here; keep a log by `zerodigit run 2>digits.log`, and "
            "read it by `zerodigit logs --file digits.log`"
        ) from None
    assert process.stdout is not None
    assert process.stderr is not None
    texts: Iterable[str] = lines(process.stdout)
    if wanted.pattern and args.lines and not args.follow:
        # Given --grep and --lines, journalctl would begin with the newest line.
        texts = deque(texts, args.lines)
    try:
        for text in texts:
            text = text.rstrip("\n")
            yield harmless(text) if args.json else from_journal(text).in_words()
    finally:
        process.stdout.close()
        process.terminate()
        complaint = process.stderr.read()
        process.stderr.close()
        code = process.wait()
    # That --grep found nothing is 1, too, but without a word.
    if code > 1 or (code == 1 and (complaint or not wanted.pattern)):
        print(complaint, end="", file=sys.stderr)
        raise ServiceError(
            f"journalctl failed with code {code}, see above; how to ask, and who may: "
            "`zerodigit logs --help`"
        )


def _from_file(args: argparse.Namespace, wanted: Filter) -> Iterator[str]:
    from pi.system.log_reader import from_text, lines

    if args.since:
        raise UsageError("--since goes by the journal; a file does not tell the time")
    try:
        with _opened(args.file) as file:
            texts = filter(str.strip, lines(file))
            last: Iterable[Line] = filter(wanted.takes, map(from_text, texts))
            if args.lines:
                last = deque(last, args.lines)
            coming = filter(wanted.takes, map(from_text, _coming(file))) if args.follow else ()
            for line in chain(last, coming):
                yield line.to_json() if args.json else line.in_words()
    except OSError as error:
        raise ServiceError(f"{args.file}: cannot be read ({error.strerror})") from None


def _opened(path: Path) -> TextIO:
    """A file, or a pipe such as ``<(zcat old.log.gz)``: one that nobody writes to is empty."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise OSError(errno.EINVAL, "it is neither a file nor a pipe")
        os.set_blocking(handle, True)
        return open(handle, encoding="utf-8", errors="replace")
    except BaseException:
        os.close(handle)
        raise


def _coming(file: TextIO) -> Iterator[str]:
    """The lines that are written to the file from now on, for ever."""
    import time

    from pi.system.log_reader import lines

    while True:
        yield from lines(file)
        time.sleep(0.5)
