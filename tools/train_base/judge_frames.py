"""Training set of the judge (``core.reading.judge``): candidates of simulated frames.

Digits on paper in any look, MNIST's held-out digits as they are, damaged or written again,
sheets coming in and leaving, and frames without a digit: the whole path up to the judge is
run on each, so that training and use have the same inputs. Chunks are functions of (seed,
chunk) alone, as in ``tools.train_base.crops``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.classes import DIGITS
from core.data import datasets
from core.reading import judge
from core.reading.reader import Classifier, merge
from core.synthesis import held, negatives, rooms, scene
from core.synthesis.strokes import LETTER_CHARACTERS, SYMBOL_CHARACTERS, character_strokes
from core.synthesis.style import Style
from core.vision.digitise import Box, Digit, overlap, seek_looks
from tools.train_base import parallel
from tools.train_base.corruptions import damage
from tools.train_base.crops import VALIDATION, enlarged, ink_box

CHUNK = 100
"""Frames in a chunk."""

ON_TARGET = 0.1
"""Overlap with the writing from which a candidate that reads right is right: a 7 without its
bar, a 5 with the underline."""

FRAMES = 32
"""Of a presentation, as ``tools.evaluate video`` shows it; COMING is where it comes in."""

COMING = range(3, 12)

SHARES = (
    ("drawn", 0.26),
    ("written", 0.13),
    ("usual", 0.08),
    ("mnist", 0.14),
    ("damaged", 0.07),
    ("video", 0.05),
    ("nothing", 0.27),
)
"""Kinds of frames, and how many of each."""

ROOM_SHARES = (
    ("held", 0.28),
    ("held_written", 0.20),
    ("held_video", 0.10),
    ("held_other", 0.06),
    ("room", 0.16),
    ("drawn", 0.03),
    ("nothing", 0.03),
    ("things", 0.08),
    ("signs", 0.06),
)
"""Likewise, for the frames of which the places are looked at as well."""


WORST, FEWEST = -8.0, 3
"""Least score of the places that the judge learns from, and large components of the frames,
as `seek_looks` has them: it learns from more places than are looked at."""


class Shot(NamedTuple):
    """A frame, its digit (None = there is none to be read), and the writing's box."""

    frame: NDArray[np.uint8]
    label: int | None
    box: tuple[int, int, int, int] | None


@dataclass(frozen=True)
class JudgeFrames:
    """The chunks of one seed: the folder they are in, and MNIST's folder.

    ``rooms`` : of ROOM_SHARES instead of SHARES, and looked at place by place as well.
    """

    folder: Path
    mnist: Path
    seed: int = 0
    rooms: bool = False

    def build(self, count: int, progress: Callable[[int, int], None]) -> None:
        """Make the chunks that are not there yet, on every core."""
        missing = [(self, n) for n in range(count) if not self.path(n).exists()]
        parallel.make(_make, missing, count, progress)

    def path(self, chunk: int) -> Path:
        """The file of a chunk."""
        name = "rooms" if self.rooms else "trials"
        return self.folder / f"{name}-{self.seed}-{chunk:04d}.npz"

    def load(
        self, count: int, network: Classifier
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The judge's inputs behind `network`, (n, judge.INPUTS), and their classes (n,).

        The first candidate of a frame comes twice, alone and beside the others:
        ``Reader.read`` asks about it alone first.
        """
        seen, right = [], []
        for chunk in range(count):
            with np.load(self.path(chunk), allow_pickle=False) as content:
                stored = {name: content[name] for name in content.files}
            shares = network.predict_proba(stored["images"])
            for frame in np.unique(stored["frame"]):
                these = np.flatnonzero(stored["frame"] == frame)
                candidates = [_candidate(stored, index) for index in these]
                for count in sorted({1, len(these)}):
                    some, outputs = candidates[:count], shares[these[:count]]
                    seen.append(judge.inputs(some, outputs))
                    guesses = merge(some, outputs)[:, :DIGITS].argmax(axis=1)
                    labels = stored["label"][these[:count]]
                    answers = np.where(guesses == labels, judge.RIGHT, judge.WRONG)
                    right.append(np.where(labels < 0, judge.NOTHING, answers))
        return np.concatenate(seen), np.concatenate(right).astype(np.uint8)


def _candidate(stored: dict[str, NDArray[np.generic]], index: int) -> Digit:
    image = stored["images"][index].astype(np.float32) / np.float32(255)
    box = Box(*(int(side) for side in stored["box"][index]))
    features = stored["evidence"][index].astype(np.float32)
    return Digit(image, box, float(stored["quality"][index]), features)


def _make(job: tuple[JudgeFrames, int]) -> None:
    trials, chunk = job
    shares = ROOM_SHARES if trials.rooms else SHARES
    rng = np.random.default_rng([trials.seed, len(shares), chunk])
    data = datasets.load(trials.mnist, "train")
    kinds, weights = zip(*shares, strict=True)
    candidates: list[Digit] = []
    labels: list[int] = []
    looks: list[int] = []
    look = 0
    for _ in range(CHUNK):
        kind = str(rng.choice(kinds, p=weights))
        shot = SHOTS[kind](rng, data)
        looks_at = seek_looks(
            shot.frame, features=True, places=trials.rooms, least=WORST, most=FEWEST
        )
        for found in filter(None, map(list, looks_at)):
            if found[0].cluttered and not found[0].place:
                # Of a frame in which places are looked at, the judge of places learns no more.
                del found[1:]
            candidates += found
            labels += [_label(candidate, shot) for candidate in found]
            looks += [look] * len(found)
            look += 1
    parallel.save(
        trials.path(chunk),
        images=np.array([np.rint(c.image * 255) for c in candidates], np.uint8),
        evidence=np.array([c.features for c in candidates], np.float32),
        quality=np.array([c.quality for c in candidates], np.float32),
        box=np.array([c.box for c in candidates], np.int32),
        label=np.array(labels, np.int16),
        frame=np.array(looks, np.int32),
    )


def _label(candidate: Digit, shot: Shot) -> int:
    """The digit that a candidate should be read as, -1 where there is none."""
    if shot.label is None or shot.box is None:
        return -1
    return shot.label if overlap(candidate.box, Box(*shot.box)) > ON_TARGET else -1


def _held_out(
    rng: np.random.Generator, data: datasets.Dataset
) -> tuple[NDArray[np.uint8], int, tuple[int, int, int, int]]:
    """A digit that is in no chunk of the pool, so that the network was not trained on it."""
    index = int(rng.integers(len(data) - VALIDATION, len(data)))
    image = np.ascontiguousarray(data.images[index])
    return image, int(data.labels[index]), ink_box(image)


def _drawn(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    view = scene.sample_scene(rng, digit="random", size=None)
    return Shot(view.frame, view.label, view.box)


def _usual(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    view = scene.sample_scene(rng, digit="random", style=Style.usual(rng))
    return Shot(view.frame, view.label, view.box)


def _written(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    image, label, _ = _held_out(rng, data)
    view = scene.sample_scene(rng, digit=label, ink=image, size=None)
    return Shot(view.frame, view.label, view.box)


def _mnist(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    return Shot(*_held_out(rng, data))


def _damaged(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    image, label, box = _held_out(rng, data)
    scale = int(rng.integers(1, 6))
    frame = enlarged(damage(image, rng), scale)
    left, top, right, bottom = (scale * side for side in box)
    return Shot(frame, label, (left, top, right, bottom))


def _video(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    digit, moment = int(rng.integers(10)), int(rng.choice(COMING))
    view = next(islice(scene.presentation(rng, digit, FRAMES), moment, None))
    return Shot(view.frame, view.label, view.box)


def _nothing(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    return Shot(negatives.sample_negative(rng, size=None).frame, None, None)


def _things(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    """Cloth in folds, hands, things and cables, print and lines: what is cluttered itself."""
    kinds = ("texture", "hand", "hand", "object", "cable", "squared", "lines", "word", "shadow")
    kind = kinds[int(rng.integers(len(kinds)))]
    return Shot(negatives.sample_negative(rng, kind).frame, None, None)


def _signs(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    """A row of signs, of which one alone would be a 1, on a page or on a held sheet."""
    if rng.random() < 0.3:
        return Shot(
            held.sample_held(rng, digit=None, strokes=negatives.signs(rng)).frame, None, None
        )
    return Shot(negatives.sample_negative(rng, negatives.SIGNS).frame, None, None)


def _held(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    view = held.sample_held(rng)
    return Shot(view.frame, view.label, view.box)


def _held_written(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    image, label, _ = _held_out(rng, data)
    view = held.sample_held(rng, digit=label, ink=image)
    return Shot(view.frame, view.label, view.box)


def _held_video(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    """A sheet that comes before a room; a digit of which the frame cuts a part is none."""
    digit, moment = int(rng.integers(10)), int(rng.choice(COMING))
    view = next(islice(held.held_presentation(rng, digit, FRAMES), moment, None))
    height, width = view.frame.shape
    left, top, right, bottom = view.box or (0, 0, 0, 0)
    whole = left > 0 and top > 0 and right < width and bottom < height
    return Shot(view.frame, digit if whole else view.label, view.box)


def _held_other(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    """A sheet with a letter or a sign on it, or none."""
    signs = (*LETTER_CHARACTERS, *SYMBOL_CHARACTERS)
    sign = character_strokes(rng, signs[int(rng.integers(len(signs)))])
    strokes = sign if rng.random() < 0.7 else None
    return Shot(held.sample_held(rng, digit=None, strokes=strokes).frame, None, None)


def _room(rng: np.random.Generator, data: datasets.Dataset) -> Shot:
    return Shot(rooms.sample_room(rng), None, None)


SHOTS: dict[str, Callable[[np.random.Generator, datasets.Dataset], Shot]] = {
    "drawn": _drawn,
    "written": _written,
    "usual": _usual,
    "mnist": _mnist,
    "damaged": _damaged,
    "video": _video,
    "nothing": _nothing,
    "held": _held,
    "held_written": _held_written,
    "held_video": _held_video,
    "held_other": _held_other,
    "room": _room,
    "things": _things,
    "signs": _signs,
}
