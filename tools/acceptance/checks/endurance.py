"""Growth over a long time: memory, and the journal."""

from __future__ import annotations

import time
import tomllib

from tools.emulator.image.checkout import CHECKOUT
from tools.emulator.testbed import CAMERA, PAGES, Testbed, expect

LIMIT_KB = 48_000
FLAT_KB = 1_024
SETTLED = 200

DAY_BYTES = 2_000_000
QUIET_S = 180.0


def memory(testbed: Testbed) -> str:
    """Resident memory over many frames, all sheets in turn."""
    frames = 300 if testbed.quick else 2_000
    testbed.pi.shell(f"cp {PAGES}/*.pgm {CAMERA}/ && rm {CAMERA}/page.pgm")
    testbed.configure(camera={"hold": 4}, recogniser={"fast_s": 0.05, "slow_s": 0.05})
    testbed.restart()
    settled = _frames(testbed, SETTLED, 1200)
    before_kb = testbed.resident_kb()
    last = _frames(testbed, frames, 4 * frames)
    after_kb, most_kb = testbed.resident_kb(), testbed.resident_kb("VmHWM")
    expect(most_kb < LIMIT_KB, f"{most_kb} kB at most")
    grown = after_kb - before_kb
    expect(grown <= FLAT_KB, f"{grown} kB more than after {settled['frames']} frames")
    return (
        f"{after_kb / 1000:.1f} MB after {last['frames']} frames "
        f"({last['frames_read']} read), {grown:+} kB since frame {settled['frames']}, "
        f"{most_kb / 1000:.1f} MB at most"
    )


def journal(testbed: Testbed) -> str:
    """Bytes of journal in a day with a digit a second: an hour's lines, and then the rest."""
    shipped = tomllib.loads((CHECKOUT / "pi/config/default.toml").read_text())["service"]
    lines = shipped["lines_an_hour"]
    testbed.pi.shell(f"cp {PAGES}/*.pgm {CAMERA}/ && rm {CAMERA}/page.pgm")
    # Three sheets in a row, which agree, in a second.
    testbed.configure(
        camera={"hold": 3, "rate": 3.0}, service={**shipped, "lines_a_minute": lines}
    )
    testbed.restart()
    before, cursor, started = _written(testbed), testbed.cursor(), time.monotonic()

    def logged() -> int:
        words = ("shown", "dark", "unsure")
        return sum(each.startswith(words) for each in testbed.messages(cursor))

    testbed.wait(lambda: logged() >= lines, lambda: f"{logged()} lines", 600, 10.0)
    used, used_s = _written(testbed) - before, time.monotonic() - started
    first = testbed.status()["frames"]
    # Not slept: a machine that nobody listens to is not woken (tools.emulator.machine.ticks).
    testbed.pi.listen(QUIET_S)
    quiet, quiet_s = _written(testbed) - before - used, time.monotonic() - started - used_s
    rate = (testbed.status()["frames"] - first) / quiet_s
    expect(logged() == lines, f"{logged()} lines, and {lines} are allowed in an hour")
    # And a heartbeat, which is as long as any.
    an_hour = used * (1 + 1 / lines) + quiet / quiet_s * (3600 - used_s)
    a_day = 24 * an_hour
    expect(a_day <= DAY_BYTES, f"{a_day / 1e6:.2f} MB a day")
    return (
        f"{a_day / 1e6:.2f} MB a day: {used / 1e3:.0f} kB for the {lines} lines of an hour, "
        f"{quiet / 1e3:.0f} kB in {quiet_s / 60:.0f} minutes after them, "
        f"with {rate:.1f} frames a second"
    )


def _frames(testbed: Testbed, frames: int, timeout_s: float) -> dict[str, int]:
    """The status of the service once it has read so many frames."""
    found: dict[str, int] = {}

    def reached() -> bool:
        found.update(testbed.status())
        return found["frames"] >= frames

    testbed.wait(reached, lambda: f"{found.get('frames')} frames", timeout_s, 5.0)
    return found


# Where the newest object of the journal's files lies, which are made larger by the megabyte.
# Source: systemd's Journal File Format, header, tail_object_offset.
_TAIL = """\
import glob, struct
print(sum(struct.unpack("<Q", open(name, "rb").read(144)[136:])[0]
          for name in glob.glob("/*/log/journal/*/*.journal")))
"""


def _written(testbed: Testbed) -> int:
    testbed.pi.put(_TAIL, "/run/tail.py")
    # Not synchronised first: that makes an entry, too.
    return int(testbed.pi.shell("python3 /run/tail.py").text)
