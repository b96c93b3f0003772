"""How well are digits read? Each measure goes through the path that ``predict`` ships.

    python -m tools.evaluate mnist                  the 10,000 MNIST test digits, as pictures
    python -m tools.evaluate photos DIR             labelled photographs (DIR/index.tsv)
    python -m tools.evaluate nodigit DIR            pictures of something else
    python -m tools.evaluate photos DIR --sheet failures.png

The last line is ``<name> <figure> (...)``. A digit that is not read with confidence is
unread, and unread is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core import datasets
from core.errors import DatasetError, ZerodigitError
from core.flatfield import Frame
from core.imagefile import load_frame
from core.metrics import wilson_interval
from core.reader import Reader, Reading
from tools.evaluation.photographs import Photograph, read_index
from tools.evaluation.sheet import Failure, draw
from tools.fetch_mnist import find_mnist

UNREAD = 10
"""Column of the confusion table for what was not read."""


def main(argv: list[str] | None = None) -> int:
    """Run one measure; 0 when it could be taken, 3 for bad input."""
    arguments = _parser().parse_args(argv)
    try:
        reader = Reader.from_file(arguments.model) if arguments.model else Reader.default()
        arguments.measure(reader, arguments)
    except ZerodigitError as error:
        print(f"evaluate: error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("evaluate: interrupted; nothing was measured", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", type=Path, help="weights to judge; default: those we ship")
    common.add_argument("--sheet", type=Path, metavar="OUT.png", help="draw every failure")
    measures = parser.add_subparsers(required=True, metavar="MEASURE")
    mnist = measures.add_parser("mnist", parents=[common], help="the MNIST test digits")
    mnist.add_argument("--data", type=Path, help="folder of the IDX files (default: .mnist)")
    mnist.set_defaults(measure=_mnist)
    for name, kind, measure, text in (
        ("photos", "photo_single", _photos, "labelled photographs of one digit"),
        ("nodigit", "none_photo", _nodigit, "pictures without a digit"),
    ):
        photos = measures.add_parser(name, parents=[common], help=text)
        photos.add_argument("folder", type=Path, metavar="DIR", help="holds index.tsv")
        photos.add_argument("--kind", default=kind, help="rows to take (default: %(default)s)")
        photos.set_defaults(measure=measure)
    return parser


def _mnist(reader: Reader, arguments: argparse.Namespace) -> None:
    folder = arguments.data or find_mnist()
    if folder is None:
        raise DatasetError("no MNIST here; fetch it with: python -m tools.fetch_mnist")
    data = datasets.load(folder, "test")
    tally = Tally()
    for number, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
        frame = np.ascontiguousarray(image)
        tally.add(f"{number} is {label}", "mnist", int(label), frame, reader.read(frame))
        _progress(number + 1, len(data))
    # The network by itself, beside the path: what cutting out costs.
    alone = reader.network.score(data.images, data.labels)
    tally.show(arguments.sheet)
    print(f"network alone, digits as MNIST cut them: {alone:.4f}")
    print(f"mnist {tally.accuracy:.4f} (n={tally.count})")


def _photos(reader: Reader, arguments: argparse.Namespace) -> None:
    tally = Tally()
    for photograph, frame in _frames(arguments):
        if photograph.label is None:
            raise DatasetError(f"{photograph.path}: its label is not one digit")
        reading = reader.read(frame)
        name = f"{photograph.path.stem} {reading.guess} {reading.confidence:.2f}"
        tally.add(name, photograph.source, photograph.label, frame, reading)
    tally.show(arguments.sheet)
    print(f"photos {tally.accuracy:.4f} (n={tally.count}, unread={tally.unread})")


def _nodigit(reader: Reader, arguments: argparse.Namespace) -> None:
    called: Counter[str] = Counter()
    count: Counter[str] = Counter()
    failures = []
    for photograph, frame in _frames(arguments):
        reading = reader.read(frame)
        count[photograph.source] += 1
        if reading.digit is not None:
            called[photograph.source] += 1
            name = f"{photograph.path.stem} {reading.digit} {reading.confidence:.2f}"
            failures.append(Failure.of(name, frame, reading))
    for source in sorted(count):
        print(f"{called[source]:5d} of {count[source]:5d}  {source}")
    if arguments.sheet:
        draw(failures, arguments.sheet)
    total = count.total()
    print(f"nodigit {called.total() / total:.4f} (n={total})")


def _frames(arguments: argparse.Namespace) -> Iterator[tuple[Photograph, Frame]]:
    photographs = read_index(arguments.folder, arguments.kind)
    for number, photograph in enumerate(photographs, 1):
        yield photograph, load_frame(photograph.path)
        _progress(number, len(photographs))


class Tally:
    """Readings counted by source and by what was taken for what."""

    def __init__(self) -> None:
        self.confusion = np.zeros((10, 11), dtype=np.int64)
        self.sources: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.failures: list[Failure] = []

    def add(self, name: str, source: str, label: int, frame: Frame, reading: Reading) -> None:
        """Count one reading of a frame that shows ``label``."""
        called = UNREAD if reading.digit is None else reading.digit
        self.confusion[label, called] += 1
        self.sources[source][0] += called == label
        self.sources[source][1] += 1
        if called != label:
            self.failures.append(Failure.of(name, frame, reading))

    @property
    def count(self) -> int:
        """How many were counted."""
        return int(self.confusion.sum())

    @property
    def unread(self) -> int:
        """How many were not called any digit."""
        return int(self.confusion[:, UNREAD].sum())

    @property
    def accuracy(self) -> float:
        """Share read rightly; unread is wrong."""
        return float(np.trace(self.confusion)) / self.count

    def show(self, sheet: Path | None) -> None:
        """Print accuracy by source, the confusion, the interval; draw the failures."""
        for source, (right, count) in sorted(self.sources.items()):
            print(f"{right:5d} of {count:5d}  {right / count:.3f}  {source}")
        print("\ntrue   " + "".join(f"{name:>6}" for name in [*range(10), "unread"]))
        for digit, row in enumerate(self.confusion):
            print(f"{digit:4d}   " + "".join(f"{value or '.':>6}" for value in row))
        low, high = wilson_interval(int(np.trace(self.confusion)), self.count)
        print(f"\n95 % interval {low:.4f} to {high:.4f}; failures: {_names(self.failures)}")
        if sheet:
            draw(self.failures, sheet)
            print(f"failures drawn in {sheet}")


def _names(failures: Iterable[Failure], most: int = 12) -> str:
    names = [failure.name.split()[0] for failure in failures]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if names[most:] else "")


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 50 == 0 or done == total):
        end = "\n" if done == total else ""
        print(f"\r{done} of {total}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
