"""Training one head: on the chosen rows alone, with a checkpoint that may be damaged."""

from __future__ import annotations

import os

import numpy as np
import pytest

from core.files import archive
from core.network import Network
from core.training.batches import ArrayBatches, Subset
from pi.retraining import heads
from pi.retraining.resume_cache import RunContext, Stopped


@pytest.fixture
def data(rng):
    features = rng.normal(size=(90, 6)).astype(np.float32)
    labels = (features[:, 0] > 0).astype(np.intp)
    labels[60:] = 1 - labels[60:]
    return Subset(ArrayBatches(features, labels), np.arange(60))


def train(data, recipe, context, report=lambda share: None):
    old = Network.from_spec("6-4-2", seed=3)
    return heads.train(old, "all", data, recipe, context, report)


def test_only_the_chosen_rows_are_learnt(data, quick, tmp_path):
    shares = []
    head = train(data, quick, RunContext(tmp_path), shares.append)
    before = Network.from_spec("6-4-2", seed=3)
    x, y = data.batch(np.arange(60))
    assert head.score(x, y) >= before.score(x, y)
    assert not np.array_equal(head.values, before.values)
    assert (shares, shares[-1]) == (sorted(shares), 1.0)
    other = Subset(
        ArrayBatches(data.data.x, np.where(np.arange(90) < 60, data.data.y, 0)), data.indices
    )
    (tmp_path / "other").mkdir()
    same = train(other, quick, RunContext(tmp_path / "other"))
    assert np.array_equal(head.values, same.values)


def test_interrupted_it_ends_with_the_same_bits(data, quick, tmp_path):
    (tmp_path / "whole").mkdir()
    expected = train(data, quick, RunContext(tmp_path / "whole"))
    left = iter(range(3))
    with pytest.raises(Stopped):
        train(data, quick, RunContext(tmp_path, stop=lambda: next(left, None) is None))
    assert (tmp_path / "all.checkpoint").is_file()
    head = train(data, quick, RunContext(tmp_path))
    assert np.array_equal(head.values, expected.values)


def test_a_damaged_checkpoint_is_replaced(data, quick, tmp_path, caplog):
    expected = train(data, quick, RunContext(tmp_path))
    path = tmp_path / "all.checkpoint"
    path.write_bytes(path.read_bytes()[:100])
    head = train(data, quick, RunContext(tmp_path))
    assert np.array_equal(head.values, expected.values)
    assert "this part is learnt anew" in caplog.text


def plant_folder(path):
    (path / "full").mkdir(parents=True)


@pytest.mark.parametrize(
    "plant",
    [
        plant_folder,
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_bytes(b"[" * 100_000),
        lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 33),
    ],
)
def test_what_somebody_laid_there_is_passed_over(data, quick, tmp_path, plant, caplog):
    (tmp_path / "other").mkdir()
    expected = train(data, quick, RunContext(tmp_path / "other"))
    tmp_path.chmod(0o2770)
    plant(tmp_path / "all.checkpoint")
    head = train(data, quick, RunContext(tmp_path))
    assert np.array_equal(head.values, expected.values)
    assert "this part is learnt anew" in caplog.text
    assert (tmp_path / "all.checkpoint").is_file()


@pytest.mark.parametrize(("name", "value"), [("values", 1e38), ("optimiser.square", -1e30)])
def test_a_checkpoint_that_leads_nowhere_is_begun_anew(data, quick, tmp_path, name, value):
    left = iter(range(3))
    with pytest.raises(Stopped):
        train(data, quick, RunContext(tmp_path, stop=lambda: next(left, None) is None))
    about, arrays = archive.load(tmp_path / "all.checkpoint")
    arrays[name][...] = value
    archive.save(tmp_path / "all.checkpoint", about, arrays)
    (tmp_path / "other").mkdir()
    expected = train(data, quick, RunContext(tmp_path / "other"))
    head = train(data, quick, RunContext(tmp_path))
    assert np.array_equal(head.values, expected.values)
