"""Health of the machine: memory, temperature, and whether the processor is throttled.

Read from a few short files of /proc and /sys; what a machine does not have is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")

_TEMPERATURE = "sys/class/thermal/thermal_zone0/temp"
_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"

# Bits of the firmware's word; 16 bits higher, the same since the start.
# Source: Raspberry Pi documentation, vcgencmd get_throttled.
_BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "hot"}


@dataclass(frozen=True)
class Health:
    """State of the machine now. Memory in kB, temperature in degrees Celsius.

    Attributes
    ----------
    resident_kb : memory of this process.
    peak_kb : the most it ever had.
    available_kb : memory that the machine has left.
    temperature_c : of the processor.
    throttled : what the firmware reports now: ``under-voltage``, ``throttled``, ...
    throttled_before : the same since the start, but not now.
    """

    resident_kb: int | None = None
    peak_kb: int | None = None
    available_kb: int | None = None
    temperature_c: float | None = None
    throttled: tuple[str, ...] | None = None
    throttled_before: tuple[str, ...] | None = None


def read(root: Path = ROOT) -> Health:
    """Read all of it; under another ``root`` in tests."""
    process = table(root / "proc/self/status")
    now, before = _throttled(root / _THROTTLED)
    millidegrees = _number(root / _TEMPERATURE)
    return Health(
        resident_kb=process.get("VmRSS"),
        peak_kb=process.get("VmHWM"),
        available_kb=table(root / "proc/meminfo").get("MemAvailable"),
        temperature_c=None if millidegrees is None else millidegrees / 1000,
        throttled=now,
        throttled_before=before,
    )


def table(path: Path) -> dict[str, int]:
    """``Name:  123 kB`` lines as numbers; other lines are left out."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdecimal():
            found[name] = int(words[0])
    return found


def model(root: Path = ROOT) -> str | None:
    """``Raspberry Pi Zero W Rev 1.1``; None on what is no such board."""
    try:
        return (root / "proc/device-tree/model").read_text().strip("\0 \n") or None
    except OSError:
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _throttled(path: Path) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    try:
        word = int(path.read_text(), 16)
    except (OSError, ValueError):
        return None, None
    now = tuple(name for bit, name in _BITS.items() if word >> bit & 1)
    ever = tuple(name for bit, name in _BITS.items() if word >> (bit + 16) & 1)
    return now, tuple(name for name in ever if name not in now)
