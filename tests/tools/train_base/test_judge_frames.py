"""The frames that the judge learns from: functions of seed and number, rightly labelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.data import datasets
from core.network import Network
from core.reading.judge import INPUTS, NOTHING, RIGHT, WRONG
from core.vision import features
from tools.train_base import judge_frames, parallel
from tools.train_base.judge_frames import (
    COMING,
    FRAMES,
    ROOM_SHARES,
    SHARES,
    SHOTS,
    JudgeFrames,
    Shot,
)

KINDS = [kind for kind, _ in SHARES]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Ten frames a chunk, and the last twenty of sixty digits held out."""
    monkeypatch.setattr(judge_frames, "CHUNK", 10)
    monkeypatch.setattr(judge_frames, "VALIDATION", 20)


def quiet(done, total):
    pass


def always(digit):
    """A network of eleven outputs that says `digit` whatever it sees."""
    network = Network.from_spec("784-11", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = 0
    bias.value[digit] = 3
    return network


def stored(made, chunk=0):
    with np.load(made.path(chunk), allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def seven(x=0):
    """A frame with a 7 and a 1 beside it, and the 7's box."""
    page = Image.new("L", (320, 240), 200)
    pen = ImageDraw.Draw(page)
    pen.line([(90 + x, 70), (150 + x, 70), (110 + x, 180)], fill=40, width=8)
    pen.line([(240, 60), (240, 170)], fill=40, width=8)
    return np.array(page), (86 + x, 66, 154 + x, 184)


def test_a_chunk_depends_on_seed_and_number_alone(worker, small_mnist, tmp_path):
    first = JudgeFrames(tmp_path / "a", small_mnist, seed=5)
    first.build(2, quiet)
    again = JudgeFrames(tmp_path / "b", small_mnist, seed=5)
    again.build(1, quiet)
    assert again.path(0).read_bytes() == first.path(0).read_bytes()
    assert first.path(0).read_bytes() != first.path(1).read_bytes()
    other = JudgeFrames(tmp_path / "b", small_mnist, seed=6)
    other.build(1, quiet)
    assert other.path(0) != again.path(0)
    assert other.path(0).read_bytes() != again.path(0).read_bytes()


def test_an_interrupted_build_goes_on(worker, small_mnist, tmp_path, monkeypatch):
    monkeypatch.setattr(judge_frames, "SHOTS", dict.fromkeys(KINDS, _page_with_a_seven))
    made = JudgeFrames(tmp_path, small_mnist)
    worker.stop = 1
    with pytest.raises(KeyboardInterrupt):
        made.build(3, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["trials-0-0000.npz"]
    kept = made.path(0).stat().st_ino
    worker.stop = None
    told = []
    made.build(3, lambda *so_far: told.append(so_far))
    assert worker.done == [(0,), (1,), (2,)]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert made.path(0).stat().st_ino == kept


def _page_with_a_seven(rng, data):
    frame, box = seven(int(rng.integers(0, 40)))
    return Shot(frame, 7, box)


def _same_page_without(rng, data):
    return Shot(seven()[0], None, None)


def _nowhere(rng, data):
    """A digit that is nowhere in sight: its label counts for nothing."""
    return Shot(seven()[0], 7, None)


def _empty(rng, data):
    return Shot(np.full((240, 320), 200, np.uint8), None, None)


def made_of(shot, monkeypatch, small_mnist, tmp_path, kinds=KINDS):
    shots = {kind: shot if kind in kinds else _empty for kind in KINDS}
    monkeypatch.setattr(judge_frames, "SHOTS", shots)
    made = JudgeFrames(tmp_path, small_mnist)
    made.build(1, quiet)
    return made


def test_labels_are_the_digit_on_target_and_none_beside_it(
    worker, monkeypatch, small_mnist, tmp_path
):
    made = made_of(_page_with_a_seven, monkeypatch, small_mnist, tmp_path)
    chunk = stored(made)
    left = chunk["box"][:, 2] < 210
    assert set(chunk["label"][left]) == {7}
    assert set(chunk["label"][~left]) == {-1}
    # Every frame has its candidates, in their order.
    assert sorted(set(chunk["frame"])) == list(range(10))
    assert (np.diff(chunk["frame"]) >= 0).all()


@pytest.mark.parametrize("shot", [_same_page_without, _nowhere])
def test_labels_are_none_where_nothing_is(worker, monkeypatch, small_mnist, tmp_path, shot):
    chunk = stored(made_of(shot, monkeypatch, small_mnist, tmp_path))
    assert len(chunk["label"]) >= 20
    assert set(chunk["label"]) == {-1}


def shown(frame):
    """Indices as the judge sees them: of each frame the first one, then all."""
    order = []
    for each in np.unique(frame):
        these = np.flatnonzero(frame == each).tolist()
        order += these if len(these) == 1 else [these[0], *these]
    return order


def test_what_is_stored(worker, small_mnist, tmp_path):
    made = JudgeFrames(tmp_path, small_mnist)
    made.build(1, quiet)
    chunk = stored(made)
    count = len(chunk["label"])
    assert count > 10
    shapes = {name: (array.dtype.name, array.shape) for name, array in chunk.items()}
    assert shapes == {
        "images": ("uint8", (count, 28, 28)),
        "evidence": ("float32", (count, len(features.NAMES))),
        "quality": ("float32", (count,)),
        "box": ("int32", (count, 4)),
        "label": ("int16", (count,)),
        "frame": ("int32", (count,)),
    }
    assert np.isfinite(chunk["evidence"]).all()
    assert set(chunk["label"]) <= set(range(-1, 10))
    assert chunk["images"].max(axis=(1, 2)).min() > 200


def test_frames_without_candidates_are_left_out(worker, monkeypatch, small_mnist, tmp_path):
    made = made_of(_page_with_a_seven, monkeypatch, small_mnist, tmp_path, {"drawn", "written"})
    frames = set(stored(made)["frame"].tolist())
    assert 0 < len(frames) < 10
    seen, right = made.load(1, always(7))
    assert len(seen) == len(right) == len(shown(stored(made)["frame"]))


def test_what_the_judge_sees_and_whether_it_is_right(
    worker, monkeypatch, small_mnist, tmp_path
):
    made = made_of(_page_with_a_seven, monkeypatch, small_mnist, tmp_path)
    order = shown(stored(made)["frame"])
    label = stored(made)["label"][order]
    seen, right = made.load(1, always(7))
    assert seen.dtype == np.float32
    assert seen.shape == (len(label), INPUTS)
    assert right.dtype == np.uint8
    assert np.isfinite(seen).all()
    np.testing.assert_array_equal(right, np.where(label == 7, RIGHT, NOTHING))
    assert {RIGHT, NOTHING} == set(right.tolist())
    facts = stored(made)["evidence"][order]
    np.testing.assert_array_equal(seen[:, : len(features.NAMES)], facts)
    # What is read as a 3 is wrong, where there is a digit.
    threes = made.load(1, always(3))[1]
    np.testing.assert_array_equal(threes, np.where(label == 7, WRONG, NOTHING))


def test_chunks_are_loaded_in_order(worker, monkeypatch, small_mnist, tmp_path):
    monkeypatch.setattr(judge_frames, "SHOTS", dict.fromkeys(KINDS, _page_with_a_seven))
    made = JudgeFrames(tmp_path, small_mnist)
    made.build(2, quiet)
    seen, right = made.load(2, always(7))
    both = [stored(made, number) for number in range(2)]
    labels = np.concatenate([chunk["label"][shown(chunk["frame"])] for chunk in both])
    np.testing.assert_array_equal(right, np.where(labels == 7, RIGHT, NOTHING))
    first, _ = made.load(1, always(7))
    np.testing.assert_array_equal(seen[: len(first)], first)


def test_candidates_of_one_frame_are_judged_together_and_the_first_alone(small_mnist, tmp_path):
    """Looks at the same place in other frames are no company."""
    made = JudgeFrames(tmp_path, small_mnist)
    count = 4
    parallel.save(
        made.path(0),
        images=np.full((count, 28, 28), 100, np.uint8),
        evidence=np.zeros((count, len(features.NAMES)), np.float32),
        quality=np.full(count, 0.5, np.float32),
        box=np.tile(np.array([0, 0, 50, 50], np.int32), (count, 1)),
        label=np.array([7, 7, 7, -1], np.int16),
        frame=np.array([0, 0, 0, 1], np.int32),
    )
    seen, right = made.load(1, always(7))
    looks = seen[:, len(features.NAMES) + 23]
    np.testing.assert_allclose(looks, [0, *[np.log(3)] * 3, 0], rtol=1e-6)
    assert right.tolist() == [RIGHT] * 4 + [NOTHING]


# The kinds of frames


def test_the_shares_of_the_kinds():
    for shares in (SHARES, ROOM_SHARES):
        assert sum(share for _, share in shares) == pytest.approx(1)
    assert set(KINDS) | {kind for kind, _ in ROOM_SHARES} == set(judge_frames.SHOTS)


@pytest.fixture(scope="module")
def digits(small_mnist):
    from core.data import datasets

    return datasets.load(small_mnist, "train")


@pytest.mark.parametrize("kind", KINDS)
def test_a_shot_of_each_kind(kind, digits):
    for seed in range(3):
        shot = judge_frames.SHOTS[kind](np.random.default_rng(seed), digits)
        again = judge_frames.SHOTS[kind](np.random.default_rng(seed), digits)
        np.testing.assert_array_equal(shot.frame, again.frame)
        assert shot[1:] == again[1:]
        assert shot.frame.dtype == np.uint8
        assert shot.frame.ndim == 2
        assert min(shot.frame.shape) >= 28
        if kind == "nothing":
            assert (shot.label, shot.box) == (None, None)
        elif shot.box is not None:
            assert shot.label in range(10)
            left, top, right, bottom = shot.box
            assert 0 <= left < right <= shot.frame.shape[1]
            assert 0 <= top < bottom <= shot.frame.shape[0]
        else:
            assert kind == "video"


def test_mnist_s_digits_are_held_out_ones_with_their_boxes(digits):
    held_out = {
        image.tobytes(): label
        for image, label in zip(digits.images[40:], digits.labels[40:], strict=True)
    }
    seen = set()
    for seed in range(60):
        shot = judge_frames.SHOTS["mnist"](np.random.default_rng(seed), digits)
        assert held_out[shot.frame.tobytes()] == shot.label
        left, top, right, bottom = shot.box
        outside = shot.frame.copy()
        outside[top:bottom, left:right] = 0
        assert not outside.any()
        assert shot.frame[top].any()
        assert shot.frame[bottom - 1].any()
        assert shot.frame[:, left].any()
        assert shot.frame[:, right - 1].any()
        seen.add(shot.frame.tobytes())
    assert len(seen) > 10


def test_damaged_digits_are_enlarged_by_whole_factors(digits):
    sizes = set()
    for seed in range(40):
        shot = judge_frames.SHOTS["damaged"](np.random.default_rng(seed), digits)
        scale, rest = divmod(len(shot.frame), 28)
        assert rest == 0
        assert shot.frame.shape == (28 * scale, 28 * scale)
        small = shot.frame[::scale, ::scale]
        np.testing.assert_array_equal(
            np.kron(small, np.ones((scale, scale), np.uint8)), shot.frame
        )
        assert all(side % scale == 0 for side in shot.box)
        sizes.add(scale)
    assert sizes == {1, 2, 3, 4, 5}


def test_a_sheet_is_seen_coming_in(digits, monkeypatch):
    from core.synthesis import scene

    seen = []

    def presentation(rng, digit, frames):
        assert frames == FRAMES
        for number in range(frames):
            seen.append(number)
            yield scene.Scene(np.full((240, 320), number, np.uint8), digit, (0, 0, 9, 9), "")

    monkeypatch.setattr(judge_frames.scene, "presentation", presentation)
    moments = set()
    for seed in range(60):
        shot = judge_frames.SHOTS["video"](np.random.default_rng(seed), digits)
        moments.add(int(shot.frame[0, 0]))
    assert moments == set(COMING)
    # Nothing is drawn that is not looked at.
    assert max(seen) == max(COMING)


def test_rooms_are_chunks_of_their_own_and_looked_at_place_by_place(
    worker, monkeypatch, small_mnist, tmp_path
):
    asked = []

    def seek(frame, *, places, **asked_for):
        asked.append(places)
        found = judge_frames.Digit(
            np.zeros((28, 28), np.float32),
            judge_frames.Box(86, 66, 154, 184),
            0.5,
            np.zeros(len(features.NAMES), np.float32),
        )
        looks = [replace(found, place=1)] * 2, [replace(found, cluttered=True)] * 3
        return map(iter, looks)

    monkeypatch.setattr(judge_frames, "seek_looks", seek)
    kinds = [kind for kind, _ in ROOM_SHARES]
    monkeypatch.setattr(judge_frames, "SHOTS", dict.fromkeys(kinds, _page_with_a_seven))
    made = JudgeFrames(tmp_path, small_mnist, rooms=True)
    made.build(1, quiet)
    assert made.path(0).name == "rooms-0-0000.npz"
    assert set(asked) == {True}
    # The whole frame and its one place are judged apart, and of the first no more than one.
    assert stored(made)["frame"].tolist() == [
        n for look in range(10) for n in (*[2 * look] * 2, 2 * look + 1)
    ]


@pytest.mark.parametrize("kind", [kind for kind, _ in ROOM_SHARES])
def test_every_kind_of_room_is_drawn(kind, small_mnist):
    data = datasets.load(small_mnist, "train")
    shot = SHOTS[kind](np.random.default_rng(1), data)
    assert shot.frame.dtype == np.uint8
    assert (shot.label is None) == (
        kind in ("room", "held_other", "nothing", "things", "signs")
    )


def test_of_a_sheet_that_comes_a_digit_is_to_be_read_where_all_of_it_is_seen(digits):
    shots = [
        judge_frames.SHOTS["held_video"](np.random.default_rng(seed), digits)
        for seed in range(12)
    ]
    within = [
        shot.box is not None
        and min(shot.box[:2]) > 0
        and shot.box[2] < shot.frame.shape[1]
        and shot.box[3] < shot.frame.shape[0]
        for shot in shots
    ]
    assert all(
        shot.label in range(10) for shot, whole in zip(shots, within, strict=True) if whole
    )
    assert any(shot.label is None for shot in shots)
    assert all(shot.label is None for shot in shots if shot.box is None)
