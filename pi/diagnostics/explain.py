"""One picture of how a frame was read: every stage side by side, the 28x28, the outputs.

It is our debugger and the user's guide to lighting: if the digit is lost in "ink", no network
will find it again.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi.diagnostics.canvas import BLUE, EDGE, FAINT, GREY, RED, TEXT, Canvas

if TYPE_CHECKING:
    from core.reading.reader import Reader, Reading
    from core.vision.digitise import Digit

_WIDTH = 1120
_MARGIN = 24
_GAP = 16
_COLUMNS = 3
_PANEL = ((_WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS, 240)
_SMALL = 112
_LARGE = 252

_CAPTIONS = {
    "frame": "the frame, and where a digit may be",
    "paper": "the paper without ink",
    "ink": "the ink: what differs from the paper",
}


class _Sheet(Canvas):
    """The picture as far as it is drawn; ``y`` is where the next row goes."""

    y = _MARGIN

    def heading(self, text: str) -> None:
        self.text(_MARGIN, self.y, text, 17)
        self.y += 30


def draw(reader: Reader, frame: NDArray[np.uint8], reading: Reading, title: str) -> Image.Image:
    """Draw how a frame was read.

    Parameters
    ----------
    reader : its threshold is drawn across the bars, and beside each candidate what its network
        says to that one alone, and its judge, if there is one.
    frame : uint8 (h, w), 0 = black.
    reading : what ``reader.read(frame, trace=True)`` gave.
    title : one line above the picture.
    """
    alone = each_alone(reader, reading)
    confidences = None
    if reader.judge is not None and alone is not None:
        confidences = _confidences(reader, reading.candidates, alone)
    stages = _stages(reading.trace or {})
    rows = -(-(len(stages) + 1) // _COLUMNS)
    height = 84 + rows * (_PANEL[1] + 40) + 400 + (_SMALL + 90 if reading.candidates else 0)
    sheet = _Sheet(_WIDTH, height)
    sheet.text(_MARGIN, sheet.y, title, 26)
    sheet.y += 52
    _draw_stages(sheet, frame, reading, stages)
    if alone is not None:
        _draw_candidates(sheet, reading, alone, confidences)
    if reading.candidate is not None and reading.probabilities is not None:
        _draw_outputs(sheet, reading.candidate.image, reading.probabilities, reader)
    else:
        nothing = "Nothing here looks like writing; the network had no turn."
        sheet.text(_MARGIN, sheet.y, nothing)
        sheet.y += 30
    return sheet.image.crop((0, 0, _WIDTH, min(height, sheet.y + _MARGIN)))


def _stages(trace: dict[str, Any]) -> list[tuple[str, Image.Image]]:
    """What in the trace is a picture, but for the frame itself, in order."""
    pictures = []
    for name, value in trace.items():
        if name != "frame" and isinstance(value, np.ndarray) and value.ndim == 2:
            pictures.append((name, _grey(value, stretch=name == "ink")))
    return pictures


def _grey(values: NDArray[Any], stretch: bool = False) -> Image.Image:
    """Bools, 0..1 or 0..255 as a picture; ``stretch`` makes faint things visible."""
    if values.dtype == np.bool_ or values.dtype.kind == "f":
        values = np.clip(values.astype(np.float32), 0, 1) * 255
    if stretch:
        values = values * np.float32(255 / max(float(values.max(initial=0)), 1.0))
    return Image.fromarray(values.astype(np.uint8))


def _draw_stages(
    sheet: _Sheet,
    frame: NDArray[np.uint8],
    reading: Reading,
    stages: list[tuple[str, Image.Image]],
) -> None:
    panels = [("frame", _fit(Image.fromarray(frame))), *((n, _fit(p)) for n, p in stages)]
    top = sheet.y
    for number, (name, picture) in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        x = _MARGIN + column * (_PANEL[0] + _GAP)
        y = top + row * (_PANEL[1] + 40)
        sheet.paste(picture, x, y, EDGE)
        if name == "frame":
            _draw_boxes(sheet, (x, y), picture.width / frame.shape[1], reading)
        # "threshold 2: ink from 24": the panels have numbers of their own.
        said = _CAPTIONS.get(name) or name.partition(": ")[2] or name
        caption = f"{number + 1}  {said}"
        sheet.text(x, y + picture.height + 5, caption, 13, FAINT)
        sheet.y = max(sheet.y, y + picture.height + 40)


def _draw_boxes(sheet: Canvas, corner: tuple[int, int], scale: float, reading: Reading) -> None:
    # The chosen one last, so that it lies on top.
    ordered = [each for each in reading.candidates if each is not reading.candidate]
    if reading.candidate is not None:
        ordered.append(reading.candidate)
    for candidate in ordered:
        chosen = candidate is reading.candidate
        sides = [corner[i % 2] + round(side * scale) for i, side in enumerate(candidate.box)]
        sheet.pen.rectangle(sides, outline=RED if chosen else BLUE, width=1 + 2 * chosen)


def _draw_candidates(
    sheet: _Sheet,
    reading: Reading,
    probabilities: NDArray[np.float32],
    confidences: NDArray[np.float32] | None,
) -> None:
    sheet.heading("Candidates, the best looking first; the chosen one in red")
    for number, candidate in enumerate(reading.candidates[:8]):
        x = _MARGIN + number * (_SMALL + _GAP + 7)
        chosen = candidate is reading.candidate
        picture = _grey(candidate.image).resize((_SMALL, _SMALL), Image.Resampling.NEAREST)
        sheet.paste(picture, x, sheet.y, RED if chosen else EDGE, 1 + 2 * chosen)
        best = int(np.argmax(probabilities[number]))
        said = f"looks {candidate.quality:.2f}"
        said += f", {_label(best)} {probabilities[number, best]:.2f}"
        sheet.text(x, sheet.y + _SMALL + 6, said, 12, FAINT)
        if confidences is not None:
            colour = RED if chosen else FAINT
            said = f"judge: {confidences[number]:.2f}"
            sheet.text(x, sheet.y + _SMALL + 22, said, 12, colour)
    sheet.y += _SMALL + (44 if confidences is None else 58)


def _draw_outputs(
    sheet: _Sheet,
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    reader: Reader,
) -> None:
    said = (
        "what it says"
        if reader.judge is None
        else "what it says, the judge having the last word"
    )
    sheet.heading(f"What the network sees, and {said}")
    picture = _grey(image).resize((_LARGE, _LARGE), Image.Resampling.NEAREST)
    sheet.paste(picture, _MARGIN, sheet.y, EDGE)

    left, right = _MARGIN + _LARGE + 90, _WIDTH - _MARGIN - 60
    step = _LARGE / len(probabilities)
    best = int(np.argmax(probabilities))
    line = left + (right - left) * reader.threshold
    for number, probability in enumerate(probabilities):
        y = sheet.y + number * step
        label = _label(number)
        sheet.text(left - 12, y + step / 2 - 10, label, 15, align=1)
        sheet.pen.rectangle((left, y + 3, right, y + step - 3), fill=(238, 237, 233))
        end = left + (right - left) * float(probability)
        if end >= left + 1:
            colour = RED if number == best else GREY
            sheet.pen.rectangle((left, y + 3, end, y + step - 3), fill=colour)
        sheet.text(right + 10, y + step / 2 - 9, f"{probability:.2f}", 14, FAINT)
    sheet.pen.line((line, sheet.y - 2, line, sheet.y + _LARGE + 4), fill=TEXT, width=1)
    sheet.text(line - 40, sheet.y + _LARGE + 6, f"sure from {reader.threshold:.2f}", 12, FAINT)
    sheet.y += _LARGE + 26


def _label(number: int) -> str:
    return str(number) if number < 10 else "none"


def _fit(picture: Image.Image) -> Image.Image:
    scale = min(_PANEL[0] / picture.width, _PANEL[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    return picture.resize(size, way)


def _confidences(
    reader: Reader, candidates: list[Digit], alone: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What the judge of where each candidate was found says of it alone: float32 (n,)."""
    parts, start = [], 0
    for place, group in groupby(candidates, attrgetter("place")):
        found = list(group)
        judge = reader.place_judge if place else reader.judge
        assert judge is not None
        parts.append(judge.confidences(found, alone[start : start + len(found)]))
        start += len(found)
    return np.concatenate(parts)


def each_alone(reader: Reader, reading: Reading) -> NDArray[np.float32] | None:
    """Probabilities (candidates, classes), not merged with those of overlapping candidates."""
    if not reading.candidates:
        return None
    images = np.stack([candidate.image for candidate in reading.candidates])
    return reader.network.predict_proba(images)
