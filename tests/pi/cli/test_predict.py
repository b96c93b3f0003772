from __future__ import annotations

import json
import os

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import modelfile
from core.network import Network
from core.reading.reader import Reading
from core.vision.digitise import Box, Digit
from pi.cli import main
from pi.cli.format import reading_words


@pytest.fixture
def photo(tmp_path):
    """A photograph of a 7."""
    page = Image.new("L", (320, 240), 200)
    ImageDraw.Draw(page).line([(140, 60), (200, 60), (160, 180)], fill=30, width=8)
    path = tmp_path / "seven.png"
    page.save(path)
    return path


@pytest.fixture
def blank(tmp_path):
    path = tmp_path / "blank.png"
    Image.new("L", (320, 240), 200).save(path)
    return path


@pytest.fixture
def model(tmp_path):
    """A model that answers 7 whatever it sees."""
    network = Network.from_spec("784-11", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = 0
    bias.value[7] = 5
    path = tmp_path / "model.npz"
    modelfile.save(path, network, {})
    return path


@pytest.fixture
def predict(model, capsys):
    def run(*arguments):
        code = main(["predict", "--model", str(model), *map(str, arguments)])
        streams = capsys.readouterr()
        return code, streams.out, streams.err

    return run


def test_a_photograph_is_one_line(predict, photo):
    assert predict(photo) == (0, f"{photo}: 7 (0.94)\n", "")


@pytest.mark.parametrize("how", [(), ("--row",), ("--json",)])
def test_a_picture_by_a_pipe(predict, photo, how):
    before = os.dup(0)
    with open(photo) as file:
        os.dup2(file.fileno(), 0)
    code, out, _ = predict(*how, "-")
    os.dup2(before, 0)
    os.close(before)
    assert code == 0
    assert out.startswith('{"file": "-", ' if "--json" in how else "standard input: 7")


def test_an_empty_page(predict, blank):
    assert predict(blank) == (0, f"{blank}: no digit found\n", "")


def shares(**digits):
    values = np.zeros(11, np.float32)
    for name, value in digits.items():
        values[10 if name == "none" else int(name[1:])] = value
    return values


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (Reading(7, 0.984, 7, shares(d7=0.984)), "7 (0.98)"),
        (Reading(0, 0.5, 0, shares(d0=0.5)), "0 (0.50)"),
        (
            Reading(None, 0.43, 4, shares(d4=0.43, d9=0.38)),
            "unsure, perhaps 4 (0.43) or 9 (0.38)",
        ),
        (Reading(None, 0.43, 4, shares(d4=0.43, d9=0.09)), "unsure, perhaps 4 (0.43)"),
        (Reading(None, 0.05, None, shares(d4=0.05, none=0.95)), "no digit found"),
        (Reading(), "no digit found"),
    ],
)
def test_words(reading, words):
    assert reading_words(reading) == words


def test_json(predict, photo, blank):
    code, out, _ = predict("--json", photo, blank)
    assert code == 0
    seven, nothing = map(json.loads, out.splitlines())
    assert seven["file"] == str(photo)
    assert seven["digit"] == seven["guess"] == 7
    assert seven["state"] == "digit"
    assert seven["confidence"] == seven["probabilities"][7] == pytest.approx(0.9369, abs=1e-3)
    assert len(seven["probabilities"]) == 11
    left, top, right, bottom = seven["box"]
    assert (left, top) == pytest.approx((138, 57), abs=6)
    assert (right, bottom) == pytest.approx((203, 183), abs=6)
    assert 0 < seven["quality"] <= 1
    assert seven["ms"] > 0
    assert nothing["state"] == "empty"
    for name in ("digit", "guess", "probabilities", "box", "quality"):
        assert nothing[name] is None


def test_all_tells_of_every_candidate(predict, photo):
    _, out, _ = predict("--all", photo)
    first, *candidates = out.splitlines()
    assert first == f"{photo}: 7 (0.94)"
    assert candidates
    assert sum(line.startswith("  * 7 (0.94), ") for line in candidates) == 1
    _, out, _ = predict("--all", "--json", photo)
    listed = json.loads(out)["candidates"]
    assert len(listed) == len(candidates)
    assert [each["chosen"] for each in listed].count(True) == 1


def test_all_of_nothing(predict, blank):
    assert predict("--all", blank)[1] == f"{blank}: no digit found\n"
    assert json.loads(predict("--all", "--json", blank)[1])["candidates"] == []


def test_explain_draws_a_picture(predict, photo, tmp_path):
    why = tmp_path / "why.png"
    assert predict(photo, "--explain", why)[0] == 0
    with Image.open(why) as image:
        assert image.width > 1000


def test_explain_takes_one_photograph(predict, photo, tmp_path):
    code, out, error = predict(photo, photo, "--explain", tmp_path / "why.png")
    assert (code, out) == (2, "")
    assert "--explain draws one photograph" in error


def test_explain_that_cannot_be_written(predict, photo, tmp_path):
    code, out, error = predict(photo, "--explain", tmp_path / "no" / "why.png")
    assert code == 7
    assert out == f"{photo}: 7 (0.94)\n"
    assert error.startswith("zerodigit: error: ")


def broken(tmp_path, kind):
    path = tmp_path / "broken.png"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:1500])
    elif kind == "no picture":
        path.write_text("a letter to my aunt")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "no picture", "folder"])
def test_a_bad_photograph_is_told_and_the_others_are_read(predict, photo, tmp_path, kind):
    bad = broken(tmp_path, kind)
    code, out, error = predict(photo, bad, photo)
    assert code == 3
    assert out == f"{photo}: 7 (0.94)\n" * 2
    assert error.startswith(f"zerodigit: error: {bad}: ")
    assert error.count("\n") == 1


def test_bad_photographs_alone(predict, tmp_path):
    code, out, error = predict(tmp_path / "a.png", tmp_path / "b.png")
    assert (code, out) == (3, "")
    assert error.count("zerodigit: error: ") == 2


@pytest.mark.parametrize("kind", ["missing", "empty", "cut", "folder", "picture"])
def test_a_bad_model(photo, model, tmp_path, capsys, kind):
    path = tmp_path / "bad.npz"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut":
        path.write_bytes(model.read_bytes()[:-1000])
    elif kind == "folder":
        path.mkdir()
    elif kind == "picture":
        path.write_bytes(photo.read_bytes())
    assert main(["predict", str(photo), "--model", str(path)]) == 4
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith(f"zerodigit: error: {path}: ")
    assert streams.err.count("\n") == 1


def test_a_model_that_reads_no_digits(photo, tmp_path, capsys):
    path = tmp_path / "letters.npz"
    modelfile.save(path, Network.from_spec("784-26"), {})
    assert main(["predict", str(photo), "--model", str(path)]) == 4
    assert "10 or 11 outputs" in capsys.readouterr().err


def test_the_box_and_quality_are_those_of_the_chosen_candidate():
    from pi.cli.predict import as_json

    chosen = Digit(np.zeros((28, 28), np.float32), Box(1, 2, 3, 4), 0.5)
    answer = as_json("x", Reading(7, 0.9, 7, shares(d7=0.9), chosen, [chosen]), 1.25)
    assert answer["box"] == [1, 2, 3, 4]
    assert answer["quality"] == 0.5
    assert json.dumps(answer)


@pytest.fixture
def two_rows(tmp_path):
    page = Image.new("L", (320, 240), 200)
    pen = ImageDraw.Draw(page)
    for x, y in ((80, 30), (160, 30), (100, 140)):
        pen.line([(x, y), (x + 40, y), (x + 15, y + 70)], fill=30, width=6)
    path = tmp_path / "rows.png"
    page.save(path)
    return path


def test_rows(predict, two_rows, blank):
    code, out, _ = predict("--row", two_rows, blank)
    assert code == 0
    assert out == f"{two_rows}: 77 / 7\n{blank}: no digit found\n"


def test_rows_as_json(predict, two_rows, blank):
    code, out, _ = predict("--row", "--json", two_rows, blank)
    assert code == 0
    found, nothing = map(json.loads, out.splitlines())
    assert [[each["digit"] for each in row] for row in found["rows"]] == [[7, 7], [7]]
    assert found["rows"][1][0]["box"] == pytest.approx([97, 137, 143, 213], abs=6)
    assert nothing == {"file": str(blank), "rows": []}


@pytest.mark.parametrize("other", [["--all"], ["--explain", "why.png"]])
def test_rows_go_with_json_alone(predict, two_rows, other):
    code, out, error = predict("--row", two_rows, *other)
    assert (code, out) == (2, "")
    assert "--row tells of every digit" in error
