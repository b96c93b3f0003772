"""What ``status`` and ``look`` answer about a service that runs."""

from __future__ import annotations

import pytest

from core.exemplars.memory import Recollection
from pi import config
from pi.control.client import ask
from pi.service.stats import ServiceStats
from pi.service.status import StatusReport
from pi.system.clock import SystemClock

PATIENCE_S = 60.0


def test_status_and_look_while_it_runs(play, overrides, tmp_path, sheet):
    answers = {}
    path = tmp_path / "run" / "control"

    def ask_now():
        answers["status"] = ask(path, {"do": "status"}, PATIENCE_S)
        answers["look"] = ask(path, {"do": "look"}, PATIENCE_S)
        return sheet(7)

    service = play([sheet(), *[sheet(7)] * 5, ask_now, sheet()])
    service.run()
    status = answers["status"]
    assert status["display"] == {"type": ["seven_segment"], "shows": "digit 7"}
    assert status["camera"]["state"] == "ok"
    assert [reading["digit"] for reading in status["readings"]] == [7]
    assert status["readings"][0]["shown_s"] is None
    assert status["frames"] == 6
    look = answers["look"]
    assert (look["width"], look["height"], look["number"]) == (32, 24, 6)
    assert look["reading"]["digit"] == 7


class Clock(SystemClock):
    """One that stands still until it is moved."""

    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def report(tmp_path):
    """Of a service that systemd has started a moment ago."""
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    clock = Clock()
    stats = ServiceStats(clock.monotonic)
    environ = {"INVOCATION_ID": "by systemd"}
    return StatusReport(stats, clock, config.load(overrides=given), environ=environ)


def test_for_how_long_nothing_was_shown(report):
    report.clock.now = 5.0
    assert report.status({})["idle_s"] == 5.0
    report.stats.shown(7, 0.9, 40.0, 3, 6.0)
    report.clock.now = 10.0
    assert report.status({})["idle_s"] == 0.0
    report.stats.dark(8.0)
    assert report.status({})["idle_s"] == 2.0


def test_the_next_night(report):
    assert "begin" in report.status({})["next_night"]
    report.config = config.load(overrides={"retrain.enabled": False})
    assert report.status({})["next_night"].startswith("nights are switched off")
    # Nobody asks for one where there is no timer.
    report.environ = {}
    assert report.status({})["next_night"] is None


def test_a_reading_by_memory_names_its_sample(report):
    report.stats.shown(7, 0.9, 40.0, 3, 6.0, Recollection(12, 7, 0.93128))
    report.stats.shown(1, 0.9, 40.0, 3, 7.0)
    newest, older = report.status({})["readings"]
    assert newest["memory"] is None
    assert older["memory"] == {"sample": 12, "label": 7, "likeness": 0.9313}
    assert report.status({})["memory"] is None
