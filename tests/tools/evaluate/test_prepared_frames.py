"""Frames that are cut up once."""

from __future__ import annotations

import numpy as np

from core.reading.reader import Reader
from tools.evaluate import prepared_frames
from tools.evaluate.measures.owners import OWNERS
from tools.evaluate.prepared_frames import PreparedFrame


def test_what_was_cut_out_reads_as_the_frame_does(tmp_path):
    reader = Reader.default()
    frames = [OWNERS[0].scene(np.random.default_rng(digit), digit).frame for digit in (1, 4)]
    blank = np.full((240, 320), 200, np.uint8)
    found = [PreparedFrame.of(frame, 1) for frame in [*frames, blank]]
    prepared_frames.save(tmp_path / "seen.npz", found)
    called = prepared_frames.called(
        reader, prepared_frames.load(tmp_path / "seen.npz")
    ).tolist()
    direct = [reader.read(frame).digit for frame in frames]
    assert called[:2] == [10 if digit is None else digit for digit in direct]
    assert called[2] == 11
