"""Lines of the log: a few when something is shown, one an hour that all is well."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from core.exemplars.memory import Recollection
from pi import config
from pi.devices.cameras.source import CameraTrouble
from pi.devices.displays.base import State
from pi.service.event_log import EventLog
from pi.service.stats import ServiceStats
from pi.service.voting import Decision


@pytest.fixture
def events(systemd, caplog):
    """An event log of three lines a minute."""
    caplog.set_level("INFO")
    section = config.load(overrides={"service.lines_a_minute": 3}).service
    return EventLog(systemd, ServiceStats(lambda: 0.0), section, 0.0)


def lines(caplog):
    """Message and fields of each line."""
    return [(each.getMessage(), each.fields) for each in caplog.records]


def test_what_is_shown_is_a_line_and_a_status(events, systemd, caplog):
    events.shows(Decision(7, 0.981), 40.4, 3, 1.0)
    events.shows(Decision(State.UNSURE, guesses=(4, 9)), 41.0, 5, 2.0)
    events.shows(Decision(State.DARK), 41.0, 0, 3.0)
    assert lines(caplog) == [
        ("shown", {"digit": "7", "confidence": "0.98", "ms": "40", "frames": "3"}),
        ("unsure", {"guesses": "4,9", "ms": "41", "frames": "5"}),
        ("dark", {}),
    ]
    assert [text for _, text in systemd.told] == [
        "shows 7 (0.98)", "unsure: 4 or 9?", "dark: no digit in sight",
    ]  # fmt: skip


def test_what_is_too_much_is_counted_and_the_status_is_told_all_the_same(
    events, systemd, caplog
):
    for second in range(10):
        events.shows(Decision(second, 0.9), 40.0, 3, float(second))
    events.shows(Decision(State.DARK), 40.0, 0, 61.0)
    assert [message for message, _ in lines(caplog)] == ["shown"] * 3 + ["dark"]
    assert lines(caplog)[-1][1] == {"digit": "9", "left_out": "7"}
    assert len(systemd.told) == 11


def test_a_trouble_is_logged_again_only_when_it_is_another(events, systemd, caplog):
    gone, ill = CameraTrouble("gone", 1.0), CameraTrouble("ill", 1.0)
    events.trouble(gone, None, 1)
    events.trouble(gone, gone, 2)
    events.trouble(ill, gone, 3)
    events.recovered(3)
    assert lines(caplog) == [
        ("no frames: gone", {"tries": "1"}),
        ("no frames: ill", {"tries": "3"}),
        ("the camera gives frames again", {"tries": "3"}),
    ]
    assert [each.levelno for each in caplog.records] == [logging.WARNING] * 2 + [logging.INFO]
    assert len(systemd.told) == 4


def test_it_says_with_what_it_began(events, caplog):
    events.started(config.load(overrides={"camera.type": "scene"}), None)
    events.started(config.load(), SimpleNamespace(version="0002", path="/w/0002.npz"))
    scene, pi = lines(caplog)
    assert scene == ("started", {"camera": "scene", "display": "seven_segment"})
    assert (pi[1]["version"], pi[1]["weights"]) == ("0002", "/w/0002.npz")


def test_a_heartbeat_every_so_often(play, overrides, caplog, sheet):
    overrides["service.heartbeat_s"] = 60
    overrides["recogniser.fast_s"] = overrides["recogniser.slow_s"] = 1
    play([sheet()] * 130).run()
    beats = [each for each in caplog.records if each.getMessage() == "heartbeat"]
    assert [int(each.fields["frames"]) for each in beats] == [60, 120]
    assert [float(each.fields["rate"]) for each in beats] == [pytest.approx(1.0, abs=0.02)] * 2
    assert int(beats[0].fields["memory_kb"]) > 1000


def test_a_digit_read_by_a_sample_names_it(events, caplog):
    events.shows(Decision(7, 0.981), 40.4, 3, 1.0, Recollection(12, 7, 0.93123))
    fields = {"digit": "7", "confidence": "0.98", "ms": "40", "frames": "3"}
    by = {"as_sample": "12", "likeness": "0.93"}
    assert lines(caplog) == [("shown", fields | by)]
