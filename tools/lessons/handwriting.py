"""Your own handwriting: photographs the talk's way and our way.

Seeds: the talk, slide "Handwritten Numbers Challenge"; the primer, section "Real-World
Example" (the sample prediction beside the actual digit).

The talk shrinks the whole photograph to 28 by 28. We look for the ink, take away shadows
and lines, and put the digit where MNIST has it. The network is the same. Try your own:
--photos FOLDER, its pictures named like seven_7.jpg. Without it our own code draws some.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import DatasetError
from core.nn.layer import Array
from core.reading.reader import Reader
from core.synthesis.scene import sample_scene
from core.vision import Frame
from core.vision.imagefile import load_frame
from tools.lessons.page import Page
from tools.plotting.panels import Pictures

COUNTED, COUNTED_IN_SHORT, SHOWN = 60, 20, 4


def run(page: Page) -> tuple[float, float]:
    """Read photographs both ways; the share that the talk's way and ours get right."""
    reader = Reader.default()
    count = COUNTED_IN_SHORT if page.short else COUNTED
    photographs = found(page.photos, count) if page.photos else drawn(count)
    right = np.zeros(2)
    sheet, captions = [], []
    page.say("actual   the talk's way   ours")
    for number, (digit, frame) in enumerate(photographs):
        small = shrunk(frame)
        guess = int(reader.network.predict_proba(small[np.newaxis])[0, :10].argmax())
        reading = reader.read(frame)
        right += guess == digit, reading.guess == digit
        if number < SHOWN:
            answer = "not read" if reading.guess is None else reading.guess
            page.say(f"{digit:4} {guess:13} {answer:>12}")
            crop = reading.candidate.image if reading.candidate else np.zeros((28, 28))
            sheet += [thumbnail(frame), small, crop]
            captions += [f"this is a {digit}", f"shrunk: {guess}", f"cut out: {answer}"]
    page.show(Pictures("Photograph, shrunk, cut out", sheet, captions, across=3, each=True))
    talk, ours = right / len(photographs)
    page.say(f"Of {len(photographs)}: shrinking the frame {talk:.0%}, our way {ours:.0%}.")
    return float(talk), float(ours)


def shrunk(frame: Frame) -> Array:
    """The talk's way: the whole frame squeezed to 28 x 28, ink = 1."""
    small = Image.fromarray(frame).resize((28, 28), Image.Resampling.BOX)
    return 1 - np.asarray(small, dtype=np.float32) / 255


def thumbnail(frame: Frame) -> Array:
    """The photograph itself, small enough to be shown; dark = 1."""
    return 1 - np.asarray(Image.fromarray(frame).reduce(-(-max(frame.shape) // 120))) / 255


def found(folder: Path, count: int) -> list[tuple[int, Frame]]:
    """At most `count` photographs of a folder, evenly taken, and the digits in their names."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder")
    paths = sorted(path for path in folder.iterdir() if path.stem[-1:].isdigit())
    if not paths:
        raise DatasetError(f"{folder}: no picture there has its digit last, as in seven_7.jpg")
    chosen = paths[:: -(-len(paths) // count)]
    return [(int(path.stem[-1]), load_frame(path)) for path in chosen]


def drawn(count: int) -> list[tuple[int, Frame]]:
    """Simulated photographs and their digits."""
    rng = np.random.default_rng(0)
    return [(n % 10, sample_scene(rng, digit=n % 10).frame) for n in range(count)]
