"""A model file loaded: what it says that it scored, and what is loaded if it is damaged."""

from __future__ import annotations

import pytest

from core import modelfile, pretrained
from core.errors import ModelFormatError
from core.network import Network
from pi.models.loaded import load_weights, load_weights_or, scores


def test_scores_are_the_numbers_that_are_named_so():
    info = {
        "validation_accuracy": 0.99, "mnist_test_crops": 0.9, "score": 0.1, "threshold": 0.6,
        "high_score": "none", "seed": 3,
    }  # fmt: skip
    assert scores(info) == {"validation_accuracy": 0.99, "mnist_test_crops": 0.9, "score": 0.1}


def test_the_shipped_one_is_the_default():
    model = load_weights()
    assert (model.path, model.version) == (str(pretrained.PATH), "")
    assert "validation_accuracy" in model.scores


def test_a_threshold_that_is_no_number_is_a_bad_file_not_a_bug(tmp_path):
    path = tmp_path / "a.npz"
    modelfile.save(path, Network.from_spec("784-4-11"), {"threshold": "high"})
    with pytest.raises(ModelFormatError, match=r"a\.npz: "):
        load_weights(str(path))


def test_in_place_of_a_damaged_file_there_is_the_known_one_or_the_shipped_one(
    tmp_path, make, caplog
):
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    good.write_bytes(make(1))
    bad.write_bytes(b"PK")
    known = load_weights_or(str(good), None)
    assert load_weights_or(str(bad), known) is known
    assert load_weights_or(str(bad), None).path == str(pretrained.PATH)
    assert f"reading with {good} instead" in caplog.messages[0]
    assert f"reading with {pretrained.PATH} instead" in caplog.messages[1]


def test_without_even_the_shipped_one_it_is_an_error():
    def load(path):
        raise ModelFormatError("damaged")

    with pytest.raises(ModelFormatError):
        load_weights_or("", None, load)
