"""Results as a table and as JSON, and the machine that they were measured on."""

from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from core.files.output import write_output
from tools.bench.measures import Result
from tools.bench.timing import Race, spread


def surroundings() -> dict[str, Any]:
    """The machine that a figure belongs to: board, processor, BLAS, and the date."""
    import numpy as np

    return {
        "date": time.strftime("%Y-%m-%d"),
        "board": _first("/proc/device-tree/model") or platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
        "load": round(os.getloadavg()[0], 1),
    }


def blas() -> str:
    """The library that numpy's matrix products come from, as far as it says."""
    import numpy as np

    try:
        about = np.show_config(mode="dicts")  # type: ignore[call-overload]
        found = about["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}".strip()
    except (TypeError, KeyError):
        return "unknown"


def table(results: list[Result]) -> str:
    """A line a measure: what, how much, its quartiles, goal and floor."""
    lines = [f"{'measure':<42}{'value':>10} {'quartiles':>17} {'goal':>7} {'floor':>7}"]
    for result in results:
        measure = result.measure
        if result.skipped:
            lines.append(f"{measure.title:<42}   skipped: {result.skipped}")
            continue
        low, high = spread(list(result.values))
        goal, floor = (_number(limit) for limit in (measure.goal, measure.floor))
        lines.append(
            f"{measure.title:<42}{_number(result.value):>10} "
            f"{_number(low) + ' .. ' + _number(high):>17} {goal:>7} {floor:>7} {measure.unit}"
            + ("   MISSED" if result.missed else "")
        )
        if result.note:
            lines.append(f"  {result.note}")
    return "\n".join(lines)


def write_json(
    path: Path, about: dict[str, Any], results: list[Result], races: dict[str, Race]
) -> None:
    """Everything, for other programs. Raises StorageError."""
    everything = {
        "about": about,
        "measures": {result.key: result.as_json() for result in results},
        "races": {
            name: {"work": race.work, "seconds": race.seconds} for name, race in races.items()
        },
    }
    with write_output(path) as file:
        file.write((json.dumps(everything, indent=1) + "\n").encode())


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _first(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace").strip("\0\n ")
    except OSError:
        return ""


def _processor() -> str:
    for line in _first("/proc/cpuinfo").splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
