"""What a network must not forget while it learns something new: drawn again, never stored.

The included MNIST digits, bent anew each time, and characters of our own. A network is
reminded of what it took them for itself: its own opinion is what shall stay. What it is judged
by are other digits, with their true labels.
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

HELD_OUT_OF_INCLUDED = 5
"""Every fifth included digit is never shown, only asked for."""

_SIDE = 84
_SEED, _HELD_OUT_SEED = 71, 72
_BATCH = 50
_FEW = 10
"""Drawn in a piece: a Zero takes a second or more for them."""


def reminders(digits: int, drawn: int, nothing: int, cache: Cache = uncached) -> Images:
    """Pictures, uint8 (n, 28, 28), that a network is to take for what it took them for before.

    digits : of the included ones, half bent as MNIST varies and half as photographs do.
    drawn, nothing : digits of our own, and what is none.
    """
    rng = np.random.default_rng(_SEED)
    images = _included(held_out=False)[0]
    parts = [
        bent(images[rng.integers(0, len(images), count)], augmenter, rng, cache)
        for augmenter, count in (
            (Augmenter.mild(), digits - digits // 2),
            (Augmenter.strong(), digits // 2),
        )
    ]
    parts.append(_drawn(rng, [str(number % 10) for number in range(drawn)], cache))
    parts.append(_drawn(rng, _strangers(rng, nothing), cache))
    return np.concatenate(parts)


def exam(
    digits: int, drawn: int, nothing: int, cache: Cache = uncached
) -> tuple[Images, Labels]:
    """Pictures that are in no :func:`reminders`, and what they truly show; NO_DIGIT is none."""
    rng = np.random.default_rng(_HELD_OUT_SEED)
    images, labels = _included(held_out=True)
    chosen = np.arange(digits) % len(images)
    characters = [str(number % 10) for number in range(drawn)] + _strangers(rng, nothing)
    return (
        np.concatenate(
            [
                bent(images[chosen], Augmenter.mild(), rng, cache),
                _drawn(rng, characters, cache),
            ]
        ),
        np.concatenate(
            [
                labels[chosen],
                np.arange(drawn, dtype=np.uint8) % 10,
                np.full(nothing, NO_DIGIT, np.uint8),
            ]
        ).astype(np.uint8),
    )


def bent(
    images: Images,
    augmenter: Augmenter,
    rng: np.random.Generator,
    cache: Cache = uncached,
) -> Images:
    """Each picture augmented once: uint8 (n, 28, 28)."""

    def make(some: Images) -> Images:
        return (augmenter(some, rng) * 255).round().astype(np.uint8)

    out = np.empty_like(images)
    for start in range(0, len(images), _BATCH):
        part = slice(start, start + _BATCH)
        cache(out[part], partial(make, images[part]), rng)
    return out


def _included(*, held_out: bool) -> tuple[Images, Labels]:
    data = datasets.load(INCLUDED)
    mine = (np.arange(len(data)) % HELD_OUT_OF_INCLUDED == 0) == held_out
    images, labels = np.asarray(data.images)[mine], np.asarray(data.labels)[mine]
    if held_out:
        test = datasets.load(INCLUDED_TEST)
        images = np.concatenate([images, test.images])
        labels = np.concatenate([labels, test.labels])
    return images, labels


def _strangers(rng: np.random.Generator, count: int) -> list[str]:
    """Letters in which nobody sees a digit, and signs."""
    known = [*LETTER_CHARACTERS, *SYMBOL_CHARACTERS]
    return [known[int(number)] for number in rng.integers(0, len(known), count)]


def _drawn(rng: np.random.Generator, characters: list[str], cache: Cache) -> Images:
    """Each character drawn once and cut out as from a photograph."""
    out = np.zeros((len(characters), 28, 28), np.uint8)
    for start in range(0, len(characters), _FEW):
        part = slice(start, start + _FEW)
        cache(out[part], partial(_cut_out, rng, characters[part]), rng)
    return out


def _cut_out(rng: np.random.Generator, characters: list[str]) -> Images:
    out = np.zeros((len(characters), 28, 28), np.uint8)
    for number, character in enumerate(characters):
        ink = (draw_glyph(rng, character, _SIDE) * 255).astype(np.uint8)
        room = np.pad(ink, 4)
        mask = np.where(room > 64, 255, 0).astype(np.uint8)
        image = crop_digit(room, mask)
        if image is not None:
            out[number] = (image * 255).round()
    return out
