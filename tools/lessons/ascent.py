"""Peek inside the mind of the Pi's network: pictures that climb.

Seed: the talk, slides "Peek Inside The Mind Of a Neural Network?".

Our network has convolutions, and they cannot be run backwards. But it can say how its answer
would change with every pixel: that is the gradient, as in training, only that here the
weights stay and the picture moves. From grey paper, uphill, until the network is certain.
Shaking and softening the picture, and keeping the way that many steps agree on, leaves out
patterns that only a network would see.
"""

from __future__ import annotations

import numpy as np

from core import pretrained
from core.network import Network
from core.nn.layer import Array
from core.nn.layers import Conv2D
from tools.lessons.page import Page
from tools.plotting.panels import Pictures

STEPS, RATE, SHAKEN = 100, 0.1, 2
GREY, MARGIN = 0.5, 4
"""How dark the paper is at first, and how many pixels at its edge no digit reaches."""
KEPT, FADING, ERASED = 0.9, 0.98, 0.01
"""Of the last step's direction, and of the ink; that which does nothing goes away."""


def run(page: Page) -> tuple[Array, Array]:
    """Climb to each digit; the images (10, 28, 28) and how sure the network is of each."""
    network = pretrained.load().network.folded()
    images = climbed(network)
    certainty = network.predict_proba(images)[np.arange(10), np.arange(10)]
    captions = [f"{digit}: {sure:.0%}" for digit, sure in enumerate(certainty)]
    page.show(Pictures("What the Pi's network would call", images, captions, each=True))

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
    paper = np.zeros((28, 28), np.float32)
    paper[MARGIN:-MARGIN, MARGIN:-MARGIN] = 1
    images = np.repeat(GREY * paper[np.newaxis], 10, axis=0)
    direction = np.zeros_like(images)
    for number in range(STEPS):
        down, right = rng.integers(-SHAKEN, SHAKEN + 1, 2)
        outputs = network.forward(np.roll(images, (down, right), (1, 2)), training=True)
        # The slope of log(output), which does not vanish where the output is tiny.
        slope = np.zeros_like(outputs)
        slope[digits, digits] = 1 / np.maximum(outputs[digits, digits], 1e-30)
        uphill = network.backward(slope, input_gradient=True)
        assert uphill is not None
        uphill = np.roll(uphill.reshape(images.shape), (-down, -right), (1, 2))
        direction = KEPT * direction + (1 - KEPT) * of_length_1(paper * smoothed(uphill, 2))
        images += RATE * of_length_1(direction)
        images = np.clip(FADING * images - ERASED, 0, 1)
        if number % 4 == 0:
            images = paper * smoothed(images)
    return images


def of_length_1(steps: Array) -> Array:
    """Steps (n, 28, 28), the greatest change of a pixel in each of them 1."""
    return steps / (np.abs(steps).max(axis=(1, 2), keepdims=True) + 1e-12)


def smoothed(images: Array, times: int = 1) -> Array:
    """Each pixel mixed with its neighbours, 1 2 1, across and down."""
    for axis in (1, 2) * times:
        images = (np.roll(images, 1, axis) + 2 * images + np.roll(images, -1, axis)) / 4
    return images
