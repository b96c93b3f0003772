"""What only shows in the long run: memory, and the journal."""

from __future__ import annotations

import time

from tools.emulator.bench import CAMERA, PAGES, Bench, expect

LIMIT_KB = 48_000
FLAT_KB = 1_024
SETTLED = 200

DAY_BYTES = 2_000_000


def memory(bench: Bench) -> str:
    """Resident memory over many frames, all sheets in turn."""
    frames = 300 if bench.quick else 2_000
    bench.pi.shell(f"cp {PAGES}/*.pgm {CAMERA}/ && rm {CAMERA}/page.pgm")
    bench.configure(camera={"hold": 4}, recogniser={"fast_s": 0.05, "slow_s": 0.05})
    bench.restart()
    settled = _frames(bench, SETTLED, 1200)
    before_kb = bench.resident_kb()
    last = _frames(bench, frames, 4 * frames)
    after_kb, most_kb = bench.resident_kb(), bench.resident_kb("VmHWM")
    expect(most_kb < LIMIT_KB, f"{most_kb} kB at most")
    grown = after_kb - before_kb
    expect(grown <= FLAT_KB, f"{grown} kB more than after {settled['frames']} frames")
    return (
        f"{after_kb / 1000:.1f} MB after {last['frames']} frames "
        f"({last['frames_read']} read), {grown:+} kB since frame {settled['frames']}, "
        f"{most_kb / 1000:.1f} MB at most"
    )


def journal(bench: Bench) -> str:
    """What a day of a digit a second would write, from some minutes of it."""
    minutes = 10
    bench.pi.shell(f"cp {PAGES}/*.pgm {CAMERA}/ && rm {CAMERA}/page.pgm")
    # Three sheets in a row, which agree, in a second; with the settings as they ship.
    bench.configure(
        camera={"hold": 3, "rate": 3.0},
        service={"lines_a_minute": 4, "heartbeat_s": 600.0},
    )
    bench.restart()
    before, cursor = _written(bench), bench.cursor()
    first = bench.status()["frames"]
    started = time.monotonic()
    time.sleep(60 * minutes)
    grown = _written(bench) - before
    seconds = time.monotonic() - started
    a_day = grown / seconds * 86_400
    rate = (bench.status()["frames"] - first) / seconds
    entries = len(bench.messages(cursor))
    expect(entries > minutes, f"only {entries} lines in {minutes} minutes")
    expect(a_day <= DAY_BYTES, f"{a_day / 1e6:.2f} MB a day")
    return (
        f"{a_day / 1e6:.2f} MB a day, from {entries} lines in {seconds / 60:.0f} minutes, "
        f"{rate:.1f} frames a second"
    )


def _frames(bench: Bench, frames: int, timeout_s: float) -> dict[str, int]:
    """The service's own account once it has seen so many frames."""
    found: dict[str, int] = {}

    def reached() -> bool:
        found.update(bench.status())
        return found["frames"] >= frames

    bench.wait(reached, lambda: f"{found.get('frames')} frames", timeout_s, 5.0)
    return found


# Where the newest object of the journal's files lies, which are made larger by the megabyte.
# Source: systemd's Journal File Format, header, tail_object_offset.
_TAIL = """\
import glob, struct
print(sum(struct.unpack("<Q", open(name, "rb").read(144)[136:])[0]
          for name in glob.glob("/*/log/journal/*/*.journal")))
"""


def _written(bench: Bench) -> int:
    bench.pi.put(_TAIL, "/run/tail.py")
    return int(bench.pi.shell("journalctl --sync; python3 /run/tail.py").text)
