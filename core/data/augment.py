"""Augmentation: random changes to batches of 28x28 digits that leave their labels true.

Each change has a strength or a chance. All randomness comes from the generator passed in, and
the whole batch is computed at once. Elastic distortion is after Simard, Steinkraus and Platt,
"Best practices for convolutional neural networks" (2003), on a coarse grid of control points.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.data import artifacts
from core.data.upright import PIXELS, SIDE

Float = NDArray[np.float32]

_PADDED = SIDE + 2
_GRID = 5
"""Control points of the elastic distortion, each way."""


@dataclass(frozen=True)
class Augmenter:
    """Random changes of given strengths, called with (images, rng); see mild() and strong().

    rotation: degrees, uniform either way. scale, stretch: parts, e.g. 0.1 is 0.9 to 1.1
    (stretch changes width against height). shear: parts. shift: pixels. elastic: pixels that a
    control point moves (standard deviation). width: how far at most a stroke is thickened or
    thinned, 1 being a pixel on each side.
    breaks, lines, specks, neighbours, blur, noise, contrast: the chance of each, 0..1, that an
    image gets a broken stroke, remains of a ruled line, specks, ink of its neighbour at the
    border, a softer picture, noise, another ink level. What is not given is left alone; with
    nothing at all given ValueError is raised.
    """

    rotation: float = 0.0
    scale: float = 0.0
    stretch: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    width: float = 0.0
    breaks: float = 0.0
    lines: float = 0.0
    specks: float = 0.0
    neighbours: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    contrast: float = 0.0

    def __post_init__(self) -> None:
        if not any(astuple(self)):
            raise ValueError(
                "Augmenter() changes nothing; give a strength, or take Augmenter.mild()"
            )

    @classmethod
    def mild(cls) -> Augmenter:
        """The variation within MNIST, for the best accuracy on its own test digits."""
        return cls(
            rotation=9, scale=0.10, stretch=0.07, shear=0.12,
            shift=1.6, elastic=0.55, width=0.35, contrast=0.15,
        )  # fmt: skip

    @classmethod
    def strong(cls) -> Augmenter:
        """The variation of crops of photographs, with their artifacts."""
        return cls(
            rotation=13, scale=0.14, stretch=0.14, shear=0.18, shift=2.2, elastic=0.75,
            width=0.8, breaks=0.08, lines=0.08, specks=0.12, neighbours=0.10,
            blur=0.15, noise=0.15, contrast=0.3,
        )  # fmt: skip

    def __call__(self, images: NDArray[np.generic], rng: np.random.Generator) -> Float:
        """images: (n, 28, 28) uint8 (0..255) or float (0..1), ink high; unchanged.

        Returns float32 (n, 28, 28), clipped to 0..1.
        """
        ink = np.asarray(images, np.float32)
        if np.asarray(images).dtype == np.uint8:
            ink = ink * np.float32(1 / 255)
        count = len(ink)
        out = self._warped(ink, rng) if self._moves() else ink.astype(np.float32, copy=True)
        if self.width:
            _change_width(out, rng, self.width)
        for chance, change in (
            (self.breaks, artifacts.break_stroke),
            (self.neighbours, artifacts.add_neighbours),
            (self.lines, artifacts.add_line),
            (self.specks, artifacts.add_specks),
            (self.blur, artifacts.soften),
            (self.contrast, artifacts.change_contrast),
            (self.noise, artifacts.add_noise),
        ):
            if chance:
                chosen = np.nonzero(rng.random(count) < chance)[0]
                if len(chosen):
                    change(out, chosen, rng)
        return np.clip(out, 0.0, 1.0, out=out)

    def _moves(self) -> bool:
        return any(
            (self.rotation, self.scale, self.stretch, self.shear, self.shift, self.elastic)
        )

    def _warped(self, ink: Float, rng: np.random.Generator) -> Float:
        """Each image warped by a random map, with bilinear interpolation."""
        count = len(ink)
        # Coordinates are one large product: control values (n, k) times basis (k, 784).
        basis = _basis()
        control = np.zeros((2, count, len(basis)), np.float32)
        control[..., :3] = self._affine(count, rng).transpose(1, 0, 2)
        if self.elastic:
            control[..., 3:] = rng.standard_normal((2, count, _GRID * _GRID), dtype=np.float32)
            control[..., 3:] *= np.float32(self.elastic)
        x, y = control @ basis
        # A border of paper one pixel wide, instead of tests at the edges.
        np.clip(x, -1.0, SIDE, out=x)
        np.clip(y, -1.0, SIDE, out=y)
        x += np.float32(1.0)
        y += np.float32(1.0)
        left = np.minimum(x.astype(np.int32), SIDE)
        top = np.minimum(y.astype(np.int32), SIDE)
        x -= left
        y -= top
        top *= _PADDED
        top += left
        top += (np.arange(count, dtype=np.int32) * (_PADDED * _PADDED))[:, None]
        padded = np.zeros((count, _PADDED, _PADDED), np.float32)
        padded[:, 1:-1, 1:-1] = ink
        flat = padded.ravel()
        value = _between(flat, top, x)
        top += _PADDED
        below = _between(flat, top, x)
        below -= value
        below *= y
        value += below
        return value.reshape(count, SIDE, SIDE)

    def _affine(self, count: int, rng: np.random.Generator) -> Float:
        """Random affine maps, float32 (count, 2, 3): source (x, y) from target (1, x, y)."""
        angle = np.radians(self.rotation) * rng.uniform(-1, 1, count)
        size = np.exp(np.log1p(self.scale) * rng.uniform(-1, 1, count))
        wide = np.exp(np.log1p(self.stretch) * rng.uniform(-1, 1, count))
        lean = self.shear * rng.uniform(-1, 1, count)
        shift = self.shift * rng.uniform(-1, 1, (count, 2))
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = np.empty((count, 2, 3), np.float32)
        matrix[:, 0, 1] = cosine * size * wide
        matrix[:, 0, 2] = (cosine * lean - sine) * size * wide
        matrix[:, 1, 1] = sine * size / wide
        matrix[:, 1, 2] = (sine * lean + cosine) * size / wide
        middle = np.float32((SIDE - 1) / 2)
        matrix[:, :, 0] = middle - shift
        return matrix


@cache
def _basis() -> Float:
    """Basis of the maps, float32 (3 + 25, 784): 1, x, y, and the control points' weights."""
    rows, columns = np.divmod(np.arange(PIXELS), SIDE)
    # Gaussian bumps: smooth, and wide enough to overlap with their neighbours.
    places = np.linspace(2, SIDE - 3, _GRID)
    spread = (places[1] - places[0]) * 0.75
    across = np.exp(-0.5 * ((columns[None, :] - places[:, None]) / spread) ** 2)
    down = np.exp(-0.5 * ((rows[None, :] - places[:, None]) / spread) ** 2)
    bumps = (down[:, None, :] * across[None, :, :]).reshape(_GRID * _GRID, PIXELS)
    return np.concatenate([artifacts.plane(), bumps]).astype(np.float32)


def _between(flat: Float, index: NDArray[np.int32], part: Float) -> Float:
    """Linear interpolation, by `part`, between flat[index] and flat[index + 1]."""
    here = flat.take(index)
    step = flat[1:].take(index)
    step -= here
    step *= part
    step += here
    return step


def _change_width(out: Float, rng: np.random.Generator, strength: float) -> None:
    """Thicken or thin strokes in place, towards a pixel's largest or smallest neighbour."""
    amount = rng.uniform(-1, 1, len(out)).astype(np.float32) * np.float32(strength)
    for sign, extreme in ((1, np.maximum), (-1, np.minimum)):
        chosen = np.nonzero(amount * sign > 0.05)[0]
        if not len(chosen):
            continue
        ink = out[chosen]
        # A thin line must not be thinned away: thinning fades where little ink is there.
        limit = np.abs(amount[chosen])
        if sign < 0:
            limit *= np.clip(ink.mean(axis=(1, 2)) * 9 - np.float32(0.25), 0, 1)
        changed = ink.copy()
        extreme(changed[:, :, 1:], ink[:, :, :-1], out=changed[:, :, 1:])
        extreme(changed[:, :, :-1], ink[:, :, 1:], out=changed[:, :, :-1])
        extreme(changed[:, 1:], ink[:, :-1], out=changed[:, 1:])
        extreme(changed[:, :-1], ink[:, 1:], out=changed[:, :-1])
        changed -= ink
        changed *= limit[:, None, None]
        changed += ink
        out[chosen] = changed
