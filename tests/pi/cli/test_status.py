from __future__ import annotations

import json

import pytest

from pi.cli import main, status
from pi.control.server import ControlServer

ANSWER = {
    "running_since": "2026-11-23T20:00:00+01:00",
    "uptime_s": 19_260.0,
    "camera": {"type": "picamera2", "state": "ok", "trouble": None, "troubles": 0},
    "display": {"type": ["seven_segment"], "shows": "digit 7"},
    "readings": [
        {"ago_s": 2, "digit": 7, "confidence": 0.971, "ms": 411, "frames": 4, "shown_s": None},
        {"ago_s": 99, "digit": 1, "confidence": 0.9, "ms": 400, "frames": 3, "shown_s": 2.25},
    ],
    "frames": 12345,
    "frames_read": 678,
    "rate": 4.56,
    "ms": 410.2,
    "memory_kb": 30720,
    "memory_peak_kb": 31744,
    "available_kb": None,
    "temperature_c": 41.2,
    "throttled": [],
    "throttled_before": ["under-voltage"],
    "weights": {"file": "/w.npz", "scores": {"validation_accuracy": 0.99}},
    "samples": None,
    "retraining": None,
}  # fmt: skip
SAMPLES = {"all": 30, "labelled": 12, "corrected": 4, "waiting": 0, "why": None}


@pytest.fixture
def served(alone):
    server = ControlServer(alone / "control", {"status": lambda request: ANSWER}).start()
    yield server
    server.close()


def test_in_words(served, capsys):
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "running since  2026-11-23 20:00:00 (5 h 21 min)",
        "camera         picamera2, ok",
        "display        seven_segment: digit 7",
        "frames         12,345 seen, 678 worth reading, 4.6 a second, 410 ms a reading",
        "memory         30 MB of it now, 31 MB at most",
        "temperature    41 °C, since the start: under-voltage",
        "weights        /w.npz (validation_accuracy 0.9900)",
        "samples        none are kept",
        "nights         none yet",
        "last readings",
        "       2 s ago  7 (0.97)  411 ms, 4 frames, shown now",
        "     1 min ago  1 (0.90)  400 ms, 3 frames, shown 2.2 s",
    ]


def test_versions_that_were_passed_over_are_told():
    weights = {"file": "/w", "version": "0002", "scores": {}, "passed_over": ["/x: torn"]}
    lines = status.in_words(ANSWER | {"weights": weights})
    assert "weights        0002: /w; passed over: /x: torn" in lines


def test_what_the_next_night_waits_for():
    lines = status.in_words(ANSWER | {"next_night": "the next begins at 03:00"})
    assert lines[9] == "next night     the next begins at 03:00"
    assert not any(
        line.startswith("next night") for line in status.in_words(ANSWER | {"next_night": None})
    )


def test_as_json(served, capsys):
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ANSWER


def test_when_little_is_known():
    lines = status.in_words(
        ANSWER
        | {
            "camera": {"type": "x", "state": "trouble", "trouble": "no camera", "troubles": 3},
            "readings": [],
            "ms": None,
            "memory_kb": None,
            "memory_peak_kb": None,
            "temperature_c": None,
            "throttled": ["under-voltage"],
            "weights": None,
        }
    )
    assert lines[1] == "camera         x, trouble: no camera"
    assert lines[4] == "memory         not known"
    assert lines[5] == "temperature    not known here, under-voltage now"
    assert lines[6] == "weights        not loaded yet"
    assert lines[-1] == "last readings  none yet"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.9, "60 s"), (61, "1 min"), (7300, "2 h 1 min"), (200_000, "2 d 7 h")],
)
def test_spans(seconds, text):
    assert status.span(seconds) == text


@pytest.mark.parametrize("command", ["status", "look"])
def test_when_it_is_down(alone, capsys, command):
    assert main([command]) == 1
    error = capsys.readouterr().err
    assert error.startswith("zerodigit: error: the service is not running")
    assert error.count("\n") == 1


def test_samples_and_nights_in_words(served, capsys, monkeypatch):
    night = {"at": "2026-11-24T03:10:00", "outcome": "promoted", "digits": 12, "before": 4,
             "after": 1, "read_before": 8, "read_after": 11, "version": "0002"}  # fmt: skip
    monkeypatch.setitem(ANSWER, "samples", SAMPLES)
    monkeypatch.setitem(ANSWER, "last_night", night)
    main(["status"])
    lines = capsys.readouterr().out.splitlines()
    assert "samples        30, 12 with a label, 4 of them read wrongly" in lines
    assert (
        "nights         2026-11-24 03:10  let in as version 0002: it reads 11 of 12 labelled "
        "digits instead of 8; `zerodigit weights rollback` takes it back"
    ) in lines
    at_work = {"pid": 1, "stage": "learning", "share": 0.4, "left_s": 600}
    monkeypatch.setitem(ANSWER, "retraining", at_work)
    main(["status"])
    assert "nights         at work: learning, 40% done, about 10 min left" in (
        capsys.readouterr().out.splitlines()
    )


UNKNOWN = dict.fromkeys(SAMPLES) | {"waiting": 0}


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (UNKNOWN, "not counted yet"),
        (
            UNKNOWN | {"why": "the card is read-only"},
            "not known; no more are kept now (the card",
        ),
        (
            SAMPLES | {"waiting": 2, "why": "the card is full"},
            "30, 12 with a label, 4 of them read wrongly; "
            "labels not yet on the card: 2 (the card is full)",
        ),
        (SAMPLES | {"waiting": 1}, "labels not yet on the card: 1 (being written)"),
    ],
)
def test_what_is_not_on_the_card_is_said(samples, words):
    line = next(each for each in status.in_words(ANSWER | {"samples": samples})
                if each.startswith("samples"))  # fmt: skip
    assert words in line


@pytest.mark.parametrize(
    ("memory", "said"),
    [
        ({"samples": 12, "why": None}, "12"),
        ({"samples": 0, "why": None}, "none yet"),
        ({"samples": None, "why": None}, "being looked at"),
        ({"samples": None, "why": "memory.enabled is false"}, "none: memory.enabled is false"),
    ],
)
def test_how_many_labels_it_reads_by(memory, said):
    assert f"labels read by {said}" in status.in_words(ANSWER | {"memory": memory})


def test_a_reading_by_memory_says_by_which_sample():
    by = {"sample": 12, "label": 7, "likeness": 0.9312}
    reading = ANSWER["readings"][0] | {"memory": by}
    line = status.in_words(ANSWER | {"readings": [reading]})[-1]
    assert line.endswith("shown now, as sample 12 was labelled (0.93 alike)")
