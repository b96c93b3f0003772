"""Brings images of digits into MNIST's form: ink light on dark, and the right way up.

Data sets differ in both. EMNIST's files have rows and columns exchanged; what people scan and
draw is dark on light. A network trained on one and asked about the other reads nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 28
"""Side of the images, in pixels."""

PIXELS = SIDE * SIDE
"""Pixels of an image."""

LOOKED_AT = 200
"""A set is judged by its first images, and its first ones: further pages of a memory map, once
read, count as memory."""

LEAST_ONES = 3
"""Fewer ones say nothing about which way up they are."""

LYING = 1.5
"""Ones that are this many times as wide as high lie on their side; upright they are a third."""

PAPER = 160
"""A negative's edges are lighter than this, in its median: they are paper."""

Images = NDArray[np.uint8]


def is_negative(images: Images) -> bool:
    """Whether most of the images, uint8 (n, 28, 28), have light edges: paper, not ink."""
    some = images[:LOOKED_AT]
    edges = np.concatenate([some[:, 0], some[:, -1], some[:, :, 0], some[:, :, -1]], axis=1)
    return bool(np.mean(np.median(edges, axis=1) > PAPER) > 0.5)


def is_transposed(images: Images, labels: NDArray[np.uint8]) -> bool:
    """Whether the ones among the images, light on dark, lie on their side."""
    ones = np.flatnonzero(labels == 1)
    if len(ones) < LEAST_ONES:
        return False
    inked = np.asarray(images[ones[:LOOKED_AT]]) > 127
    down, across = (inked.any(axis=axis).sum(axis=1) for axis in (2, 1))
    return bool(np.median(across / np.maximum(down, 1)) > LYING)


def upright(images: Images, labels: NDArray[np.uint8]) -> tuple[Images, tuple[str, ...]]:
    """The images in MNIST's form, and what was done to them, in words.

    images : uint8 (n, 28, 28). Those that need nothing come back as they are, also a memory
    map; negatives are copied, transposed ones are a view. labels : uint8 (n,).
    """
    done = []
    if is_negative(images):
        images = 255 - images
        done.append("it is dark on light, and was turned into light on dark")
    if is_transposed(images, labels):
        images = images.transpose(0, 2, 1)
        done.append("its rows and columns are exchanged, and were put right")
    return images, tuple(done)
