"""``zerodigit weights``: list, install, promote, roll back, reset, export weights.

examples:
  zerodigit weights                      what there is, and what reads now
  zerodigit weights --json | jq .        the same for programs: see below
  zerodigit weights install mine.npz     read with a file of `zerodigit train`
  zerodigit weights offer class.npz      only if it does your digits no harm
  zerodigit weights rollback             back to what read before
  zerodigit weights promote 3            to version 0003
  zerodigit weights reset                to the weights that came with zerodigit
  zerodigit weights export here.npz      a copy of what reads now

Of what a night has made the list says when that was, and how many of the
owner's digits were read before and after it; of other files what they say that
they scored, and when they were stored.

What is offered, as a class night does, is judged as a night is: it is
taken if it reads no fewer of your labelled digits, none wrongly that was
confirmed, and forgets nothing. That takes a Zero four minutes, and
`zerodigit history` has what came of it.

A file is taken only after it has read a frame. The running service takes it up
within ten seconds, without going dark, and the command waits until it has.
The last five versions are kept, in /var/lib/zerodigit/weights; whoever is in
the group zerodigit may change them. What fails all the same when the service
loads it is set aside, as 0003.npz.damaged: the one before it reads, in the end
the shipped one. To take it up again, install that file.

--json prints a list of objects: version, current (whether it is chosen),
set_aside, file, problem (null: none), stored (s since 1970) and info, the
file's account of its training and scores; with offer the night's line of
`zerodigit history --json`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pi.cli import flags
from pi.cli.errors import OK
from pi.cli.streams import say
from pi.system.owner import as_owner

WAIT_S = 30.0
"""The running service is given so long to take up other weights."""

ASK_S = 0.5
"""Time between two questions whether it has."""

_MOST_DIGITS = 1_000_000

if TYPE_CHECKING:
    from pi.config import Config
    from pi.models.registry import ModelRegistry, Version


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "weights",
        run,
        __doc__,
        codes={
            1: "the running service does not take the weights up; a night is at work",
            4: "a bad model file, or no such version",
            7: "the weights cannot be read or written",
        },
    )
    flags.add_settings(parser)
    flags.add_json(parser)
    parser.set_defaults(do=_LIST)
    verbs = parser.add_subparsers(
        title="what to do", description="without WHAT the versions are listed", metavar="WHAT"
    )

    listing = verbs.add_parser("list", help="the versions, and which one reads")
    flags.add_json(listing, argparse.SUPPRESS)
    listing.set_defaults(do=_LIST)

    install = verbs.add_parser("install", help="take a model file and read with it")
    install.add_argument("file", help='the file, "-" for what comes in by a pipe')
    install.set_defaults(do=_install)

    offer = verbs.add_parser("offer", help="take a model file if it does no harm")
    offer.add_argument("file", help='the file, "-" for what comes in by a pipe')
    flags.add_json(offer, argparse.SUPPRESS)
    offer.set_defaults(do=_offer)

    promote = verbs.add_parser("promote", help="read with a version that is there")
    promote.add_argument("version", help="as in the list: 0003, or 3, or shipped")
    promote.set_defaults(do=_as_owner(lambda args, registry: registry.promote(args.version)))

    rollback = verbs.add_parser("rollback", help="read with what read before")
    rollback.set_defaults(do=_as_owner(lambda args, registry: registry.roll_back()))

    reset = verbs.add_parser("reset", help="read with the weights that came with zerodigit")
    reset.set_defaults(do=_as_owner(lambda args, registry: registry.factory_reset()))

    export = verbs.add_parser("export", help="copy a version to a file")
    export.add_argument("file", help='where to, "-": standard output')
    export.add_argument("--version", help="which one (default: what reads now)")
    export.set_defaults(do=_export)


def run(args: argparse.Namespace) -> int:
    """Do it; 0, or another code through an expected error."""
    from pi.models import access
    from pi.models.registry import ModelRegistry

    flags.check_json(args, args.do in (_LIST, _offer))
    settings = flags.load_settings(args)
    flags.say_where(settings)
    registry = ModelRegistry.of(settings)
    with as_owner(registry.folder.parent):
        access.check_weights(registry.folder)
    chosen = args.do(args, registry)
    if settings.service.weights:
        if chosen is not None:
            print(f"version {chosen} is chosen")
        say(
            f"zerodigit: the settings name a file, and that one reads: "
            f"{settings.service.weights} ({settings.origin('service', 'weights')})",
            error=True,
        )
    elif chosen is not None:
        print(taken_up(chosen, registry, _reader(settings)))
    return OK


def _as_owner(
    do: Callable[[argparse.Namespace, ModelRegistry], str | None],
) -> Callable[[argparse.Namespace, ModelRegistry], str | None]:
    """A verb that touches no file but those of the registry."""

    def inside(args: argparse.Namespace, registry: ModelRegistry) -> str | None:
        with as_owner(registry.folder.parent):
            return do(args, registry)

    return inside


def _reader(settings: Config) -> Callable[[], dict[str, Any] | None]:
    """A function that asks what the running service reads with; None if none runs."""
    from core.errors import ServiceError
    from pi.config import run_folder
    from pi.control.client import SOCKET, ask, understood

    def answer() -> dict[str, Any] | None:
        try:
            with understood():
                found = ask(run_folder(settings) / SOCKET, {"do": "status"})["weights"] or {}
                return {name: found.get(name) for name in ("version", "file")}
        except ServiceError as error:
            if isinstance(
                error.__context__,
                FileNotFoundError | ConnectionRefusedError | NotADirectoryError,
            ):
                return None
            raise

    return answer


def taken_up(
    name: str,
    registry: ModelRegistry,
    reads: Callable[[], dict[str, Any] | None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until the running service reads with a version; what to say of it.

    reads : asks what it reads with, None if no service runs; raises ServiceError.

    Raises ServiceError if the service does not take the version up within WAIT_S.
    """
    from core.errors import ServiceError

    end = clock() + WAIT_S
    while True:
        try:
            found = reads()
        except ServiceError as error:
            raise ServiceError(
                f"version {name} is chosen, and whether it reads: {error}"
            ) from None
        if found is None or found.get("version") == name:
            return f"version {name} reads from now on"
        if registry.order()[0] != name or clock() >= end:
            break
        sleep(ASK_S)
    reading = found.get("version") or found.get("file") or "none yet"
    if registry.order()[0] != name:
        raise ServiceError(
            f"version {name} does not read: the running service could not load it; it reads "
            f"with {reading}; see `zerodigit logs`"
        )
    raise ServiceError(
        f"version {name} is chosen, but the running service reads with {reading} still; "
        "see `zerodigit logs`"
    )


def _list(args: argparse.Namespace, registry: ModelRegistry) -> None:
    versions = registry.versions()
    if args.json:
        import json

        print(json.dumps([_for_programs(each) for each in versions], indent=2))
        return
    for each in versions:
        say(_line(each))


_LIST = _as_owner(_list)


def _line(version: Version) -> str:
    from pi.models.loaded import scores

    mark = "*" if version.current else " "
    if version.problem is not None:
        what = "set aside" if version.aside else "damaged"
        return f"{mark} {version.name:8} {what}: {version.problem}"
    learnt = _learnt(version.info)
    said = ", ".join(f"{name} {value:.4f}" for name, value in scores(version.info).items())
    said = _taught(learnt) if learnt else said or "no scores in the file"
    return f"{mark} {version.name:8} {_made(version, learnt)}  {said}"


def _learnt(info: dict[str, Any]) -> dict[str, Any]:
    """What the file of a night says of it; {} of others. It may be anybody's of the group."""
    from core.files.foreign import is_integer

    learnt = info.get("learnt")
    names = ("digits", "before", "after")
    if not isinstance(learnt, dict) or not all(
        is_integer(learnt.get(name), 0, _MOST_DIGITS) for name in names
    ):
        return {}
    return learnt


def _taught(learnt: dict[str, Any]) -> str:
    """How many of the owner's digits were read before the night, and are after it."""
    from core.files.foreign import is_integer

    before, after = learnt.get("read_before"), learnt.get("read_after")
    said = f"learnt from {learnt['digits']} labelled digits: "
    if is_integer(before, 0, _MOST_DIGITS) and is_integer(after, 0, _MOST_DIGITS):
        return f"{said}{before} read before, {after} after"
    return f"{said}{learnt['before']} errors before, {learnt['after']} after"


def _made(version: Version, learnt: dict[str, Any]) -> str:
    """When it was made, by the clock of then: "?" after it if that was not trusted."""
    from datetime import datetime

    try:
        if "at" in learnt:
            made = datetime.fromisoformat(learnt["at"])
        else:
            made = datetime.fromtimestamp(version.stored_s)
        said = made.strftime("%Y-%m-%d %H:%M")
    except (OverflowError, TypeError, ValueError, OSError):
        # Any time can be given to a file.
        return "at an odd time"
    return said + ("?" if learnt.get("clock_trusted") is False else "")


def _for_programs(version: Version) -> dict[str, Any]:
    return {
        "version": version.name,
        "current": version.current,
        "set_aside": version.aside,
        "file": str(version.path),
        "problem": version.problem,
        "stored": version.stored_s,
        "info": version.info,
    }


def _content(name: str) -> tuple[bytes, str]:
    """The bytes of a file that the user named, and what to call it. Raises ModelFormatError."""
    from core.errors import ModelFormatError
    from core.files import named
    from pi.models.registry import LARGEST

    origin = named.shown(name)
    try:
        # One byte more than any that is taken shows that there are too many.
        if name == named.STDIN:
            return sys.stdin.buffer.read(LARGEST + 1), origin
        with named.open_named(name, LARGEST) as file:
            return file.read(LARGEST + 1), origin
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelFormatError(f"{origin}: cannot be read ({why}); not installed") from None


def _install(args: argparse.Namespace, registry: ModelRegistry) -> str:
    data, origin = _content(args.file)
    with as_owner(registry.folder.parent):
        return registry.install(data, origin)


def _offer(args: argparse.Namespace, registry: ModelRegistry) -> str | None:
    """Its name if it is taken, unless a program asks."""
    from core.errors import ServiceError
    from pi import config
    from pi.cli.retrain import progress_shown
    from pi.retraining import night_words, offer

    settings = flags.load_settings(args)
    data, origin = _content(args.file)
    with (
        as_owner(registry.folder.parent),
        progress_shown(config.run_folder(settings)) as report,
    ):
        night = offer.judge(settings, data, origin, report=report)
    if night["outcome"] == "no memory":
        raise ServiceError(f"{origin}: not judged: {night['why']}")
    if args.json:
        import json

        print(json.dumps(night))
        return None
    say(night_words.line(night))
    return night.get("version")


@flags.with_output("file")
def _export(args: argparse.Namespace, registry: ModelRegistry) -> None:
    from core.files.output import write_output

    with as_owner(registry.folder.parent):
        name, data = registry.content(args.version)
    with write_output(args.file) as file:
        file.write(data)
    say(f"version {name} copied to {args.file}")
