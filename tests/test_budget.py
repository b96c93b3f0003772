"""How many lines of code each folder may have: growth is a decision.

Whoever needs more raises a budget in a commit of its own that says why. A budget is what was
there when it was set plus five per cent; ``python tests/test_budget.py`` prints the table.
Docstrings, comments and blank lines are free.
"""

from __future__ import annotations

import ast
import math
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

ROOM = 1.05

BUDGET = {
    "core": 286,
    "core/data": 930,
    "core/exemplars": 276,
    "core/files": 570,
    "core/integer": 349,
    "core/nn": 780,
    "core/pretrained": 10,
    "core/reading": 657,
    "core/synthesis": 2190,
    "core/training": 773,
    "core/vision": 1780,
    "pi": 0,
    "pi/backup": 243,
    "pi/cli": 2680,
    "pi/config": 475,
    "pi/control": 289,
    "pi/devices": 1833,
    "pi/diagnostics": 1006,
    "pi/models": 554,
    "pi/retraining": 1290,
    "pi/samples": 866,
    "pi/service": 1833,
    "pi/system": 770,
    "shell": 1003,
    "tools": 205,
    "tools/acceptance": 1741,
    "tools/attacks": 2256,
    "tools/bench": 1169,
    "tools/emulator": 1220,
    "tools/evaluate": 2470,
    "tools/experiments": 437,
    "tools/fetch_fonts": 77,
    "tools/fetch_mnist": 352,
    "tools/fleet": 735,
    "tools/lessons": 939,
    "tools/pictures": 299,
    "tools/plotting": 381,
    "tools/train_base": 1188,
}


def docstring_lines(text: str) -> set[int]:
    """The lines of strings that stand alone: docstrings, of constants too."""
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def code_lines(text: str, *, python: bool) -> int:
    """Lines that are neither blank nor a comment nor, in Python, part of a docstring."""
    free = docstring_lines(text) if python else set()
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    return sum(bool(line) and not line.startswith("#") and n not in free for n, line in lines)


def measured() -> dict[str, int]:
    """Lines of code by folder, ``core/nn``, and of all shell scripts; files git tracks."""
    git = ["git", "-C", str(CHECKOUT), "ls-files", "-z", "core", "pi", "tools", ".ci"]
    names = subprocess.run(git, capture_output=True, text=True).stdout.split("\0")
    paths = [Path(name) for name in names if name and (CHECKOUT / name).is_file()]
    if not paths:
        pytest.skip("not a git checkout")
    count: dict[str, int] = {}
    for path in paths:
        if path.suffix == ".py":
            folder = "/".join(path.parent.parts[:2])
        elif path.suffix == ".sh" or (not path.suffix and path.name != "py.typed"):
            folder = "shell"
        else:
            continue
        text = (CHECKOUT / path).read_text(encoding="utf-8")
        lines = code_lines(text, python=path.suffix == ".py")
        count[folder] = count.get(folder, 0) + lines
    return count


def test_no_folder_has_more_than_its_budget():
    now = measured()
    assert set(now) == set(BUDGET)
    over = {name: (n, BUDGET[name]) for name, n in now.items() if n > BUDGET[name]}
    assert over == {}


def test_docstrings_comments_and_blanks_are_free():
    text = '"""Of a module.\n\nTwo lines."""\n\nX = 1  # why\n"""Of a constant."""\n# alone\n'
    assert code_lines(text, python=True) == 1
    assert code_lines("#!/bin/bash\n\nset -e  # stop\n", python=False) == 1


if __name__ == "__main__":
    for folder, lines in sorted(measured().items()):
        print(f'    "{folder}": {math.ceil(lines * ROOM)},')
    print(f"# {sum(measured().values())} lines in all")
