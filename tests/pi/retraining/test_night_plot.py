"""The nights as a picture: a pair of bars each, of the last ones that counted something."""

from __future__ import annotations

import pytest
from PIL import Image

from core.errors import StorageError
from pi.retraining import night_plot

NIGHT = {"at": "2026-11-24T03:10:00+00:00", "outcome": "discarded", "before": 4, "after": 1}
BEFORE, AFTER, REFUSED = (227, 181, 75), (44, 122, 87), (192, 86, 63)


def drawn(nights, folder):
    night_plot.draw(nights, str(folder / "out.png"))
    with Image.open(folder / "out.png") as picture:
        return picture.convert("RGB")


def heights(picture, colour):
    """Pixels of a colour in each column, above the legend."""
    return [
        sum(picture.getpixel((x, y)) == colour for y in range(40, 280))
        for x in range(picture.width)
    ]


def test_bars_are_as_high_as_the_errors(tmp_path):
    picture = drawn([NIGHT, NIGHT | {"outcome": "promoted", "after": 2}], tmp_path)
    before, after, refused = (max(heights(picture, each)) for each in (BEFORE, AFTER, REFUSED))
    assert after == pytest.approx(before / 2, abs=2)
    assert refused == pytest.approx(before / 4, abs=2)


def test_nights_that_counted_nothing_are_left_out(tmp_path):
    one = drawn([NIGHT], tmp_path)
    assert drawn([{"outcome": "no memory"}, NIGHT], tmp_path).tobytes() == one.tobytes()
    assert not any(heights(drawn([], tmp_path), BEFORE))


def test_only_the_last_nights_are_drawn(tmp_path):
    many = [NIGHT | {"before": 9}] * 5 + [NIGHT] * night_plot.SHOWN
    last = drawn(many[5:], tmp_path)
    assert drawn(many, tmp_path).tobytes() == last.tobytes()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "out.png").symlink_to("behind.png")
    drawn([NIGHT], tmp_path)
    assert (tmp_path / "out.png").is_symlink()


def test_a_picture_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(StorageError):
        night_plot.draw([NIGHT], str(tmp_path / "none" / "out.png"))
