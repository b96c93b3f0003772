"""What all lessons have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

import tools.lessons
from tools.lessons import LESSONS, docstring

FOLDER = Path(tools.lessons.__file__).parent


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_fits_a_slide_and_names_its_seed(name):
    lines = (FOLDER / f"{name}.py").read_text(encoding="utf-8").splitlines()
    assert 30 <= len(lines) <= 80
    title, blank, rest = docstring(name).split("\n", 2)
    assert title.endswith(".")
    assert blank == ""
    assert rest.startswith("Seed")
    assert "the talk, slide" in rest or "the primer, section" in rest
