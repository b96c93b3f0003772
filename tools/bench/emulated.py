"""Benchmarks on the emulated Pi: instructions a frame costs, and the installed service.

With ``-icount shift=0,sleep=off`` the machine's clock moves on by 1 ns an instruction, so the
times of ``device`` count instructions, whatever else this computer does. A real Zero takes
about an instruction a nanosecond where its caches hold, and more where they do not.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.bench import reference, report
from tools.bench.measures import Result
from tools.emulator.image import build, checkout
from tools.emulator.machine.machine import Machine
from tools.emulator.testbed import Failed, Skip, Testbed

ROUNDS = 3
"""Instructions hardly differ from one time to the next, by a thousandth; what else the emulated
Pi had to do meanwhile, the median leaves out."""

BENCH_S = 1800.0
"""Time-out of a command there; long, since other programs may have the processor."""

_PARTS = (
    "core",
    "pi",
    "tools/__init__.py",
    "tools/command.py",
    "tools/digests.py",
    "tools/bench",
)
_CODE = "/srv/bench"


class CountingMachine(Machine):
    """An emulated Pi whose clock counts instructions."""

    def command(self, sockets: Path) -> list[str]:
        """QEMU's command line."""
        return [*super().command(sockets), "-icount", "shift=0,sleep=off"]


def instructions(
    folder: Path, say: Callable[[str], None]
) -> tuple[list[Result], dict[str, Any]]:
    """The bench of a device, and its surroundings; times are of 1 ns an instruction."""
    pi = CountingMachine(build.get(say), folder)
    try:
        checkout.write_to_card(pi.disk, _archive(), "/srv/bench.tar.gz")
        say("starting the emulated Pi that counts instructions")
        pi.start()
        pi.shell("cd /srv && tar xzf bench.tar.gz")
        say("measuring there")
        pi.shell(
            f"cd {_CODE} && python3 -m tools.bench --on-device --rounds {ROUNDS} "
            "--json /run/bench.json --no-floors && gzip /run/bench.json",
            BENCH_S,
        )
        # Each byte over the serial line is some thousand instructions.
        measured = json.loads(gzip.decompress(pi.get("/run/bench.json.gz", BENCH_S)))
    finally:
        pi.cut_power()
        pi.disk.unlink(missing_ok=True)
    results = [
        Result(key, tuple(each["values"]), each["note"])
        for key, each in measured["measures"].items()
    ]
    board = f"emulated {measured['about']['board']}, 1 ns an instruction"
    # Its own clock begins anew with every boot.
    return results, measured["about"] | {"board": board, "date": report.surroundings()["date"]}


def check(testbed: Testbed) -> str:
    """A check for ``tools/emulate``: no time is more than a tenth worse than accepted."""
    accepted = reference.read()
    if not accepted:
        raise Skip(f"no times were accepted yet: {reference.ACCEPT}")
    results, _ = instructions(testbed.pi.folder / "counting", lambda text: None)
    if found := reference.worse(results, accepted):
        raise Failed("; ".join(found))
    times = {result.key: result.value for result in results}
    return f"a digit in {times['frame_digit']:.1f} ms, its network {times['network']:.2f} ms"


def service(folder: Path, say: Callable[[str], None]) -> list[Result]:
    """The installed appliance, with the files camera: seconds on this computer's wall."""
    testbed = Testbed(build.get(say), folder, quick=True)
    try:
        say("starting the emulated Pi, and installing zerodigit")
        testbed.start()
        testbed.install(timeout_s=BENCH_S)
        testbed.prepare()
        started = time.monotonic()
        testbed.restart()
        ready = time.monotonic() - started
        testbed.read(3)
        return [
            Result("help", _seconds(testbed, "zerodigit --help")),
            Result("status", _seconds(testbed, "zerodigit status")),
            Result("ready", (ready,)),
            Result("resident", (testbed.resident_kb() * 1024 / 1e6,)),
        ]
    finally:
        testbed.pi.cut_power()
        testbed.pi.disk.unlink(missing_ok=True)


def _seconds(testbed: Testbed, command: str, times: int = 3) -> tuple[float, ...]:
    taken = []
    for _ in range(times):
        started = time.monotonic()
        testbed.pi.shell(f"{command} > /dev/null")
        taken.append(time.monotonic() - started)
    return tuple(taken)


def _archive(root: Path = checkout.CHECKOUT) -> bytes:
    """A tar of what a device's bench needs."""
    return checkout.pack(
        {f"bench/{path.relative_to(root)}": path for path in checkout.files(root, _PARTS)}
    )
