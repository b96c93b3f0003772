"""Attacks on zerodigit, with a floor for each: nothing is lost, nobody gets in, all is bounded.

    python -m tools.attacks lost       labels acknowledged and lost: the service is killed at
                                       random, the database locked, the card full
    python -m tools.attacks planted    a hostile member of the group, and a stranger: links,
                                       pipes, huge files, code, under every name; needs root
    python -m tools.attacks bombs      hostile inputs of up to 1 MB for every reader: memory,
                                       time, and how it ends

Each runs the real service and the real commands, in folders of its own that are removed
afterwards, and prints one table. It tells on stderr what it is at.

exit codes: 0 all floors held, 1 one was missed, 2 wrong usage
"""

from __future__ import annotations

import argparse
import os
import sys

# numpy would start threads, and a process with threads is not to be forked.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from tools import command
from tools.attacks import bombs, lost, planted, table

_MEASURES = {"lost": lost, "planted": planted, "bombs": bombs}


def main(argv: list[str] | None = None) -> int:
    """Run one measure; 0 if all floors held, 1 if one was missed."""
    parser = command.parser("tools.attacks", __doc__)
    measures = parser.add_subparsers(required=True, metavar="MEASURE")
    for name, module in _MEASURES.items():
        text = module.__doc__ or ""
        each = measures.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(each)
        each.set_defaults(measure=module.measure)
    arguments = parser.parse_args(argv)
    return command.run("attacks", lambda: table.show(arguments.measure(arguments)))


if __name__ == "__main__":
    sys.exit(main())
