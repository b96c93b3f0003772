"""What ``status`` and ``look`` answer about a service that runs."""

from __future__ import annotations

from pi.control.client import ask

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
