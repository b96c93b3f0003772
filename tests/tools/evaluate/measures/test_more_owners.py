"""The further owners: in sight, unlike the first, as they were fixed; fonts where there are."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import DatasetError
from core.synthesis import glyphs
from tools.evaluate.measures.more_owners import DRAWN, FROM_FONTS
from tools.evaluate.measures.owners import OWNERS
from tools.fetch_fonts.files import NAMES, require_fonts


@pytest.mark.parametrize("owner", DRAWN, ids=lambda owner: owner.name)
def test_an_owner_writes_in_sight(owner):
    for digit in (*owner.habitual, 3):
        scene = owner.scene(np.random.default_rng([1, digit]), digit)
        assert scene.label == digit
        left, top, right, bottom = scene.box
        assert bottom - top >= 0.2 * 240
        assert 0 <= left < right <= 320


def test_habits_are_neither_glyphs_nor_those_of_the_first_owners():
    known = {
        line.partition(":")[2].strip() for line in glyphs.DIGIT_GLYPHS.values() for line in line
    } | {habit for owner in OWNERS for habit in owner.habits.values()}
    habits = [habit for owner in DRAWN for habit in owner.habits.values()]
    assert len(habits) == len(set(habits)) == 6
    assert not known & set(habits)


def test_owners_are_what_they_were_before_there_was_a_memory():
    told = repr([(o.name, o.glyphs, sorted(o.habits.items()), o.slant, o.pens, o.ink, o.paper)
                 for o in DRAWN] + [(o.font, o.misread) for o in FROM_FONTS])  # fmt: skip
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "f846376d24f49cbd"


def test_six_write_as_a_font_each_its_own():
    assert sorted(owner.font for owner in FROM_FONTS) == sorted(NAMES)
    assert all(owner.habitual for owner in FROM_FONTS)


def test_a_font_that_was_not_fetched_is_named_with_its_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("ZERODIGIT_FONTS", str(tmp_path))
    with pytest.raises(DatasetError, match=r"python -m tools\.fetch_fonts"):
        require_fonts()


@pytest.mark.parametrize("owner", FROM_FONTS, ids=lambda owner: owner.name)
def test_a_font_is_written_in_sight_and_never_twice_alike(owner):
    try:
        require_fonts()
    except DatasetError as error:
        pytest.skip(str(error))
    first, second = (owner.strokes(np.random.default_rng(seed), 4) for seed in (1, 2))
    assert first.start.shape == second.start.shape
    assert 0.001 < np.abs(first.start - second.start).max() < 0.5
    scene = owner.scene(np.random.default_rng(3), 4)
    assert scene.label == 4
    assert scene.box is not None
