"""PNG files of few colours."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tools.plotting import small_png


def colours(image):
    return {tuple(pixel) for pixel in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}


def test_small_pngs_keep_greys_colours_and_the_paper(tmp_path):
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    image = Image.fromarray(np.repeat(ramp, 200, axis=0))
    ImageDraw.Draw(image).rectangle((0, 100, 255, 199), fill=(250, 249, 246))
    ImageDraw.Draw(image).rectangle((100, 50, 110, 60), fill=(208, 48, 40))
    small_png.save(image, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as saved:
        assert (saved.format, saved.mode) == ("PNG", "P")
        pixels = np.asarray(saved.convert("RGB"), int)
    assert tuple(pixels[150, 20]) == (250, 249, 246)
    assert np.abs(pixels[55, 105] - (208, 48, 40)).max() <= 2
    assert np.abs(pixels[:50] - np.asarray(image, int)[:50]).max() <= 4


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (10, 200, 30)])
def test_a_picture_of_one_colour(colour):
    assert colours(small_png.reduce(Image.new("RGB", (8, 8), colour))) == {colour}
