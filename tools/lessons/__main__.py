"""Lessons in neural networks, each a short program on the network that runs on the Pi.

    python -m tools.lessons                          the list
    python -m tools.lessons predictor                one of them, plots drawn as text
    python -m tools.lessons predictor --plot p.png   its plots drawn by matplotlib, too
    python -m tools.lessons --gallery FOLDER         a picture of each, and a page of them

Each is a file tools/lessons/NAME.py, made to be read. The talk's experiments are apart:
python -m tools.experiments
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import command
from tools.lessons import LESSONS, docstring, run


def main(argv: list[str] | None = None) -> int:
    """List the lessons or run one; 3 for what the user can put right."""
    arguments = _parser().parse_args(argv)
    return command.run("lessons", lambda: _lessons(arguments))


def _lessons(arguments: argparse.Namespace) -> None:
    if arguments.gallery:
        from tools.lessons.gallery import make_gallery

        make_gallery(arguments.gallery)
    elif arguments.name:
        _run(arguments)
    else:
        for name in LESSONS:
            print(f"{name:<12}{docstring(name).splitlines()[0]}")


def _run(arguments: argparse.Namespace) -> None:
    from tools.lessons.page import Page

    if arguments.plot:
        from tools.plotting.panels import load_matplotlib

        load_matplotlib()  # Better missed now than after five epochs.
    page = Page(short=arguments.short, photos=arguments.photos)
    page.say(docstring(arguments.name) + "\n")
    run(arguments.name, page)
    if arguments.plot:
        page.save(arguments.plot)
        page.say(str(arguments.plot))


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.lessons", __doc__)
    parser.add_argument("name", nargs="?", choices=LESSONS, metavar="NAME", help="a lesson")
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="draw the plots properly")
    parser.add_argument("--short", action="store_true", help="a long lesson in small")
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help="for handwriting: pictures named like seven_7.jpg, the digit last",
    )
    parser.add_argument(
        "--gallery", type=Path, metavar="FOLDER", help="draw all lessons into a folder"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
