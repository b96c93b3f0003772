"""``zerodigit retrain``: learn from the labelled samples now, as every night.

examples:
  zerodigit retrain                  learn from what is newly labelled
  zerodigit retrain --minutes 20     stop after so long; the next call goes on
  sudo systemctl start zerodigit-retrain
                                     the same at idle priority, in the journal
  zerodigit history                  what came of it

It fine-tunes the weights that read on the digits that have a label, and on
digits that they must not forget. The new weights read from then on if they
read more of the owner's digits than before, and digits like them that they had
not seen no worse, no longer read at most four of 1,000 that must not be
forgotten, and unlearn none that was confirmed. Otherwise a weaker blend of old
and new is tried, and if none passes the line says why. The service runs on
meanwhile; `zerodigit weights rollback` takes a night back.

SIGTERM, Ctrl-C and a terminal that is closed (SIGHUP) save and stop; the same
command goes on, and ends with the same weights.

--scheduled is the timer's, which asks every half hour. With a clock that is
right a night begins at retrain.hour, at 3:00, and ends within three hours. A
Pi that was off at that hour, or does not know the time, learns when nothing
has been shown for half an hour (unless retrain.when_idle is false).
`zerodigit status` says what the next night waits for. A unit that somebody
starts by hand does not wait.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from pi.cli import flags
from pi.cli.errors import FAILED, OK
from pi.cli.format import night_details
from pi.devices.terminal import Terminal
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pi.config import Config
    from pi.retraining.nightly import Night
    from pi.retraining.recipe import Recipe
    from pi.retraining.schedule import ClockState


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "retrain",
        run,
        __doc__,
        codes={
            0: "done, or nothing to do",
            1: "another night is at work, or too little memory",
            4: "there are no weights to learn from",
            6: "",
            7: "the samples or what was learnt cannot be read or written",
        },
    )
    add = parser.add_argument
    add("--until", metavar="HH:MM", help="stop at this time of day, if the clock is trusted")
    add("--minutes", type=float, metavar="N", help="stop after so many minutes (default 180)")
    add("--anew", action="store_true", help="learn even if no label is new")
    add("--scheduled", action="store_true", help="only if it is time for a night (see below)")
    flags.add_settings(parser)


def run(
    args: argparse.Namespace,
    clock_state: Callable[[Config, Path], ClockState] | None = None,
    recipe: Recipe | None = None,
) -> int:
    """Hold a night if it is time, and print what came of it.

    clock_state : gives the clocks, for settings and a run folder; by default this machine's.
    """
    from pathlib import Path

    from pi.system import logs

    settings = flags.load_settings(args)
    logs.set_up(settings.service.log_level)
    flags.say_where(settings)
    with as_owner(Path(settings.samples.folder)):
        return _hold(args, settings, clock_state or _clock_state, recipe)


def _hold(
    args: argparse.Namespace,
    settings: Config,
    clock_state: Callable[[Config, Path], ClockState],
    recipe: Recipe | None,
) -> int:
    from pi import config
    from pi.retraining import schedule

    folder = config.run_folder(settings)
    state = clock_state(settings, folder)
    scheduled = args.scheduled and not _started_by_hand()
    hours = settings.retrain if scheduled else None
    left_s = schedule.seconds_left(state, args.until, args.minutes, hours)
    if scheduled:
        why = schedule.too_early(state, settings.retrain)
        if why is not None:
            print(f"no night now: {why}")
            return OK
    # Only now: numpy takes seconds on a Zero.
    from pi.retraining import nightly

    with progress_shown(folder) as report, _stopper(time.monotonic() + left_s) as stop:
        night = nightly.run(settings, recipe=recipe, stop=stop, report=report, anew=args.anew)
    # A night by hand, or one that had no memory, does not keep the next one from beginning.
    if scheduled and night["outcome"] != "no memory":
        schedule.set_stamp(settings, folder)
    _say(night)
    return FAILED if night["outcome"] == "no memory" else OK


def _clock_state(settings: Config, folder: Path) -> ClockState:
    from pi.retraining import schedule

    return schedule.clock_state(settings, folder, _idle_s(folder))


def _started_by_hand(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether systemd runs this and no timer asked for it (systemd.exec(5), since 252)."""
    return "INVOCATION_ID" in environ and "TRIGGER_UNIT" not in environ


@contextmanager
def progress_shown(
    folder: Path, stream: TextIO | None = None, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[str, float], None]]:
    """A function that shows a stage and a share, and writes them into the run folder.

    stream : standard error by default. In the journal and in a file there is a line now and
        then, on a terminal one line that is kept up to date.
    """
    from pi.retraining import progress
    from pi.system import logs

    stream = sys.stderr if stream is None else stream
    terminal = Terminal(stream)

    def show(words: str) -> None:
        if logs.leads_to_journal(stream):
            logs.say(f"night: {words}")
        elif terminal.live:
            terminal.draw([f"{words}; Ctrl-C saves and stops"[: terminal.size()[0] - 1]])
        else:
            terminal.line(words)

    often = progress.WRITE_EVERY_S if terminal.live else progress.SAY_EVERY_S
    night = progress.Progress(folder, show, often, monotonic)
    try:
        yield night.report
    finally:
        night.close()
        terminal.close()


@contextmanager
def _stopper(deadline: float) -> Iterator[Callable[[], bool]]:
    """A function that says whether to stop: at the deadline, or after a signal."""
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: received.append(number))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN  # as under nohup
    }
    try:
        yield lambda: bool(received) or time.monotonic() >= deadline
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _idle_s(folder: Path) -> float | None:
    """Time for which the running service has shown nothing; None if none is running."""
    from core.errors import ServiceError
    from pi.control.client import SOCKET, ask

    try:
        return float(ask(folder / SOCKET, {"do": "status"})["idle_s"])
    except (ServiceError, KeyError, TypeError, ValueError):
        return None


def _say(night: Night) -> None:
    """To the journal in one line with fields; to a terminal in a few for people."""
    from pi.retraining import night_words
    from pi.system import logs

    names = ["digits", "read_before", "read_after", "before", "after"]
    names += ["exam_before", "exam_after", "exam_count", "version"]
    if logs.leads_to_journal(sys.stderr):
        fields: dict[str, Any] = {name: night.get(name) for name in names}
        logs.say(f"night: {night_words.sentence(night)}", **fields)
        return
    print(night_words.line(night))
    for line in night_details(night):
        print(f"  {line}")
