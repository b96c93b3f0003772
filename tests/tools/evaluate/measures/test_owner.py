"""The owner experiment: its statistics, its floors, and frames that are cut up once."""

from __future__ import annotations

import numpy as np
import pytest

from core.reading.reader import Reader
from pi.samples.store import Sample
from tools.evaluate import prepared_frames
from tools.evaluate.measures import owner
from tools.evaluate.measures.owner import Outcome
from tools.evaluate.measures.owners import OWNERS
from tools.evaluate.prepared_frames import Seen


def outcome(lost, won, *, promoted=True, mnist=0.0, common=3):
    """Errors: so many new ones, so many gone, some that stay."""
    before = np.array([False] * lost + [True] * (won + common))
    after = np.array([True] * lost + [False] * won + [True] * common)
    return Outcome("somebody", before, after, promoted, mnist)


@pytest.mark.parametrize(
    ("lost", "won", "p", "worse"),
    [(0, 0, 1.0, False), (5, 0, 0.0625, False), (6, 0, 0.03125, True), (0, 6, 0.03125, False)],
)
def test_significantly_worse(lost, won, p, worse):
    found = outcome(lost, won)
    assert found.p == pytest.approx(p)
    assert found.worse is worse


@pytest.mark.parametrize(
    ("told", "spoilt", "same", "missed"),
    [
        ([outcome(0, 10)], [], True, None),
        ([outcome(0, 2)], [], True, "halved"),
        ([outcome(0, 50), outcome(9, 0)], [], True, "no owner significantly worse"),
        ([outcome(0, 10, mnist=-0.0006)], [], True, "MNIST"),
        ([outcome(0, 9)] * 9 + [outcome(0, 9, mnist=-0.0016)], [], True, "worst"),
        ([outcome(0, 10)], [outcome(9, 0)], True, "labels wrong"),
        ([outcome(0, 10)], [], False, "same bits"),
    ],
)
def test_floors(told, spoilt, same, missed, capsys):
    code = owner._floors(told, spoilt, [], same)
    lines = capsys.readouterr().out.splitlines()
    misses = [line for line in lines if line.startswith("MISS")]
    assert code == (missed is not None)
    assert len(misses) == code
    assert not misses or missed in misses[0]


def test_a_tenth_of_the_labels_is_wrong():
    samples = [Sample(bytes(784), label=number % 10, id=number) for number in range(30)]
    wrong = owner._with_wrong_labels(samples)
    changed = [a.id for a, b in zip(samples, wrong, strict=True) if a.label != b.label]
    assert len(changed) == 3
    assert [each.id for each in wrong] == list(range(30))


def test_what_was_cut_out_reads_as_the_frame_does(tmp_path):
    reader = Reader.default()
    frames = [OWNERS[0].scene(np.random.default_rng(digit), digit).frame for digit in (1, 4)]
    blank = np.full((240, 320), 200, np.uint8)
    found = [Seen.of(frame, 1) for frame in [*frames, blank]]
    prepared_frames.save(tmp_path / "seen.npz", found)
    called = prepared_frames.called(
        reader, prepared_frames.load(tmp_path / "seen.npz")
    ).tolist()
    direct = [reader.read(frame).digit for frame in frames]
    assert called[:2] == [10 if digit is None else digit for digit in direct]
    assert called[2] == 11
