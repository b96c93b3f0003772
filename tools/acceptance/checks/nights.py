"""Retraining at night beside the reader: undisturbed, stopped, and cut off again and again."""

from __future__ import annotations

import itertools
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pi.retraining import progress
from pi.retraining.schedule import LONGEST_S
from tools.acceptance.checks.night_scripts import DIGEST, LEFT, OWNER, SHORT, WRITER
from tools.acceptance.checks.storage import MEMORY_KB, version
from tools.emulator.testbed import STATE, UNIT, Failed, Testbed, expect, whole_lines

NIGHT = f"{UNIT}-retrain"
SAMPLES = 40
CUTS = 20
STOPPED_AT = 0.4
"""Share of the whole night after which it is stopped, and gone on with."""
PROGRESS_FILE = progress.path_of(Path("/run/zerodigit"))

# As the timer's, but at once: an emulated Pi has no clock, and would wait to be left alone.
_WHOLE = "/usr/local/bin/zerodigit retrain"
_SHORT = "/opt/zerodigit/venv/bin/python -P /srv/night.py"
_DROP_IN = f"/etc/systemd/system/{NIGHT}.service.d"


@dataclass
class Tally:
    """Counts over all cuts."""

    moments: list[float] = field(default_factory=list)
    labels: int = 0
    resumed: int = 0
    ended: int = 0


@dataclass(frozen=True)
class Left:
    """What a cut left: the epochs in each checkpoint, the share of the night that they are,
    and the version that reads."""

    epochs: dict[str, int]
    share: float
    version: str


Figures = tuple[Any, ...]
"""What a night came to: of its history, and the digest of the weights if they were let in."""


def nights(testbed: Testbed) -> str:
    """A night ends in time beside the reader; cut off anywhere it goes on from where it was."""
    _new_owner(testbed)
    kept = _labelled(testbed)
    expect(len(kept) == SAMPLES, f"{len(kept)} samples have a label, not {SAMPLES}")
    chance = random.Random(20261128)
    tally = Tally()
    whole = ""
    if testbed.quick:
        night = _cut_and_end(testbed, chance.uniform(20, 90), kept, tally)
    else:
        _begin(testbed, _SHORT)
        night, figures, _ = _to_its_end(testbed, 0.0)
        _forget(testbed)
        _cut_often(testbed, chance, night["seconds"], kept, figures, tally)
        _forget(testbed)
        began = time.monotonic()
        _begin(testbed, _WHOLE)
        share = _stop(testbed)
        _begin(testbed, _WHOLE)
        last, _, peak_kb = _to_its_end(testbed, share)
        minutes = (time.monotonic() - began) / 60
        expect(minutes <= LONGEST_S / 60, f"a night took {minutes:.0f} minutes")
        whole = (
            f"stopped at {share:.0%} and gone on with, {minutes:.0f} minutes in all, "
            f"{peak_kb / 1024:.0f} MB, {_in_words(last)}; short nights: "
        )
    testbed.pi.shell(
        f"rm -rf {_DROP_IN}; systemctl daemon-reload; systemctl start {NIGHT}.timer; "
        "zerodigit weights reset",
        240,
    )
    return (
        f"{SAMPLES} samples: {whole}{_in_words(night)}; {len(tally.moments)} cuts "
        f"{min(tally.moments):.0f} to {max(tally.moments):.0f} s after they had begun: "
        f"{tally.labels} labels acknowledged and none lost, {tally.resumed} times it went on "
        f"from a checkpoint, {tally.ended} nights so interrupted ended with the same bits"
    )


def _cut_and_end(
    testbed: Testbed, seconds: float, kept: dict[int, int], tally: Tally
) -> dict[str, Any]:
    """Cut a night off, and see it end: its history."""
    left = _cut_once(testbed, seconds, kept, tally)
    if left.version != "shipped":
        # The cut came after the last step.
        _forget(testbed)
    _begin(testbed, _SHORT)
    night, _, _ = _to_its_end(testbed, left.share)
    return night


def _cut_often(
    testbed: Testbed,
    chance: random.Random,
    seconds: float,
    kept: dict[int, int],
    figures: Figures,
    tally: Tally,
) -> None:
    """Cut nights off at any moment, and end each as one that nobody disturbed."""
    before = Left({}, 0.0, "")
    for _ in range(CUTS):
        left = _cut_once(testbed, chance.uniform(0, seconds), kept, tally)
        if left.version != "shipped":
            # Cut after the last step: these weights read now, and must be the same ones.
            other = _digest(testbed, left.version) != figures[-1]
            expect(not other, f"version {left.version} has other bits")
            tally.ended += 1
            _forget(testbed)
            left = Left({}, 0.0, "")
        elif any(left.epochs.get(name, -1) < count for name, count in before.epochs.items()):
            raise Failed(f"the checkpoints went back: {before.epochs}, then {left.epochs}")
        before = left
    _begin(testbed, _SHORT)
    _, again, _ = _to_its_end(testbed, before.share)
    expect(again == figures, f"a night in pieces came to {again}, in peace to {figures}")
    tally.ended += 1
    expect(tally.resumed, "there was never a checkpoint to go on from")


def _in_words(night: dict[str, Any]) -> str:
    errors = f"{night['before']} errors and then {night['after']}"
    return f"{night['outcome']} after {night['seconds']:.0f} s, {errors}"


def _new_owner(testbed: Testbed) -> None:
    """Nothing but an owner's labelled samples, and the shipped weights."""
    testbed.pi.shell(
        f"systemctl stop {UNIT}; rm -f {STATE}/samples.db*; mkdir -p {_DROP_IN}", 180
    )
    testbed.pi.put(SHORT, "/srv/night.py")
    testbed.restart()
    testbed.python(OWNER.replace("STATE", STATE))
    _forget(testbed)


def _forget(testbed: Testbed) -> None:
    """No night has been."""
    testbed.pi.shell(
        f"zerodigit weights reset; rm -rf {STATE}/night/* {STATE}/history.jsonl", 240
    )


def _begin(testbed: Testbed, command: str) -> None:
    """Begin a night in the sandbox of the unit, and with its priority."""
    unit = (
        f"[Service]\nEnvironment=PYTHONPATH=/opt/zerodigit/current\nExecStart=\n"
        f"ExecStart={command}\n"
    )
    testbed.pi.put(unit, f"{_DROP_IN}/check.conf")
    # The timer's, which would be taken for this one and say that it is too early.
    testbed.pi.shell(f"systemctl stop {NIGHT}.timer {NIGHT}", 240)
    testbed.pi.shell(f"systemctl daemon-reload; systemctl start --no-block {NIGHT}")
    testbed.wait(lambda: _state(testbed) == "activating", "no night begins", 30)


def _state(testbed: Testbed) -> str:
    return testbed.pi.shell(
        f"systemctl show --property ActiveState --value {NIGHT}"
    ).text.strip()


def _progress(testbed: Testbed) -> dict[str, Any]:
    said = testbed.pi.shell(f"cat {PROGRESS_FILE}", check=False)
    return dict(json.loads(said.text)) if said.code == 0 else {}


def _to_its_end(testbed: Testbed, share: float) -> tuple[dict[str, Any], Figures, int]:
    """Hold sheets up until the night that has begun is over: its history, what it came to, and
    its memory's peak in kB.

    ``share`` : of it that was done before, and is not done again.
    """
    peak_kb, learning = 0, False
    # Rarely: while it reads it is never calm, and leaves nothing over for a night.
    looks = itertools.count()

    def over() -> bool:
        nonlocal peak_kb, learning
        now = _progress(testbed)
        if now:
            ask = f"awk '/VmHWM/ {{print $2}}' /proc/{now['pid']}/status"
            said = testbed.pi.shell(ask, check=False).text.strip()
            peak_kb = max(peak_kb, int(said)) if said.isdigit() else peak_kb
        if now.get("stage") == "learning" and not learning:
            learning = True
            # The progress has three digits.
            expect(now["share"] >= share - 0.001, f"it goes on at {now}, not {share:.3f}")
        look = next(looks)
        if look % 4 == 0:
            digit = look // 4 % 10
            testbed.read(digit, 180)
        return _state(testbed) != "activating"

    testbed.wait(over, "the night has no end", LONGEST_S, 15.0)
    history = testbed.pi.shell(
        f"cat {STATE}/night/history.jsonl", check=False
    ).text.splitlines()
    words = testbed.pi.shell(f"journalctl -q -u {NIGHT} -n 5 -o cat").text.strip()
    expect(len(history) == 1 and _state(testbed) == "inactive", f"the night: {words}")
    night = json.loads(history[0])
    expect(0 < peak_kb <= MEMORY_KB, f"it took {peak_kb} kB")
    expect(night["outcome"] in ("promoted", "discarded"), f"the night: {words}")
    last = testbed.status()["last_night"]
    expect(last == night, f"status says {last} of it")
    names = ("outcome", "digits", "before", "after", "exam_before", "exam_after", "share")
    promoted = night["outcome"] == "promoted"
    digest = _digest(testbed, night["version"]) if promoted else ""
    return night, (*(night[name] for name in names), digest), peak_kb


def _stop(testbed: Testbed) -> float:
    """Stop a night that learns as `systemctl stop` does; the share of it that is saved."""
    share = 0.0

    def learns() -> bool:
        nonlocal share
        share = _progress(testbed).get("share", 0.0)
        expect(_state(testbed) == "activating", f"the night ended, at {share:.0%}")
        return share >= STOPPED_AT

    testbed.wait(learns, "the night does not come so far", LONGEST_S, 15.0)
    testbed.pi.shell(f"systemctl stop {NIGHT}", 240)
    words = testbed.pi.shell(f"journalctl -q -u {NIGHT} -o cat").text
    for line in ("night: looking, ", "night: learning, ", "interrupted: it goes on where"):
        expect(line in words, f"the journal has no {line!r}: {words[-500:]}")
    epochs, saved = json.loads(testbed.python(LEFT.replace("STATE", STATE)))
    expect(epochs and saved >= share - 0.1, f"at {share} {epochs} were saved")
    return float(saved)


def _cut_once(testbed: Testbed, seconds: float, kept: dict[int, int], tally: Tally) -> Left:
    """Begin, label, cut so many seconds later, and look at what is left."""
    lines = _label_and_cut(testbed, seconds)
    tally.moments.append(seconds)
    digit = len(tally.moments) % 10
    when = f"after cut {len(tally.moments)}, at {seconds:.0f} s"
    testbed.start()
    testbed.show(digit)
    testbed.wait_until_active()
    testbed.wait_for_sign(str(digit), 180)
    listed = testbed.pi.shell("zerodigit weights", 240).text
    expect("damaged" not in listed, f"{when}: {listed}")
    proved = testbed.query("PRAGMA integrity_check")
    expect(proved == ["ok"], f"{when}: the samples: {proved}")
    there = _labelled(testbed)
    acknowledged = kept | {int(number): int(label) for number, label in lines}
    lost = sorted(acknowledged.items() - there.items())
    expect(not lost, f"{when}: of {len(acknowledged)} labels these are lost: {lost}")
    tally.labels += len(lines)
    # So that the night has the same to learn as before.
    testbed.query("DELETE FROM samples WHERE origin = 'check'")
    epochs, share = json.loads(testbed.python(LEFT.replace("STATE", STATE)))
    tally.resumed += bool(epochs)
    with (testbed.pi.folder / "cuts.txt").open("a") as log:
        log.write(f"{when}: {len(lines)} labels there, epochs in checkpoints: {epochs}\n")
    return Left(epochs, share, version(testbed))


def _label_and_cut(testbed: Testbed, seconds: float) -> list[list[str]]:
    """Begin a night, label beside it, and cut the power so many seconds after it has read what
    it is to learn; the acknowledged numbers and labels."""
    _begin(testbed, _SHORT)
    # Whoever asks all the time leaves nothing over for a night, which is idle's.
    testbed.wait(lambda: bool(_progress(testbed)), "the night does not look", 300, 5.0)
    end = time.monotonic() + seconds
    testbed.begin_python(WRITER.replace("STATE", STATE))
    heard = testbed.pi.listen(max(0.0, end - time.monotonic()))
    testbed.pi.cut_power()
    expect("Traceback" not in heard, heard[-1500:])
    return [line.split()[1:] for line in whole_lines(heard) if line.startswith("ACK")]


def _labelled(testbed: Testbed) -> dict[int, int]:
    rows = testbed.query("SELECT id, label FROM samples WHERE label IS NOT NULL")
    return {int(number): int(label) for number, label in (row.split("|") for row in rows)}


def _digest(testbed: Testbed, name: str) -> str:
    """Of the numbers of a version, whatever is written about them."""
    return testbed.python(DIGEST.replace("PATH", f"{STATE}/weights/{name}.npz")).strip()
