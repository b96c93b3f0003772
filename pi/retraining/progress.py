"""How far a night is: in a file of the run folder for others, and in words now and then.

The folder of that file is the group's, so that its members may hold a night too.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.files import foreign
from core.files.atomic import write_atomically
from pi.system.run_folder import NIGHT

PROGRESS = "retraining.json"

LARGEST = 4096
"""A state of more bytes is nobody's."""

_LONGEST_STAGE = 40
_LAST_PID = 1 << 22
_LONGEST_S = 1e7

SAY_EVERY_S = 600.0
"""Time between two lines about how far a night is, while its stage stays the same."""

WRITE_EVERY_S = 5.0
"""Time between two states in the run folder, while its stage stays the same."""

JUMP, JUMP_S = 0.02, 60.0
"""An earlier night's work is passed over in no time. So a share that grows by more than JUMP
within JUMP_S says nothing about how long the rest takes."""


class Progress:
    """Where a night is, in a file of the run folder, for whoever asks.

    say : called with one line, with each stage and every ``say_every_s``.
    monotonic : the clock, in seconds.
    """

    def __init__(
        self,
        run_folder: Path,
        say: Callable[[str], object] = lambda words: None,
        say_every_s: float = SAY_EVERY_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path_of(run_folder)
        self._say = say
        self._say_every_s = say_every_s
        self._monotonic = monotonic
        self._said: tuple[str, float] = ("", float("-inf"))
        self._written: tuple[str, float] = ("", float("-inf"))
        # Time and share from which the rate is measured.
        self._began: tuple[float, float] | None = None
        self._last = 0.0

    def report(self, stage: str, share: float) -> None:
        """This stage, this share of all work; written every WRITE_EVERY_S at most."""
        now = self._monotonic()
        if stage == self._written[0] and now - self._written[1] < WRITE_EVERY_S:
            return
        jumped = share - self._last > JUMP and now - self._written[1] < JUMP_S
        self._written, self._last = (stage, now), share
        if self._began is None or jumped:
            self._began = now, share
        gone, done = now - self._began[0], share - self._began[1]
        left = gone / done * (1 - share) if done > 0.02 else None
        state = {
            "pid": os.getpid(),
            "stage": stage,
            "share": round(share, 3),
            "left_s": None if left is None else round(left),
        }
        if stage != self._said[0] or now - self._said[1] >= self._say_every_s:
            self._said = stage, now
            self._say(in_words(state))
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(self._path) as file:
                # The service, another user, reads it.
                os.fchmod(file.fileno(), 0o644)
                file.write(json.dumps(state).encode())

    def close(self) -> None:
        """Remove the file: the night is over."""
        with suppress(OSError):
            self._path.unlink()


def path_of(run_folder: Path) -> Path:
    """The file, in the folder of the run folder that is the group's."""
    return run_folder / NIGHT / PROGRESS


def in_words(state: dict[str, Any]) -> str:
    """A state in words, as ``learning, 35 % done, some 40 min left``."""
    said = f"{state['stage']}, {state['share']:.0%} done".replace("%", " %")
    left = state.get("left_s")
    return said if left is None else f"{said}, some {max(1, round(left / 60))} min left"


def at_work(run_folder: Path) -> dict[str, Any] | None:
    """``pid``, ``stage``, ``share``, ``left_s`` of the night that is at work, if one is.

    The file may be anybody's of the group: what is no state is none.
    """
    try:
        found = foreign.read_json(path_of(run_folder), LARGEST)
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("stage"), str):
        return None
    numbers: list[Any] = [found.get(name) for name in ("pid", "share", "left_s")]
    pid, share, left_s = numbers
    stage = foreign.printable(found["stage"], _LONGEST_STAGE)
    fits = (
        foreign.is_integer(pid, 1, _LAST_PID)
        and foreign.is_number(share, 0, 1)
        and (left_s is None or foreign.is_number(left_s, 0, _LONGEST_S))
    )
    if not fits or not stage or not _lives(pid):
        return None
    return {"pid": pid, "stage": stage, "share": share, "left_s": left_s}


def _lives(pid: int) -> bool:
    """Whether there is such a process. The service does not see other users' in /proc."""
    try:
        # A process that may not be sent a signal is there, too.
        with suppress(PermissionError):
            os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
