"""Replay set against forgetting: images that a network trains on while it learns new ones.

The included MNIST digits, augmented, and drawn digits, letters and symbols. They are generated
anew from a fixed seed, never stored. Their targets are the network's own earlier outputs
(distillation), so they have no labels here. A second set, of other digits with their true
labels, is held out to measure what was forgotten.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.data import datasets
from core.data.augment import Augmenter
from core.files.resumable import Cache, uncached
from core.synthesis.strokes import LETTER_CHARACTERS, SYMBOL_CHARACTERS, draw_glyph
from core.vision.crop import crop_digit

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]

INCLUDED = Path(__file__).with_name("mnist_train_100.csv")
INCLUDED_TEST = Path(__file__).with_name("mnist_test_10.csv")

HELD_OUT_EVERY = 5
"""Every fifth included digit is in the held-out set, and not in the replay set."""

_SIDE = 84
"""Side, in pixels, at which characters are drawn before they are cropped."""
_SEED, _HELD_OUT_SEED = 71, 72
_BATCH = 50
"""Images augmented at a time, one piece of the cache."""
_FEW = 10
"""Characters drawn at a time, one piece of the cache: a Pi Zero takes a second or more."""


def replay_set(digits: int, drawn: int, nothing: int, cache: Cache = uncached) -> Images:
    """The images of the replay set: uint8 (n, 28, 28).

    digits : how many of the included digits, half of them augmented as MNIST varies and half
    as photographs do. drawn : how many drawn digits. nothing : how many letters and symbols.
    """
    rng = np.random.default_rng(_SEED)
    images = _included(held_out=False)[0]
    parts = [
        augmented(images[rng.integers(0, len(images), count)], augmenter, rng, cache)
        for augmenter, count in (
            (Augmenter.mild(), digits - digits // 2),
            (Augmenter.strong(), digits // 2),
        )
    ]
    parts.append(_drawn(rng, [str(number % 10) for number in range(drawn)], cache))
    parts.append(_drawn(rng, _symbols(rng, nothing), cache))
    return np.concatenate(parts)


def held_out_set(
    digits: int, drawn: int, nothing: int, cache: Cache = uncached
) -> tuple[Images, Labels]:
    """Images that are not in the replay set, uint8 (n, 28, 28), and their labels, uint8 (n,).

    Arguments as of :func:`replay_set`; letters and symbols are labelled NO_DIGIT.
    """
    rng = np.random.default_rng(_HELD_OUT_SEED)
    included, labels = _included(held_out=True)
    chosen = np.arange(digits) % len(included)
    characters = [str(number % 10) for number in range(drawn)] + _symbols(rng, nothing)
    images = augmented(included[chosen], Augmenter.mild(), rng, cache)
    images = np.concatenate([images, _drawn(rng, characters, cache)])
    written = [number % 10 for number in range(drawn)] + [NO_DIGIT] * nothing
    return images, np.concatenate([labels[chosen], np.array(written, np.uint8)])


def augmented(
    images: Images, augmenter: Augmenter, rng: np.random.Generator, cache: Cache = uncached
) -> Images:
    """Each image augmented once: uint8 (n, 28, 28)."""

    def make(some: Images) -> Images:
        return (augmenter(some, rng) * 255).round().astype(np.uint8)

    out = np.empty_like(images)
    for start in range(0, len(images), _BATCH):
        part = slice(start, start + _BATCH)
        cache(out[part], partial(make, images[part]), rng)
    return out


def _included(*, held_out: bool) -> tuple[Images, Labels]:
    """The included digits of the held-out set, or those of the replay set."""
    data = datasets.load(INCLUDED)
    mine = (np.arange(len(data)) % HELD_OUT_EVERY == 0) == held_out
    images, labels = np.asarray(data.images)[mine], np.asarray(data.labels)[mine]
    if held_out:
        test = datasets.load(INCLUDED_TEST)
        images = np.concatenate([images, test.images])
        labels = np.concatenate([labels, test.labels])
    return images, labels


def _symbols(rng: np.random.Generator, count: int) -> list[str]:
    """Random letters that cannot be taken for a digit, and symbols."""
    known = [*LETTER_CHARACTERS, *SYMBOL_CHARACTERS]
    return [known[int(number)] for number in rng.integers(0, len(known), count)]


def _drawn(rng: np.random.Generator, characters: list[str], cache: Cache) -> Images:
    """Each character drawn once and cropped as in a photograph: uint8 (n, 28, 28)."""
    out = np.zeros((len(characters), 28, 28), np.uint8)
    for start in range(0, len(characters), _FEW):
        part = slice(start, start + _FEW)
        cache(out[part], partial(_cropped, rng, characters[part]), rng)
    return out


def _cropped(rng: np.random.Generator, characters: list[str]) -> Images:
    out = np.zeros((len(characters), 28, 28), np.uint8)
    for number, character in enumerate(characters):
        ink = (draw_glyph(rng, character, _SIDE) * 255).astype(np.uint8)
        room = np.pad(ink, 4)
        mask = np.where(room > 64, 255, 0).astype(np.uint8)
        image = crop_digit(room, mask)
        if image is not None:
            out[number] = (image * 255).round()
    return out
