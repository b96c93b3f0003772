"""A model is proved by reading: what does not fit, overflows or is slow is refused."""

from __future__ import annotations

import numpy as np
import pytest

from core import modelfile, pretrained
from core.errors import ModelFormatError
from core.modelfile import Model
from core.network import Network
from core.reading import judge
from core.vision.digitise import find_digits
from pi.models.proof import prove, written


def model(spec="784-4-11", judge=None, info=None, **options):
    return Model(Network.from_spec(spec, **options), info or {}, judge)


def with_weights(value, spec="784-4-4-11", **options):
    made = model(spec, **options)
    for parameter in made.network.parameters():
        parameter.value[...] = value
    return made


def test_frames_of_the_proof_have_candidates_or_none():
    assert len(find_digits(written())) > 1
    assert find_digits(written()[:, :60]) == []


def test_shipped_weights_and_small_networks_pass():
    for each in (pretrained.load(), model(), model("784-10"), model(output="sigmoid")):
        assert prove(each).read(written()).candidates


def never_fits():
    class Odd(Network):
        def predict_proba(self, x, batch_size=256):
            raise IndexError("of its own")

    return Model(Odd.from_spec("784-11"), {})


REFUSED = {
    "other inputs": (model("100-10"), "28x28 inputs"),
    "other outputs": (model("784-26"), "10 or 11 outputs"),
    "another judge": (model(judge=Network.from_spec("57-3")), "a judge has"),
    "a judge without NO_DIGIT": (
        model("784-10", Network.from_spec(f"{judge.INPUTS}-3")),
        "a judge is for a network of 11 outputs",
    ),
    "an odd threshold": (model(info={"threshold": [0.5]}), "threshold in a model file"),
    "sums that overflow": (with_weights(3e38), "its sums overflow"),
    "sums of sums that overflow": (with_weights(1e14), "its sums overflow"),
    "too many weights": (model("784-4000-2000-11"), "is too slow for a Pi: 11,170,022 steps"),
    "no variance": (with_weights(np.nan, batch_norm=True), "its sums overflow"),
    "an error of its own": (never_fits(), "cannot read a frame .IndexError: of its own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_read_is_refused_in_words(name):
    made, why = REFUSED[name]
    with pytest.raises(ModelFormatError, match=why):
        prove(made)


def test_a_judge_whose_sums_overflow_is_refused():
    second = Network.from_spec(f"{judge.INPUTS}-3")
    second.values[0] = 1e30
    with pytest.raises(ModelFormatError, match="its sums overflow"):
        prove(model(judge=second))


def test_too_little_memory_is_said_as_such():
    class Greedy(Network):
        def predict_proba(self, x, batch_size=256):
            raise MemoryError

    with pytest.raises(MemoryError):
        prove(Model(Greedy.from_spec("784-11"), {}))


def test_a_saved_model_that_does_not_fit_is_whole_all_the_same(tmp_path):
    modelfile.save(tmp_path / "other.npz", Network.from_spec("100-10"), {})
    with pytest.raises(ModelFormatError):
        prove(modelfile.load(tmp_path / "other.npz"))
