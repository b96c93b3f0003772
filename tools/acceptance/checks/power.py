"""Power cuts in the midst of writing, and the time that a boot takes."""

from __future__ import annotations

import random

from tools.bench.emulated import CountingMachine
from tools.emulator.machine.machine import Machine
from tools.emulator.testbed import STATE, UNIT, Testbed, expect, whole_lines

BOOT_S = 5.6
START_S = 1.4
"""Of the kernel's clock where an instruction takes 1 ns: a fifth more than on 2026-12-01."""

# Installs weights, moves between versions and labels samples for ever; prints what it tries,
# and what is acknowledged.
_WRITER = """\
import itertools, random, sys
from pathlib import Path
from core import modelfile, pretrained
from pi.models.registry import ModelRegistry
from pi.samples import store as samples
store = ModelRegistry(Path("STATE/weights"))
labelled = samples.SampleStore(Path("STATE") / samples.FILE)
model = modelfile.load(pretrained.PATH)
chance = random.Random(SEED)
print("BEGUN", flush=True)
for number in itertools.count():
    if number % 3 == 0:
        path = Path("/run/new.npz")
        modelfile.save(path, model.network, {**model.info, "variant": [SEED, number]})
        print("TRY new", flush=True)
        name = store.install(path.read_bytes(), "check")
    else:
        name = chance.choice(["shipped", *store.names()])
        print("TRY", name, flush=True)
        store.promote(name)
    print("ACK", name, *store.names(), flush=True)
    label = number % 10
    row = labelled.add(samples.Sample(bytes(samples.PIXELS), model="check"))
    labelled.label(row, label, "label")
    print("LABEL", row, label, flush=True)
"""


def cuts(testbed: Testbed) -> str:
    """After each cut it boots, runs, reads, and has all that it had acknowledged."""
    number = 1 if testbed.quick else 10
    chance = random.Random(20261123)
    changes = labels = 0
    ready = 0.0
    for cut in range(number):
        testbed.show(cut % 10)
        said = _write_and_cut(testbed, cut, chance.uniform(0.5, 20.0))
        testbed.start()
        testbed.show(cut % 10)
        testbed.wait_until_active()
        testbed.wait_for_sign(str(cut % 10), 180)
        ready = max(ready, ready_s(testbed.pi))
        _look(testbed, said, f"after cut {cut + 1}")
        changes += len(_of(said, "ACK"))
        labels += len(_of(said, "LABEL"))
    testbed.query("DELETE FROM samples WHERE model = 'check'")
    return (
        f"{number} cuts, {changes} changes of weights and {labels} labels acknowledged and "
        f"none lost; ready {ready:.0f} s after power at the latest, by this computer's clock"
    )


def boot_time(testbed: Testbed) -> str:
    """From the kernel's beginning, and from its own, to a service that is ready.

    Counted in instructions, for in seconds it would be a measure of this computer: one that
    emulates more slowly, or has other work, would fail, and a quicker one hide a service that
    begins more slowly. It leaves the Pi off.
    """
    # What the group has put in service is proved at each start; how much of it there is after
    # power cuts is chance.
    testbed.pi.shell("zerodigit weights reset", 240)
    testbed.pi.power_off()
    pi = CountingMachine(testbed.pi.image, testbed.pi.folder / "boot", testbed.pi.disk)
    try:
        pi.start()
        # One command that waits: many that ask would take their share of the instructions.
        pi.shell(f"systemctl start {UNIT}", 300)
        boot = ready_s(pi)
        pi.shell(f"systemctl restart {UNIT}", 300)
        own = ready_s(pi) - _property_s(pi, "ExecMainStartTimestampMonotonic")
    finally:
        pi.cut_power()
    said = f"ready {boot:.2f} s after the kernel began, {own:.2f} s after a restart"
    expect(boot <= BOOT_S and own <= START_S, f"{said}; {BOOT_S} and {START_S} are the most")
    return f"{said} (1 ns an instruction, and waits)"


def ready_s(pi: Machine) -> float:
    """When the service became ready, in seconds of the kernel's clock."""
    return _property_s(pi, "ActiveEnterTimestampMonotonic")


def _property_s(pi: Machine, name: str) -> float:
    return int(pi.shell(f"systemctl show --property {name} --value {UNIT}").text) / 1e6


def _write_and_cut(testbed: Testbed, seed: int, seconds: float) -> list[list[str]]:
    """Change weights and samples for a while, and cut the power; the lines of the writer."""
    code = _WRITER.replace("STATE", STATE).replace("SEED", str(seed))
    testbed.pi.shell("rm -f /run/new.npz")
    testbed.begin_python(code)
    heard = ""
    for _ in range(120):
        heard += testbed.pi.listen(1.0)
        if "BEGUN" in heard:
            break
    expect("BEGUN" in heard, f"the writer does not begin: {heard[-500:]}")
    heard += testbed.pi.listen(seconds)
    testbed.pi.cut_power()
    lines = whole_lines(heard)
    return [line.split() for line in lines if line.startswith(("TRY ", "ACK ", "LABEL "))]


def _look(testbed: Testbed, said: list[list[str]], when: str) -> None:
    listed = testbed.pi.shell("zerodigit weights", 240).text
    expect("damaged" not in listed, f"{when}: {listed}")
    there = testbed.pi.shell(f"ls {STATE}/weights").text.split()
    pointer = testbed.pi.shell(f"cat {STATE}/weights/current", check=False).text.split()
    problem = weights_problem(said, there, pointer)
    expect(problem is None, f"{when}: {problem}")
    rows = testbed.query("PRAGMA integrity_check; SELECT id, label FROM samples")
    expect(rows[:1] == ["ok"], f"{when}: the samples are damaged: {rows[:3]}")
    labels = [f"{row}|{label}" for kind, row, label in _of(said, "LABEL")]
    lost = [each for each in labels if each not in rows]
    expect(not lost, f"{when}: labels are gone: {lost}")
    mounted = testbed.pi.shell("findmnt -no OPTIONS /").text
    expect("rw" in mounted.split(","), f"{when}: the card is {mounted}")
    failed = testbed.pi.shell(f"systemctl is-failed {UNIT}", check=False).text.strip()
    expect(failed == "active", f"{when}: {failed}")


def weights_problem(said: list[list[str]], there: list[str], pointer: list[str]) -> str | None:
    """What is wrong with the weights after a cut, None if nothing is.

    Parameters
    ----------
    said : lines of the writer as words, in order.
    there : the files in the folder of the weights.
    pointer : the versions in ``current``, that which reads first.
    """
    done, tried = _of(said, "ACK"), _of(said, "TRY")
    if not done:
        return None
    _, current, *names = done[-1]
    # One more change may have been made, and its word not have come out: of the versions that
    # stay, the oldest may be gone for a new one.
    lost = [name for name in names if f"{name}.npz" not in there]
    if len(lost) > 1 or current in lost:
        return f"versions are gone: {lost} of {names}"
    reads = pointer[0] if pointer else "shipped"
    meant = tried[-1][1] if len(tried) > len(done) else current
    if reads not in (current, meant) and not (meant == "new" and reads not in names):
        return f"{reads} reads, and neither {current}, acknowledged, nor {meant}, then tried"
    return None


def _of(said: list[list[str]], kind: str) -> list[list[str]]:
    return [words for words in said if words[0] == kind]
