from __future__ import annotations

import numpy as np
import pytest

from core import modelfile
from core.integer.network import IntegerNetwork
from core.network import Network
from core.reading.reader import Reader
from tools.train_base import calibrate


@pytest.fixture
def few(monkeypatch):
    """Crops of two photographs, not of hundreds."""
    crops = calibrate.examples(2)
    monkeypatch.setattr(calibrate, "examples", lambda frames=2: crops[:])
    return crops


def test_the_examples_are_crops_and_always_the_same():
    crops = calibrate.examples(2)
    assert crops.dtype == np.float32
    assert crops.shape[1:] == (28, 28)
    assert len(crops) > 1
    assert 0.9 < crops.max() <= 1.0
    np.testing.assert_array_equal(crops, calibrate.examples(2))


def test_a_file_gets_its_ranges_and_keeps_the_rest(few, tmp_path, capsys):
    path = tmp_path / "model.npz"
    network = Network.from_spec("28x28-c4k5s2-12-11", batch_norm=True, seed=1)
    judge = Network.from_spec("5-4-2")
    modelfile.save(path, network, {"threshold": 0.7}, judge)
    assert calibrate.main([str(path)]) == 0
    model = modelfile.load(path)
    assert f"{path}: ranges {model.ranges[0]:.3f}, " in capsys.readouterr().out
    assert model.info == {"threshold": 0.7}
    np.testing.assert_array_equal(model.network.values, network.values)
    np.testing.assert_array_equal(model.judge.values, judge.values)
    assert len(model.ranges) == 2
    before = path.read_bytes()
    assert calibrate.main([str(path)]) == 0
    assert path.read_bytes() == before
    without = modelfile.Model(network, {}, ranges=model.ranges)
    assert isinstance(Reader.of(without).network, IntegerNetwork)


def test_what_has_no_integer_form_stays_as_it_is(few, tmp_path, capsys):
    path = tmp_path / "model.npz"
    modelfile.save(path, Network.from_spec("784-12-11", activation="tanh"), {})
    before = path.read_bytes()
    assert calibrate.main([str(path)]) == 3
    assert f"{path}: has layers that do not" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_file_that_is_none_is_refused(tmp_path, capsys):
    assert calibrate.main([str(tmp_path / "none.npz")]) == 3
    assert "cannot be read" in capsys.readouterr().err
