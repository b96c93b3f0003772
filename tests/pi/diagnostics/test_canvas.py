from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFont

from core.errors import StorageError
from pi.diagnostics import canvas
from pi.diagnostics.canvas import PAPER, RED, Canvas


def columns_with_ink(image):
    return np.flatnonzero((np.asarray(image) != PAPER).any(axis=(0, 2)))


@pytest.mark.parametrize("align", [0, 0.5, 1])
def test_text_is_aligned_and_its_left_end_returned(align):
    drawn = Canvas(200, 40)
    left = drawn.text(100, 10, "how it reads", 12, align=align)
    ink = columns_with_ink(drawn.image)
    assert ink[0] == pytest.approx(left, abs=3)
    if align:
        assert ink[-1] == pytest.approx(100 + (100 - left) * (1 - align) / align, abs=3)
    else:
        assert left == 100


def test_a_picture_of_any_mode_and_its_edge():
    drawn = Canvas(20, 20)
    drawn.paste(Image.new("L", (4, 4), 0), 10, 10, RED, 2)
    pixels = np.asarray(drawn.image)
    assert (pixels[10:14, 10:14] == 0).all()
    assert (pixels == RED).all(axis=2).sum() == 8 * 8 - 4 * 4
    assert tuple(pixels[8, 8]) == tuple(pixels[15, 15]) == RED


@pytest.mark.parametrize("old", [False, True])
def test_text_in_any_script(monkeypatch, old):
    """Pillow before 10.1 has one bitmap font, of Latin 1."""
    if old:
        bitmap = getattr(ImageFont, "load_default_imagefont", ImageFont.load_default)()
        monkeypatch.setattr(ImageFont, "load_default", lambda: bitmap)
    drawn = Canvas(200, 40)
    drawn.text(10, 10, "\u6570\u5b57.jpg: 7", 20)
    assert len(columns_with_ink(drawn.image))


def test_the_picture_is_a_png_whatever_its_name(tmp_path):
    canvas.save(Image.new("RGB", (3, 2)), tmp_path / "why")
    with Image.open(tmp_path / "why") as image:
        assert (image.format, image.size) == ("PNG", (3, 2))


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "why.png").symlink_to("behind.png")
    canvas.save(Image.new("RGB", (3, 2)), tmp_path / "why.png")
    assert (tmp_path / "why.png").is_symlink()
    assert (tmp_path / "behind.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        canvas.save(Image.new("RGB", (3, 2)), tmp_path / "no" / "why.png")
    assert list(tmp_path.iterdir()) == []
