"""One night of learning for many Zeros: what each was told, all of them learn.

Over SSH, all hosts side by side: it collects the labelled digits of every Zero
(28x28 pixels and a label, no photograph), holds one night over all of them on
this computer, on all its cores, and hands the new weights to every Zero. Each
lets them in only if they read its own labelled digits no worse and forget
nothing.

examples:
  tools/classroom pi@zero1.local pi@zero2.local
  tools/classroom --hosts class.txt              a host a line, # for remarks
  tools/classroom --hosts class.txt --dry-run    who answers, with how many
  tools/classroom --hosts class.txt --collect-only
                                                 the same without it goes on

Before the first time: tools/deploy HOST puts zerodigit on a Zero, and
ssh-copy-id HOST your key, for nobody is asked for a password here. Ports,
users and names are ssh's affair (~/.ssh/config). The user there must be in the
group zerodigit, as the one is who installed it. With MNIST here
(`python -m tools.fetch_mnist`) less is forgotten.

The table at the end has of each host its labelled digits, how many of them are
read wrongly before and after the night, each by weights that have not seen it,
and what it decided. One that stays as wrong as it was has wrong labels perhaps:
leave it out. `zerodigit history` on a Zero says what was decided, and
`zerodigit weights rollback` takes it back.

A host that is off, or answers what no Zero answers, is named and stops no
other. Whatever interrupts a run, the same command goes on: it asks nobody twice
for digits or for a decision, and the night ends with the same weights. After a
run has ended the next one begins anew; where no label is new it holds no night,
and asks only hosts that have not decided.

What is whose: no Zero gets another's digits, all get the same weights, which
say how many digits and hosts there were. On this computer the digits are in the
state folder, which only you may read, until the run has ended.

exit codes: 0 done, 1 something went wrong with a host, 2 wrong usage, 3 there
is no host, or a file that cannot be read, 130 interrupted
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools import command

if TYPE_CHECKING:
    from pi.retraining.recipe import Recipe

FOLDER = Path(__file__).resolve().parents[2] / ".classroom"


def main(
    argv: Sequence[str] | None = None,
    program: Sequence[str] = ("ssh",),
    recipe: Recipe | None = None,
) -> int:
    """Run the command; its exit code.

    program : in place of ssh, with its arguments. recipe : of the night, by default that of
    :mod:`tools.fleet.night`.
    """
    arguments = _parser().parse_args(argv)

    def work() -> int:
        # Only now: help needs no numpy.
        from tools.fleet import session

        return session.hold(arguments, program, recipe)

    return command.run("classroom", work, "interrupted; the same command goes on from here")


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.fleet.cli", __doc__)
    parser.prog = "tools/classroom"
    add = parser.add_argument
    add("host", nargs="*", metavar="HOST", help="as ssh knows it: pi@zero.local")
    add("--hosts", type=Path, metavar="FILE", help="further hosts, a line each")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--collect-only", action="store_true", help="collect, and stop")
    only.add_argument(
        "--dry-run", action="store_true", help="collect, keep nothing, change nothing"
    )
    add("--anew", action="store_true", help="go on with nothing that there is")
    add("--model", type=Path, help="weights to begin with (default: those that we ship)")
    add(
        "--state",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="where what is unfinished is kept (default: .classroom in the checkout)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
