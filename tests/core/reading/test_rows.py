"""Reading rows: what counts as a digit of a row, with a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.classes import NO_DIGIT
from core.network import Network
from core.reading.reader import Reader
from core.reading.row_choice import CORE, FILL
from core.reading.rows import read_rows
from core.synthesis.row_scene import sample_rows
from core.synthesis.style import Style
from core.vision import features
from core.vision.digitise import Box, Digit


class KnownAnswers:
    """A network that knows each candidate by the number that its image carries in a corner."""

    def __init__(self, shares):
        self.shares = np.array(shares, np.float32)

    def predict_proba(self, images):
        return self.shares[np.rint(images[:, 0, 0] * 100).astype(int)]


class KnownVerdicts:
    """A judge that knows the candidates likewise; by default it agrees with the network."""

    def __init__(self, nothing):
        self.nothing = nothing

    def verdicts(self, candidates, probabilities):
        numbers = [round(float(each.image[0, 0]) * 100) for each in candidates]
        known = [self.nothing[number] for number in numbers]
        own = [
            p if k is None else k
            for p, k in zip(probabilities[:, NO_DIGIT], known, strict=True)
        ]
        nothing = np.array(own, np.float32)
        return np.stack([0 * nothing, 1 - nothing, nothing], axis=1)


def shares(digit, sure=0.9, none=0.02):
    values = np.full(11, (1 - sure - none) / 9, np.float32)
    values[NO_DIGIT] = none
    values[digit] = sure
    return values


SCRIBBLE = np.full(11, 0.00001, np.float32)
SCRIBBLE[NO_DIGIT] = 0.9999


@pytest.fixture
def read(monkeypatch):
    """Reads candidates on a frame of 200x400: (box, shares, darkness, judge's "nothing")."""

    def run(*found):
        ink = np.zeros((200, 400), np.uint8)
        candidates = []
        for (left, top, right, bottom), _, darkness, *_ in found:
            patch = ink[top:bottom, left:right]
            np.maximum(patch, darkness, out=patch)
            longer = max(right - left, bottom - top)
            across, down = 20 * (right - left) // longer, 20 * (bottom - top) // longer
            image = np.zeros((28, 28), np.float32)
            image[4 : 4 + down, 4 : 4 + across] = 1
            image[0, 0] = len(candidates) / 100
            vector = np.zeros(len(features.NAMES), np.float32)
            vector[[FILL, CORE]] = 1, darkness / 128 - 1
            candidates.append(Digit(image, Box(left, top, right, bottom), 0.8, vector))

        def find(frame, *, trace, **options):
            trace["ink"] = ink
            return candidates

        monkeypatch.setattr("core.reading.rows.find_digits", find)
        reader = Reader(Network.from_spec("784-11"), threshold=0.5)
        reader.network = KnownAnswers([each[1] for each in found])
        reader.judge = KnownVerdicts([each[3] if each[3:] else None for each in found])
        rows = read_rows(reader, np.full((200, 400), 200, np.uint8))
        return ["".join(map(str, row)) for row in rows]

    return run


def box(x, y=80, width=30, height=50):
    return (x, y, x + width, y + height)


TWO, THREE = (box(100), shares(2), 200), (box(150), shares(3), 200)


def test_a_row(read):
    assert read(THREE, TWO) == ["23"]
    assert read(TWO, (box(100, 140), shares(7), 200)) == ["2", "7"]


def test_what_is_no_digit_is_left_out(read):
    scribble = (box(200), SCRIBBLE, 200)
    assert read(TWO, scribble, THREE) == ["23"]
    assert read(scribble) == []


def test_doubt_is_a_question_mark_but_not_alone(read):
    doubt = (box(200), shares(4, 0.4, 0.05), 200)
    assert read(TWO, THREE, doubt) == ["23?"]
    assert read(TWO, THREE, (box(200, 150), *doubt[1:])) == ["23"]


def test_another_look_at_a_digit_is_not_another_digit(read):
    again = (box(101, 81), shares(2, 0.7), 200)
    assert read(TWO, again, THREE) == ["23"]


def test_a_stem_is_not_a_1_beside_its_4(read):
    four = (box(100, 80, 40, 50), shares(4, 0.9), 200)
    stem = (box(125, 80, 8, 50), shares(1, 0.95), 200)
    assert read(stem, four, THREE) == ["43"]


def test_two_digits_outweigh_the_blot_that_joins_them(read):
    both = (box(100, 80, 80, 50), shares(8, 0.6), 200)
    assert read(both, TWO, THREE) == ["23"]


def test_what_the_same_pen_did_not_write(read):
    faint = (box(200), shares(1, 0.9), 60)
    speck = (box(200, 100, 8, 12), shares(1, 0.9), 200)
    huge = (box(200, 20, 90, 170), shares(1, 0.9), 200)
    for other in (faint, speck, huge):
        assert read(TWO, THREE, (box(50), shares(5), 200), other) == ["523"]


def test_many_pieces_of_printed_line_do_not_pass_for_the_pen(read):
    lines = [
        (box(x, y, 6, 50), shares(1, 0.95), 80, 0.7)
        for x in (20, 60, 220, 260)
        for y in (10, 140)
    ]
    assert read(*lines, TWO, THREE) == ["23"]


def test_a_sheet_of_nothing_but_1s(read):
    assert read(*((box(x, 80, 8, 50), shares(1), 200) for x in (60, 100, 140))) == ["111"]


def test_what_two_sides_cut_is_no_digit(read):
    assert read(TWO, THREE, ((0, 150, 40, 200), shares(7), 200)) == ["23"]


def test_a_bare_stroke_is_a_1_in_a_row_and_nothing_elsewhere(read):
    stroke = shares(1, 0.6), 200, 0.999
    assert read(TWO, THREE, (box(200, 80, 10, 48), *stroke)) == ["231"]
    assert read(TWO, THREE, (box(200, 20, 10, 48), *stroke)) == ["23"]
    assert read(TWO, THREE, (box(360, 80, 10, 48), *stroke)) == ["23"]
    assert read((box(200, 80, 10, 48), *stroke)) == []


def test_an_empty_page():
    assert (
        read_rows(Reader(Network.from_spec("784-11")), np.full((240, 320), 200, np.uint8)) == []
    )


def test_without_a_judge_the_shipped_network_reads_an_easy_sheet():
    reader = Reader.default()
    reader.judge = None
    style = Style(height=0.3, rotation=8.0)
    scene = sample_rows(np.random.default_rng(2), ("27", "3086"), size=(480, 640), style=style)
    assert ["".join(map(str, row)) for row in read_rows(reader, scene.frame)] == ["27", "3086"]


def test_a_network_of_ten_outputs_reads_rows():
    """With no class for what is no digit, all are digits: two strokes are two answers."""
    page = Image.new("L", (320, 240), 200)
    pen = ImageDraw.Draw(page)
    pen.line([(100, 80), (100, 140)], fill=30, width=6)
    pen.line([(180, 80), (180, 140)], fill=30, width=6)
    network = Network.from_spec("784-10", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = 0
    bias.value[1] = 5
    (row,) = read_rows(Reader(network), np.asarray(page))
    assert [each.digit for each in row] == [1, 1]
    assert [each.box.left for each in row] == pytest.approx([97, 177], abs=4)


def test_the_shipped_weights_read_easy_sheets():
    reader, right = Reader.default(), 0
    sheets = [("27", "3086"), ("90125",), ("64", "5", "8302")]
    for seed, rows in enumerate(sheets):
        rng = np.random.default_rng([seed, 1])
        style = Style(height=0.3, rotation=8.0)
        scene = sample_rows(rng, rows, size=(480, 640), style=style)
        read = ["".join(map(str, row)) for row in read_rows(reader, scene.frame)]
        right += sum(one == other for one, other in zip(read, rows, strict=False))
    assert right >= 5
