from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.reading.reader import Reading
from pi.cli import main
from pi.cli.demo import Demo
from pi.devices.cameras.base import EndOfFrames, PlayedPicture
from pi.devices.displays.base import State
from pi.devices.displays.terminal import TerminalDisplay

WEIGHTS = Path(__file__).parents[3] / "core" / "pretrained" / "digits.npz"
# In CI everything must be there; nowhere else are the weights worth a failure of these.
needs_weights = pytest.mark.skipif(
    not WEIGHTS.exists() and os.environ.get("CI") != "true",
    reason="core/pretrained/digits.npz is not there: python -m tools.train_base makes it",
)

EMPTY, FOG = 200, 100


class Film:
    """Frames whose grey is the digit they show; sheets as (digit written, greys)."""

    def __init__(self, *sheets, interrupt=False):
        self.frames = [
            (PlayedPicture(number, f"sheet {number}", digit), grey)
            for number, (digit, greys) in enumerate(sheets, 1)
            for grey in greys
        ]
        self.picture = None
        self.interrupt = interrupt
        self.closed = False

    def capture(self):
        if not self.frames:
            raise KeyboardInterrupt if self.interrupt else EndOfFrames
        self.picture, grey = self.frames.pop(0)
        return np.full((24, 32), grey, np.uint8)

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.close()


class FilmReader:
    """Reads what the grey says; it never sees what the sheet says."""

    threshold = 0.5

    def read(self, frame, *, trace=False):
        grey = int(frame[0, 0])
        if grey == EMPTY:
            return Reading()
        shares = np.zeros(11, np.float32)
        if grey == FOG:
            shares[[4, 9]] = 0.4
            return Reading(None, 0.4, 4, shares)
        shares[grey] = 0.9
        return Reading(grey, 0.9, grey, shares)


def held(digit, frames=6):
    return [EMPTY] * 3 + [digit] * frames + [EMPTY] * 3


def play(*sheets, count=None, **options):
    stream = io.StringIO()
    demo = Demo(Film(*sheets), FilmReader(), TerminalDisplay(stream), **options)
    demo.play(count)
    return demo, stream.getvalue().splitlines()


def test_sheets_are_read_and_judged():
    demo, lines = play((7, held(7)), (4, held(9)), (2, held(2)))
    assert (demo.read, demo.sheets) == (2, 3)
    assert lines == [
        "dark",
        "digit 7 (0.90)",
        "dark",
        "sheet 1: the paper says 7, read 7 (0.90): right (1 of 1 so far)",
        "digit 9 (0.90)",
        "dark",
        "sheet 2: the paper says 4, read 9 (0.90): wrong (1 of 2 so far)",
        "digit 2 (0.90)",
        "dark",
        "sheet 3: the paper says 2, read 2 (0.90): right (2 of 3 so far)",
    ]


def test_a_sheet_that_is_not_read_counts():
    demo, lines = play((4, [FOG] * 15))
    assert (demo.read, demo.sheets) == (0, 1)
    assert "unsure: 4 or 9?" in lines
    assert lines[-1] == "sheet 1: the paper says 4, not read: wrong (0 of 1 so far)"


def test_what_is_still_shown_of_the_sheet_before_is_no_answer():
    demo, _ = play((7, [7] * 6), (7, [7] * 2 + [FOG] * 2))
    assert (demo.read, demo.sheets) == (1, 2)


def test_the_digit_that_was_shown_longest_counts():
    demo, _ = play((5, [EMPTY] * 3 + [5] * 12 + [4] * 4 + [EMPTY] * 3))
    assert demo.read == 1


def test_it_stops_after_so_many_sheets():
    demo, _ = play(*[(digit, held(digit)) for digit in range(10)], count=4)
    assert (demo.read, demo.sheets) == (4, 4)


def test_no_sheets_at_all():
    demo, lines = play((1, held(1)), count=0)
    assert (demo.sheets, lines) == (0, [])


def test_pictures_without_gaps_and_without_a_known_digit():
    demo, lines = play((None, [7] * 5), (None, [7] * 5), (None, [EMPTY] * 5), gaps=False)
    assert (demo.read, demo.sheets) == (2, 3)
    assert "sheet 1: read 7 (0.90) (1 of 1 so far)" in lines
    assert lines[-1] == "sheet 3: not read (2 of 3 so far)"


class WatchedDisplay:
    """A terminal that is drawn on: each drawing as (grey of the frame, state, line below)."""

    live = True

    def __init__(self):
        self.drawn = []
        self.below = ""

    def picture(self, frame):
        self.grey = int(frame[0, 0])

    def show(self, state, detail):
        self.drawn.append((self.grey, state, self.below))

    def note(self, text):
        self.below = text


def watch(*sheets, **options):
    display = WatchedDisplay()
    Demo(Film(*sheets), FilmReader(), display, **options).play()
    return display.drawn


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("around", [[EMPTY] * 3, [EMPTY], []])
def test_a_digit_is_never_drawn_over_the_line_of_another_sheet(gaps, around):
    digits = (7, 4, 2)
    drawn = watch(*((digit, around + [digit] * 6 + around) for digit in digits), gaps=gaps)
    shown = {(state, int(below.split()[1].strip(":"))) for _, state, below in drawn}
    assert {each for each in shown if each[0] in digits} == {(7, 1), (4, 2), (2, 3)}


def test_the_line_below_the_drawing_is_of_the_sheet_before_the_camera():
    drawn = watch((7, held(7)), (4, [EMPTY] * 3 + [FOG] * 12 + [EMPTY] * 3), (5, held(5)))
    lines = list(dict.fromkeys(below for _, _, below in drawn))
    assert lines == [
        "sheet 1",
        "sheet 1: the paper says 7, read 7 (0.90): right (1 of 1 so far)",
        "sheet 2 (1 of 1 so far)",
        "sheet 2: the paper says 4, not read: wrong (1 of 2 so far)",
        "sheet 3 (1 of 2 so far)",
        "sheet 3: the paper says 5, read 5 (0.90): right (2 of 3 so far)",
    ]


def test_the_last_drawing_has_the_last_verdict():
    assert watch((7, held(7)), (4, held(9)))[-1] == (
        EMPTY,
        State.DARK,
        "sheet 2: the paper says 4, read 9 (0.90): wrong (1 of 2 so far)",
    )


def test_frames_keep_the_pace():
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    play((7, [7] * 5), fps=4, clock=lambda: now[0], sleep=sleep)
    assert slept == [0.25] * 4


def test_without_a_rate_nothing_waits():
    def sleep(seconds):
        raise AssertionError

    play((7, [7] * 5), fps=0, sleep=sleep)


@pytest.fixture
def film(monkeypatch):
    """Let the command see this film and read it with the film's reader."""

    def roll(*sheets, **options):
        made = Film(*sheets, **options)
        monkeypatch.setattr("core.reading.reader.Reader.default", FilmReader)
        monkeypatch.setattr("pi.cli.demo.open_camera", lambda name, **rest: made)
        return made

    return roll


def test_the_command_ends_with_the_tally(film, capsys):
    camera = film((7, held(7)), (4, held(9)), (1, held(1)))
    assert main(["demo", "--count", "2", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seed 5: see these sheets again with --seed 5"
    assert lines[-1] == "read 1 of 2"
    assert camera.closed


def test_a_random_seed_is_told(film, capsys):
    film((7, held(7)))
    main(["demo", "--count", "1"])
    assert re.match(r"seed (\d+): .* --seed \1$", capsys.readouterr().out.splitlines()[0])


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--count", "9"], 130)])
def test_ctrl_c_says_the_tally(film, capsys, arguments, code):
    camera = film((7, held(7)), (1, held(1)), interrupt=True)
    assert main(["demo", *arguments]) == code
    assert capsys.readouterr().out.splitlines()[-1] == "read 1 of 1"
    assert camera.closed


@pytest.mark.parametrize(
    "arguments",
    [
        ["--camera", "files"],
        ["--path", "x"],
        ["--count", "-1"],
        ["--count", "x"],
        ["--fps", "-1"],
        ["--fps", "nan"],
        ["--style", "hard"],
    ],
)
def test_arguments_that_make_no_sense(capsys, arguments):
    assert main(["demo", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("zerodigit: error: ")
    assert error.count("\n") == 1


def test_a_folder_that_is_not_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("core.reading.reader.Reader.default", FilmReader)
    path = str(tmp_path / "none")
    assert main(["demo", "--camera", "files", "--path", path]) == 5
    assert path in capsys.readouterr().err


def test_pictures_of_a_folder(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("core.reading.reader.Reader.default", FilmReader)
    for name, grey in [("1.npy", 7), ("2.npy", EMPTY), ("3.npy", 7)]:
        np.save(tmp_path / name, np.full((24, 32), grey, np.uint8))
    assert main(["demo", "--camera", "files", "--path", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"{tmp_path / '1.npy'}: read 7 (0.90)" in out
    assert out.splitlines()[-1] == "read 2 of 3"


@needs_weights
@pytest.mark.slow
def test_the_whole_way_with_the_shipped_weights(capsys):
    """Four plain sheets, through the camera, the digitiser, the network and the votes."""
    command = ["demo", "--count", "4", "--seed", "1", "--style", "easy"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "read 4 of 4"
    assert out.count(": right (") == 4
    # The same seed is read alike in another process, and without escape sequences.
    command[2] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pi.cli", *command], capture_output=True, text=True
    )
    assert done.returncode == 0
    *lines, last = done.stdout.splitlines()
    assert last == "read 1 of 1"
    assert len(lines) > 3
    assert lines == out.splitlines()[: len(lines)]
    assert "\x1b" not in out


@needs_weights
def test_a_picture_that_cannot_be_read_ends_no_folder(tmp_path, capsys):
    np.save(tmp_path / "1.npy", np.zeros((3, 4), np.uint8))
    Image.new("L", (1, 1)).save(tmp_path / "2.png")
    (tmp_path / "3.png").write_bytes(b"")
    os.mkfifo(tmp_path / "4.png")
    Image.new("L", (64, 48), 255).save(tmp_path / "5.png")
    assert main(["demo", "--camera", "files", "--path", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.count("1.npy: a frame must be uint8 of at least 8x8 pixels, not") == 1
    assert "5.png: not read" in said
    assert said.endswith("read 0 of 2\n")
    assert main(["demo", "--camera", "files", "--path", str(tmp_path / "2.png")]) == 3
    assert f"{tmp_path / '2.png'}: a frame must be" in capsys.readouterr().err


@needs_weights
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_shows_the_cursor_again(number):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pi.cli", "demo"]
    environ = os.environ | {"TERM": "xterm", "NO_COLOR": ""}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd=WEIGHTS.parents[2]
    ) as program:
        os.close(theirs)
        said = b""
        while b"\x1b[?25l" not in said:
            said += os.read(ours, 1 << 16)
        program.send_signal(number)
        try:
            while part := os.read(ours, 1 << 16):
                said += part
        except OSError:  # as Linux has it, once nobody has the other end
            pass
    os.close(ours)
    assert program.returncode == -number
    assert said.count(b"\x1b[?25l") == said.count(b"\x1b[?25h") == 1
