"""What the tests of the displays share: what a pattern table says, on the pins."""

from __future__ import annotations

import pytest

from pi.devices.displays.section import display_settings


def as_wired(text, active_high):
    """Levels written for lamps that a high pin lights, for lamps wired either way."""
    return text if active_high else text.translate(str.maketrans("01", "10"))


@pytest.fixture
def check_state(levels):
    """A function that checks the levels on the pins of a display while it shows a state.

    ``table`` has the levels in the order of the pins, for lamps that a high pin lights; of what
    moves, one frame after the other, ``step_s[state]`` seconds each, and again the first.
    """

    def check(kind, table, step_s, state, **settings):
        chosen = display_settings(**settings)
        pins = [use.pin for use in kind.uses(chosen)]
        frames = as_wired(table[state], chosen.active_high).split()
        length_s = step_s.get(state, 0.5)
        with kind.open(chosen) as display:
            display.show(8 if state != 8 else 1)
            display.tick(99.0)
            display.show(state)
            assert levels(pins) == frames[0], "shown at once"
            display.tick(100.0)
            for number, frame in enumerate(frames):
                for moment in (0.01, 0.5, 0.99):
                    display.tick(100.0 + (number + moment) * length_s)
                    assert levels(pins) == frame, f"frame {number}"

    return check


@pytest.fixture
def check_table():
    """A function that checks that a table has every state, and that no two share a frame: a
    photograph of any moment says which state it is."""
    from pi.devices.displays.base import State

    def check(table):
        assert set(table) == {*range(10), *State}
        frames = [set(text.split()) for text in table.values()]
        assert sum(map(len, frames)) == len(set().union(*frames))

    return check
