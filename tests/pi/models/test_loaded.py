"""A model file loaded: what it says that it scored, and what is loaded if it is damaged."""

from __future__ import annotations

import pytest

from core import modelfile, pretrained
from core.errors import ModelFormatError
from core.network import Network
from pi.models.loaded import in_words, load_weights, load_weights_or, scores


def test_scores_are_the_numbers_that_are_named_so():
    info = {
        "validation_accuracy": 0.99, "mnist_test_crops": 0.9, "score": 0.1, "threshold": 0.6,
        "high_score": "none", "seed": 3,
    }  # fmt: skip
    assert scores(info) == {"validation_accuracy": 0.99, "mnist_test_crops": 0.9, "score": 0.1}


def test_scores_that_cannot_be_shown_are_left_out():
    info = {
        "a\x1b[2Jscore": 0.5,
        "b" * 99 + "score": 0.5,
        "c_score": float("inf"),
        "d_score": 0.5,
    }
    assert scores(info) == {"d_score": 0.5}
    assert len(scores({f"{n}_score": 0.5 for n in range(1000)})) == 10


def test_a_whole_file_that_cannot_read_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    modelfile.save(path, Network.from_spec("100-10"), {})
    with pytest.raises(ModelFormatError, match=r"a\.npz: .* 28x28 inputs"):
        load_weights(str(path))


def test_in_place_of_what_memory_is_too_little_for_there_is_the_known_one(
    make, tmp_path, caplog
):
    def load(path, data=None):
        raise MemoryError

    known = load_weights()
    assert load_weights_or("mine.npz", known, load) is known
    assert caplog.messages[0].startswith("mine.npz: not enough memory to load it; reading with")


def test_errors_are_one_line_without_what_steers_a_terminal():
    assert in_words(OSError("a\n\x1b[31mb"), "f.npz") == r"f.npz: OSError: a \x1b[31mb"
    assert len(in_words(ModelFormatError("x" * 9999), "f.npz")) == 400


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
    def load(path, data=None):
        raise ModelFormatError("damaged")

    with pytest.raises(ModelFormatError):
        load_weights_or("", None, load)
