"""Labels that were acknowledged and are not among the samples afterwards.

The service is killed at random moments around the acknowledgement, and kept from writing by a
lock and by a full card. A label is acknowledged when ``zerodigit label --last`` ends with exit
code 0, and it is there when another process reads it from samples.db.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from core.classes import NO_DIGIT
from pi.cli.errors import OK, WAITING
from tools.attacks import obstacles, table
from tools.attacks.appliance import Appliance
from tools.attacks.process import preload
from tools.attacks.table import Row

KILLS, LOCK_S, FULL_S = 150, 60.0, 30.0

ANSWER_S = 6.0
"""Within five seconds the command says what came of the label, and a second for its start."""

AFTERWARDS_S = 45.0
"""What had to wait must be there so long after the obstacle is gone."""

JUST_AFTER_S = 0.005
"""Half of the kills come within so long after an acknowledgement."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how often and for how long."""
    parser.add_argument("--kills", type=int, default=KILLS, metavar="N")
    parser.add_argument("--lock", type=float, default=LOCK_S, metavar="SECONDS")
    parser.add_argument("--full", type=float, default=FULL_S, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=18)


def measure(arguments: argparse.Namespace) -> list[Row]:
    """All of it, in folders that are removed afterwards."""
    preload()
    rows = []
    with _appliance() as appliance:
        rows.append(kills(appliance, arguments.kills, random.Random(arguments.seed)))
    for mode in obstacles.MODES:
        with _appliance() as appliance:
            lock = obstacles.locked(
                appliance.state / "samples.db", mode, appliance.folder / "lock.txt"
            )
            rows += obstructed(appliance, lock, f"{mode} lock", arguments.lock)
    with _appliance() as appliance, obstacles.card(appliance.state) as why:
        if why:
            what = "card full: labels lost"
            rows.append(table.skipped(what, f"no file system may be mounted ({why})"))
        else:
            full = obstacles.full(appliance.state)
            rows += obstructed(appliance, full, "card full", arguments.full)
            appliance.stop()
    return rows


@contextmanager
def _appliance() -> Iterator[Appliance]:
    with tempfile.TemporaryDirectory() as folder:
        appliance = Appliance(Path(folder))
        appliance.state.mkdir()
        try:
            yield appliance
        finally:
            appliance.stop()


def labels_after(path: Path, number: int = 0) -> Counter[int]:
    """How many samples beyond the one of this number have each label."""
    if not path.exists():
        return Counter()
    with closing(sqlite3.connect(path, timeout=10.0)) as connection:
        query = "SELECT label FROM samples WHERE id > ? AND label IS NOT NULL"
        return Counter(label for (label,) in connection.execute(query, (number,)))


def kills(appliance: Appliance, count: int, rng: random.Random) -> Row:
    """Label, kill the service around the acknowledgement, look; ``count`` times."""
    path = appliance.state / "samples.db"
    acknowledged = lost = 0
    usual_s = 0.05
    expected: Counter[int] = Counter()
    for number in range(count):
        appliance.start()
        appliance.show(number % 10)
        label = rng.randrange(NO_DIGIT + 1)
        began = time.monotonic()
        asked = _label(appliance, label)
        if number % 2:
            # At any moment from the question to a little after the usual answer.
            code = asked.wait(rng.uniform(0, 1.3 * usual_s))
            appliance.kill()
            code = asked.end(30.0) if code is None else code
        else:
            code = asked.end(30.0)
            usual_s = time.monotonic() - began
            time.sleep(rng.uniform(0, JUST_AFTER_S))
            appliance.kill()
        appliance.stop()
        found = labels_after(path)
        if code == OK:
            acknowledged += 1
            expected[label] += 1
            missing = sum((expected - found).values())
            lost += missing
        expected = found
        _tell(f"kill {number + 1} of {count}: {lost} of {acknowledged} acknowledged lost")
    return table.counted(f"{count} kills at random: labels lost", lost, acknowledged)


def obstructed(
    appliance: Appliance, obstacle: AbstractContextManager[None], name: str, seconds: float
) -> list[Row]:
    """Label one sheet after the other while the obstacle is there, and look afterwards."""
    path = appliance.state / "samples.db"
    appliance.start()
    appliance.show(0)
    _label(appliance, 0).end(30.0)
    _until_found(path, Counter([0]), 10.0)
    given, stored = Counter([0]), Counter([0])
    tries = false = unsaid = 0
    longest_s = 0.0
    with obstacle:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            appliance.darken()
            tries += 1
            label = tries % (NO_DIGIT + 1)
            appliance.show(label % 10)
            began = time.monotonic()
            asked = _label(appliance, label)
            code = asked.end(30.0)
            longest_s = max(longest_s, time.monotonic() - began)
            unsaid += code not in (OK, WAITING)
            if code in (OK, WAITING):
                given[label] += 1
            stored[label] += code == OK
            false += code == OK and _read_now(path)[label] < stored[label]
            _tell(f"{name}: label {tries}, exit code {code}: {asked.said.strip()[:100]}")
            time.sleep(min(2.0, seconds / 10))
    missing = _until_found(path, given, AFTERWARDS_S)
    what = f"{name} for {seconds:g} s:"
    return [
        table.counted(f"{what} labels lost", missing, tries),
        table.counted(f"{what} called stored, and not there", false, tries),
        table.counted(f"{what} refused, or no reason said", unsaid, tries),
        Row(f"{what} longest answer", f"<= {ANSWER_S:g} s", f"{longest_s:.1f} s",
            longest_s <= ANSWER_S),
    ]  # fmt: skip


def _label(appliance: Appliance, label: int):
    word = "none" if label == NO_DIGIT else str(label)
    return appliance.command("label", "--last", word)


def _read_now(path: Path) -> Counter[int]:
    """As ``labels_after``; none where the file may not be read now."""
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as connection:
            query = "SELECT label FROM samples WHERE label IS NOT NULL"
            return Counter(label for (label,) in connection.execute(query))
    except sqlite3.Error:
        return Counter()


def _until_found(path: Path, expected: Counter[int], seconds: float) -> int:
    """How many of the expected labels are still missing after at most ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        missing = sum((expected - labels_after(path)).values())
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(0.2)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
