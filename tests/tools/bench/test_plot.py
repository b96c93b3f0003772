"""The picture of who is how fast."""

from __future__ import annotations

from PIL import Image

from tools.bench import plot
from tools.bench.timing import Race

RACE = Race(100, {"zerodigit": [1.0, 1.1, 0.9, 1.0], "scikit-learn": [2.0, 2.2, 1.8, 2.1]})


def test_the_picture_shows_who_is_faster(tmp_path):
    path = tmp_path / "out.png"
    plot.save({"digits": RACE, "frames": RACE}, path)
    picture = Image.open(path).convert("RGB")
    colours = {colour: count for count, colour in picture.getcolors(1 << 20)}
    ours, theirs = colours[(0x1F, 0x6F, 0x8B)], colours[(0xB9, 0xC4, 0xC9)]
    assert 1.7 < ours / theirs < 2.3
