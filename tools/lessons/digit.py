"""One handwritten digit: a line of numbers, a 28 by 28 picture.

Seed: the talk, slides "Handwritten Numbers Challenge" and "MNIST Datasets".

A line of the CSV file is the label and then 784 values, 0 for paper and 255 for ink. Cut
into 28 rows of 28 they are a picture. The network never sees it as one: to its 784 input
nodes it is a list.
"""

from __future__ import annotations

import numpy as np

from core.nn.layer import Array
from tools.lessons import digits
from tools.lessons.page import Page
from tools.plotting.panels import Pictures


def run(page: Page) -> tuple[int, Array]:
    """Draw the first digit of the file; its label and its picture (28, 28)."""
    line = digits.TRAIN_100.read_text(encoding="ascii").splitlines()[0]
    values = line.split(",")
    page.say(f"{len(values)} values. The label is {values[0]}, and these are the eighth row:")
    page.say("  " + " ".join(values[1 + 7 * 28 : 1 + 8 * 28]))

    image = np.array(values[1:], dtype=np.uint8).reshape(28, 28)
    page.show(Pictures(f"This is a {values[0]}", [image]))

    inputs = digits.scaled(image[np.newaxis])
    page.say(f"Scaled for the network: from {inputs.min():.2f} to {inputs.max():.2f}.")
    page.say(f"What it should answer:  {digits.targets(int(values[0]))}")
    return int(values[0]), image
