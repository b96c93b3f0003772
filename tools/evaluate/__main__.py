"""How well are digits read? Each measure goes through the path that ``predict`` ships.

    python -m tools.evaluate mnist                      the 10,000 MNIST test digits
    python -m tools.evaluate corrupted                  MNIST-C's fifteen corruptions
    python -m tools.evaluate photos DIR                 labelled photographs (DIR/index.tsv)
    python -m tools.evaluate photos DIR --turn -25 25   the same, turned either way
    python -m tools.evaluate scenes                     simulated sheets of one digit
    python -m tools.evaluate held                       drawn sheets held up before drawn rooms
    python -m tools.evaluate bands                      pages in bands of light
    python -m tools.evaluate nodigit DIR                pictures of something else
    python -m tools.evaluate nodigit --generated 2000   drawn ones, by kind
    python -m tools.evaluate rows DIR                   several digits on a sheet
    python -m tools.evaluate rows --generated 300       drawn ones
    python -m tools.evaluate video                      sheets that come, stay and go
    python -m tools.evaluate threshold DIR              sources left out in turn
    python -m tools.evaluate owner DIR                  do the nights learn a hand?
    python -m tools.evaluate owner DIR --instant        does a label help at once?
    python -m tools.evaluate class                      a night over twenty owners' digits
    python -m tools.evaluate integers DIR               what whole numbers lose to float32
    python -m tools.evaluate photos DIR --sheet failures.png
    python -m tools.evaluate scenes --confusion table.png

The last line is ``<name> <figure> (...)``. A digit that is not read with confidence is
unread, and unread is wrong.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.errors import DatasetError
from core.reading.reader import Reader
from pi.cli.flags import number
from tools import command
from tools.evaluate.measures import (
    bands,
    class_night,
    corrupted,
    held,
    instant,
    integers,
    mnist,
    nodigit,
    owner,
    photos,
    rows,
    scenes,
    threshold,
    video,
)
from tools.evaluate.photographs import PHOTOS

_count = number(int, 1)


def main(argv: list[str] | None = None) -> int:
    """Run one measure; 0 when it could be taken, 1 if a floor is missed, 3 for bad input."""
    arguments = _parser().parse_args(argv)

    def work() -> int | None:
        _check_folders(arguments)
        reader = Reader.from_file(arguments.model) if arguments.model else Reader.default()
        code: int | None = arguments.measure(reader, arguments)
        return code

    return command.run("evaluate", work, "interrupted; nothing was measured")


def _check_folders(arguments: argparse.Namespace) -> None:
    """Better missed now than after many minutes."""
    for picture in (arguments.sheet, getattr(arguments, "confusion", None)):
        if picture is not None and not picture.parent.is_dir():
            raise DatasetError(f"{picture}: there is no folder {picture.parent}")


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("tools.evaluate", __doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", type=Path, help="weights to judge; default: those we ship")
    common.add_argument("--sheet", type=Path, metavar="OUT.png", help="draw the failures")
    measures = parser.add_subparsers(required=True, metavar="MEASURE")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return measures.add_parser(name, parents=[common], help=text, description=text)

    digits = add("mnist", "the MNIST test digits")
    _add_data(digits, mnist)
    _add_confusion(digits)
    spoiled = add("corrupted", "MNIST-C's fifteen corruptions of the MNIST test digits")
    _add_count(spoiled, corrupted.LIMIT, "digits a corruption, evenly from the set", "--limit")
    _add_data(spoiled, corrupted)
    single = add("photos", "labelled photographs of one digit")
    single.add_argument("folder", type=Path, metavar="DIR", help="holds index.tsv")
    single.add_argument("--kind", default="photo_single", help="rows to take (%(default)s)")
    single.add_argument(
        "--turn",
        type=number(float, -360, 360),
        nargs="+",
        metavar="DEGREES",
        help="read each turned by so much to the left, once for each",
    )
    single.set_defaults(measure=photos.measure)
    _add_confusion(single)
    drawn = add("scenes", "simulated photographs of one digit")
    _add_count(drawn, scenes.COUNT, "sheets to draw")
    drawn.add_argument(
        "--style",
        choices=scenes.STYLES,
        default=scenes.STYLES[0],
        help="usual: held so that it can be read; any: as drawn to learn from (%(default)s)",
    )
    drawn.set_defaults(measure=scenes.measure)
    _add_confusion(drawn)
    raised = add("held", "drawn sheets held up before drawn rooms, and the rooms alone")
    _add_count(raised, held.COUNT, "sheets to draw, and as many rooms")
    raised.set_defaults(measure=held.measure)
    banded = add("bands", "pages in bands of light, as of a lamp on mains or a blind")
    _add_count(banded, bands.COUNT, "pages to draw for each depth")
    banded.add_argument(
        "--depth",
        type=number(float, 0, 1),
        nargs="+",
        default=bands.DEPTHS,
        metavar="SHARE",
        help="light that the darkest part lacks (default: 0.3 and 0.5)",
    )
    banded.set_defaults(measure=bands.measure)
    for name, module, text in (
        ("nodigit", nodigit, "pictures without a digit"),
        ("rows", rows, "several digits on one sheet"),
        ("threshold", threshold, "the doubt to call a digit with, sources left out"),
    ):
        either = add(name, text)
        _add_folder(either)
        either.add_argument("--kind", help="rows of it to take; default: what suits")
        either.add_argument(
            "--generated",
            type=_count,
            metavar="N",
            help="N drawn pictures instead (threshold: besides)",
        )
        either.set_defaults(measure=module.measure)
    hand = add("owner", "owners who label a few digits: errors before and after a night")
    _add_folder(hand, "index.tsv with writer=NAME in its notes")
    hand.add_argument(
        "--count",
        type=_count,
        metavar="N",
        help=f"unseen digits of a drawn owner (default: {owner.UNSEEN}); with --instant of each"
        f" habit (default: {instant.UNSEEN})",
    )
    hand.add_argument("--work", type=Path, metavar="DIR", help="keep what was cut out there")
    _add_data(hand, owner)
    hand.add_argument(
        "--instant",
        dest="measure",
        action="store_const",
        const=instant.measure,
        help="what the memory of labelled examples does with 1, 3 and 30 labels, and no night",
    )
    group = add("class", "twenty owners: one night over the digits of all, and each one's own")
    _add_count(group, class_night.COUNT, "unseen digits of each owner's habit, and any")
    group.add_argument(
        "--owners",
        type=number(int, 2, len(class_night.CLASS)),
        default=len(class_night.CLASS),
        metavar="N",
        help="so many, the first ones: for a quick try (default: %(default)s)",
    )
    group.add_argument("--work", type=Path, metavar="DIR", help="keep what was cut out there")
    _add_data(group, class_night)
    whole = add("integers", "digits lost by reading in whole numbers instead of float32")
    _add_folder(whole)
    whole.add_argument("--kind", default="photo_single", help="rows to take (%(default)s)")
    _add_data(whole, integers)
    film = add("video", "sheets that come in, are held and leave")
    _add_count(film, video.COUNT, "sheets to draw")
    film.set_defaults(measure=video.measure)
    return parser


def _add_folder(parser: argparse.ArgumentParser, what: str = "index.tsv") -> None:
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=PHOTOS,
        metavar="DIR",
        help=f"holds photographs and {what} (default: %(default)s)",
    )


def _add_count(
    parser: argparse.ArgumentParser, default: int, what: str, option: str = "--count"
) -> None:
    what = f"{what} (default: %(default)s)"
    parser.add_argument(option, type=_count, default=default, metavar="N", help=what)


def _add_data(parser: argparse.ArgumentParser, module: object) -> None:
    parser.add_argument("--data", type=Path, help="folder of the IDX files (default: .mnist)")
    parser.set_defaults(measure=module.measure)


def _add_confusion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--confusion",
        type=Path,
        metavar="OUT.png",
        help="draw which digit was taken for which; of scenes with examples",
    )


if __name__ == "__main__":
    sys.exit(main())
