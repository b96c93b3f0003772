"""The training pool: chunks that depend on their name alone."""

from __future__ import annotations

import numpy as np
import pytest

from core.classes import NO_DIGIT
from core.vision.digitise import Box, Digit
from tools.train_base import crops
from tools.train_base.crops import KINDS, Pool

ALL = dict.fromkeys(KINDS, 1)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Six frames a chunk; the last thirty of sixty digits are for validation."""
    monkeypatch.setattr(crops, "CHUNK", 6)
    monkeypatch.setattr(crops, "VALIDATION", 30)


def quiet(done, total):
    pass


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_chunk_depends_on_seed_kind_and_number_alone(worker, small_mnist, tmp_path):
    first = Pool(tmp_path / "a", small_mnist, seed=5)
    first.build(dict.fromkeys(KINDS, 2), quiet)
    # Another order, another pool, a part of it.
    second = Pool(tmp_path / "b", small_mnist, seed=5)
    second.build({**dict.fromkeys(KINDS, 0), "drawn": 2}, quiet)
    second.build(ALL, quiet)
    one, other = content(tmp_path / "a"), content(tmp_path / "b")
    assert len(one) == 12
    assert set(other) < set(one)
    assert all(one[name] == other[name] for name in other)
    # The next chunk, and another seed, are others; MNIST's own pictures have no chance in them.
    assert one["drawn-5-0000.npz"] != one["drawn-5-0001.npz"]
    third = Pool(tmp_path / "c", small_mnist, seed=6)
    third.build(ALL, quiet)
    chances = [kind for kind in KINDS if kind != "mnist"]
    assert all(
        third.path(kind, 0).read_bytes() != first.path(kind, 0).read_bytes() for kind in chances
    )


def test_what_is_in_a_chunk(worker, small_mnist, tmp_path):
    made = Pool(tmp_path, small_mnist)
    made.build(ALL, quiet)
    for kind in KINDS:
        with np.load(made.path(kind, 0)) as chunk:
            images, labels = chunk["images"], chunk["labels"]
        assert images.dtype == labels.dtype == np.uint8
        assert images.shape == (len(labels), 28, 28)
        assert images.max(axis=(1, 2)).min() > 200
        assert set(labels) <= set(range(11))
        if kind in ("nothing", "spoiled"):
            assert set(labels) == {NO_DIGIT}
        else:
            assert (labels < NO_DIGIT).sum() >= 4
    # MNIST's own pictures, in their order.
    with np.load(made.path("mnist", 0)) as chunk:
        digits = chunk["labels"][chunk["labels"] < NO_DIGIT]
    assert (np.diff(digits.astype(int)) >= 0).all()
    assert set(digits) <= set(range(6))


def test_validation_digits_are_in_no_chunk(small_mnist):
    made = Pool(small_mnist, small_mnist)
    images = [image for chunk in range(8) for image, _ in made.digits(chunk)]
    data = crops.datasets.load(small_mnist, "train")
    seen = {image.tobytes() for image in images}
    assert seen == {image.tobytes() for image in data.images[:30]}
    assert not seen & {image.tobytes() for image in data.images[30:]}


def test_an_interrupted_build_goes_on(worker, small_mnist, tmp_path):
    whole = Pool(tmp_path / "whole", small_mnist)
    whole.build(ALL, quiet)
    cut = Pool(tmp_path / "cut", small_mnist)
    worker.done.clear()
    worker.stop = 2
    with pytest.raises(KeyboardInterrupt):
        cut.build(ALL, quiet)
    assert worker.done == [("mnist", 0), ("damaged", 0)]
    assert len(content(tmp_path / "cut")) == 2
    kept = cut.path("mnist", 0).stat().st_ino

    worker.stop = None
    worker.done.clear()
    told = []
    cut.build(ALL, lambda done, total: told.append((done, total)))
    assert worker.done == [(kind, 0) for kind in KINDS[2:]]
    assert told == [(2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]
    assert cut.path("mnist", 0).stat().st_ino == kept
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_load_gives_all_chunks_in_order(worker, small_mnist, tmp_path):
    made = Pool(tmp_path, small_mnist)
    for number, kind in enumerate(KINDS):
        for chunk in range(2):
            value = 10 * number + chunk
            np.savez(
                made.path(kind, chunk),
                images=np.full((1, 28, 28), value, np.uint8),
                labels=np.array([value % 11], np.uint8),
            )
    images, labels = made.load({**dict.fromkeys(KINDS, 1), "drawn": 2, "nothing": 0})
    assert images[:, 0, 0].tolist() == [0, 10, 20, 30, 31, 50]
    assert labels.tolist() == [0, 10, 20 % 11, 30 % 11, 31 % 11, 50 % 11]


def stroke(angle, width=2.5, length=20):
    """A straight stroke, `angle` degrees from upright."""
    rows, columns = np.mgrid[:28, :28] - 13.5
    turn = np.radians(angle)
    along = columns * np.sin(turn) - rows * np.cos(turn)
    across = columns * np.cos(turn) + rows * np.sin(turn)
    inside = (np.abs(along) <= length / 2) & (np.abs(across) <= width / 2)
    return inside.astype(np.float32)


def ring():
    rows, columns = np.mgrid[:28, :28] - 13.5
    return (np.abs(np.hypot(rows, columns) - 8) < 1.5).astype(np.float32)


@pytest.mark.parametrize("angle", [0, 10, -30, 44, -44])
def test_an_upright_bar_is_a_1_and_not_taught_as_nothing(angle):
    kept = crops.CropCollector(np.random.default_rng(0))
    kept.keep(stroke(angle), NO_DIGIT)
    assert kept.labels == []
    kept.keep(stroke(angle), 1)
    assert kept.labels == [1]


@pytest.mark.parametrize(
    "image",
    [
        stroke(90),
        stroke(65),
        stroke(-70),
        ring(),
        np.maximum(stroke(0), stroke(90)),
        stroke(0, 12),
    ],
    ids=["level", "65 degrees", "-70 degrees", "ring", "cross", "slab"],
)
def test_what_is_no_upright_bar_is_taught(image):
    kept = crops.CropCollector(np.random.default_rng(0))
    kept.keep(image, NO_DIGIT)
    assert kept.labels == [NO_DIGIT]
    np.testing.assert_array_equal(kept.images[0], np.rint(image * 255))


def test_candidates_by_where_they_lie():
    def look(box, value):
        return Digit(ring() * np.float32(value), Box(*box), 0.5)

    kept = crops.CropCollector(np.random.default_rng(0))
    kept.add(
        [
            look((0, 0, 100, 60), 0.1),  # 0.60: the digit
            look((0, 0, 100, 59), 0.2),  # 0.59: neither
            look((0, 0, 100, 10), 0.3),  # 0.10: neither
            look((0, 0, 100, 100), 0.4),  # the digit again
            look((0, 0, 100, 99), 0.5),  # a third look is one too many
            look((0, 0, 100, 9), 0.6),  # 0.09: something else
        ],
        4,
        (0, 0, 100, 100),
    )
    assert kept.labels == [4, 4, NO_DIGIT]
    values = [image.max() for image in kept.images]
    assert values == [round(share * 255) for share in (0.1, 0.4, 0.6)]
