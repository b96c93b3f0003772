from __future__ import annotations

import doctest
import io

import numpy as np
import pytest

from pi.devices import terminal
from pi.devices.terminal import Terminal, picture_lines

pytestmark = pytest.mark.usefixtures("tty")


def test_docstrings_hold():
    assert doctest.testmod(terminal).failed == 0


def test_a_tty_is_live(tty):
    assert Terminal(tty()).live


def test_a_pipe_is_not():
    assert not Terminal(io.StringIO()).live


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_demand_plain_lines(monkeypatch, name, value, tty):
    monkeypatch.setenv(name, value)
    assert not Terminal(tty()).live


def test_an_empty_no_color_changes_nothing(monkeypatch, tty):
    monkeypatch.setenv("NO_COLOR", "")
    assert Terminal(tty()).live


def test_a_closed_stream_is_not_live(tty):
    stream = tty()
    stream.close()
    stream.isatty = lambda: (_ for _ in ()).throw(ValueError("closed"))
    assert not Terminal(stream).live


@pytest.mark.parametrize(
    ("encoding", "has"), [("utf-8", True), ("ascii", False), (None, False)]
)
def test_block_characters_depend_on_the_encoding(encoding, has, tty):
    stream = tty()
    stream.encoding = encoding
    assert Terminal(stream).unicode is has


def test_size_falls_back_where_the_stream_has_none(tty):
    assert Terminal(tty()).size() == (80, 24)
    assert Terminal(tty(), fallback=(40, 9)).size() == (40, 9)


def test_a_block_is_redrawn_over_itself(tty):
    stream = tty()
    screen = Terminal(stream)
    screen.draw(["one", "two"])
    screen.draw(["three"])
    first, second = stream.getvalue().split("\x1b[2A\r")
    assert first.startswith("\x1b[?25l")
    assert "one" in first
    assert "two" in first
    assert "three" in second
    assert second.endswith("\x1b[J")  # what the longer block left below is erased


def test_a_line_moves_the_block_down(tty):
    stream = tty()
    screen = Terminal(stream)
    screen.draw(["block"])
    screen.line("stays")
    assert stream.getvalue().split("\x1b[1A\r\x1b[J")[1].startswith("stays\n")
    assert stream.getvalue().count("block") == 2


def test_a_line_has_nothing_that_steers_a_terminal(tty):
    stream = tty()
    Terminal(stream).line("\x1b[2Ja\udcff\nb.png")
    assert stream.getvalue() == "\\x1b[2Ja\\xff\\nb.png\n"


def test_a_picture_has_its_colours_where_all_else_is_escaped(tty):
    class Escaping:
        unescaped = tty()
        encoding = "utf-8"
        isatty = unescaped.isatty

    Terminal(Escaping()).picture(["\x1b[38;5;232m▀\x1b[0m"], 2)
    assert Escaping.unescaped.getvalue() == "  \x1b[38;5;232m▀\x1b[0m\n"


def test_leaving_gives_the_cursor_back_once(tty):
    stream = tty()
    with Terminal(stream) as screen:
        screen.draw(["x"])
    screen.close()
    assert stream.getvalue().count("\x1b[?25h") == 1


def test_ctrl_c_gives_the_cursor_back(tty):
    stream = tty()

    def watch():
        with Terminal(stream) as screen:
            screen.draw(["x"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch()
    assert stream.getvalue().endswith("\x1b[?25h")


def test_a_terminal_that_never_drew_writes_no_escapes(tty):
    stream = tty()
    with Terminal(stream) as screen:
        screen.line("plain")
    assert stream.getvalue() == "plain\n"


def test_closing_after_the_terminal_is_gone_is_quiet(tty):
    stream = tty()
    screen = Terminal(stream)
    screen.draw(["x"])
    stream.close()
    screen.close()


def test_a_picture_in_ascii_shades():
    frame = np.zeros((40, 80), np.uint8)
    frame[:, 40:] = 255
    lines = picture_lines(frame, 8, 24, unicode=False)
    assert lines == ["    @@@@"] * 2


def test_a_picture_in_half_blocks_is_two_pixels_a_cell():
    frame = np.zeros((2, 2), np.uint8)
    frame[0] = 255
    lines = picture_lines(frame, 2, 1)
    assert lines == ["\x1b[38;5;255;48;5;232m▀▀\x1b[0m"]


@pytest.mark.parametrize("shape", [(240, 320), (320, 240), (1, 1000), (1000, 1)])
def test_a_picture_fits_its_room(shape):
    across, down = terminal.picture_size(shape, 40, 20)
    lines = picture_lines(np.zeros(shape, np.uint8), 40, 20, unicode=False)
    assert 1 <= across <= 40
    assert 1 <= down <= 20
    assert [len(line) for line in lines] == [across] * down
