"""``zerodigit history``: what came of each night.

examples:
  zerodigit history                  a line a night, the newest last
  zerodigit history --details        and what was confused with what
  zerodigit history --plot out.png   errors before and after, as a picture
  zerodigit history --json | jq .    all of it, for programs

A line says what a night learnt, whether the new weights were let in, and what
you may do. It is kept in night/history.jsonl beside the samples: 400 nights,
safe from power cuts.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from pi.cli import flags
from pi.cli.errors import OK
from pi.cli.streams import say
from pi.system.owner import as_owner


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "history",
        run,
        __doc__,
        codes={7: "the history cannot be read, or the plot not written"},
    )
    parser.add_argument(
        "--details", action="store_true", help="and what was confused with what"
    )
    parser.add_argument(
        "--json", action="store_true", help="all of it, one JSON object a night"
    )
    parser.add_argument(
        "--plot", metavar="OUT.png", help="draw the errors before and after each night"
    )
    flags.add_settings(parser)


@flags.with_output("plot")
def run(args: argparse.Namespace) -> int:
    """Print it, draw it."""
    from pi.retraining import night_log

    settings = flags.load_settings(args)
    flags.say_where(settings)
    with as_owner(Path(settings.samples.folder)):
        found = night_log.read(night_log.path_of(settings))
    if args.json:
        import json

        for night in found:
            print(json.dumps(night, sort_keys=True))
    elif not found:
        print("no night yet: label a few digits, `zerodigit label`, and wait for one")
    else:
        from pi.cli.format import night_details
        from pi.retraining import night_words

        for night in found:
            print(night_words.line(night))
            for line in night_details(night) if args.details else []:
                print(f"  {line}")
    if args.plot is not None:
        from pi.retraining import night_plot

        night_plot.draw(found, args.plot)
        say(f"drew {args.plot}")
    return OK
