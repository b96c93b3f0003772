"""Pictures without a digit, photographed and drawn, with a reader whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Reading
from core.synthesis.negatives import KINDS
from tools.evaluate.measures import nodigit

DARK, LIGHT = 20, 230


@pytest.fixture
def photographs(folder):
    """Two photographs of a digit, the second one light."""
    return folder((20, "7", "photo_single", "ada", ""), (230, "2", "photo_single", "ada", ""))


def test_pictures_without_a_digit(folder, evaluate, reader, four):
    path = folder(
        (DARK, "-", "none_photo", "cat", "called a 7"),
        (LIGHT, "-", "none_photo", "cat", "guessed, but not called"),
        (LIGHT, "-", "none_photo", "dog", ""),
        *four,
    )
    code, out, _ = evaluate("nodigit", path)
    assert code == 0
    assert out[0].split() == ["1", "of", "2", "cat"]
    assert out[1].split() == ["0", "of", "1", "dog"]
    assert out[-1] == "nodigit 0.3333 (n=3)"


def test_drawn_negatives_by_kind_and_photographs_beside(evaluate, reader, photographs):
    seven = reader.read
    reader.read = lambda frame: seven(frame) if frame.shape == (30, 40) else Reading()
    code, out, err = evaluate("nodigit", "--generated", 32, photographs)
    assert (code, err) == (0, "")
    assert out[-1] == "nodigit 0.0000 (n=32, accepted=0.5000 of 2)"
    assert sorted(line.split()[-1] for line in out[:17]) == sorted([*KINDS, "lookalike"])
    assert all(line.split()[:3] == ["0", "of", "2"] for line in out[:16])
    assert out[16].split() == ["0", "of", "3", "lookalike"]


def test_drawn_negatives_without_photographs(evaluate, reader, tmp_path, monkeypatch):
    """In a fresh clone there are none where they are looked for unless told otherwise."""
    (tmp_path / "clone").mkdir()
    reader.read = lambda frame: Reading()
    monkeypatch.chdir(tmp_path / "clone")
    code, out, err = evaluate("nodigit", "--generated", 1)
    assert (code, err) == (0, "")
    assert out[-2:] == [
        "no photographs in ../shared/photos; give DIR to count the digits among them, too",
        "nodigit 0.0000 (n=1)",
    ]


def test_a_folder_that_is_named_must_be_there_before_anything_is_drawn(
    evaluate, reader, tmp_path
):
    code, out, err = evaluate("nodigit", "--generated", 1, tmp_path / "none")
    assert (code, out) == (3, [])
    assert "none/index.tsv: cannot be read" in err


def test_lookalikes_are_not_in_the_share(evaluate, reader, photographs, monkeypatch):
    frames = [
        ("empty", "e", 0),
        ("letter", "x", 1),
        ("lookalike", "o", 1),
        ("lookalike", "l", 1),
    ]
    drawn = [(kind, name, np.full((30, 40), grey, np.uint8)) for kind, name, grey in frames]
    monkeypatch.setattr(nodigit, "generated", lambda count: iter(drawn))
    reader.read = lambda frame: Reading(7, 0.9, 7) if frame[0, 0] else Reading()
    _, out, _ = evaluate("nodigit", "--generated", 2, photographs)
    assert out[-1] == "nodigit 0.5000 (n=2, accepted=1.0000 of 2)"
    assert out[2].split() == ["2", "of", "2", "lookalike"]


def test_drawn_negatives_are_the_same_each_time():
    one, other = ([frame for _, _, frame in nodigit.generated(4)] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
