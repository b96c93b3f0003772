"""Peek inside the mind of the Pi's network: pictures that climb.

Seed: the talk, slides "Peek Inside The Mind Of a Neural Network?".

Our network has convolutions, and they cannot be run backwards. But it can say how its answer
would change with every pixel: that is the gradient, as in training, only that here the
weights stay and the picture moves. From blank paper, uphill, until the network is certain.
Shaking and softening the picture keeps out patterns that only a network would see.
"""

from __future__ import annotations

import numpy as np

from core import pretrained
from core.layer import Array
from core.layers import Conv2D
from core.network import Network
from tools.lessons.page import Page
from tools.plots import Pictures

STEPS, RATE = 200, 0.2
FADING, ERASED = 0.98, 0.03
"""Ink that does nothing for the answer goes away: a part of it, and a little more, a step."""


def run(page: Page) -> tuple[Array, Array]:
    """Climb to each digit; the images (10, 28, 28) and how sure the network is of each."""
    network = pretrained.load().network.folded()
    images = climbed(network)
    certainty = network.predict_proba(images)[np.arange(10), np.arange(10)]
    captions = [f"{digit}: {sure:.0%}" for digit, sure in enumerate(certainty)]
    page.show(Pictures("What the Pi's network would call", images, captions))

    first = network.layers[0]
    assert isinstance(first, Conv2D)
    filters = first.weights.value.reshape(first.kernel, first.kernel, -1)
    shown = [filters[:, :, number] for number in range(10)]
    page.show(Pictures("What its first layer looks for", shown, each=True))
    return images, certainty


def climbed(network: Network) -> Array:
    """Ten images, each changed step by step towards its own digit."""
    rng = np.random.default_rng(0)
    digits = np.arange(10)
    images = np.zeros((10, 28, 28), np.float32)
    for number in range(STEPS):
        shift = tuple(rng.integers(-3, 4, 2))
        images = np.roll(images, shift, axis=(1, 2))
        outputs = network.forward(images, training=True)
        # The slope of log(output), which does not vanish where the output is tiny.
        slope = np.zeros_like(outputs)
        slope[digits, digits] = 1 / np.maximum(outputs[digits, digits], 1e-30)
        uphill = network.backward(slope, input_gradient=True)
        assert uphill is not None
        uphill = smoothed(uphill.reshape(images.shape), 3)
        uphill /= np.abs(uphill).max(axis=(1, 2), keepdims=True) + 1e-12
        images = np.clip(FADING * images + RATE * uphill - ERASED, 0, 1)
        if number % 3 == 0:
            images = smoothed(images)
        images = np.roll(images, (-shift[0], -shift[1]), axis=(1, 2))
    return images


def smoothed(images: Array, times: int = 1) -> Array:
    """Each pixel mixed with its neighbours, 1 2 1, across and down."""
    for axis in (1, 2) * times:
        images = (np.roll(images, 1, axis) + 2 * images + np.roll(images, -1, axis)) / 4
    return images
