"""One path from a frame to a reading, with networks whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import modelfile, pretrained
from core.classes import NO_DIGIT
from core.errors import ModelFormatError
from core.exemplars.builder import Example, memory_of
from core.integer.network import IntegerNetwork
from core.network import Network
from core.reading.judge import INPUTS, NOTHING, WRONG, Judge
from core.reading.judge import RIGHT as READ_RIGHT
from core.reading.reader import (
    DOUBT,
    PLACE_THRESHOLD,
    THRESHOLD,
    TURNED,
    UNLIKELY,
    Reader,
    Reading,
    choose,
    judged,
    merge,
)
from core.synthesis.scene import Style, presentation
from core.vision import features
from core.vision.digitise import Box, Digit, find_digits
from core.vision.upright import set_upright

PAPER = np.full((240, 320), 200, np.uint8)


@pytest.fixture
def frame():
    """A frame with a 7 on it."""
    page = Image.fromarray(PAPER)
    ImageDraw.Draw(page).line([(130, 70), (190, 70), (150, 180)], fill=40, width=8)
    return np.array(page)


def constant(probabilities):
    """A network that answers so whatever it sees."""
    network = Network.from_spec(f"784-{len(probabilities)}", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = np.log(np.maximum(probabilities, 1e-9))
    return network


def answer(**shares):
    """Eleven probabilities: d3=0.7 for the 3, none=0.2; the rest is spread over the others."""
    given = {NO_DIGIT if name == "none" else int(name[1:]): p for name, p in shares.items()}
    spread = (1 - sum(given.values())) / (11 - len(given))
    return np.array([given.get(n, spread) for n in range(11)], np.float32)


def candidate(box, quality=1.0):
    return Digit(np.zeros((28, 28), np.float32), Box(*box), quality)


# Boxes that have nothing to do with each other.
LEFT, RIGHT = (0, 0, 100, 100), (200, 0, 300, 100)


def test_one_candidate_is_chosen_as_it_is():
    best, merged = choose([candidate(LEFT)], answer(d4=0.9)[None])
    assert best == 0
    np.testing.assert_allclose(merged, answer(d4=0.9), rtol=1e-5)


def test_the_surer_of_two_places():
    pair = [candidate(LEFT), candidate(RIGHT)]
    table = np.stack([answer(d4=0.6), answer(d5=0.9)])
    assert choose(pair, table)[0] == 1
    assert choose(pair[::-1], table[::-1])[0] == 0


def test_the_better_looking_of_two_places():
    pair = [candidate(LEFT, 0.9), candidate(RIGHT, 0.3)]
    # 0.8 * 0.9 against 0.9 * 0.3.
    assert choose(pair, np.stack([answer(d4=0.8), answer(d5=0.9)]))[0] == 0


def test_looks_at_one_writing_are_merged_by_their_squares():
    # Box 1 overlaps box 0 by 100 * 80 / (100 * 100): the same place.
    looks = [candidate(LEFT, 1.0), candidate((0, 0, 100, 80), 0.5)]
    table = np.zeros((2, 11), np.float32)
    table[0, [3, 8]] = 0.9, 0.1
    table[1, [3, 8]] = 0.2, 0.8
    _, merged = choose(looks, table)
    # sqrt((1 * 0.81 + 0.5 * 0.04) / 1.5) and sqrt((1 * 0.01 + 0.5 * 0.64) / 1.5), normalised.
    three, eight = (0.83 / 1.5) ** 0.5, (0.33 / 1.5) ** 0.5
    assert merged[3] == pytest.approx(three / (three + eight), rel=1e-5)
    assert merged[8] == pytest.approx(eight / (three + eight), rel=1e-5)
    assert merged.sum() == pytest.approx(1)


def test_a_sure_look_outvotes_two_vague_ones():
    looks = [candidate(LEFT), candidate((0, 0, 100, 90)), candidate((0, 0, 90, 100))]
    table = np.zeros((3, 11), np.float32)
    table[0, [3, 5]] = 0.98, 0.02
    table[1:, [3, 5]] = 0.35, 0.65
    _, merged = choose(looks, table)
    assert merged.argmax() == 3


def test_candidates_elsewhere_are_not_merged():
    # 49 of 100: just below half.
    looks = [candidate(LEFT), candidate((0, 0, 100, 49))]
    _, merged = choose(looks, np.stack([answer(d4=0.9), answer(d1=0.6)]))
    np.testing.assert_allclose(merged, answer(d4=0.9), rtol=1e-5)


def test_a_piece_does_not_beat_the_whole():
    # The stem of a 4 is a perfect 1, and smaller than a quarter of it.
    whole, stem = candidate(LEFT, 0.9), candidate((60, 0, 80, 100), 0.9)
    table = np.stack([answer(d4=0.7, none=0.1), answer(d1=0.99)])
    assert choose([whole, stem], table)[0] == 0
    assert choose([stem, whole], table[::-1])[0] == 1
    # Elsewhere on the page, the same 1 wins.
    assert choose([whole, candidate((160, 0, 180, 100), 0.9)], table)[0] == 1


def test_a_piece_beats_what_is_no_digit_itself():
    # A digit in a drawn frame: it is a piece of the frame, but the frame is nothing.
    frame, inside = candidate(LEFT, 0.5), candidate((30, 30, 60, 60), 0.7)
    table = np.stack([answer(none=0.95), answer(d6=0.95)])
    best, merged = choose([frame, inside], table)
    assert best == 1
    assert merged.argmax() == 6


def test_what_is_surely_nothing_wins_over_a_faint_chance():
    pair = [candidate(LEFT, 0.9), candidate(RIGHT, 0.2)]
    # Worth 0.6 * 0.9 * 0.95 against 0.2 * 0.9.
    best, merged = choose(pair, np.stack([answer(none=0.95), answer(d1=0.9)]))
    assert best == 0
    assert merged.argmax() == NO_DIGIT


def test_ten_outputs_have_no_nothing():
    pair = [candidate(LEFT, 0.9), candidate(RIGHT, 0.9)]
    table = np.full((2, 10), 0.01, np.float32)
    table[0, 2], table[1, 7] = 0.91, 0.5
    best, merged = choose(pair, table)
    assert best == 0
    assert merged.shape == (10,)
    assert merged.argmax() == 2


def test_a_digit(frame):
    reading = Reader(constant(answer(d7=0.8))).read(frame)
    assert reading.state == "digit"
    assert reading.digit == reading.guess == 7
    assert reading.confidence == pytest.approx(0.8, abs=1e-4)
    assert reading.probabilities.shape == (11,)
    assert reading.probabilities.dtype == np.float32
    assert reading.candidate is reading.candidates[0]
    assert reading.trace is None


def test_below_the_threshold_is_unsure(frame):
    reading = Reader(constant(answer(d7=0.4)), threshold=0.5).read(frame)
    assert (reading.state, reading.digit, reading.guess) == ("unsure", None, 7)
    assert reading.confidence == pytest.approx(0.4, abs=1e-4)
    assert Reader(constant(answer(d7=0.4)), threshold=0.3).read(frame).digit == 7


def test_nothing_wins_and_the_page_is_as_good_as_empty(frame):
    reading = Reader(constant(answer(none=0.9))).read(frame)
    assert (reading.state, reading.digit, reading.guess) == ("empty", None, None)
    assert reading.candidates


def test_an_empty_page():
    reading = Reader(constant(answer(d7=0.9))).read(PAPER)
    assert reading == Reading()
    assert (reading.state, reading.digit, reading.guess) == ("empty", None, None)
    assert reading.probabilities is None


def test_the_trace_has_the_stages(frame):
    reader = Reader(constant(answer(d7=0.8)))
    assert "ink" in reader.read(frame, trace=True).trace
    assert "ink" in reader.read(PAPER, trace=True).trace


def test_networks_of_ten_and_eleven_outputs_are_taken(frame):
    ten = np.full(10, 0.02)
    ten[4] = 0.82
    reading = Reader(constant(ten)).read(frame)
    assert reading.digit == 4
    assert reading.probabilities.shape == (10,)


@pytest.mark.parametrize("outputs", [7, 9, 12])
def test_networks_of_other_outputs_are_refused(outputs):
    with pytest.raises(ModelFormatError, match=rf"10 or 11 outputs, not \({outputs},\)"):
        Reader(constant(np.full(outputs, 1 / outputs)))


@pytest.mark.parametrize("inputs", ["100", "28x28x3", "27x28"])
def test_networks_of_other_inputs_are_refused(inputs, tmp_path):
    modelfile.save(tmp_path / "model.npz", Network.from_spec(f"{inputs}-5-11"), {})
    with pytest.raises(ModelFormatError, match="has 28x28 inputs, not"):
        Reader.from_file(tmp_path / "model.npz")


@pytest.mark.parametrize("value", [3e38, 1e20])
def test_networks_whose_sums_may_overflow_are_refused(value, tmp_path):
    network = Network.from_spec("784-4-4-11")
    for parameter in network.parameters():
        parameter.value[...] = value
    modelfile.save(tmp_path / "model.npz", network, {})
    with pytest.raises(ModelFormatError, match=r"model\.npz: holds weights so large that"):
        Reader.from_file(tmp_path / "model.npz")


def test_a_judge_is_for_eleven_outputs():
    with pytest.raises(ModelFormatError, match="a judge is for a network of 11 outputs"):
        Reader(constant(np.full(10, 0.1)), judge=Judge(Network.from_spec(f"{INPUTS}-3")))


def test_a_model_file_brings_its_threshold(tmp_path, frame):
    path = tmp_path / "model.npz"
    modelfile.save(path, constant(answer(d7=0.6)), {"threshold": 0.7})
    reader = Reader.from_file(path)
    assert reader.threshold == 0.7
    assert reader.read(frame).state == "unsure"
    modelfile.save(path, constant(answer(d7=0.6)), {})
    assert Reader.from_file(path).threshold == THRESHOLD == 0.5


def test_the_shipped_weights_read_a_seven(frame):
    reader = Reader.default()
    assert reader.network.output_shape == (11,)
    assert reader.read(frame).digit == 7
    # Chalk on a board is the same digit.
    assert reader.read(255 - frame).digit == 7


# With a judge


def judge(place=0, slope=0.0, bias=0.0, otherwise=NOTHING):
    """Goes by one of its inputs alone: right with logistic(slope * input + bias), and
    `otherwise` nothing, or another digit."""
    network = Network.from_spec(f"{INPUTS}-3", seed=0)
    weights, biases = network.parameters()
    weights.value[...] = 0
    weights.value[place, READ_RIGHT] = slope
    biases.value[...] = -100
    biases.value[otherwise], biases.value[READ_RIGHT] = 0, bias
    return Judge(network)


def sure_by(name, slope=10.0, bias=0.0):
    return judge(features.NAMES.index(name), slope, bias)


def described(box, quality=1.0, **values):
    vector = np.zeros(len(features.NAMES), np.float32)
    for name, value in values.items():
        vector[features.NAMES.index(name)] = value
    return Digit(np.zeros((28, 28), np.float32), Box(*box), quality, vector)


def logit(share):
    return float(np.log(share / (1 - share)))


def test_the_candidate_that_the_judge_trusts_is_chosen():
    # The left one looks better and reads surer; the judge goes by darkness alone.
    pair = [described(LEFT, 0.9, depth=-0.3), described(RIGHT, 0.2, depth=0.2)]
    table = np.stack([answer(d4=0.9), answer(d5=0.5, none=0.3)])
    assert choose(pair, table)[0] == 0
    best, chosen = judged(sure_by("depth"), pair, table)
    assert best == 1
    assert chosen.argmax() == 5
    assert chosen[5] == pytest.approx(1 / (1 + np.exp(-2)), rel=1e-5)
    assert judged(sure_by("depth"), pair[::-1], table[::-1])[0] == 0


def test_if_the_judge_is_wrong_another_digit_is_right_or_none():
    table = np.zeros((1, 11), np.float32)
    table[0, [4, 9, 7, NO_DIGIT]] = 0.5, 0.15, 0.05, 0.3
    before = table.copy()
    # A judge of 16 to 3 to 1.
    verdict = judge(bias=np.log(16))
    verdict.network.parameters()[1].value[NOTHING] = np.log(3)
    verdict.network.parameters()[1].value[WRONG] = 0
    _, chosen = judged(verdict, [described(LEFT)], table)
    assert chosen.dtype == np.float32
    assert chosen[4] == pytest.approx(0.8, rel=1e-5)
    assert chosen[NO_DIGIT] == pytest.approx(0.15, rel=1e-4)
    # The others have the rest as the network thought of them: three quarters and a quarter.
    assert chosen[9] == pytest.approx(0.0375, rel=1e-4)
    assert chosen[7] == pytest.approx(0.0125, rel=1e-4)
    assert chosen.sum() == pytest.approx(1, rel=1e-5)
    np.testing.assert_array_equal(table, before)


@pytest.mark.parametrize("share", [0.98, 0.55, 1.0])
def test_the_second_best_digit_is_not_called_because_the_best_is_distrusted(share):
    table = np.zeros((1, 11), np.float32)
    table[0, [1, 7]] = share, 1 - share
    _, chosen = judged(judge(bias=logit(0.05)), [described(LEFT)], table)
    assert chosen[7] == pytest.approx(0, abs=1e-5)
    assert chosen[NO_DIGIT] == pytest.approx(0.95, rel=1e-5)


def test_the_second_best_digit_is_called_where_the_judge_finds_it_is_another():
    table = np.zeros((1, 11), np.float32)
    table[0, [4, 9, 7]] = 0.5, 0.4, 0.1
    _, chosen = judged(judge(bias=logit(0.2), otherwise=WRONG), [described(LEFT)], table)
    assert chosen.argmax() == 9
    assert chosen[[4, 9, 7]] == pytest.approx([0.2, 0.64, 0.16], rel=1e-4)


def test_what_the_judge_is_sure_of_is_the_digit_though_nothing_was_likelier():
    table = answer(d6=0.2, none=0.7)[None]
    _, chosen = judged(judge(bias=logit(0.9)), [described(LEFT)], table)
    assert chosen.argmax() == 6
    assert chosen[6] == pytest.approx(0.9, rel=1e-5)


def test_looks_at_one_writing_have_their_say_before_the_judge():
    looks = [described(LEFT, 1.0), described((0, 0, 100, 90), 1.0, size=1)]
    table = np.stack([answer(d4=0.95), answer(d9=0.5, d4=0.3)])
    assert merge(looks, table).argmax(axis=1).tolist() == [4, 4]
    best, chosen = judged(sure_by("size"), looks, table)
    assert (best, int(chosen.argmax())) == (1, 4)


def test_the_judge_s_confidence_is_what_is_reported(frame):
    network = constant(answer(d7=0.55, none=0.25))
    reading = Reader(network, judge=judge(bias=logit(0.93))).read(frame)
    assert (reading.state, reading.digit, reading.guess) == ("digit", 7, 7)
    assert reading.confidence == pytest.approx(0.93, rel=1e-5)
    assert reading.probabilities.argmax() == 7
    assert reading.candidate in reading.candidates
    assert reading.candidate.features is not None
    reading = Reader(network, judge=judge(bias=logit(0.05))).read(frame)
    assert reading.digit is None
    assert reading.state == "empty"


@pytest.mark.parametrize(
    ("confidence", "state"),
    [(0.1, "empty"), (0.49, "empty"), (0.51, "unsure"), (0.89, "unsure"), (0.91, "digit")],
)
def test_what_is_unlikely_is_nothing_at_all(frame, confidence, state):
    assert (UNLIKELY, DOUBT) == (0.5, 0.1)
    network = constant(answer(d7=0.9))
    reading = Reader(network, judge=judge(bias=logit(confidence))).read(frame)
    assert reading.state == state
    assert (reading.guess is None) == (state == "empty")
    always = Reader(network, judge=judge(bias=logit(confidence)), doubt=0.95, unlikely=0.05)
    assert always.read(frame).guess == 7
    assert (always.read(frame).digit == 7) == (confidence > THRESHOLD)


def test_the_threshold_is_the_judge_s_confidence(frame):
    network = constant(answer(d7=0.9))
    for threshold, digit in ((0.59, 7), (0.61, None)):
        reader = Reader(network, threshold, judge(bias=logit(0.6), otherwise=WRONG))
        assert reader.read(frame).digit == digit


def test_the_judge_chooses_on_a_page(frame):
    """A line that is darker than the digit is the digit to a judge that likes it dark."""
    frame[90:150, 20:26] = 0
    network = constant(answer(d7=0.9))
    for slope, beside in ((20.0, True), (-20.0, False)):
        reading = Reader(network, judge=sure_by("core", slope, -0.85 * slope)).read(frame)
        assert (reading.candidate.box.right < 60) == beside


def test_features_are_extracted_for_a_judge_alone(frame):
    network = constant(answer(d7=0.9))
    assert Reader(network).read(frame).candidate.features is None
    assert Reader(network, judge=judge()).read(frame).candidate.features is not None


def test_where_the_judge_is_sure_no_other_candidate_is_cut_out(frame):
    frame[90:150, 20:26] = 0
    network = constant(answer(d7=0.9))
    everything = find_digits(frame)
    assert len(everything) > 1
    for confidence, looked_at in ((0.991, 1), (0.989, len(everything))):
        reading = Reader(network, judge=judge(bias=logit(confidence))).read(frame)
        assert len(reading.candidates) == looked_at
        assert reading.candidates[0].box == everything[0].box
        assert reading.confidence == pytest.approx(confidence, rel=1e-4)
    # Without a judge there is nobody to be sure.
    assert len(Reader(network).read(frame).candidates) == len(everything)


def test_an_empty_page_is_not_judged():
    class Never(Judge):
        def verdicts(self, candidates, shares):
            raise AssertionError

    judging = Reader(constant(answer(d7=0.9)), judge=Never(judge().network))
    assert judging.read(PAPER) == Reading()
    assert "ink" in judging.read(PAPER, trace=True).trace


def test_a_model_file_brings_its_judge(tmp_path, frame):
    path = tmp_path / "model.npz"
    network = constant(answer(d7=0.6))
    modelfile.save(path, network, {"threshold": 0.3}, judge(bias=logit(0.97)).network)
    judging = Reader.from_file(path)
    assert judging.read(frame).confidence == pytest.approx(0.97, rel=1e-4)
    assert (judging.doubt, judging.unlikely) == (DOUBT, UNLIKELY)
    assert Reader.of(modelfile.load(path)).judge is not None
    modelfile.save(path, network, {"doubt": 0.4, "unlikely": 0.35}, judge().network)
    assert (Reader.from_file(path).doubt, Reader.from_file(path).unlikely) == (0.4, 0.35)
    modelfile.save(path, network, {"threshold": 0.3})
    assert Reader.from_file(path).judge is None


def test_a_file_whose_judge_is_none_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    modelfile.save(path, constant(answer(d7=0.6)), {}, Network.from_spec("5-2"))
    with pytest.raises(
        ModelFormatError, match=r"a judge has 70 inputs and 3 outputs, not \(5,\)"
    ):
        Reader.from_file(path)


@pytest.mark.parametrize("name", ["threshold", "doubt", "unlikely"])
@pytest.mark.parametrize("value", ["high", None, [0.5], -0.1, 1.5])
def test_a_file_with_an_absurd_threshold_is_refused(tmp_path, name, value):
    path = tmp_path / "model.npz"
    modelfile.save(path, constant(answer(d7=0.6)), {name: value})
    with pytest.raises(ModelFormatError, match=f"the {name} in a model file is from 0 to 1"):
        Reader.from_file(path)


def test_a_file_with_ranges_is_read_in_whole_numbers(tmp_path, frame):
    network = Network.from_spec("28x28-c4k5s2-12-11", batch_norm=True, seed=1)
    modelfile.save(tmp_path / "floats.npz", network, {})
    modelfile.save(tmp_path / "whole.npz", network, {}, ranges=[4.0, 9.0])
    floats = Reader.from_file(tmp_path / "floats.npz")
    whole = Reader.from_file(tmp_path / "whole.npz")
    assert isinstance(floats.network, Network)
    assert isinstance(whole.network, IntegerNetwork)
    wanted, got = floats.read(frame).probabilities, whole.read(frame).probabilities
    np.testing.assert_allclose(got, wanted, atol=0.03)
    assert (got != wanted).any()


# The sheets that the demo shows

SHEETS = 300
# A sheet as the scene camera shows it: of five frames, the third holds it still.
FRAMES, HELD = 5, 2


def sheet(number):
    """One frame of a sheet held before the camera, and what is written there."""
    rng = np.random.default_rng([300, number])
    digit = int(rng.integers(10))
    scene = next(islice(presentation(rng, digit, FRAMES, style=Style.usual(rng)), HELD, None))
    assert scene.label == digit
    return scene.frame, digit


@pytest.mark.slow
def test_of_300_sheets_97_in_100_are_read():
    reader = Reader.default()
    wrong = []
    for number in range(SHEETS):
        frame, digit = sheet(number)
        reading = reader.read(frame)
        if reading.digit != digit:
            wrong.append(f"{number}: {digit} as {reading.guess} ({reading.confidence:.2f})")
    assert len(wrong) <= 0.03 * SHEETS, "; ".join(wrong)


# A second look, set upright


class TwoLooks:
    """Says ``first`` of a crop as it is, known by its corner, ``inverted`` of it upside down,
    ``second`` of any other."""

    output_shape = (11,)

    def __init__(self, first, second, inverted=None):
        self.first, self.second, self.seen = first, second, 0
        self.inverted = answer(none=0.9) if inverted is None else inverted

    def predict_proba(self, images):
        self.seen += len(images)
        return np.stack(
            [
                self.first if x[0, 0] == 1 else self.inverted if x[-1, -1] == 1 else self.second
                for x in images
            ]
        )


def leaning(**values):
    digit = described(LEFT, **values)
    digit.image[0, 0] = 1
    digit.image[8:20, 12] = 1
    return digit


def by_margin(least):
    """A judge that finds another digit likelier where the lead is less than ``least``."""
    return judge(INPUTS - 1, 20.0, -40.0 * least, otherwise=WRONG)


@pytest.mark.parametrize(("rival", "digit", "looks"), [(0.7, None, 3), (0.3, 7, 4)])
def test_a_digit_is_not_called_where_both_looks_together_are_another(rival, digit, looks):
    # A 1 with a hook that leans over is a 7; upright it is far more a 1.
    network = TwoLooks(answer(d7=0.6, d1=0.3), answer(d7=0.04, d1=rival))
    verdict = judge(bias=logit(0.9), otherwise=WRONG)
    reading = Reader(network, judge=verdict).read_candidates([leaning()])
    assert (reading.digit, reading.guess) == (digit, 7)
    assert reading.confidence == pytest.approx(0.9, rel=1e-3)
    assert network.seen == looks


@pytest.mark.parametrize(
    ("first", "inverted", "digit"),
    [
        (answer(d9=0.6), answer(d5=0.98), None),
        # The same digit, or as good as the same.
        (answer(d9=0.6), answer(d6=0.98), 9),
        (answer(d8=0.6), answer(d8=0.98), 8),
        # Much a 9, or not so surely a 5.
        (answer(d9=0.8), answer(d5=0.98), 9),
        (answer(d9=0.6), answer(d5=0.9), 9),
    ],
)
def test_a_digit_is_not_called_that_is_another_one_upside_down(first, inverted, digit):
    verdict = judge(bias=logit(0.9), otherwise=WRONG)
    reader = Reader(TwoLooks(first, first, inverted), judge=verdict)
    assert reader.read_candidates([leaning()]).digit == digit


class SetUpright:
    """Says ``upright`` of one crop, ``image`` set upright as far as a sheet may be turned, and
    ``usual`` of any other."""

    output_shape = (11,)

    def __init__(self, image, usual, upright):
        self.known, self.usual, self.upright = set_upright(image, TURNED), usual, upright

    def predict_proba(self, images):
        same = [np.array_equal(image, self.known) for image in images]
        return np.stack([self.upright if each else self.usual for each in same])


@pytest.mark.parametrize(
    ("slope", "upright", "digit"),
    [
        (0.5, answer(d1=0.97), None),
        (-0.5, answer(d1=0.97), None),
        # The same digit, none so surely, or upright already.
        (0.5, answer(d7=0.97), 7),
        (0.5, answer(d1=0.9), 7),
        (0.1, answer(d1=0.97), 7),
    ],
)
def test_a_digit_that_leans_is_not_called_if_it_is_surely_another_upright(
    slope, upright, digit
):
    candidate = described(LEFT)
    for row in range(4, 24):
        candidate.image[row, 14 + round(slope * (14 - row))] = 1
    network = SetUpright(candidate.image, answer(d7=0.9), upright)
    reader = Reader(network, judge=judge(bias=logit(0.9), otherwise=WRONG))
    assert reader.read_candidates([candidate]).digit == digit


def test_which_digit_it_is_may_be_told_by_the_second_look():
    candidate = leaning()
    network = TwoLooks(answer(d7=0.5, d1=0.4), answer(d7=0.95))
    reader = Reader(network, judge=by_margin(0.11))
    reading = reader.read_candidates([candidate])
    assert reading.digit == 7
    assert reading.candidate is candidate
    assert reading.candidates == [candidate]
    network.second = answer(d7=0.5, d1=0.4)
    assert reader.read_candidates([candidate]).state == "unsure"
    network.second = answer(d1=0.97)
    assert reader.read_candidates([candidate]).digit == 1


def test_there_is_no_second_look_where_it_is_sure_or_perhaps_no_digit():
    for verdict in (judge(bias=logit(0.995)), judge(bias=logit(0.8), otherwise=NOTHING)):
        network = TwoLooks(answer(d7=0.9), answer(d7=0.9))
        Reader(network, judge=verdict).read_candidates([leaning()])
        assert network.seen == 1
    network = TwoLooks(answer(d7=0.4), answer(d7=0.9))
    Reader(network).read_candidates([leaning()])
    assert network.seen == 1


class UprightAlone:
    """Sure of a 7 if ink is in the corner at the top left, else hardly of anything."""

    output_shape = (11,)

    def __init__(self, otherwise):
        self.otherwise = otherwise

    def predict_proba(self, images):
        return np.stack([answer(d7=0.97 if x[0, 0] else self.otherwise) for x in images])


def test_quarter_turns_that_make_a_digit_of_a_crop():
    crop = np.zeros((28, 28), np.float32)
    crop[0, 0] = 1
    reader = Reader(UprightAlone(0.3))
    for turned, left in ((0, 0), (1, 3), (2, 2), (3, 1)):
        assert reader.quarter_turns(np.rot90(crop, turned)) == left
    # It is a digit as it is, too, or none at all.
    assert Reader(UprightAlone(0.6)).quarter_turns(np.rot90(crop)) == 0
    assert reader.quarter_turns(np.zeros((28, 28), np.float32)) == 0


def test_the_shipped_weights_know_a_seven_upside_down(frame):
    reader = Reader.default()
    crop = reader.read(frame).candidate.image
    assert [reader.quarter_turns(np.rot90(crop, turned)) for turned in range(4)] == [0, 3, 2, 1]


# Places


class ByCorner:
    """Reads a crop as the digit in its corner, with the probability beside it."""

    output_shape = (11,)

    def predict_proba(self, images):
        return np.stack([answer(**{f"d{int(x[0, 0])}": float(x[0, 1])}) for x in images])


def at(place, digit, probability):
    image = np.zeros((28, 28), np.float32)
    image[0, :2] = digit, probability
    return Digit(image, Box(10, 10, 50, 90), 1.0, place=place)


def test_places_are_read_apart_and_the_surest_digit_is_the_reading():
    reader = Reader(ByCorner())
    found = [at(1, 3, 0.9), at(2, 5, 0.7), at(0, 1, 0.6)]
    reading = reader.read_candidates(found)
    # Read together they would be one writing, in one box, and merged.
    assert (reading.digit, reading.candidate) == (3, found[0])
    assert reading.confidence == pytest.approx(0.9)
    assert reading.candidates == found


def test_a_digit_counts_more_than_a_surer_guess_that_is_none():
    reader = Reader(ByCorner(), threshold=0.5)
    just = PLACE_THRESHOLD + 0.01
    assert reader.read_candidates([at(1, 3, just), at(0, 1, 0.3)]).digit == 3
    assert reader.read_candidates([at(1, 3, just - 0.02), at(0, 1, 0.6)]).digit == 1
    assert reader.read_candidates([at(1, 3, 0.4), at(0, 1, 0.3)]).state == "unsure"


def test_the_frame_is_read_no_further_than_a_place_with_a_sure_digit():
    reader = Reader(ByCorner(), threshold=0.5)
    looks = [at(1, 4, 0.97), at(2, 3, 0.99), at(0, 2, 0.99)]
    assert reader.read_candidates(looks).candidates == looks[:1]
    looks[0] = at(1, 4, 0.9)
    assert reader.read_candidates(looks).digit == 3


@pytest.mark.parametrize(
    ("right", "place", "room", "asked"),
    [
        (0.1, 1, True, 2),
        (0.02, 1, True, 1),
        (0.5, 1, True, 2),
        (0.85, 1, True, 1),
        (0.02, 0, True, 1),
        (0.02, 0, False, 2),
        (0.85, 0, True, 2),
        (0.995, 0, False, 1),
    ],
)
def test_the_first_candidate_of_a_look_may_settle_it(right, place, room, asked):
    """In a room also by being nothing, at a place also by a lesser confidence."""
    first, other = (replace(described(LEFT), place=place, room=room) for _ in range(2))
    sure = judge(bias=logit(right))
    reader = Reader(ByCorner(), judge=sure, place_judge=sure)
    assert len(reader.read_candidates([first, other]).candidates) == asked


def test_a_place_has_a_threshold_of_its_own_and_in_a_room_a_doubt():
    right = judge(bias=logit(0.68))
    reader = Reader(ByCorner(), threshold=0.5, judge=right, place_judge=right, doubt=0.1)
    three = replace(described(LEFT), image=at(0, 3, 0.9).image)
    seen = [three, replace(three, place=1), replace(three, place=1, room=True)]
    assert [reader.read_candidates([each]).digit for each in seen] == [None, None, 3]
    reader.place_judge = judge(bias=logit(0.59))
    assert reader.read_candidates(seen[2:]).digit is None


def test_places_are_read_where_there_is_a_judge_of_them():
    shipped = replace(pretrained.load(), place_judge=None)
    learnt = replace(shipped, place_judge=shipped.judge)
    with pytest.raises(ModelFormatError, match="none of the whole frame"):
        Reader.of(replace(learnt, judge=None))
    shelves = PAPER // 2
    shelves[:, 4::24] = shelves[:, 5::24] = shelves[:, 6::24] = 20
    shelves[70:170, 160:256] = 190
    shelves[90:94, 190:224] = shelves[90:150, 218:224] = 20
    places = [
        {each.place for each in Reader.of(model).read(shelves).candidates}
        for model in (shipped, learnt)
    ]
    assert places[0] == {0}
    assert 1 in places[1]


def test_a_reading_in_a_few_words():
    assert repr(Reading()) == "<Reading: empty, confidence 0.00>"
    assert repr(Reading(digit=7, confidence=0.981, guess=7)) == "<Reading: 7, confidence 0.98>"
    unsure = Reading(confidence=0.4, guess=3)
    assert repr(unsure) == "<Reading: unsure, guess 3, confidence 0.40>"


@pytest.fixture(scope="module")
def shipped():
    return Reader.default()


def test_a_labelled_digit_is_read_by_memory_and_says_so(frame, shipped):
    before = shipped.read(frame)
    assert (before.digit, before.recollection) == (7, None)
    image = (before.candidate.image * 255).round().astype(np.uint8)
    reader = Reader.default()
    reader.memory = memory_of(reader.network, [Example(12, 1, image)])
    reading = reader.read(frame)
    assert reading.guess == 1
    assert (reading.recollection.example, reading.recollection.label) == (12, 1)
    assert reading.recollection.likeness > 0.98
    assert reading.candidate.box == before.candidate.box


def test_what_was_labelled_no_digit_is_read_as_none(frame, shipped):
    image = (shipped.read(frame).candidate.image * 255).round().astype(np.uint8)
    reader = Reader.default()
    reader.memory = memory_of(reader.network, [Example(12, NO_DIGIT, image)])
    reading = reader.read(frame)
    assert reading.digit is None
    assert reading.guess is not None or reading.recollection.label == NO_DIGIT


def test_an_empty_memory_changes_no_bit(frame, shipped):
    reader = Reader.default()
    reader.memory = memory_of(reader.network, [])
    one, other = reader.read(frame), shipped.read(frame)
    assert np.array_equal(one.probabilities, other.probabilities)
    assert (one.digit, one.confidence) == (other.digit, other.confidence)
