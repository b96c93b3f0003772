"""The training pool: chunks that depend on their name alone."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from core.digitise import Box, Digit
from core.reader import NONE
from core.strokes import draw_glyph
from tools import pool
from tools.pool import KINDS, Pool

ALL = dict.fromkeys(KINDS, 1)


def digit(rng, label):
    """A drawn digit of 28x28, with strokes as bold as MNIST's."""
    large = draw_glyph(rng, str(label), 112).reshape(28, 4, 28, 4).max(axis=(1, 3))
    return (large / large.max() * 255).astype(np.uint8)


def write_idx(path, values):
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.tobytes())


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    """Forty drawn digits in MNIST's files; the last ten are for validation."""
    folder = tmp_path_factory.mktemp("mnist")
    rng = np.random.default_rng(3)
    labels = np.arange(40, dtype=np.uint8) % 10
    drawn = np.array([digit(rng, label) for label in labels])
    write_idx(folder / "train-images-idx3-ubyte", drawn)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    return folder


class InThisProcess:
    """Stands in for multiprocessing: one worker, and it is us. Stops after `stop` jobs."""

    def __init__(self):
        self.done = []
        self.stop = None

    def Pool(self, *arguments):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def imap_unordered(self, make, jobs):
        for number, job in enumerate(jobs):
            if number == self.stop:
                raise KeyboardInterrupt
            yield make(job)
            self.done.append(job[1:])


@pytest.fixture
def workers(monkeypatch):
    """Small chunks, made here and now."""
    monkeypatch.setattr(pool, "CHUNK", 6)
    monkeypatch.setattr(pool, "VALIDATION", 10)
    workers = InThisProcess()
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda method: workers)
    return workers


def quiet(done, total):
    pass


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_chunk_depends_on_seed_kind_and_number_alone(workers, mnist, tmp_path):
    first = Pool(tmp_path / "a", mnist, seed=5)
    first.build(dict.fromkeys(KINDS, 2), quiet)
    # Another order, another pool, a part of it.
    second = Pool(tmp_path / "b", mnist, seed=5)
    second.build({**dict.fromkeys(KINDS, 0), "drawn": 2}, quiet)
    second.build(ALL, quiet)
    one, other = content(tmp_path / "a"), content(tmp_path / "b")
    assert len(one) == 10
    assert set(other) < set(one)
    assert all(one[name] == other[name] for name in other)
    # The next chunk, and another seed, are others; MNIST's own pictures have no chance in them.
    assert one["drawn-5-0000.npz"] != one["drawn-5-0001.npz"]
    third = Pool(tmp_path / "c", mnist, seed=6)
    third.build(ALL, quiet)
    chances = [kind for kind in KINDS if kind != "mnist"]
    assert all(
        third.path(kind, 0).read_bytes() != first.path(kind, 0).read_bytes() for kind in chances
    )


def test_what_is_in_a_chunk(workers, mnist, tmp_path):
    made = Pool(tmp_path, mnist)
    made.build(ALL, quiet)
    for kind in KINDS:
        with np.load(made.path(kind, 0)) as chunk:
            images, labels = chunk["images"], chunk["labels"]
        assert images.dtype == labels.dtype == np.uint8
        assert images.shape == (len(labels), 28, 28)
        assert images.max(axis=(1, 2)).min() > 200
        assert set(labels) <= set(range(11))
        if kind in ("nothing", "spoiled"):
            assert set(labels) == {NONE}
        else:
            assert (labels < NONE).sum() >= 4
    # MNIST's own pictures, in their order.
    with np.load(made.path("mnist", 0)) as chunk:
        digits = chunk["labels"][chunk["labels"] < NONE]
    assert (np.diff(digits.astype(int)) >= 0).all()
    assert set(digits) <= set(range(6))


def test_validation_digits_are_in_no_chunk(workers, mnist):
    made = Pool(mnist, mnist)
    images = np.concatenate([pool._digits_of_chunk(made, n).images for n in range(8)])
    data = pool.datasets.load(mnist, "train")
    seen = {image.tobytes() for image in images}
    assert seen == {image.tobytes() for image in data.images[:30]}
    assert not seen & {image.tobytes() for image in data.images[30:]}


def test_an_interrupted_build_goes_on(workers, mnist, tmp_path):
    whole = Pool(tmp_path / "whole", mnist)
    whole.build(ALL, quiet)
    cut = Pool(tmp_path / "cut", mnist)
    workers.done.clear()
    workers.stop = 2
    with pytest.raises(KeyboardInterrupt):
        cut.build(ALL, quiet)
    assert workers.done == [("mnist", 0), ("written", 0)]
    assert len(content(tmp_path / "cut")) == 2
    kept = cut.path("mnist", 0).stat().st_ino

    workers.stop = None
    workers.done.clear()
    told = []
    cut.build(ALL, lambda done, total: told.append((done, total)))
    assert workers.done == [("drawn", 0), ("nothing", 0), ("spoiled", 0)]
    assert told == [(2, 5), (3, 5), (4, 5), (5, 5)]
    assert cut.path("mnist", 0).stat().st_ino == kept
    assert content(tmp_path / "cut") == content(tmp_path / "whole")


def test_load_gives_all_chunks_in_order(workers, mnist, tmp_path):
    made = Pool(tmp_path, mnist)
    for number, kind in enumerate(KINDS):
        for chunk in range(2):
            value = 10 * number + chunk
            np.savez(
                made.path(kind, chunk),
                images=np.full((1, 28, 28), value, np.uint8),
                labels=np.array([value % 11], np.uint8),
            )
    images, labels = made.load({**dict.fromkeys(KINDS, 1), "drawn": 2, "nothing": 0})
    assert images[:, 0, 0].tolist() == [0, 10, 20, 21, 40]
    assert labels.tolist() == [0, 10, 20 % 11, 21 % 11, 40 % 11]


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
    crops = pool._Crops(np.random.default_rng(0))
    crops.keep(stroke(angle), NONE)
    assert crops.labels == []
    crops.keep(stroke(angle), 1)
    assert crops.labels == [1]


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
    crops = pool._Crops(np.random.default_rng(0))
    crops.keep(image, NONE)
    assert crops.labels == [NONE]
    np.testing.assert_array_equal(crops.images[0], np.rint(image * 255))


def test_candidates_by_where_they_lie():
    def look(box, value):
        return Digit(ring() * np.float32(value), Box(*box), 0.5)

    crops = pool._Crops(np.random.default_rng(0))
    crops.add(
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
    assert crops.labels == [4, 4, NONE]
    values = [image.max() for image in crops.images]
    assert values == [round(share * 255) for share in (0.1, 0.4, 0.6)]
