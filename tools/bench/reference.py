"""Accepted instruction times, and those that are now more than a tenth worse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.files.atomic import write_atomically
from tools.bench.measures import DEVICE, Result

PATH = Path(__file__).resolve().parent.parent / "bench_reference.json"

TOLERANCE = 1.10

KEYS = tuple(key for key in DEVICE if key != "network_gain")
"""All that counts instructions; the gain is made of two of them."""

ACCEPT = "python -m tools.bench --emulated --accept"


def read(path: Path = PATH) -> dict[str, float]:
    """The accepted times, ms; {} where there are none yet."""
    if not path.exists():
        return {}
    times: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["ms"]
    return times


def write(results: list[Result], about: dict[str, Any], path: Path = PATH) -> None:
    """Accept these times. Raises StorageError."""
    times = {each.key: round(each.value, 4) for each in results if each.key in KEYS}
    with write_atomically(path) as file:
        file.write((json.dumps({"about": about, "ms": times}, indent=1) + "\n").encode())


def worse(results: list[Result], accepted: dict[str, float]) -> list[str]:
    """What takes more than a tenth more instructions than was accepted, a line each."""
    found = []
    for result in results:
        before = accepted.get(result.key)
        if before is not None and result.value > TOLERANCE * before:
            found.append(
                f"{result.measure.title}: {result.value:.2f} ms, {before:.2f} was accepted; "
                f"if it must be so: {ACCEPT}"
            )
    return found
