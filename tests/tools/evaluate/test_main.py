"""The measures, on made-up folders with a reader whose answers are known."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image

from core import modelfile
from core.errors import DatasetError
from core.network import Network
from core.reading.reader import Reader, Reading
from core.vision.digitise import Box, Digit
from pi.diagnostics.canvas import FAINT, RED
from tools.evaluate.__main__ import main
from tools.evaluate.contact_sheet import ACROSS, GAP, SIDE, Failure, draw
from tools.evaluate.photographs import Photograph, read_index
from tools.evaluate.tally import Tally

HEADING = "file\tlabel\tkind\tsource\tnote"


@dataclass
class Sevens:
    """Reads a 7 on all frames that are dark in the corner, and is unsure on the others."""

    seen: list = field(default_factory=list)

    def read(self, frame):
        self.seen.append(frame.shape)
        if frame[0, 0] < 100:
            return Reading(digit=7, confidence=0.9, guess=7)
        return Reading(digit=None, confidence=0.4, guess=2)


@pytest.fixture
def reader(monkeypatch):
    """A stand-in for the weights we ship."""
    reader = Sevens()
    monkeypatch.setattr(Reader, "default", classmethod(lambda cls: reader))
    return reader


@pytest.fixture
def folder(tmp_path):
    """A function that writes index.tsv, and the pictures, dark or light."""

    def write(*rows, heading=HEADING):
        lines = []
        for number, (grey, *row) in enumerate(rows):
            Image.new("L", (40, 30), grey).save(tmp_path / f"{number}.png")
            lines.append("\t".join([f"{number}.png", *row]))
        (tmp_path / "index.tsv").write_text("\n".join([heading, *lines]) + "\n", "utf-8")
        return tmp_path

    return write


@pytest.fixture
def evaluate(capsys):
    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return code, streams.out.splitlines(), streams.err

    return run


EDGE = 16
"""Pixels around a contact sheet's tiles."""
DARK, LIGHT = 20, 230
FOUR = (
    (DARK, "7", "photo_single", "ada", "right"),
    (DARK, "1", "photo_single", "ada", "taken for a 7"),
    (LIGHT, "2", "photo_single", "bo", "guessed, but not called: unread"),
    (DARK, "7", "photo_single", "bo", "right"),
)


def test_photographs(folder, evaluate, reader):
    path = folder(*FOUR, (LIGHT, "12", "photo_many", "ada", "of another kind"))
    code, out, err = evaluate("photos", path)
    assert (code, err) == (0, "")
    assert out[-1] == "photos 0.5000 (n=4, unread=1)"
    assert out[0].split() == ["1", "of", "2", "0.500", "ada"]
    assert out[1].split() == ["1", "of", "2", "0.500", "bo"]
    table = {line.split()[0]: line.split()[1:] for line in out if re.match(r"\s+\d   ", line)}
    assert table["7"] == [".", ".", ".", ".", ".", ".", ".", "2", ".", ".", "."]
    assert table["1"] == [".", ".", ".", ".", ".", ".", ".", "1", ".", ".", "."]
    assert table["2"] == [".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "1"]
    # Wilson's interval of 2 in 4.
    assert "95 % interval 0.1500 to 0.8500; failures: 1, 2" in out
    assert reader.seen == [(30, 40)] * 4


def test_another_kind(folder, evaluate, reader):
    path = folder(*FOUR, (DARK, "7", "photo_blurred", "ada", ""))
    code, out, _ = evaluate("photos", path, "--kind", "photo_blurred")
    assert code == 0
    assert out[-1] == "photos 1.0000 (n=1, unread=0)"


def test_pictures_without_a_digit(folder, evaluate, reader):
    path = folder(
        (DARK, "-", "none_photo", "cat", "called a 7"),
        (LIGHT, "-", "none_photo", "cat", "guessed, but not called"),
        (LIGHT, "-", "none_photo", "dog", ""),
        *FOUR,
    )
    code, out, _ = evaluate("nodigit", path)
    assert code == 0
    assert out[0].split() == ["1", "of", "2", "cat"]
    assert out[1].split() == ["0", "of", "1", "dog"]
    assert out[-1] == "nodigit 0.3333 (n=3)"


@pytest.mark.parametrize("measure", ["photos", "nodigit"])
def test_a_missing_kind_names_those_there_are(folder, evaluate, reader, measure):
    path = folder(*FOUR, (DARK, "x", "sketch", "", ""))
    code, out, err = evaluate(measure, path, "--kind", "painting")
    assert (code, out) == (3, [])
    assert err == (
        f"evaluate: error: {path}/index.tsv: no row of kind 'painting'; "
        "the kinds there are: photo_single, sketch\n"
    )


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (None, "index.tsv: cannot be read (*No such file*); give the folder that holds"),
        (b"\xff\xfe\x00", "index.tsv: cannot be read (*); give the folder"),
        (b"", "index.tsv:1: no column file, label, kind, source, note; it needs"),
        (b"file\tlabel\tkind\n", "index.tsv:1: no column source, note; it needs"),
        (
            HEADING.encode(),
            "index.tsv: no row of kind 'photo_single'; the kinds there are: none",
        ),
        (
            f"{HEADING}\na.png\t1\tphoto_single\ts\tn\nb.png\t2\n".encode(),
            "index.tsv:3: fewer columns than the heading",
        ),
        (
            f"{HEADING}\na.png\t12\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '12' is not a digit",
        ),
        (
            f"{HEADING}\na.png\t-\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '-' is not a digit",
        ),
        (
            # int() would take it.
            f"{HEADING}\na.png\t\u0664\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '\u0664' is not a digit",
        ),
    ],
)
def test_bad_indexes_are_one_line(tmp_path, evaluate, reader, index, message):
    if index is not None:
        (tmp_path / "index.tsv").write_bytes(index)
    code, out, err = evaluate("photos", tmp_path)
    assert (code, out) == (3, [])
    assert err.count("\n") == 1
    pattern = ".*".join(re.escape(part) for part in message.split("*"))
    assert re.search(f"^evaluate: error: {re.escape(str(tmp_path))}/{pattern}", err)


def test_quotes_are_plain_characters(folder):
    path = folder((DARK, "3", "photo_single", '"ada', 'a "note'))
    assert read_index(path, "photo_single") == [
        Photograph(path / "0.png", "3", "photo_single", '"ada', 'a "note')
    ]


def test_a_kind_without_digits_cannot_be_scored(folder, evaluate, reader):
    path = folder((DARK, "12", "photo_many", "ada", ""))
    code, _, err = evaluate("photos", path, "--kind", "photo_many")
    assert code == 3
    assert err == f"evaluate: error: {path}/0.png: its label is not one digit\n"


def test_a_missing_photograph_is_one_line(folder, evaluate, reader):
    path = folder(*FOUR)
    (path / "1.png").unlink()
    code, _, err = evaluate("photos", path)
    assert code == 3
    assert err == f"evaluate: error: {path}/1.png: cannot be read: No such file or directory\n"


def test_the_index_may_be_read_without_the_photographs(folder):
    path = folder(*FOUR)
    for picture in path.glob("*.png"):
        picture.unlink()
    assert [photo.digit for photo in read_index(path, "photo_single")] == [7, 1, 2, 7]
    with pytest.raises(DatasetError):
        read_index(path, "none_photo")


def write_mnist(folder, images, labels):
    header = struct.pack(">4B3I", 0, 0, 8, 3, *images.shape)
    (folder / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = struct.pack(">4BI", 0, 0, 8, 1, len(labels))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


def seven_sayer(path, threshold=0.5):
    """A model file that is 90 % sure of a 7, whatever it sees."""
    network = Network.from_spec("784-11", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = np.log(0.01)
    bias.value[7] = np.log(0.9)
    modelfile.save(path, network, {"threshold": threshold})
    return path


def bars(count):
    """MNIST-like pictures: upright bars in different places, the last one empty."""
    images = np.zeros((count, 28, 28), np.uint8)
    for number in range(count - 1):
        images[number, 4:24, 10 + number : 13 + number] = 255
    return images


def test_mnist_goes_through_the_path_that_predict_ships(tmp_path, evaluate):
    write_mnist(tmp_path, bars(4), np.array([7, 1, 7, 7], np.uint8))
    model = seven_sayer(tmp_path / "model.npz")
    code, out, err = evaluate("mnist", "--data", tmp_path, "--model", model)
    assert (code, err) == (0, "")
    # Right, wrong, right, and nothing to see; the network alone calls that a 7 as well.
    assert out[-1] == "mnist 0.5000 (n=4)"
    # Of four guesses, 0.9 sure, two are right, and the empty page is surely no digit: wrong.
    assert out[-2] == "expected calibration error 0.4250 (guesses alone 0.2333)"
    assert out[-3] == "network alone, digits as MNIST cut them: 0.7500"
    # With its own threshold above its confidence, all of it is unread.
    seven_sayer(model, threshold=0.95)
    _, out, _ = evaluate("mnist", "--data", tmp_path, "--model", model)
    assert out[-1] == "mnist 0.0000 (n=4)"


def test_mnist_that_is_not_there(monkeypatch, tmp_path, evaluate, reader):
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))
    code, _, err = evaluate("mnist")
    assert code == 3
    assert err == (
        "evaluate: error: no MNIST here; fetch it with: python -m tools.fetch_mnist\n"
    )


def test_a_model_that_is_not_there(tmp_path, evaluate):
    code, _, err = evaluate("photos", tmp_path, "--model", tmp_path / "no.npz")
    assert code == 3
    assert err.startswith(f"evaluate: error: {tmp_path}/no.npz: cannot be read")
    assert err.count("\n") == 1


def test_interrupted(folder, evaluate, monkeypatch, reader):
    def interrupt(frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(reader, "read", interrupt)
    assert evaluate("photos", folder(*FOUR))[0] == 130


def test_no_measure_is_wrong_usage():
    with pytest.raises(SystemExit, match="2"):
        main([])


@pytest.mark.parametrize("option", ["--sheet", "--confusion"])
def test_a_picture_without_a_folder_is_missed_at_once(folder, evaluate, tmp_path, option):
    code, out, err = evaluate("photos", folder, option, tmp_path / "none" / "out.png")
    assert code == 3
    assert not out
    assert err.count("\n") == 1
    assert "there is no folder" in err


def test_failures_are_drawn(folder, evaluate, reader, tmp_path):
    sheet = tmp_path / "sheet.png"
    code, out, _ = evaluate("photos", folder(*FOUR), "--sheet", sheet)
    assert code == 0
    assert f"failures drawn in {sheet}" in out
    with Image.open(sheet) as picture:
        pixels = np.asarray(picture.convert("L"))
    # Two failures side by side, in one row.
    cell = (pixels.shape[1] - EDGE) // ACROSS
    assert pixels.shape[0] < 2 * (SIDE + EDGE)
    assert pixels[EDGE + GAP + 10, EDGE + 10] == DARK
    assert pixels[EDGE + GAP + 10, EDGE + cell + 10] == LIGHT


def test_a_sheet_marks_the_candidate_that_was_chosen(tmp_path):
    crops = [np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)]
    candidates = [Digit(crop, Box(0, 0, 9, 9), 0.5) for crop in crops]
    reading = Reading(digit=1, candidate=candidates[1], candidates=candidates)
    frame = np.full((200, 100), 77, np.uint8)
    draw([Failure.of("a", frame, reading)] * 4, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape[0] > 2 * SIDE, "four failures are two rows"
    middle = pixels[EDGE + GAP + 20]
    first, second = (EDGE + place * (SIDE + GAP) + GAP // 2 for place in (1, 2))
    assert (middle[EDGE + 20] == 77).all()
    assert (middle[first + 20] == 255).all()
    assert (middle[second + 20] == 0).all()
    assert (middle[first - 1] == FAINT).all()
    assert (middle[second - 1] == RED).all()


def test_a_tally_of_nothing_has_counted_nothing():
    tally = Tally()
    assert (tally.count, tally.unread, tally.failures) == (0, 0, [])
