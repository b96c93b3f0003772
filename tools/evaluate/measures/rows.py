"""Several digits on one sheet: is every row read exactly?"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from PIL import Image

from core.errors import DatasetError
from core.reading.reader import Reader
from core.reading.rows import Row, read_rows
from core.synthesis.row_scene import sample_rows
from core.vision import Frame
from pi.diagnostics.canvas import RED, TEXT, Canvas, save
from tools.evaluate.measures import photos
from tools.evaluate.measures.nodigit import HELD_OUT
from tools.evaluate.metrics import wilson_interval
from tools.evaluate.progress import show_progress
from tools.plotting.canvas import Tile, grid

TILE = (320, 240)
ACROSS = 4


def measure(reader: Reader, arguments: argparse.Namespace) -> None:
    """Print the sheets that are not read exactly, and the share of rows that are."""
    right = total = whole = sheets = 0
    failures = []
    for name, frame, truth in _sheets(arguments):
        found = read_rows(reader, frame)
        read = ["".join(map(str, row)) for row in found]
        exact = matching(truth, read)
        right += exact
        # A row that is not there counts as a row that was not read.
        total += max(len(truth), len(read))
        whole += read == truth
        sheets += 1
        if read != truth:
            text = f"{name}: {' / '.join(truth)} read {' / '.join(read) or 'nothing'}"
            print(text)
            failures.append((text, frame, found))
    if arguments.sheet:
        tiles = [Tile(_marked(frame, rows), [(text, TEXT)]) for text, frame, rows in failures]
        save(grid(tiles, ACROSS).image, arguments.sheet)
    low, high = wilson_interval(right, total)
    print(f"sheets read exactly: {whole} of {sheets}; 95 % interval {low:.4f} to {high:.4f}")
    print(f"rows {right / total:.4f} (n={total}, sheets={sheets})")


def matching(truth: list[str], read: list[str]) -> int:
    """Rows of the truth that were read exactly, in order: the longest common subsequence."""
    best = np.zeros((len(truth) + 1, len(read) + 1), dtype=np.intp)
    for i, expected in enumerate(truth, 1):
        for j, seen in enumerate(read, 1):
            same = best[i - 1, j - 1] + (expected == seen)
            best[i, j] = max(same, best[i - 1, j], best[i, j - 1])
    return int(best[-1, -1])


def _sheets(arguments: argparse.Namespace) -> Iterator[tuple[str, Frame, list[str]]]:
    if arguments.generated is None:
        known = 0
        for photograph, frame in photos.frames(
            arguments.folder, arguments.kind or "photo_multi"
        ):
            if photograph.rows is not None:
                known += 1
                yield photograph.path.stem, frame, photograph.rows
        if not known:
            raise DatasetError(f"{arguments.folder}: no label there is rows of digits")
        return
    for number in range(arguments.generated):
        scene = sample_rows(np.random.default_rng([HELD_OUT, number]))
        yield f"{number} ({scene.note})", scene.frame, list(scene.rows)
        show_progress(number + 1, arguments.generated)


def _marked(frame: Frame, rows: list[Row]) -> Image.Image:
    """The frame with a box round each digit, and what it was read as."""
    canvas = Canvas(frame.shape[1], frame.shape[0])
    canvas.paste(Image.fromarray(frame), 0, 0)
    for digit in (digit for row in rows for digit in row):
        left, top, right, bottom = digit.box
        canvas.pen.rectangle((left, top, right - 1, bottom - 1), outline=RED)
        canvas.text(left, max(0, top - 12), str(digit), 11, RED)
    canvas.image.thumbnail(TILE)
    return canvas.image
