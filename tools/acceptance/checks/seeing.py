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
