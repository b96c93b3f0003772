"""The judge's training, in small: frames that are made up, and one evidence that tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.network import Network
from core.reading.judge import INPUTS, Judge
from core.vision import features
from tools.train_base import judge, parallel
from tools.train_base.judge import SPEC, train_judge
from tools.train_base.judge_frames import JudgeFrames

SOFT = features.NAMES.index("soft")
HELD_OUT_SEED = 1000


SMALL = judge.Recipe((2, 1), (1, 1), 4)


@pytest.fixture(autouse=True)
def nothing_is_made(monkeypatch):
    """Every chunk is there: a worker would be a mistake."""

    def never(method):
        raise AssertionError("a chunk was missing")

    monkeypatch.setattr(parallel.multiprocessing, "get_context", never)


def sevens():
    """A network that reads all as a 7."""
    network = Network.from_spec("784-11", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = 0
    bias.value[7] = 3
    return network


def write(folder, mnist, seed, count, frames=200, rooms=False):
    """Chunks in which a 7 is right where its edges are sharp, and only there."""
    made = JudgeFrames(folder, mnist, seed, rooms)
    for chunk in range(count):
        rng = np.random.default_rng([seed, chunk, rooms])
        facts = rng.normal(0, 1, (frames, len(features.NAMES))).astype(np.float32)
        facts[:, SOFT] += np.sign(facts[:, SOFT])
        left = rng.integers(0, 100, frames)
        parallel.save(
            made.path(chunk),
            images=rng.integers(0, 256, (frames, 28, 28)).astype(np.uint8),
            evidence=facts,
            quality=rng.random(frames).astype(np.float32),
            box=np.stack([left, left, left + 50, left + 60], axis=1).astype(np.int32),
            label=np.where(facts[:, SOFT] < 0, 7, -1).astype(np.int16),
            frame=np.arange(frames, dtype=np.int32),
        )
    return made


@pytest.fixture
def folder(tmp_path, small_mnist):
    write(tmp_path, small_mnist, 0, 2)
    write(tmp_path, small_mnist, 0, 1, rooms=True)
    write(tmp_path, small_mnist, HELD_OUT_SEED, 1)
    write(tmp_path, small_mnist, HELD_OUT_SEED, 1, rooms=True)
    return tmp_path


def train(folder, mnist, **changed):
    options = {"seed": 0, "held_out_seed": HELD_OUT_SEED, "scale": 1.0, "recipe": SMALL}
    options |= changed
    return train_judge(sevens(), folder, mnist, **options)


def test_it_learns_what_tells_right_from_wrong(folder, small_mnist):
    trained, history = train(folder, small_mnist, recipe=replace(SMALL, epochs=12))
    assert Judge(trained).network is trained
    assert repr(trained) == repr(Network.from_spec(SPEC))
    assert len(history.epochs) == 12
    assert history.complete
    assert history.best.validation_accuracy > 0.9
    # On chunks of yet another seed.
    seen, right = write(folder, small_mnist, 77, 1).load(1, sevens())
    assert trained.score(seen, right) > 0.9
    assert trained.predict_proba(seen[:5]).shape == (5, 3)


def test_the_epoch_is_chosen_on_the_held_out_chunks(folder, small_mnist):
    trained, history = train(folder, small_mnist)
    held_out = [
        JudgeFrames(folder, small_mnist, HELD_OUT_SEED, rooms).load(1, sevens())
        for rooms in (False, True)
    ]
    score = np.mean([trained.score(*each) for each in held_out])
    assert score == pytest.approx(history.best.validation_accuracy)
    assert history.best.validation_accuracy == max(
        e.validation_accuracy for e in history.epochs
    )


def test_the_same_seed_is_the_same_judge(folder, small_mnist):
    one, again = (train(folder, small_mnist)[0] for _ in range(2))
    np.testing.assert_array_equal(one.values, again.values)
    write(folder, small_mnist, 1, 2)
    write(folder, small_mnist, 1, 1, rooms=True)
    assert not np.array_equal(train(folder, small_mnist, seed=1)[0].values, one.values)


def test_a_part_of_the_chunks(folder, small_mnist):
    # Half of two, and at least one.
    (folder / "trials-0-0001.npz").unlink()
    trained, _ = train(folder, small_mnist, scale=0.5)
    assert trained.input_shape == (INPUTS,)
    train(folder, small_mnist, scale=0.001)
    with pytest.raises(AssertionError, match="a chunk was missing"):
        train(folder, small_mnist, scale=1.0)


def test_every_batch_is_told(folder, small_mnist):
    told = []
    train(folder, small_mnist, progress=lambda p: told.append((p.epoch, p.batch)))
    # 600 examples by 128 are five batches.
    assert told == [(epoch, batch) for epoch in range(1, 5) for batch in range(1, 6)]
