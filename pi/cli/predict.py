"""``zerodigit predict``: read digits in photographs.

examples:
  zerodigit predict photo.jpg
  zerodigit predict --json *.jpg | jq .digit
  zerodigit predict photo.jpg --explain why.png     every stage side by side
  zerodigit predict photo.jpg --model mine.npz      by weights of your own
  zerodigit predict --row sheet.jpg                 every digit, in rows
  curl https://example.org/7.png | zerodigit predict -
                                                    a picture by a pipe

what it says:
  photo.jpg: 7 (0.98)                               a 7, and how sure it is
  photo.jpg: unsure, perhaps 4 (0.43) or 9 (0.38)   something is there
  photo.jpg: no digit found                         nothing like a digit
  sheet.jpg: 3141 / 5?2                             rows from the top, ? unsure
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from core.errors import ImageError
from pi.cli import flags
from pi.cli.errors import BAD_INPUT, OK, UsageError, complain
from pi.cli.streams import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.reading.reader import Reader, Reading


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "predict",
        run,
        __doc__,
        codes={
            0: "every photograph was looked at, whatever was found",
            3: "a photograph cannot be opened; the others were looked at",
            4: "the model file cannot be used",
            7: "the picture of --explain cannot be written",
        },
    )
    parser.add_argument(
        "photos",
        nargs="+",
        metavar="PHOTO",
        help="a picture: jpg, png, gif, bmp, pgm, tiff, webp; - for one that comes by a pipe",
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line, for programs"
    )
    parser.add_argument(
        "--explain", metavar="OUT.png", help="draw how the photograph was read, step by step"
    )
    parser.add_argument("--model", metavar="FILE", help="a model file instead of ours")
    parser.add_argument(
        "--all", action="store_true", help="tell of every candidate, not of the best alone"
    )
    parser.add_argument(
        "--row", action="store_true", help="read every digit, in rows from top to bottom"
    )


@flags.with_output("explain")
def run(args: argparse.Namespace) -> int:
    """Read the photographs; OK, or BAD_INPUT if one could not be opened."""
    if args.explain is not None and len(args.photos) > 1:
        raise UsageError("--explain draws one photograph; give one, or leave --explain out")
    if args.row and (args.explain is not None or args.all):
        raise UsageError("--row tells of every digit as it is; leave --explain and --all out")

    from core.reading.reader import Reader

    reader = Reader.default() if args.model is None else Reader.from_file(args.model)
    code = OK
    for photo in args.photos:
        try:
            (_predict_rows if args.row else _predict)(reader, photo, args)
        except ImageError as error:
            complain(error)
            code = BAD_INPUT
    return code


def as_json(photo: str, reading: Reading, ms: float) -> dict[str, Any]:
    """A reading as an object of JSON, null where nothing was found; ``ms``: time it took."""
    candidate, probabilities = reading.candidate, reading.probabilities
    return {
        "file": photo,
        "state": reading.state,
        "digit": reading.digit,
        "confidence": round(reading.confidence, 4),
        "guess": reading.guess,
        "probabilities": None if probabilities is None else _rounded(probabilities),
        "box": None if candidate is None else list(candidate.box),
        "quality": None if candidate is None else round(candidate.quality, 4),
        "ms": round(ms, 1),
    }


def _predict(reader: Reader, photo: str, args: argparse.Namespace) -> None:
    from time import perf_counter

    from core.files.named import shown
    from core.vision import SMALLEST_SIDE
    from core.vision.imagefile import load_frame
    from pi.cli.format import reading_words

    frame = load_frame(photo, min_side=SMALLEST_SIDE, piped=True)
    began = perf_counter()
    reading = reader.read(frame, trace=args.explain is not None)
    ms = (perf_counter() - began) * 1000
    alone = None
    if args.all:
        # Late, for it loads the drawing of text.
        from pi.diagnostics.explain import each_alone

        alone = each_alone(reader, reading)
    verdict = f"{shown(photo)}: {reading_words(reading)}"
    if args.json:
        import json

        answer = as_json(photo, reading, ms)
        if args.all:
            answer["candidates"] = _candidates(reading, alone)
        print(json.dumps(answer), flush=True)
    else:
        say(verdict)
        if args.all:
            for each in _candidates(reading, alone):
                print(f"  {_candidate_in_words(each)}", flush=True)
    if args.explain is not None:
        from pathlib import Path

        from pi.diagnostics import canvas, explain

        named = f"{Path(shown(photo)).name}: {reading_words(reading)}"
        canvas.save(explain.draw(reader, frame, reading, named), args.explain)


def _predict_rows(reader: Reader, photo: str, args: argparse.Namespace) -> None:
    from core.files.named import shown
    from core.reading.rows import read_rows
    from core.vision import SMALLEST_SIDE
    from core.vision.imagefile import load_frame

    rows = read_rows(reader, load_frame(photo, min_side=SMALLEST_SIDE, piped=True))
    if args.json:
        import json

        digits = [
            [
                {
                    "digit": each.digit,
                    "confidence": round(each.confidence, 4),
                    "guess": each.guess,
                    "box": list(each.box),
                }
                for each in row
            ]
            for row in rows
        ]
        print(json.dumps({"file": photo, "rows": digits}), flush=True)
        return
    text = " / ".join("".join(map(str, row)) for row in rows)
    say(f"{shown(photo)}: {text or 'no digit found'}")


def _candidates(reading: Reading, alone: NDArray[np.float32] | None) -> list[dict[str, Any]]:
    if alone is None:
        return []
    return [
        {
            "chosen": candidate is reading.candidate,
            "box": list(candidate.box),
            "quality": round(candidate.quality, 4),
            "probabilities": _rounded(probabilities),
        }
        for candidate, probabilities in zip(reading.candidates, alone, strict=True)
    ]


def _candidate_in_words(candidate: dict[str, Any]) -> str:
    left, top, right, bottom = candidate["box"]
    probabilities = candidate["probabilities"]
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
    name = str(best) if best < 10 else "not a digit"
    return (
        f"{'*' if candidate['chosen'] else '-'} {name} ({probabilities[best]:.2f}), "
        f"{right - left}x{bottom - top} pixels at ({left}, {top}), "
        f"quality {candidate['quality']:.2f}"
    )


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(float(value), 4) for value in values]
