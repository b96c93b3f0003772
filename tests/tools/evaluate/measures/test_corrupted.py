"""MNIST-C's corruptions, counted with a reader that always says 7."""

from __future__ import annotations

import numpy as np

from core.reading.reader import Reading
from tools.evaluate.measures.corrupted import enlarged


def test_enlarged_is_four_by_four_of_each_pixel():
    image = np.zeros((28, 28), np.float32)
    image[3, 5] = 1
    frame = enlarged(image)
    assert (frame.shape, frame.dtype) == ((112, 112), np.uint8)
    assert (frame[12:16, 20:24] == 255).all()
    assert frame.sum() == 16 * 255


def test_corrupted_prints_fifteen_and_the_mean(evaluate, reader, tmp_path, write_mnist):
    images = np.zeros((6, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255
    write_mnist(tmp_path, images, [7, 1, 7, 1, 7, 1])
    reader.read = lambda frame: Reading(7, 0.9, 7)
    code, out, _ = evaluate("corrupted", "--data", tmp_path)
    assert code == 0
    assert len(out) == 16
    assert out[0] == "0.5000  0.0000 unread  shot_noise"
    assert out[-1] == "corrupted 0.5000 (n=90)"
    # Evenly from the whole set: the first, third and fifth.
    _, out, _ = evaluate("corrupted", "--data", tmp_path, "--limit", 3)
    assert out[-1] == "corrupted 1.0000 (n=45)"
