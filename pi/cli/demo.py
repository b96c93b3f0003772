"""``zerodigit demo``: watch digits on paper being read.

examples:
  zerodigit demo                          until Ctrl-C, sheet after sheet
  zerodigit demo --count 10               ten sheets
  zerodigit demo --count 10 --seed 7      the same ten sheets every time
  zerodigit demo --camera files --path photos
                                          your own pictures instead

It needs no Raspberry Pi and no camera: the program draws the sheets, digits as
people write them, with pen or pencil, on plain, ruled or squared paper, held
at an angle under a lamp, with shadows, blur and noise. The digit that was
drawn is used only to say right or wrong.

The last line is `read N of M`. A sheet that was not read counts as not read.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import ImageError
from pi.cli import flags
from pi.cli.errors import INTERRUPTED, OK, UsageError
from pi.devices.cameras.base import Camera, EndOfFrames, PlayedPicture
from pi.devices.cameras.registry import open_camera
from pi.devices.displays.base import State
from pi.devices.displays.terminal import TerminalDisplay

if TYPE_CHECKING:
    from core.reading.reader import Reader
    from pi.service.voting import Decision

# Frames a second on a terminal. The vote counts time in frames at this rate in any case, so
# that a seed is read alike on a slow machine and on a fast one.
_RATE = 8.0
# Frames of each picture of a folder: more than the vote needs.
_HOLD = 8


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "demo",
        run,
        __doc__,
        codes={
            3: "a picture of --path is too small to be read",
            4: "the weights cannot be used",
            5: "--path has no picture that can be opened",
            130: "Ctrl-C before the sheets of --count were read",
        },
    )
    add = parser.add_argument
    add("--count", type=flags.number(int, 0), metavar="N", help="stop after so many sheets")
    add(
        "--seed",
        type=flags.number(int, 0),
        metavar="S",
        help="the same sheets for the same number (default: random, and printed)",
    )
    add(
        "--style",
        choices=("easy", "usual", "any"),
        default="usual",
        help="easy: plain paper, a dark pen; usual: held near and still; any: however people "
        "hold it (default %(default)s)",
    )
    add(
        "--fps",
        type=flags.number(float, 0, 1000),
        metavar="F",
        help=f"frames a second, 0 for no limit (default {_RATE:g} on a terminal, else 0)",
    )
    add(
        "--camera",
        choices=("scene", "files"),
        default="scene",
        help="drawn sheets, or the pictures of --path (default %(default)s)",
    )
    add("--path", metavar="DIR", help="the folder of --camera files")


def run(args: argparse.Namespace) -> int:
    """Play the sheets; OK, or INTERRUPTED if Ctrl-C came before ``--count`` of them."""
    if (args.camera == "files") != (args.path is not None):
        raise UsageError("--camera files and --path DIR belong together; give both or neither")

    from core.reading.reader import Reader

    reader = Reader.default()
    with _open(args) as camera, TerminalDisplay(sys.stdout) as display:
        fps = (_RATE if display.live else 0.0) if args.fps is None else args.fps
        demo = Demo(camera, reader, display, fps, gaps=args.camera == "scene")
        code = OK
        try:
            demo.play(args.count)
        except KeyboardInterrupt:
            code = OK if args.count is None else INTERRUPTED
    print(f"read {demo.read} of {demo.sheets}")
    return code


def _open(args: argparse.Namespace) -> Camera:
    if args.camera == "files":
        return open_camera("files", path=args.path, hold=_HOLD)
    seed = _random_seed() if args.seed is None else args.seed
    print(f"seed {seed}: see these sheets again with --seed {seed}", flush=True)
    return open_camera("scene", seed=seed, style=args.style)


@dataclass
class Demo:
    """Frames of a camera read, voted over and displayed; each sheet is scored and counted.

    ``gaps`` says that the camera shows an empty page between two sheets; where it does not,
    the vote starts anew with each. ``sheets`` counts the sheets that have gone by, ``read``
    those of them that were read right, or, of pictures whose digit is not known, read at all.

    On a terminal the line below the drawing is always of the sheet whose digit is drawn: its
    score as soon as anything is displayed for it, its name before. Elsewhere each sheet is
    given one line when it has gone by.
    """

    camera: Camera
    reader: Reader
    display: TerminalDisplay
    fps: float = 0.0
    gaps: bool = True
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    read: int = field(default=0, init=False)
    sheets: int = field(default=0, init=False)

    def play(self, count: int | None = None) -> None:
        """Show ``count`` sheets, or all there are, or go on for ever."""
        from pi.service.voting import FrameVote

        vote = FrameVote()
        sheet: PlayedPicture | None = None
        left_out = ""
        seen: list[Decision] = []
        fresh = lit = False
        due = self.clock()
        number = 0
        while count is None or self.sheets < count:
            try:
                frame = self.camera.capture()
            except EndOfFrames:
                if left_out and not number:  # of nothing but these
                    raise ImageError(left_out) from None
                if sheet is not None:
                    self._count(sheet, seen)
                return
            if sheet is None or self.camera.picture != sheet:
                if sheet is not None:
                    self._count(sheet, seen)
                    if self.sheets == count:
                        return
                sheet, seen, fresh, lit = self.camera.picture, [], False, False
                assert sheet is not None  # None before the first frame alone
                if not self.gaps:
                    vote.reset()
            try:
                reading = self.reader.read(frame)
            except ImageError as error:
                if left_out != (left_out := f"{sheet.name}: {error}"):
                    self.display.note(f"left out: {left_out}")
                due = self._wait(due)
                continue
            shown = vote.see(reading, number / _RATE)
            number += 1
            dark = shown.state is State.DARK
            # Until the decision changes it is still that on the sheet before.
            fresh = fresh or shown.changed
            lit = lit or (fresh and not dark)
            if fresh and shown.digit is not None:
                seen.append(shown)
            if self.display.live and (lit or dark):
                self.display.note(self._score(sheet, seen)[1] if lit else self._name(sheet))
            self.display.picture(frame)
            self.display.show(shown.state, shown.detail)
            due = self._wait(due)

    def _count(self, sheet: PlayedPicture, seen: list[Decision]) -> None:
        """Count a sheet that has gone by."""
        right, line = self._score(sheet, seen)
        self.sheets += 1
        self.read += right
        if not self.display.live:
            self.display.note(line)

    def _score(self, sheet: PlayedPicture, seen: list[Decision]) -> tuple[bool, str]:
        """Whether the digit that was shown longest is right, and a line that says so."""
        digits = [shown.digit for shown in seen]
        answer = max(seen, key=lambda shown: digits.count(shown.digit), default=None)
        said = "not read" if answer is None else f"read {answer.digit} ({answer.detail})"
        right = answer is not None and sheet.digit in (None, answer.digit)
        if sheet.digit is not None:
            said = f"the paper says {sheet.digit}, {said}: {'right' if right else 'wrong'}"
        tally = f"{self.read + right} of {self.sheets + 1} so far"
        return right, f"{sheet.name}: {said} ({tally})"

    def _name(self, sheet: PlayedPicture) -> str:
        tally = f" ({self.read} of {self.sheets} so far)" if self.sheets else ""
        return f"{sheet.name}{tally}"

    def _wait(self, due: float) -> float:
        """Wait until a frame is due; the time at which the next one is."""
        if self.fps <= 0:
            return due
        now = self.clock()
        if now < due:
            self.sleep(due - now)
        return max(now, due) + 1 / self.fps


def _random_seed() -> int:
    import secrets

    return secrets.randbelow(1_000_000)
