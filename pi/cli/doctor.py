"""``zerodigit doctor``: check that everything the appliance needs is there.

examples:
  zerodigit doctor
  sudo -u zerodigit zerodigit doctor     with the rights of the service
  zerodigit doctor --json                for programs, and for reports of faults

Each line is ok, warn (it works, but) or fail (it does not), with the remedy
below it. The camera and the pins of a running service are in use by it, and
that is well.
"""

from __future__ import annotations

import argparse
from typing import Any

from pi.cli import flags
from pi.cli.errors import FAILED, OK


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers, "doctor", run, __doc__, codes={0: "nothing fails", 1: "something does"}
    )
    parser.add_argument(
        "--json", action="store_true", help="as JSON, for programs and reports of faults"
    )
    flags.add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and say; 0, or 1 if something fails."""
    from pi.diagnostics import doctor
    from pi.diagnostics.finding import FAIL, in_words, summary

    findings = []
    for finding in doctor.examine(flags.load_settings(args)):
        findings.append(finding)
        if not args.json:
            print("\n".join(in_words(finding)), flush=True)
    if args.json:
        import dataclasses
        import json

        print(json.dumps([dataclasses.asdict(each) for each in findings], indent=2))
    else:
        print(summary(findings))
    return FAILED if any(each.level == FAIL for each in findings) else OK
