from __future__ import annotations

import io
import re

import numpy as np
import pytest

from pi.devices import segments
from pi.devices.displays.base import Display, DisplaySettings, State
from pi.devices.displays.terminal import TerminalDisplay

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


pytestmark = pytest.mark.usefixtures("tty")


def last_drawing(stream):
    """The lines that a person sees now, without colours."""
    drawing = re.split(r"\x1b\[\d+A\r", stream.getvalue())[-1]
    return ESCAPE.sub("", drawing).removesuffix("\r").splitlines()


def test_it_is_a_display_without_settings_of_its_own(capsys):
    with TerminalDisplay.open(DisplaySettings()) as display:
        assert isinstance(display, Display)
        display.show(4)
    assert capsys.readouterr().out == "digit 4\n"


@pytest.mark.parametrize("digit", [-1, 10])
def test_what_is_not_a_digit_is_refused(digit):
    with pytest.raises(ValueError, match="0 to 9"):
        TerminalDisplay(io.StringIO()).show(digit)


def test_plain_lines_when_the_state_changes_and_no_escapes():
    stream = io.StringIO()
    with TerminalDisplay(stream) as display:
        display.picture(np.zeros((24, 32), np.uint8))
        display.show(State.DARK)
        display.show(7, "0.91")
        display.show(7, "0.98")
        display.show(State.UNSURE, "4 or 9?")
        display.note("a note")
        display.show(State.DARK)
    assert stream.getvalue().splitlines() == [
        "dark",
        "digit 7 (0.91)",
        "unsure: 4 or 9?",
        "a note",
        "dark",
    ]


def test_names_and_details_are_escaped_on_a_terminal_too(tty):
    stream = tty()
    with TerminalDisplay(stream) as display:
        display.note("\x1b]0;mine\x07\udcff.png")
        display.show(7, "\x1b[2J")
    assert r"\x1b]0;mine\x07\xff.png" in stream.getvalue()
    assert r"\x1b[2J" in stream.getvalue()


def test_no_color_on_a_tty_means_plain_lines(monkeypatch, tty):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = tty()
    with TerminalDisplay(stream) as display:
        assert not display.live
        display.show(3, "0.90")
    assert stream.getvalue() == "digit 3 (0.90)\n"


def test_a_tty_gets_a_digit_of_blocks_and_its_words(tty):
    stream = tty()
    with TerminalDisplay(stream) as display:
        display.note("a note")
        display.show(1, "0.98")
    lines = last_drawing(stream)
    assert len(lines) == segments.HEIGHT + 3
    assert lines[-2:] == ["digit 1 (0.98)", "a note"]
    assert "█" in lines[1]


def test_lit_segments_differ_from_unlit_ones_by_colour(tty):
    stream = tty()
    with TerminalDisplay(stream) as display:
        display.show(1)
    upper = stream.getvalue().splitlines()[1]
    assert "\x1b[38;5;235m██" in upper  # f is off
    assert "\x1b[91m██" in upper  # b is on


def test_ascii_where_the_encoding_has_no_blocks(tty):
    stream = tty()
    stream.encoding = "ascii"
    with TerminalDisplay(stream) as display:
        display.picture(np.full((240, 320), 255, np.uint8))
        display.show(1)
    assert stream.getvalue().isascii()
    lines = last_drawing(stream)
    assert lines[0].startswith("@" * 53)
    assert any(line.endswith("        ##") for line in lines)


def test_the_picture_stands_beside_the_digit_and_fits_80_by_24(tty):
    stream = tty()
    with TerminalDisplay(stream) as display:
        display.picture(np.full((240, 320), 200, np.uint8))
        display.show(8)
    lines = last_drawing(stream)
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 79
    assert any("▀" in line and "█" in line for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (40, 24), (28, 24), (12, 24), (80, 16), (300, 90)])
def test_drawings_fit_every_terminal(size, tty):
    stream = tty()
    with TerminalDisplay(stream, fallback=size) as display:
        display.picture(np.full((240, 320), 200, np.uint8))
        display.show(State.UNSURE, "4 or 9?")
    lines = last_drawing(stream)
    assert max(map(len, lines)) < size[0]
    assert len(lines) < size[1]
    assert any("▀" in line for line in lines) == (size[0] >= 40)


def test_a_terminal_too_small_for_a_digit_gets_words(tty):
    stream = tty()
    with TerminalDisplay(stream, fallback=(9, 5)) as display:
        display.show(7, "0.98")
    assert last_drawing(stream) == ["digit 7 ", ""]


def test_the_digit_is_redrawn_in_place(tty):
    stream = tty()
    with TerminalDisplay(stream) as display:
        display.show(1)
        display.show(2)
    assert f"\x1b[{segments.HEIGHT + 3}A" in stream.getvalue()


def test_close_may_be_called_again(tty):
    display = TerminalDisplay(tty())
    display.show(5)
    display.close()
    display.close()
