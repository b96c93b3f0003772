"""The measures on drawn pictures, with a reader whose answers are known."""

from __future__ import annotations

import re
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.reading.reader import Reader, Reading
from core.synthesis.negatives import KINDS
from pi.service.voting import FrameVote
from tools.evaluate.__main__ import main
from tools.evaluate.measures import nodigit, rows, video
from tools.evaluate.measures.corrupted import enlarged
from tools.evaluate.measures.rows import matching
from tools.evaluate.measures.video import watch
from tools.evaluate.photographs import Photograph

INDEX = "file\tlabel\tkind\tsource\tnote\n"


@pytest.fixture
def reader(monkeypatch):
    """A stand-in for the weights we ship, to be told what it reads."""
    reader = SimpleNamespace(read=lambda frame: Reading())
    monkeypatch.setattr(Reader, "default", classmethod(lambda cls: reader))
    return reader


@pytest.fixture
def evaluate(capsys):
    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return code, streams.out.splitlines(), streams.err

    return run


@pytest.fixture
def folder(tmp_path):
    """Two photographs, the second one light, and two sheets, one of them with doubts."""
    for name, grey in (("a", 20), ("b", 230), ("c", 20), ("d", 20)):
        Image.new("L", (40, 30), grey).save(tmp_path / f"{name}.png")
    (tmp_path / "index.tsv").write_text(
        INDEX + "a.png\t7\tphoto_single\tada\t\nb.png\t2\tphoto_single\tada\t\n"
        "c.png\t12/345\tphoto_multi\tbo\t\nd.png\t12/3?\tphoto_multi\tbo\t\n",
        "utf-8",
    )
    return tmp_path


def seven(frame):
    return Reading(7, 0.9, 7)


def test_labels_of_rows():
    def rows_of(label):
        return Photograph(None, label, "", "", "").rows

    assert rows_of("05221859") == ["05221859"]
    assert rows_of("12345/6879") == ["12345", "6879"]
    for doubtful in ("12/3?", "text + 01", "-", "", "12//3", "1 2"):
        assert rows_of(doubtful) is None
    assert Photograph(None, "12", "", "", "").digit is None
    assert Photograph(None, "4", "", "", "").digit == 4


def test_drawn_negatives_by_kind_and_photographs_beside(evaluate, reader, folder):
    reader.read = lambda frame: (
        seven(frame) if frame.shape == (30, 40) and frame[0, 0] < 99 else Reading()
    )
    code, out, err = evaluate("nodigit", "--generated", 32, folder)
    assert (code, err) == (0, "")
    assert out[-1] == "nodigit 0.0000 (n=32, accepted=0.5000 of 2)"
    assert sorted(line.split()[-1] for line in out[:17]) == sorted([*KINDS, "lookalike"])
    assert all(line.split()[:3] == ["0", "of", "2"] for line in out[:16])
    assert out[16].split() == ["0", "of", "3", "lookalike"]


def test_drawn_negatives_without_photographs(evaluate, reader, tmp_path, monkeypatch):
    """In a fresh clone there are none where they are looked for unless told otherwise."""
    (tmp_path / "clone").mkdir()
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


def test_lookalikes_are_not_in_the_share(evaluate, reader, folder, monkeypatch):
    frames = [
        ("empty", "e", 0),
        ("letter", "x", 1),
        ("lookalike", "o", 1),
        ("lookalike", "l", 1),
    ]
    drawn = [(kind, name, np.full((30, 40), grey, np.uint8)) for kind, name, grey in frames]
    monkeypatch.setattr(nodigit, "generated", lambda count: iter(drawn))
    reader.read = lambda frame: seven(frame) if frame[0, 0] else Reading()
    _, out, _ = evaluate("nodigit", "--generated", 2, folder)
    assert out[-1] == "nodigit 0.5000 (n=2, accepted=1.0000 of 2)"
    assert out[2].split() == ["2", "of", "2", "lookalike"]


def test_drawn_negatives_are_the_same_each_time():
    one, other = ([frame for _, _, frame in nodigit.generated(4)] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("truth", "read", "exact"),
    [
        (["12", "3"], ["12", "3"], 2),
        (["12", "3"], ["3"], 1),
        (["12", "3"], ["3", "12"], 1),
        (["12", "3"], ["7", "12", "3"], 2),
        (["12", "3"], ["1", "2"], 0),
        (["5", "5"], ["5"], 1),
        (["5"], [], 0),
    ],
)
def test_matching_rows(truth, read, exact):
    assert matching(truth, read) == exact


def test_rows_of_photographs(evaluate, reader, folder, monkeypatch, tmp_path):
    """The sheet whose label has a question mark is left out; a row too many counts."""
    monkeypatch.setattr(
        rows, "read_rows", lambda reader, frame: [["1", "2"], ["3"], ["3", "4", "5"]]
    )
    code, out, _ = evaluate("rows", folder)
    assert code == 0
    assert out[0] == "c: 12 / 345 read 12 / 3 / 345"
    assert out[-2].startswith("sheets read exactly: 0 of 1; ")
    assert out[-1] == "rows 0.6667 (n=3, sheets=1)"
    monkeypatch.setattr(rows, "read_rows", lambda reader, frame: [])
    _, out, _ = evaluate("rows", folder, "--sheet", tmp_path / "out.png")
    assert out[0] == "c: 12 / 345 read nothing"
    assert out[-1] == "rows 0.0000 (n=2, sheets=1)"
    assert (tmp_path / "out.png").exists()


def test_rows_without_a_certain_label(evaluate, reader, folder):
    (folder / "index.tsv").write_text(INDEX + "d.png\t12/3?\tphoto_multi\tbo\t\n", "utf-8")
    code, out, err = evaluate("rows", folder)
    assert (code, out) == (3, [])
    assert err == f"evaluate: error: {folder}: no label there is rows of digits\n"


def test_drawn_rows(evaluate, reader, monkeypatch):
    monkeypatch.setattr(rows, "read_rows", lambda reader, frame: [])
    code, out, _ = evaluate("rows", "--generated", 3)
    assert code == 0
    assert len(out) == 5
    assert re.fullmatch(r"rows 0\.0000 \(n=[3-9], sheets=3\)", out[-1])


def test_enlarged_is_four_by_four_of_each_pixel():
    image = np.zeros((28, 28), np.float32)
    image[3, 5] = 1
    frame = enlarged(image)
    assert (frame.shape, frame.dtype) == ((112, 112), np.uint8)
    assert (frame[12:16, 20:24] == 255).all()
    assert frame.sum() == 16 * 255


def test_corrupted_prints_fifteen_and_the_mean(evaluate, reader, tmp_path):
    images = np.zeros((6, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(
        struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes()
    )
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(
        struct.pack(">4BI", 0, 0, 8, 1, 6) + bytes([7, 1, 7, 1, 7, 1])
    )
    reader.read = seven
    code, out, _ = evaluate("corrupted", "--data", tmp_path)
    assert code == 0
    assert len(out) == 16
    assert out[0] == "0.5000  0.0000 unread  shot_noise"
    assert out[-1] == "corrupted 0.5000 (n=90)"
    # Evenly from the whole set: the first, third and fifth.
    _, out, _ = evaluate("corrupted", "--data", tmp_path, "--limit", 3)
    assert out[-1] == "corrupted 1.0000 (n=45)"


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_limit_is_a_whole_number_from_one(limit, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["corrupted", "--limit", limit])
    assert "whole number" in capsys.readouterr().err or limit == "-1"


class Film:
    """Reads the digits of a list, one a frame, then nothing."""

    def __init__(self, digits):
        self.digits = list(digits)

    def read(self, frame):
        digit = self.digits.pop(0) if self.digits else None
        return Reading() if digit is None else Reading(digit, 0.9, digit)


@pytest.fixture
def four_in_sight(monkeypatch):
    """A film of 12 frames of a 4, in sight from the third to the tenth."""
    frame = np.zeros((24, 32), np.uint8)
    scenes = [SimpleNamespace(frame=frame, label=4 if 2 <= n < 10 else None) for n in range(12)]
    monkeypatch.setattr(video, "presentation", lambda rng, digit, frames: iter(scenes))


def test_frames_until_lit(four_in_sight):
    rng = np.random.default_rng(0)
    outcome = watch(Film([None, None, 4, 4, 4, 4, 4]), FrameVote(), rng, 4, 0.0)
    assert outcome.frames_to_lit == 3
    assert outcome.wrong is None
    assert watch(Film([]), FrameVote(), rng, 4, 0.0).frames_to_lit is None


def test_a_wrong_digit_that_was_lit(four_in_sight):
    rng = np.random.default_rng(0)
    outcome = watch(Film([None, 1, 1, 1, 4, 4, 4, 4]), FrameVote(), rng, 4, 0.0)
    assert outcome.wrong[0] == 1
    assert outcome.frames_to_lit == 6
    # Two frames are not enough to be lit.
    assert watch(Film([None, 1, 1, 4, 4, 4]), FrameVote(), rng, 4, 0.0).wrong is None


def test_what_stays_lit_into_the_next_presentation_is_wrong_there(four_in_sight):
    rng, recogniser = np.random.default_rng(0), FrameVote()
    assert watch(Film([9] * 12), recogniser, rng, 9, 0.0).wrong is None
    assert watch(Film([]), recogniser, rng, 4, 1.2).wrong[0] == 9


def test_video(evaluate, reader, four_in_sight, tmp_path):
    reader.read = seven
    sheet = tmp_path / "sheet.png"
    code, out, _ = evaluate("video", "--count", 10, "--sheet", sheet)
    assert code == 0
    right = sum(
        int(np.random.default_rng([nodigit.HELD_OUT, n]).integers(10)) == 7 for n in range(10)
    )
    assert out[-1] == f"video inf (n=10, wrong={1 - right / 10:.4f})"
    assert sheet.exists()
