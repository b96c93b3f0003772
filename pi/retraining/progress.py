"""How far a night is: written into a file for whoever asks, and said now and then."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

PROGRESS = "retraining.json"


TOLD_S = 600.0
"""Between two lines about how far a night is, if its stage is still the same."""


JUMP, JUMP_S = 0.02, 60.0
"""What was done by an earlier night is gone over in no time: so much in so short a time says
nothing about how long the rest takes."""


WRITTEN_S = 5.0
"""Between two states in the run folder, if its stage is still the same."""


class Progress:
    """Where a night is, in a file of the run folder, for whoever asks.

    say : is told in words, with each stage and every ``told_s``.
    """

    def __init__(
        self,
        run_folder: Path,
        say: Callable[[str], object] = lambda words: None,
        told_s: float = TOLD_S,
    ) -> None:
        self._path = run_folder / PROGRESS
        self._say = say
        self._told_s = told_s
        self._said: tuple[str, float] = ("", float("-inf"))
        self._written: tuple[str, float] = ("", float("-inf"))
        # When the work was begun that tells how fast it goes, and what was done then.
        self._began: tuple[float, float] | None = None
        self._last = 0.0

    def tell(self, stage: str, share: float) -> None:
        """This stage, this share of all work; written every WRITTEN_S at most."""
        now = time.monotonic()
        if stage == self._written[0] and now - self._written[1] < WRITTEN_S:
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
        if stage != self._said[0] or now - self._said[1] >= self._told_s:
            self._said = stage, now
            self._say(in_words(state))
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(state))
            # The service reads it whoever holds the night.
            temporary.chmod(0o644)
            temporary.replace(self._path)

    def close(self) -> None:
        """It is over."""
        with suppress(OSError):
            self._path.unlink()


def in_words(state: dict[str, Any]) -> str:
    """How far it is, as ``learning, 35 % done, some 40 min left``."""
    said = f"{state['stage']}, {state['share']:.0%} done".replace("%", " %")
    left = state.get("left_s")
    return said if left is None else f"{said}, some {max(1, round(left / 60))} min left"


def at_work(run_folder: Path) -> dict[str, Any] | None:
    """``pid``, ``stage``, ``share``, ``left_s`` of the night that is at work, if one is."""
    try:
        state = json.loads((run_folder / PROGRESS).read_text())
        alive = _lives(int(state["pid"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return state if alive and isinstance(state.get("stage"), str) else None


def _lives(pid: int) -> bool:
    """Whether there is such a process. Those of others are not seen in /proc by the service."""
    try:
        # Not allowed to is there, too.
        with suppress(PermissionError):
            os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
