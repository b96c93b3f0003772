"""What the two seeds teach, as short programs on our own core.

The talk is Tariq Rashid's "A Gentle Introduction to Neural Networks" (PyCon Italy 2017); the
primer is "What are Neural Networks?". Every lesson is a module with ``run(page)``, which
writes and draws on the page and returns what it found out. ``python -m tools.lessons`` lists
them; ``python -m tools.lessons predictor`` runs the first.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.lessons.page import Page

LESSONS = (
    "predictor",
    "classifier",
    "logic",
    "and_gate",
    "xor",
    "neuron",
    "signals",
    "errors",
    "descent",
    "digit",
    "hundred",
    "mnist",
    "handwriting",
    "mind",
    "ascent",
    "digits8",
    "resilience",
)
"""In the order of the talk."""


def docstring(name: str) -> str:
    """What a lesson says of itself; read without running it, since numpy loads slowly."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def run(name: str, page: Page) -> Any:
    """Run a lesson on a page; what it found out."""
    return importlib.import_module(f"tools.lessons.{name}").run(page)
