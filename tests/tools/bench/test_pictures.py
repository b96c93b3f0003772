"""Digitising against scipy, whose process is stood in for."""

from __future__ import annotations

import numpy as np

from tools.bench import pictures
from tools.bench.rivals import Rivals


def test_digitise_races_against_the_rivals(monkeypatch, tmp_path):
    rivals = Rivals(tmp_path, [], tmp_path, print)
    monkeypatch.setattr(Rivals, "missing", lambda self, name: "")
    monkeypatch.setattr(Rivals, "contestant", lambda self, task, arguments: lambda: 1e9)
    monkeypatch.setattr(pictures, "frames", lambda: np.full((1, 60, 80), 200, np.uint8))
    result, race = pictures.digitise(rivals, 2)
    assert result.value > 1e6
    assert list(race.seconds) == ["zerodigit", "scipy.ndimage"]


def test_frames_are_always_the_same():
    frames = pictures.frames(2)
    assert frames.shape == (2, 240, 320)
    np.testing.assert_array_equal(frames, pictures.frames(2))
