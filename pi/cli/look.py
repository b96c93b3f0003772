"""``zerodigit look``: what the camera of the running service sees right now.

examples:
  zerodigit look                     over SSH, while holding the paper
  zerodigit look --explain why.png   and draw how it is read, step by step
  zerodigit look --json | jq .focus  for programs: see below

It shows the frame with the box around what is read, beside it the 28x28 pixels
that the network is given, how sharp the edges are (1.00: from ink to paper in
one pixel, 0.20: in five), and what to do about it, such as "hold still" or
"turn it: it lies on its side".

--json prints an object: frame (its number), width and height in pixels, age_s,
focus (0 to 1), motion (mean difference of two frames' thumbnails, of 255),
shows (what the display shows), trouble of the camera, or null; reading, null
or an object of state, digit, guess, confidence, box (left, top, right, bottom
in pixels) and memory (null, or the sample, its label and the likeness by which
it is read so); and advice, a list that is empty if all is well.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from pi.cli import flags
from pi.cli.errors import OK
from pi.cli.status import as_sample
from pi.cli.streams import say

if TYPE_CHECKING:
    from core.reading.reader import Reader
    from pi.config import Config
    from pi.devices.terminal import Terminal
    from pi.diagnostics.aim import CameraView

# How long to wait for a second frame, which tells whether the paper moves.
_SECOND_FRAME_S = 1.5
_AGAIN_S = 0.1

_PICTURE = (64, 24)
_DIGIT = (28, 14)
_GAP = 3


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "look",
        run,
        __doc__,
        codes={
            1: "the service is down, or may not be asked",
            4: "the weights cannot be used",
            7: "the picture of --explain cannot be written",
        },
    )
    parser.add_argument(
        "--explain", metavar="OUT.png", help="and draw how it is read, step by step"
    )
    flags.add_json(parser)
    flags.add_settings(parser)


@flags.with_output("explain")
def run(args: argparse.Namespace) -> int:
    """Ask, draw, advise; 0, or 1 through ServiceError."""
    from pi import config
    from pi.control.client import SOCKET, ask, understood

    settings = flags.load_settings(args)
    path = config.run_folder(settings) / SOCKET
    first = ask(path, {"do": "look"})

    # Not before it is known that there is something to look at: numpy takes seconds on a Zero.
    from pi.devices.terminal import Terminal
    from pi.diagnostics import aim

    with understood():
        before, second = aim.CameraView.unpack(first), first
        deadline = time.monotonic() + _SECOND_FRAME_S
        while second["number"] == first["number"] and time.monotonic() < deadline:
            time.sleep(_AGAIN_S)
            second = ask(path, {"do": "look"})
        view = aim.CameraView.unpack(second)
        sharpness = aim.focus(view.frame, view.box)
        moved = aim.motion(before.frame, view.frame)
        terminal = Terminal(sys.stdout)
        advice = aim.advice(view, sharpness, moved, aim.quarter_turns(view))
        if args.json:
            said = json.dumps(_for_programs(view, sharpness, moved, advice), indent=2)
        else:
            drawing = _draw(view, terminal)
            lines = [_in_words(view, sharpness)]
            lines += [f"-> {each}" for each in advice or ["all is well"]]
            said = "\n".join(lines)
    if not args.json:
        terminal.picture(drawing)
    print(said)
    if args.explain is not None:
        _explain(view, args.explain, settings)
        say(f"drew {args.explain}", error=args.json)
    return OK


def _for_programs(
    view: CameraView, sharpness: float, moved: float, advice: list[str]
) -> dict[str, Any]:
    answer, reading = view.answer, view.answer["reading"]
    if reading is not None:
        names = ("state", "digit", "guess", "confidence", "box", "memory")
        reading = {name: reading.get(name) for name in names}
    said = {name: answer[name] for name in ("width", "height", "age_s", "shows", "trouble")}
    measured = {"focus": round(sharpness, 3), "motion": round(moved, 3)}
    return {"frame": answer["number"], **said, **measured, "reading": reading, "advice": advice}


def _draw(view: CameraView, terminal: Terminal) -> list[str]:
    """The frame, and the 28x28 beside it if there is one and it fits."""
    import numpy as np

    from pi.devices.terminal import picture_lines, picture_size
    from pi.diagnostics import aim

    blocks = terminal.live and terminal.unicode
    columns, rows = terminal.size()
    room = min(_PICTURE[0], columns - 1), max(4, min(_PICTURE[1], rows - 6))
    beside = view.image is not None and columns > room[0] // 2 + _GAP + _DIGIT[0]
    if beside:
        room = min(room[0], columns - 1 - _GAP - _DIGIT[0]), room[1]
    across, down = picture_size(view.frame.shape, *room)
    left = picture_lines(aim.with_box(view), across, down, unicode=blocks)
    if not beside or view.image is None:
        return left
    ink_dark = np.asarray(255 - view.image, dtype=np.uint8)
    right = picture_lines(ink_dark, *_DIGIT, unicode=blocks)
    height = max(len(left), len(right))
    left += [" " * across] * (height - len(left))
    right += [""] * (height - len(right))
    return [a + " " * _GAP + b for a, b in zip(left, right, strict=True)]


def _in_words(view: CameraView, sharpness: float) -> str:
    answer, reading = view.answer, view.answer["reading"]
    said = [f"frame {answer['number']}, {answer['width']}x{answer['height']}"]
    said.append(f"{answer['age_s']:.1f} s old")
    said.append(f"focus {sharpness:.2f}")
    said.append(f"the display shows: {answer['shows']}")
    if reading is not None and reading["guess"] is not None:
        sure = "" if reading["digit"] is not None else "unsure, perhaps "
        read = f"this reads {sure}{reading['guess']} ({reading['confidence']:.2f})"
        said.append(read + as_sample(reading.get("memory")))
    elif reading is not None and reading.get("memory") is not None:
        said.append(f"this is no digit{as_sample(reading['memory'])}")
    if answer["trouble"] is not None:
        said.append(f"the camera fails since: {answer['trouble']}")
    return ", ".join(said)


def _explain(view: CameraView, out: str, settings: Config) -> None:
    """Read the frame again, here, with every stage kept."""
    from core.reading.reader import Reader
    from pi.cli.format import reading_words
    from pi.diagnostics import canvas, explain

    weights = view.answer["weights"]
    there = weights is not None and os.path.isfile(weights)
    reader = Reader.from_file(weights) if there else Reader.default()
    _remember(reader, view.answer["reading"], settings)
    reading = reader.read(view.frame, trace=True)
    verdict = f"the camera now: {reading_words(reading)}"
    canvas.save(explain.draw(reader, view.frame, reading, verdict), out)


def _remember(reader: Reader, answer: dict[str, Any] | None, settings: Config) -> None:
    """Let the reader know the sample by which the service read the frame, if it is one."""
    from core.integer.network import IntegerNetwork

    memory = None if answer is None else answer.get("memory")
    if memory is None or not isinstance(reader.network, IntegerNetwork):
        return
    import numpy as np

    from core.errors import StorageError
    from core.exemplars.builder import Example, memory_of
    from pi.samples.store import SIDE, SampleStore

    try:
        with SampleStore.of(settings) as store:
            sample = store.get(memory["sample"])
    except StorageError as error:
        say(f"drawn as the network reads it, without your samples: {error}", error=True)
        return
    image = np.frombuffer(sample.image, np.uint8).reshape(SIDE, SIDE)
    reader.memory = memory_of(reader.network, [Example(sample.id, memory["label"], image)])
