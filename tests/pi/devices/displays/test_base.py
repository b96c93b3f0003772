from __future__ import annotations

import pytest

from pi.devices import segments
from pi.devices.displays.base import STATE_GLYPHS, Display, DisplaySettings, State, glyph, words


class Flag(Display):
    """The least that a display is."""

    def __init__(self):
        self.closed = 0

    @classmethod
    def open(cls, settings, pin_factory=None):
        return cls()

    def show(self, state, detail=""):
        pass

    def tick(self, time):
        pass

    def close(self):
        self.closed += 1


def test_a_display_needs_no_pins_and_closes_itself():
    settings = DisplaySettings()
    assert (Flag.uses(settings), Flag.Settings, Flag.about) == ([], DisplaySettings, "")
    flag = Flag.open(settings)
    assert flag.__enter__() is flag
    with pytest.raises(KeyError), flag:
        raise KeyError("inside")
    assert flag.closed == 1


def test_every_state_and_digit_has_a_glyph_of_its_own():
    glyphs = [glyph(state) for state in (*range(10), *State)]
    assert len(set(glyphs)) == 14
    assert set(glyphs) <= set(segments.GLYPHS)
    assert set(STATE_GLYPHS) == set(State)


@pytest.mark.parametrize("digit", [-1, 10])
def test_what_is_not_a_digit_is_refused(digit):
    with pytest.raises(ValueError, match="0 to 9"):
        glyph(digit)


@pytest.mark.parametrize(
    ("state", "detail", "expected"),
    [
        (7, "0.98", "digit 7 (0.98)"),
        (0, "", "digit 0"),
        (State.DARK, "", "dark"),
        (State.UNSURE, "4 or 9?", "unsure: 4 or 9?"),
        (State.ERROR, "no camera", "error: no camera"),
        (State.LEARNING, "epoch 2", "learning: epoch 2"),
    ],
)
def test_words(state, detail, expected):
    assert words(state, detail) == expected
