"""A hostile member lays each plant under each name, and it is seen who is harmed.

In the appliance that has been used, the service runs while the plant is laid, and is started
again over it; in the one just installed the plant is there before anything else is.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from tools.attacks import plants
from tools.attacks.appliance import Stopped
from tools.attacks.place import OTHER, ROOT, RUN, STATE
from tools.attacks.process import HUNG
from tools.attacks.world import FRESH, START_S, USED, World

FRAMES_S, STOP_S = 8.0, 8.0
"""The next frame, and the end after SIGTERM, take at most so long."""

MORE_NAMES = (
    *(f"{STATE}/samples.db{end}" for end in ("-journal", "-wal", "-shm")),
    *(f"{STATE}/samples.db.damaged{end}" for end in ("1", "2", "3", "1-wal", "1-journal")),
    f"{STATE}/history.jsonl",
    f"{STATE}/.history.jsonl.tmp",
    f"{STATE}/night/history.jsonl",
    f"{STATE}/night/last.json",
    f"{STATE}/night/promoting.json",
    f"{STATE}/night/000.pieces",
    f"{STATE}/night/0.checkpoint",
    f"{STATE}/weights/0009.npz",
    f"{STATE}/weights/.current.tmp",
    f"{RUN}/control.new",
    f"{RUN}/retraining.json",
    f"{RUN}/retraining.uptime",
    f"{RUN}/night",
    f"{RUN}/night/retraining.json",
    f"{RUN}/night/retraining.uptime",
)
"""Names that a running appliance does not leave behind."""


_AS_ROOT = (
    ("weights", "install"),
    ("weights", "rollback"),
    ("label", "1", "7"),
    ("samples",),
    ("history",),
    ("weights",),
    ("retrain", "--scheduled"),
    ("retrain", "--minutes", "0.001"),
)
_AS_OTHER = (
    ("status",),
    ("samples",),
    ("label", "1", "3"),
    ("weights",),
    ("history",),
    ("samples", "delete", "2"),
)


def chosen(names: list[str], only: str, seed: int) -> list[tuple[str, str, str]]:
    """Which plants are laid: state, name and kind of each, in a random order.

    Every name has had its first plant before one has its second.
    """
    found = [
        (state, name, kind)
        for state in (USED, FRESH)
        for name in sorted({*names, *MORE_NAMES})
        for kind in plants.PLANTS
        if plants.suits(kind, name, there=state == USED) and only in f"{state} {name}: {kind}"
    ]
    random.Random(seed).shuffle(found)
    turns: Counter[tuple[str, str]] = Counter()
    in_turn = []
    for state, name, kind in found:
        in_turn.append((turns[state, name], (state, name, kind)))
        turns[state, name] += 1
    return [each for _, each in sorted(in_turn, key=lambda pair: pair[0])]


def lay(world: World, state: str, name: str, kind: str) -> None:
    """Lay one plant, and count the harm that it does."""
    what = f"{state} {name}: {kind}"
    world.harm.tries += 1
    world.place.put_back(state)
    if not _laid(world, name, kind):
        world.harm.refused += 1
        return
    appliance = world.appliance
    try:
        if state == USED:
            world.place.put_back(state)
            appliance.start()
            appliance.until_frames(1, START_S)
            _laid(world, name, kind)
            appliance.until_frames(2, FRAMES_S)
            _commands(world, what)
            appliance.until_frames(2, FRAMES_S)
            _stop(world)
        appliance.start()
        appliance.until_frames(2, START_S)
        if state == FRESH:
            _commands(world, what)
            appliance.until_frames(2, FRAMES_S)
        _stop(world)
    except Stopped as stopped:
        world.harm.note("stopped", f"{what}: {str(stopped)[-300:]}")
    finally:
        appliance.stop(9)
        world.look(what, appliance.log)


def _laid(world: World, name: str, kind: str) -> bool:
    path = world.place.here(name)
    return world.do(lambda: plants.lay(kind, path, world.foreign))


def _stop(world: World) -> None:
    code = world.appliance.stop(seconds=STOP_S)
    if code == HUNG:
        raise Stopped("SIGTERM was not heard")
    if code != 0:
        raise Stopped(f"it ended with {code}: {world.appliance.log[-300:]}")


def _commands(world: World, what: str) -> None:
    """What root and another member do, of which none may hang or fail by a bug."""
    for person, commands in ((ROOT, _AS_ROOT), (OTHER, _AS_OTHER)):
        for arguments in commands:
            more = [str(world.model)] if arguments[-1] == "install" else []
            if world.run(person, *arguments, *more, what=what) == HUNG:
                # One is enough: each waits for many seconds.
                return


def tell(done: int, all: int) -> None:
    """Say now and then how far it is."""
    if done % 50 == 0:
        print(f"{done} of {all} plants", file=sys.stderr, flush=True)
