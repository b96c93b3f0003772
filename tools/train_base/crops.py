"""The training pool: crops of simulated photographs (``core.synthesis.scene``).

Training and use should have the same pixels, so every crop is cut out by the path that reads a
real photograph, and shows its traces: thickened hairlines, pieces of ruled line, broken
strokes. Six kinds, each in chunks that are a function of
(seed, kind, chunk) alone, so that a pool cut short is continued and two workers can share:

``mnist``    MNIST's own pictures, read as frames
``damaged``  the same with something over them (``tools.train_base.corruptions``)
``written``  MNIST's strokes written again with any pen on any paper
``drawn``    digits from ``core.synthesis.strokes``, the world's writing habits
``nothing``  what is no digit (``core.synthesis.negatives``), and every wrong candidate
``spoiled``  pieces of MNIST's digits that are none (``core.synthesis.hard_negatives``)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.data import datasets
from core.synthesis import negatives, scene
from core.synthesis.hard_negatives import make_hard_negatives
from core.vision.digitise import Box, Digit, find_digits, overlap
from tools.train_base import parallel
from tools.train_base.corruptions import damage

KINDS = ("mnist", "damaged", "written", "drawn", "nothing", "spoiled")
CHUNK = 500
"""Frames in a chunk."""

VALIDATION = 5000
"""The number of MNIST's training digits, its last, that choose the best epoch; they are in no
chunk. The test digits are not read here at all."""

ON_TARGET = 0.6
"""Overlap with the true box from which a candidate is the digit."""

BESIDE = 0.1
"""Overlap below which a candidate is something else."""

BAR_THINNESS = 0.09
"""Ratio of the variances across and along a stroke below which it is a straight bar."""

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Pool:
    """The chunks of one seed: the folder they are in, and MNIST's folder."""

    folder: Path
    mnist: Path
    seed: int = 0

    def build(self, counts: dict[str, int], progress: Callable[[int, int], None]) -> None:
        """Make the chunks that are not there yet, on every core."""
        jobs = [(self, kind, chunk) for kind in KINDS for chunk in range(counts[kind])]
        missing = [job for job in jobs if not self.path(job[1], job[2]).exists()]
        parallel.make(_make, missing, len(jobs), progress)

    def path(self, kind: str, chunk: int) -> Path:
        """The file of a chunk."""
        return self.folder / f"{kind}-{self.seed}-{chunk:04d}.npz"

    def digits(self, chunk: int) -> Iterator[tuple[Images, int]]:
        """MNIST's digits of a chunk, in their order, over and over; none of VALIDATION's."""
        data = datasets.load(self.mnist, "train")
        indices = np.arange(chunk * CHUNK, (chunk + 1) * CHUNK) % (len(data) - VALIDATION)
        images, labels = data.batch(indices)
        return zip(map(np.ascontiguousarray, images), map(int, labels), strict=True)

    def load(self, counts: dict[str, int]) -> tuple[Images, Labels]:
        """All chunks in order: uint8 (n, 28, 28) and (n,)."""
        images, labels = [], []
        for kind in KINDS:
            for chunk in range(counts[kind]):
                with np.load(self.path(kind, chunk), allow_pickle=False) as content:
                    images.append(content["images"])
                    labels.append(content["labels"])
        return np.concatenate(images), np.concatenate(labels)


def _make(job: tuple[Pool, str, int]) -> None:
    pool, kind, chunk = job
    rng = np.random.default_rng([pool.seed, KINDS.index(kind), chunk])
    crops = CropCollector(rng)
    _COLLECT[kind](crops, pool, chunk, rng)
    parallel.save(
        pool.path(kind, chunk),
        images=np.array(crops.images, np.uint8),
        labels=np.array(crops.labels, np.uint8),
    )


def ink_box(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not 0 in a picture."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def enlarged(image: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """A picture of which each pixel is `scale` by `scale`."""
    return np.repeat(np.repeat(image, scale, axis=0), scale, axis=1)


class CropCollector:
    """Crops collected from frames, with the class each is an example of."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.images: list[Images] = []
        self.labels: list[int] = []
        self._rng = rng

    def keep(self, image: NDArray[np.float32], label: int) -> None:
        """Add a crop, unless it is an upright bar that is to be no digit."""
        if label == NO_DIGIT and _is_upright_bar(image):
            return
        self.images.append(np.rint(image * 255).astype(np.uint8))
        self.labels.append(label)

    def add(
        self, candidates: list[Digit], label: int, box: tuple[int, int, int, int] | None
    ) -> None:
        """Two of the candidates that are the digit, and one that is not.

        A candidate in between, half of the digit or the digit with its neighbour, has no sure
        class: the stem of a 4 is a 1.
        """
        if box is None:  # Too faint to leave any ink on the sheet.
            return
        shares = [overlap(candidate.box, Box(*box)) for candidate in candidates]
        right = [c for c, share in zip(candidates, shares, strict=True) if share >= ON_TARGET]
        wrong = [c for c, share in zip(candidates, shares, strict=True) if share < BESIDE]
        for candidate in right[:2]:
            self.keep(candidate.image, label)
        if wrong:
            self.keep(wrong[int(self._rng.integers(len(wrong)))].image, NO_DIGIT)


def _mnist(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    for image, label in pool.digits(chunk):
        crops.add(find_digits(image), label, ink_box(image))


def _damaged(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    for image, label in pool.digits(chunk):
        frame = damage(image, rng)
        scale = 1
        if rng.random() < 0.5:  # An enlarged picture.
            scale = int(rng.integers(2, 6))
        left, top, right, bottom = (scale * side for side in ink_box(image))
        crops.add(find_digits(enlarged(frame, scale)), label, (left, top, right, bottom))


def _written(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    for image, label in pool.digits(chunk):
        view = scene.sample_scene(rng, digit=label, ink=image, size=None)
        crops.add(find_digits(view.frame), label, view.box)


def _drawn(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    for _ in range(CHUNK):
        digit = int(rng.integers(10))
        view = scene.sample_scene(rng, digit=digit, size=None)
        crops.add(find_digits(view.frame), digit, view.box)


def _nothing(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    for _ in range(CHUNK):
        for candidate in find_digits(negatives.sample_negative(rng).frame, limit=4):
            crops.keep(candidate.image, NO_DIGIT)


def _spoiled(crops: CropCollector, pool: Pool, chunk: int, rng: np.random.Generator) -> None:
    images, labels = zip(*pool.digits(chunk), strict=True)
    pieces = make_hard_negatives(np.stack(images), np.array(labels, np.uint8), rng)
    for piece in pieces[pieces.any(axis=(1, 2))]:
        crops.keep(piece, NO_DIGIT)


_COLLECT = {
    "mnist": _mnist,
    "damaged": _damaged,
    "written": _written,
    "drawn": _drawn,
    "nothing": _nothing,
    "spoiled": _spoiled,
}


def _is_upright_bar(image: NDArray[np.float32]) -> bool:
    """Whether a crop is one straight stroke within 50 degrees of upright.

    As 28x28 pixels that is a 1, whatever it was on the page; as an example of NO_DIGIT it
    would only make the 1 worse. The ink's covariance is that of a thin straight line.
    """
    total = float(image.sum())
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    x = columns - float((image * columns).sum()) / total
    y = rows - float((image * rows).sum()) / total
    xx, yy = float((image * x * x).sum()) / total, float((image * y * y).sum()) / total
    xy = float((image * x * y).sum()) / total
    spread = float(np.hypot(xx - yy, 2 * xy))
    thin = (xx + yy - spread) < BAR_THINNESS * (xx + yy + spread)
    upright = yy - xx > -0.17 * spread
    return thin and upright
