"""The confusion table as a picture."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.reading.reader import Reader, Reading
from tools.evaluate import confusion
from tools.evaluate.confusion import CELL, EXAMPLE, LEFT, TOP
from tools.plotting import small_png


@pytest.fixture
def reader(monkeypatch):
    """A stand-in for the weights we ship: a 7 whatever it is shown."""
    reader = SimpleNamespace(read=lambda frame: Reading(7, 0.9, 7))
    reader.network = SimpleNamespace(score=lambda *_: 0.5)
    monkeypatch.setattr(Reader, "default", classmethod(lambda cls: reader))
    return reader


def cell(picture, row, column):
    """The inside of a cell."""
    left, top = LEFT + column * CELL, TOP + row * CELL
    pixels = np.asarray(picture.convert("RGB"), int)
    return pixels[top + 1 : top + CELL, left + 1 : left + CELL]


def is_empty(pixels):
    return (pixels == pixels[0, 0]).all()


@pytest.mark.slow
def test_mistakes_are_drawn_with_an_example(evaluate, reader, tmp_path):
    out = tmp_path / "table.png"
    _, said, _ = evaluate("scenes", "--count", 20, "--confusion", out)
    assert f"confusion drawn in {out}" in said
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        # Ten examples and their many greys against a number on one tint.
        assert len(np.unique(cell(picture, 3, 7).reshape(-1, 3), axis=0)) > 15
        assert is_empty(cell(picture, 3, 4))
        assert not is_empty(cell(picture, 7, 7))


def photograph_folder(folder):
    Image.effect_noise((40, 30), 80).save(folder / "a.png")
    (folder / "index.tsv").write_text(
        "file\tlabel\tkind\tsource\tnote\na.png\t1\tphoto_single\tada\t\n", "utf-8"
    )
    return folder


def mnist_folder(folder):
    images = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    header = struct.pack(">4B3I", 0, 0, 8, 3, 1, 28, 28)
    (folder / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (folder / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 1) + b"\1")
    return folder


@pytest.mark.parametrize("measure", ["photos", "mnist"])
@pytest.mark.slow
def test_what_is_not_ours_is_counted_and_not_shown(evaluate, reader, tmp_path, measure):
    out = tmp_path / "table.png"
    if measure == "photos":
        arguments = ["photos", photograph_folder(tmp_path)]
    else:
        arguments = ["mnist", "--data", mnist_folder(tmp_path)]
    assert evaluate(*arguments, "--confusion", out)[0] == 0
    expected = np.zeros((10, 11), int)
    expected[1, 7] = 1
    with Image.open(out) as picture:
        drawn = np.asarray(picture.convert("RGB"))
    small_png.save(confusion.draw(expected, {}), tmp_path / "expected.png")
    with Image.open(tmp_path / "expected.png") as picture:
        np.testing.assert_array_equal(drawn, np.asarray(picture.convert("RGB")))


def test_an_example_is_the_digit_and_some_paper():
    frame = np.full((100, 200), 200, np.uint8)
    frame[20:60, 150:160] = 10
    picture = confusion.example(frame, (150, 20, 160, 60))
    assert (picture.mode, picture.size) == ("L", (EXAMPLE, EXAMPLE))
    pixels = np.asarray(picture)
    assert pixels[EXAMPLE // 2, EXAMPLE // 2] < 30
    assert (pixels[:, 0] > 180).all()
    # At the frame's edge there is as much paper as elsewhere.
    frame[:] = 200
    frame[60:, 190:] = 10
    pixels = np.asarray(confusion.example(frame, (190, 60, 200, 100)))
    assert (pixels[:, -1] > 180).all()


def test_more_mistakes_are_redder():
    table = np.zeros((10, 11), int)
    np.fill_diagonal(table, 1000)
    table[2, 3], table[2, 4] = 1, 20
    picture = confusion.draw(table, {})
    few, many, none = (cell(picture, 2, column)[2, 2] for column in (3, 4, 5))
    assert none[1] > few[1] > many[1]


def test_a_digit_that_was_never_shown_has_no_share():
    picture = confusion.draw(np.zeros((10, 11), int), {})
    assert all(is_empty(cell(picture, row, 4)) for row in range(10) if row != 4)


def test_a_table_that_cannot_be_written(evaluate, reader, tmp_path):
    out = tmp_path / "no" / "table.png"
    code, _, err = evaluate("scenes", "--count", 1, "--confusion", out)
    assert code == 3
    assert err.startswith(f"evaluate: error: {out}: there is no folder")
