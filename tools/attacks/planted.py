"""What a member of the group, and a stranger, can do to the others, with real user ids.

A member lays links, pipes, folders, huge and malformed files under every name that there is in
the state and run folders, before it is there and in its place. After each the service must read
on, root's and another member's commands end with a clear answer, and the service hear SIGTERM
and start again. No file of root, of another member or of the service's user outside may be
changed, created, deleted or told, and no code be run. What the folders' modes do not let the
member lay counts as refused. An outsider must get nothing at all.

Needs root, for it becomes those users; they need no entry in /etc/passwd.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tools.attacks import intruders, rounds, table
from tools.attacks.process import Process, preload
from tools.attacks.table import Row
from tools.attacks.world import Harm, World, interpreter, libraries

LONGEST_S = 3 * 3600.0
"""All plants together take at most so long."""

MOST = 400
"""So many plants take ten minutes on two cores; all of them an hour."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which plants, how many at most, how many at a time."""
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="plants with it in their name"
    )
    parser.add_argument(
        "--most", type=int, default=MOST, metavar="N",
        help="so many, drawn at random, each name as often (default %(default)s)",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--seed", type=int, default=18)


def measure(arguments: argparse.Namespace) -> list[Row]:
    """All of it, in a folder that is removed afterwards."""
    if os.geteuid() != 0:
        return [table.skipped("planted by a member", "only root can become other users")]
    usable = interpreter()
    if usable is None:
        why = "no Python here that other users may run has numpy, pillow and gpiozero"
        return [table.skipped("planted by a member", why)]
    if usable != sys.executable:
        path = os.pathsep.join(libraries())
        again = [usable, "-m", "tools.attacks", *sys.argv[1:]]
        os.execve(usable, again, {**os.environ, "PYTHONPATH": path})
    preload()
    # Not in /tmp, which is another one for a while.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        world = World(Path(folder, "0"))
        world.prepare()
        harm = _plants(world, Path(folder), arguments)
        rest = [] if arguments.only else _rest(world)
    print(f"{harm.refused} of them refused by the folders' modes", file=sys.stderr)
    kinds = {
        "service stopped, or not started again": harm.stopped,
        "foreign file changed": harm.changed,
        "foreign file told to others": harm.told,
        "command hung": harm.hung,
        "command or service with a traceback": harm.crashed,
    }
    return [
        *(
            table.counted(f"plants: {name}", len(each), harm.tries)
            for name, each in kinds.items()
        ),
        *rest,
    ]


def _rest(world: World) -> list[Row]:
    return [*intruders.code(world), *intruders.outsider(world), *intruders.temporary(world)]


def _plants(world: World, folder: Path, arguments: argparse.Namespace) -> Harm:
    """All plants, several at a time, each on an appliance of its own."""
    chosen = rounds.chosen(world.place.names(), arguments.only, arguments.seed)
    chosen = chosen[: arguments.most]
    workers = []
    for number in range(arguments.jobs):

        def work(number: int = number) -> int:
            mine = World(folder / f"worker{number}")
            mine.prepare()
            for done, each in enumerate(chosen[number :: arguments.jobs]):
                rounds.lay(mine, *each)
                rounds.tell(arguments.jobs * done, len(chosen))
            (folder / f"{number}.json").write_text(json.dumps(asdict(mine.harm)))
            return 0

        workers.append(Process(work, None))
    harm = Harm()
    for number, worker in enumerate(workers):
        if worker.end(LONGEST_S) != 0:
            harm.note("crashed", "the measure itself")
            continue
        harm.add(json.loads((folder / f"{number}.json").read_text()))
    return harm
