"""Faults of the machine: each is logged once and shown, and the service recovers by itself."""

from __future__ import annotations

from tools.emulator.testbed import CAMERA, UNIT, Testbed, expect

WATCHDOG_S = 20


def watchdog(testbed: Testbed) -> str:
    """A service that hangs is ended by systemd, and started anew."""
    # The unit's own three minutes would be waited for and prove no more.
    testbed.override(f"WatchdogSec={WATCHDOG_S}")
    testbed.restart()
    cursor, process = testbed.cursor(), testbed.property("MainPID")
    testbed.pi.shell(f"kill -STOP {process}")

    def again() -> bool:
        return testbed.property("MainPID") not in ("0", process) and testbed.is_active()

    took = testbed.wait(again, "it did not come back", 300, 2.0)
    entries = [str(each.get("MESSAGE")) for each in testbed.journal(cursor)]
    expect(any("atchdog timeout" in each for each in entries), f"no watchdog: {entries[:5]}")
    testbed.read(2)
    return (
        f"stopped, ended after {WATCHDOG_S} s without a sign of life, back after {took:.0f} s"
    )


def camera_vanishes(testbed: Testbed) -> str:
    """No frames: logged once, and an E; frames again: a digit, without help."""
    cursor = testbed.cursor()
    testbed.pi.shell(f"mv {CAMERA} {CAMERA}.gone")
    testbed.wait_for_sign("E")
    # Long enough for several tries.
    testbed.wait(
        lambda: testbed.status()["camera"]["troubles"] >= 3, "no further tries", 120, 2.0
    )
    testbed.pi.shell(f"mv {CAMERA}.gone {CAMERA}")
    took = testbed.read(6, 180)
    said = testbed.messages(cursor)
    complaints = [each for each in said if each.startswith("no frames")]
    expect(len(complaints) == 1, f"logged {len(complaints)} times: {complaints}")
    expect(
        any("gives frames again" in each for each in said), f"no entry that it is back: {said}"
    )
    return f"logged once, E; a 6 again {took:.0f} s after the folder was back"


def pin_in_use(testbed: Testbed) -> str:
    """Another program holds a pin: it says which, and comes up when the pin is let go."""
    testbed.pi.shell(f"systemctl stop {UNIT}", 180)
    cursor = testbed.cursor()
    testbed.pi.shell(
        "gpioset --mode=signal gpiochip0 5=0 >/dev/null 2>&1 & echo $! > /run/holder"
    )
    try:
        started = testbed.pi.shell(f"systemctl start {UNIT}", 300, check=False)
        said = testbed.messages(cursor)
        expect(started.code != 0, "it started without its pin")
        expect(any("GPIO5" in each for each in said), f"the pin is not named: {said}")
        expect(not any("Traceback" in each for each in said), f"a traceback: {said}")
    finally:
        testbed.pi.shell("kill $(cat /run/holder)")
    took = testbed.wait_until_active(300)
    return f"it names GPIO5, and runs {took:.0f} s after the pin was let go"


def clock(testbed: Testbed) -> str:
    """The clock of a Pi without network: in 1970, and then set while it runs."""
    now = testbed.pi.shell("date +%s").text.strip()
    try:
        testbed.pi.shell("date -s @3600")
        testbed.restart()
        testbed.read(8)
        process = testbed.property("MainPID")
        since = testbed.status()["running_since"]
        expect(since.startswith("1970"), f"running since {since}")
    finally:
        testbed.pi.shell(f"date -s @{now}")
    testbed.read(9)
    expect(testbed.property("MainPID") == process, "setting the clock restarted it")
    uptime = testbed.status()["uptime_s"]
    expect(uptime < 3600, f"it counts {uptime} s of uptime")
    return "it reads in 1970, and goes on when the clock jumps half a century"


def memory_limit(testbed: Testbed) -> str:
    """A frame beyond the memory there is: logged once, an E, and back when it is gone."""
    testbed.read(1)
    cursor, process = testbed.cursor(), testbed.property("MainPID")
    # 300 MB of zeros, which take no room until they are read.
    make = (
        "import numpy as np; np.lib.format.open_memmap('/run/huge.npy', 'w+', 'uint8', "
        "(17000, 17000))"
    )
    testbed.pi.shell(f'python3 -c "{make}"', 180)
    testbed.pi.shell(f"mv /run/huge.npy {CAMERA}/huge.npy && rm {CAMERA}/page.pgm")
    try:
        testbed.wait_for_sign("E")
        testbed.wait(
            lambda: testbed.status()["camera"]["troubles"] >= 3, "no further tries", 180, 2.0
        )
    finally:
        testbed.show(1)
        testbed.pi.shell(f"rm -f {CAMERA}/huge.npy")
    took = testbed.wait_for_sign("1", 180)
    said = testbed.messages(cursor)
    complaints = [each for each in said if "memory" in each]
    expect(len(complaints) == 1, f"logged {len(complaints)} times: {complaints[:3] or said}")
    expect(testbed.property("MainPID") == process, "it was restarted")
    return f"logged once ({complaints[0][:60]}), E; a 1 again after {took:.0f} s"
