"""The power is cut in the middle of everything, again and again."""

from __future__ import annotations

import random

from tools.emulator.bench import STATE, UNIT, Bench, expect

BOOT_S = 60.0

# Installs weights and moves between versions for ever; tells each once it is acknowledged.
_WRITER = """\
import itertools, random, sys
from pathlib import Path
from core import modelfile, pretrained
from pi.weights import Store
store = Store(Path("STATE/weights"))
model = modelfile.load(pretrained.PATH)
chance = random.Random(SEED)
print("BEGUN", flush=True)
for number in itertools.count():
    if number % 3 == 0:
        path = Path("/run/new.npz")
        modelfile.save(path, model.network, {**model.info, "variant": [SEED, number]})
        name = store.install(path.read_bytes(), "check")
    else:
        name = store.promote(chance.choice(["shipped", *store.names()]))
    print("ACK", name, *store.names(), flush=True)
"""


def cuts(bench: Bench) -> str:
    """After each cut it boots, runs, reads, and has all that it had acknowledged."""
    number = 1 if bench.quick else 10
    chance = random.Random(20261123)
    acknowledged = ready = 0.0
    for cut in range(number):
        bench.show(cut % 10)
        lines = _write_and_cut(bench, cut, chance.uniform(0.5, 20.0))
        bench.start()
        bench.show(cut % 10)
        bench.wait_until_active()
        bench.wait_for_sign(str(cut % 10), 180)
        ready = max(ready, ready_s(bench))
        _look(bench, lines, f"after cut {cut + 1}")
        acknowledged += len(lines)
    return (
        f"{number} cuts, {acknowledged:.0f} changes acknowledged and none lost; "
        f"ready {ready:.0f} s after power at the latest"
    )


def boot_time(bench: Bench) -> str:
    """From power to a service that is ready."""
    # The boot after a cut will do, as long as the service has not been restarted since.
    if bench.pi.boots == 1 or bench.restarted:
        bench.pi.power_off()
        bench.start()
    bench.wait_until_active()
    share = bench.pi.share()
    took = ready_s(bench)
    # Waiting for a processor that other work has is none of a Pi's.
    own = took * share
    expect(own <= BOOT_S, f"it took {own:.0f} s ({took:.0f} s with {share:.0%} of a processor)")
    return (
        f"ready {own:.0f} s after the kernel began (emulated; {took:.0f} s here, where it got "
        f"{share:.0%} of a processor)"
    )


def ready_s(bench: Bench) -> float:
    """When the service became ready, in seconds of the kernel's clock."""
    return int(bench.property("ActiveEnterTimestampMonotonic")) / 1e6


def _write_and_cut(bench: Bench, seed: int, seconds: float) -> list[list[str]]:
    """Change weights for a while, and cut the power; what was acknowledged."""
    code = _WRITER.replace("STATE", STATE).replace("SEED", str(seed))
    bench.pi.put(code, "/run/writer.py")
    bench.pi.shell("chmod 644 /run/writer.py; rm -f /run/new.npz")
    bench.pi.begin(
        "PYTHONPATH=/opt/zerodigit/current /opt/zerodigit/venv/bin/python -P /run/writer.py"
    )
    heard = ""
    for _ in range(120):
        heard += bench.pi.listen(1.0)
        if "BEGUN" in heard:
            break
    expect("BEGUN" in heard, f"the writer does not begin: {heard[-500:]}")
    heard += bench.pi.listen(seconds)
    bench.pi.cut_power()
    # The last line may be half of one.
    whole = heard.rpartition("\n")[0].splitlines()
    return [line.split()[1:] for line in whole if line.startswith("ACK")]


def _look(bench: Bench, lines: list[list[str]], when: str) -> None:
    listed = bench.pi.shell("zerodigit weights", 240).text
    expect("damaged" not in listed, f"{when}: {listed}")
    if lines:
        current, *names = lines[-1]
        there = set(bench.pi.shell(f"ls {STATE}/weights").text.split())
        # One more change may have been made, and its word not have come out: of the versions
        # that stay, the oldest may be gone for a new one.
        lost = [name for name in names if f"{name}.npz" not in there]
        expect(len(lost) <= 1 and current not in lost, f"{when}: {lost} are gone")
    mounted = bench.pi.shell("findmnt -no OPTIONS /").text
    expect("rw" in mounted.split(","), f"{when}: the card is {mounted}")
    failed = bench.pi.shell(f"systemctl is-failed {UNIT}", check=False).text.strip()
    expect(failed == "active", f"{when}: {failed}")
