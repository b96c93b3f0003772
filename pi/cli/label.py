"""``zerodigit label``: say which digit a sample shows.

examples:
  zerodigit label            each sample without a label, the least sure first
  zerodigit label 12 7       sample 12 is a 7
  zerodigit label 12 none    sample 12 is no digit
  zerodigit label 12 forget  nobody knows what sample 12 is
  zerodigit label --last 7   what is displayed, or was a moment ago, is a 7
  zerodigit label --suspects
                             each whose label the last night doubts

keys, sample by sample:
  0 to 9      what it is         Enter   it was read rightly
  n           no digit           s       skip it
  d           delete it          u       undo what was done last
  q           enough             ?       explain the keys

--suspects walks through samples that a night was taught and would still read
otherwise: some of their labels are wrong. s leaves a label as it is.

The nights learn from the labels. All while the service runs. What is said to be
labelled is on the card. --last says so within five seconds, or that the label
is not yet on the card; then the service tries again for as long as it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from core.errors import ServiceError
from pi.cli import flags
from pi.cli.errors import OK, WAITING, UsageError
from pi.system.clock import process_age_s
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from pi.config import Config
    from pi.samples.store import SampleStore

# A label for --last: when it is asked about, and how long it may take in all, s.
_FIRST_S, _EVERY_S, _PATIENCE_S = 0.05, 0.2, 4.3
# However long this command took to start.
_LEAST_S = 1.0

_NONE, _FORGET = "none", "forget"


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "label",
        run,
        __doc__,
        codes={
            1: "--last: not labelled, or not known: nothing was shown; the service is\n"
            "       down, or may not be asked",
            7: "the samples cannot be read or written; no such sample",
            8: "--last: not yet on the card; it is tried again until it is",
        },
    )
    parser.add_argument(
        "id",
        type=flags.sample_id,
        nargs="?",
        metavar="ID",
        help="number of a sample, as `zerodigit samples` lists it",
    )
    parser.add_argument("what", nargs="?", metavar="DIGIT", help="0 to 9, none or forget")
    parser.add_argument(
        "--last", metavar="DIGIT", help="label what is displayed, or was a moment ago"
    )
    parser.add_argument(
        "--suspects", action="store_true", help="walk through labels that may be wrong"
    )
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Label one, or walk."""
    settings = flags.load_settings(args)
    if args.last is not None:
        from pi import config
        from pi.control.client import SOCKET, understood

        digit, path = _label(args.last), config.run_folder(settings) / SOCKET
        with understood():
            return label_last(path, digit, time.monotonic() - process_age_s())

    from pi.samples.store import SampleStore

    flags.say_where(settings)
    with as_owner(Path(settings.samples.folder)), SampleStore.of(settings) as store:
        if args.suspects:
            _walk_suspects(settings, store)
        elif args.id is None:
            from pi.cli.label_walk import LabelWalk, by_worth

            waiting = by_worth(store.select("label IS NULL"), settings.recogniser.sure)
            with _keys(sys.stdin) as key:
                LabelWalk(store, waiting, sys.stdout).run(key)
            if count := len(_suspects(settings, store)):
                print(f"labels that may be wrong: {count}; `zerodigit label --suspects`")
        elif args.what is None:
            raise UsageError("and what is it? `zerodigit label ID DIGIT`")
        else:
            label = None if args.what == _FORGET else _label(args.what)
            store.label(args.id, label, "label")
            print(f"sample {args.id}: {args.what}")
    return OK


def _suspects(settings: Config, store: SampleStore) -> dict[int, str]:
    """What to say of each sample whose label the last night doubts, unless it changed since."""
    from pi.retraining import night_log
    from pi.samples.store import word

    labels = {each.id: each.label for each in store.labelled()}
    return {
        number: f"labelled {word(label)}; a night that learnt so still reads {word(taken)}"
        for number, label, taken in night_log.suspects(night_log.path_of(settings))
        if labels.get(number) == label
    }


def _walk_suspects(settings: Config, store: SampleStore) -> None:
    from pi.cli.label_walk import LabelWalk

    notes = _suspects(settings, store)
    if not notes:
        print("the last night doubts no label, or they were changed since")
        return
    with _keys(sys.stdin) as key:
        LabelWalk(store, list(notes), sys.stdout, notes).run(key)


def label_last(
    path: Path,
    label: int,
    began_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Have the service behind the socket at ``path`` label what was shown last.

    Waits until the label is on the card: OK; WAITING if that takes too long after ``began_s``,
    seconds of the clock.

    Raises
    ------
    ServiceError : it is not labelled, or that is not known.
    """
    from pi.control.client import NoAnswerError, ask
    from pi.samples.store import word

    until = max(began_s + _PATIENCE_S, clock() + _LEAST_S)
    try:
        answer = ask(path, {"do": "label", "label": label}, until - clock())
    except NoAnswerError as error:
        raise _not_known(error) from error
    shown = answer["shown"]
    about = "what it was unsure of last" if shown is None else f"the {shown} shown last"
    pause = _FIRST_S
    while True:
        sleep(pause)
        pause = _EVERY_S
        request = {"do": "ticket", "ticket": answer["ticket"]}
        try:
            state = ask(path, request, max(_FIRST_S, until - clock()))
        except ServiceError as error:
            raise _not_known(error) from error
        if state["state"] == "stored":
            print(f"{about}: labelled {word(label)}, stored as sample {state['sample']}")
            return OK
        if state["state"] == "lost":
            raise ServiceError(f"{about}: not labelled: {state['why']}")
        if clock() + pause >= until:
            why = state["why"] or "it is being written"
            print(
                f"zerodigit: {about}: not yet on the card ({why}): tried again until it is; "
                "see `zerodigit status`",
                file=sys.stderr,
            )
            return WAITING


def _not_known(error: ServiceError) -> ServiceError:
    return ServiceError(
        f"it is not known whether it is labelled: {error}; see `zerodigit samples --last 1`"
    )


def _label(text: str) -> int:
    from core.classes import NO_DIGIT

    if text == _NONE:
        return NO_DIGIT
    if len(text) == 1 and text in "0123456789":
        return int(text)
    raise UsageError(f"a label is 0 to 9, or {_NONE}, not {text!r}")


@contextlib.contextmanager
def _keys(stream: TextIO) -> Iterator[Callable[[], str]]:
    """Keys as they are pressed; from what is no terminal, a character at a time."""
    if not stream.isatty():
        yield lambda: stream.read(1)
        return
    import termios
    import tty

    handle = stream.fileno()
    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    try:
        yield lambda: stream.read(1)
    finally:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(handle, termios.TCSADRAIN, before)
