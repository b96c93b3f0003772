"""The same on this machine as on all others: numpy 1.24 and 2, x86 and ARMv6."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tools import digests

AFRESH = "if it was meant to change: python -m tools.digests --write"


@pytest.fixture(scope="module")
def kept():
    return json.loads(digests.PATH.read_text(encoding="utf-8"))


def test_the_first_photographs_and_all_logits_are_the_same(kept):
    assert digests.differences(digests.measure(frames=12), kept) == [], AFRESH


@pytest.mark.slow
def test_all_photographs_are_the_same(kept):
    assert digests.differences(digests.measure(), kept) == [], AFRESH


def test_there_are_as_many_as_were_promised(kept):
    assert len(kept["crops"]) == len(kept["answers"]) == 100
    assert len(set(kept["crops"])) > 80
    assert len(set(kept["answers"])) == 11
    assert digests.IMAGES == 1000


def test_photographs_and_digits_are_always_the_same():
    np.testing.assert_array_equal(digests.photograph(3), digests.photograph(3))
    assert {digests.photograph(n).shape for n in (0, 19)} == {(240, 320), (480, 640)}
    np.testing.assert_array_equal(digests.digits(20), digests.digits(20))
    assert digests.digits(20).dtype == np.uint8


def test_what_differs_is_named():
    kept = {
        "crops": ["a", "b", "c"],
        "logits of drawn weights": "x",
        "weights": "w",
        "answers": "12-",
        "logits": "l",
        "probabilities": "p",
    }
    assert digests.differences(kept, kept) == []
    fewer = {**kept, "crops": ["a"], "answers": "1"}
    assert digests.differences(fewer, kept) == []
    other = {**kept, "crops": ["a", "x", "y"], "answers": "13-", "logits": "m"}
    assert digests.differences(other, kept) == [
        "crops: not the same in frames 1, 2",
        "answers: not the same in frames 1",
        "logits: not the same",
    ]
    trained = {**other, "weights": "v", "logits of drawn weights": "y"}
    assert digests.differences(trained, kept) == [
        "crops: not the same in frames 1, 2",
        "logits of drawn weights: not the same",
        "the weights are others: python -m tools.digests --write",
    ]


def test_the_command_compares_and_writes(monkeypatch, tmp_path, capsys):
    path = tmp_path / "digests.json"
    monkeypatch.setattr(digests, "PATH", path)
    measure = digests.measure
    monkeypatch.setattr(digests, "measure", lambda: measure(1, 5))
    assert digests.main([]) == 3
    assert digests.main(["--write"]) == 0
    assert digests.main([]) == 0
    path.write_text(path.read_text().replace('"answers": "', '"answers": "x'))
    assert digests.main([]) == 1
    assert "answers: not the same in frames 0" in capsys.readouterr().out
