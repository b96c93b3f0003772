"""Digits on the pins, presses of the buttons, the journal and the commands."""

from __future__ import annotations

import json

from core.classes import NO_DIGIT
from pi.devices.segments import GLYPHS
from tools.emulator import pages
from tools.emulator.machine import pins
from tools.emulator.testbed import UNIT, Testbed, expect


def digits(testbed: Testbed) -> str:
    """Each of ten sheets lights its seven segments, and no other; an empty one none."""
    took = []
    for digit in range(10):
        took.append(testbed.read(digit))
        levels = testbed.pi.levels()
        expect(pins.lit(levels) == GLYPHS[str(digit)], f"lit: {pins.lit(levels)}")
        expect(not pins.high(levels, pins.POINT), f"the point is lit beside {digit}")
    dark = testbed.read(pages.EMPTY)
    expect(not pins.high(testbed.pi.levels(), pins.POINT), "the point is lit on an empty page")
    return f"right after {min(took):.1f} to {max(took):.1f} s, dark after {dark:.1f} s"


def buttons(testbed: Testbed) -> str:
    """Right and wrong, pressed from outside while a 7 is shown, and what is kept of it."""
    testbed.read(7)
    # A long press of wrong says that there is no digit.
    for name, pin, label in (("right", pins.RIGHT, 7), ("wrong", pins.WRONG, NO_DIGIT)):
        cursor = testbed.cursor()

        def logged(cursor: str = cursor, name: str = name) -> bool:
            return any(
                each.get("BUTTON") == name and each.get("DIGIT") == "7"
                for each in testbed.journal(cursor)
            )

        def kept(wanted: str = f"{label}|{name}") -> bool:
            last = "SELECT label, origin FROM samples ORDER BY id DESC LIMIT 1"
            return testbed.query(last, check=False) == [wanted]

        # Not let go by the clock: a Pi that waits for a processor looks at its pins late.
        testbed.pi.press(pin)
        try:
            testbed.wait(logged, f"the press of {name!r} is not in the journal", 30, 1.0)
        finally:
            testbed.pi.release(pin)
        testbed.wait(kept, f"the 7 is not kept with what {name!r} says of it", 30, 1.0)
    return "right and wrong are in the journal, are about the 7, and are kept with it"


def journal_fields(testbed: Testbed) -> str:
    """``journalctl -o json`` has fields, and finds entries by them."""
    cursor = testbed.cursor()
    testbed.read(5)

    def entries() -> list[dict[str, object]]:
        return [each for each in testbed.journal(cursor) if each.get("DIGIT") == "5"]

    testbed.wait(lambda: bool(entries()), "no entry has DIGIT=5", 30, 1.0)
    entry = entries()[0]
    expect(entry["PRIORITY"] == "6", f"its priority is {entry['PRIORITY']}")
    expect(entry["SYSLOG_IDENTIFIER"] == "zerodigit", f"it is {entry['SYSLOG_IDENTIFIER']}'s")
    expect(entry["_SYSTEMD_UNIT"] == f"{UNIT}.service", f"it is of {entry['_SYSTEMD_UNIT']}")
    for name in ("CONFIDENCE", "MS", "FRAMES"):
        expect(float(str(entry.get(name, "nan"))) >= 0, f"{name} is {entry.get(name)!r}")
    found = testbed.pi.shell("journalctl -q -o cat -b DIGIT=5 | tail -n 1").text
    expect(found.startswith("shown digit=5"), f"journalctl DIGIT=5: {found!r}")
    return f"confidence {entry['CONFIDENCE']}, {entry['MS']} ms, {entry['FRAMES']} frames"


def commands(testbed: Testbed) -> str:
    """``zerodigit status``, ``look`` and ``doctor``, as root and as the login user."""
    testbed.read(3)
    said = testbed.pi.shell("runuser -u pi -- zerodigit status --json", 180).text
    status = json.loads(said)
    expect(status["camera"]["state"] == "ok", f"camera: {status['camera']}")
    expect(status["readings"][0]["digit"] == 3, f"readings: {status['readings'][:1]}")
    expect(status["display"]["shows"] == "digit 3", f"display: {status['display']}")
    words = testbed.pi.shell("zerodigit status", 180).text
    expect("digit 3" in words and "running since" in words, f"status: {words}")
    look = testbed.pi.shell("runuser -u pi -- zerodigit look", 180).text
    expect("this reads 3" in look and len(look.splitlines()) > 15, f"look: {look}")
    doctor = testbed.pi.shell("zerodigit doctor --json", 300, check=False)
    findings = json.loads(doctor.text)
    failing = [each for each in findings if each["level"] == "fail"]
    # What there is not for this processor: it must be missed, and nothing else.
    missed = {each["name"] for each in failing}
    expect(missed == {"libcamera", "picamera2"}, f"doctor fails: {failing}")
    expect(doctor.code == 1, f"doctor's exit code is {doctor.code}")
    warned = sum(each["level"] == "warn" for each in findings)
    return (
        f"{len(findings)} findings of the doctor, {warned} warnings; it misses libcamera and "
        "Picamera2, which are not there, and nothing else"
    )


USED_S = 2.0
"""A label is read by within so many seconds of the Pi's own clock, from when it is stored."""

_BY_LABELS = "reading by labelled samples"


def memory(testbed: Testbed) -> str:
    """A 7 is labelled 1, read as one at once, after the power is cut too, and a 7 again when
    the label is taken away."""
    testbed.read(7)
    testbed.wait(lambda: _read_by(testbed) == 0, "the memory is not made", 240, 5.0)
    cursor = testbed.cursor()
    testbed.pi.shell("zerodigit label --last 1", 180)

    def moments() -> dict[str, float]:
        entries = testbed.journal(cursor)
        return {
            str(each["MESSAGE"]).partition(" sample")[0]: int(each["__MONOTONIC_TIMESTAMP"])
            / 1e6
            for each in entries
            if str(each.get("MESSAGE")).startswith(("labelled 1", _BY_LABELS))
        }

    testbed.wait(lambda: len(moments()) == 2, "it does not read by the label", 60, 1.0)
    stored, used = sorted(moments().values())
    expect(used - stored <= USED_S, f"used {used - stored:.1f} s after it was stored")
    number = testbed.query("SELECT id FROM samples WHERE label = 1 ORDER BY id DESC LIMIT 1")[0]
    _expect_by(testbed, number)
    testbed.restart()
    testbed.wait(lambda: _read_by(testbed) == 1, "the memory is not made again", 240, 5.0)
    _expect_by(testbed, number)
    testbed.pi.shell(f"zerodigit label {number} forget", 180)
    testbed.wait(lambda: _read_by(testbed) == 0, "the label is still read by", 60, 1.0)
    testbed.wait_for_sign("7")
    return f"read by {used - stored:.2f} s after it was stored"


def _read_by(testbed: Testbed) -> int | None:
    """How many labelled samples it reads by; None while that is not known."""
    said = testbed.pi.shell("zerodigit status --json", 180).text
    return json.loads(said)["memory"]["samples"]


def _expect_by(testbed: Testbed, number: str) -> None:
    look = testbed.pi.shell("zerodigit look", 180).text
    expect(f"as sample {number} was labelled" in look, f"look: {look}")
