"""How well the camera is aimed: sharpness, light, size and place of the digit, and advice.

Works on the frame that the service gave, in the process of who asks (``zerodigit look``).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.errors import ServiceError
from core.vision.bands import even_light
from core.vision.flatfield import to_work_size

DARK = 60
"""Paper below this grey, of 255, is too dark: the sensor's noise hides pencil strokes."""

GLARE = 252
GLARE_SHARE = 0.5
"""A frame with more than this share of pixels at or above GLARE is overexposed."""

SMALL_SHARE = 0.2
LARGE_SHARE = 0.9
"""A digit is too small below the first and too large above the second, of the frame's height
or width, whichever is less."""

BLURRED = 0.2
"""An edge is out of focus below this score: it takes five pixels or more."""

MOVED = 6.0
"""The sheet moves if two frames' thumbnails differ by more than this, of 255, on average."""

_THUMB = 8
_EDGES = 0.1
_MARGIN = 4


@dataclass(frozen=True)
class CameraView:
    """What the camera sees now, as the service answers ``look``: the frame and its reading.

    ``frame`` : uint8 (h, w). ``box`` : left, top, right, bottom in pixels, or None.
    ``image`` : uint8 (28, 28), ink = 255, or None. ``answer`` : the whole answer.
    """

    frame: NDArray[np.uint8]
    box: tuple[int, int, int, int] | None
    image: NDArray[np.uint8] | None
    answer: dict[str, Any]

    @classmethod
    def unpack(cls, answer: dict[str, Any]) -> Self:
        """From the service's answer. Raises ServiceError if it is of another version."""
        try:
            shape = (int(answer["height"]), int(answer["width"]))
            frame = np.frombuffer(base64.b64decode(answer["frame"]), np.uint8).reshape(shape)
            reading = answer["reading"]
            box = image = None
            if reading is not None and reading["box"] is not None:
                left, top, right, bottom = (int(side) for side in reading["box"])
                box = (left, top, right, bottom)
                flat = np.frombuffer(base64.b64decode(reading["image"]), np.uint8)
                image = flat.reshape(28, 28)
        except (KeyError, TypeError, ValueError) as error:
            said = f"the service gave an answer of another version ({error}); restart it"
            raise ServiceError(said) from None
        return cls(frame, box, image, answer)

    @property
    def state(self) -> str:
        """``"digit"``, ``"unsure"`` or ``"empty"``."""
        reading = self.answer["reading"]
        return "empty" if reading is None else str(reading["state"])


def focus(frame: NDArray[np.uint8], box: tuple[int, int, int, int] | None = None) -> float:
    """Sharpness of the edges, 0 to 1: the steepest step between two pixels, of the contrast.

    1 is an edge from black to white in one pixel, 0.2 in five. With a ``box`` it is measured
    there and a little around it. Without contrast there are no edges: 0.
    """
    if box is not None:
        left, top, right, bottom = box
        rows = slice(max(0, top - _MARGIN), bottom + _MARGIN)
        frame = frame[rows, max(0, left - _MARGIN) : right + _MARGIN]
    if min(frame.shape) < 2:
        return 0.0
    values = frame.astype(np.int16)
    low, high = np.percentile(values, (1, 95))
    if high - low < 8:
        return 0.0
    steps = np.concatenate(
        [np.abs(np.diff(values, axis=0)).ravel(), np.abs(np.diff(values, axis=1)).ravel()]
    )
    # The steepest tenth of the pixels at edges; a single one may be dust, or noise.
    at_edges = steps[steps > _EDGES * (high - low)]
    if at_edges.size < 8:
        return 0.0
    return float(min(1.0, np.percentile(at_edges, 90) / (high - low)))


def motion(before: NDArray[np.uint8] | None, after: NDArray[np.uint8]) -> float:
    """Mean difference of two frames' thumbnails, of 255, light changes apart; 0 without two."""
    if before is None or before.shape != after.shape or min(after.shape) < _THUMB:
        return 0.0
    one, other = (
        np.asarray(Image.fromarray(each).reduce(_THUMB), dtype=np.float32)
        for each in (before, after)
    )
    difference = one - other
    return float(np.abs(difference - np.median(difference)).mean())


def quarter_turns(view: CameraView) -> int:
    """Quarter turns to the left after which what is not read looks like a digit; 0 if none do.

    Reads the crop again, here, with the shipped weights. Raises ModelFormatError for damaged
    ones.
    """
    from core.reading.reader import Reader

    if view.image is None or view.state == "digit":
        return 0
    return Reader.default().quarter_turns(view.image * np.float32(1 / 255))


def advice(view: CameraView, sharpness: float, moved: float = 0.0, turns: int = 0) -> list[str]:
    """What to do, the most important first; empty if all is well.

    ``sharpness``, ``moved``, ``turns`` : as :func:`focus`, :func:`motion` and
    :func:`quarter_turns` say.
    """
    said = []
    frame = view.frame
    height, width = frame.shape
    paper = float(np.percentile(frame, 90))
    if paper < DARK:
        said.append("too dark: more light on the paper")
    elif float((frame >= GLARE).mean()) > GLARE_SHARE:
        said.append("too bright: less light, or turn the paper away from the lamp")
    banded = view.state != "digit" and even_light(to_work_size(frame)[0]) is not None
    if banded:
        said.append(
            "the light is in bands: another lamp, no blind, or camera.mains_hz as your mains"
        )
    # Bands of a lamp wander, and the sheet does not.
    moving = moved > MOVED and view.state != "digit" and not banded
    if moving:
        said.append("hold still")
    if turns:
        lies = "is upside down" if turns == 2 else "lies on its side"
        return [*said, f"turn it: it {lies}"]
    if view.box is None or view.state == "empty":
        return said or ["no digit in sight: hold one in front of the camera"]
    left, top, right, bottom = view.box
    size = max(bottom - top, right - left) / min(height, width)
    if left <= 1 or top <= 1 or right >= width - 1 or bottom >= height - 1:
        said.append("cut by the frame: to the middle, or further away")
    elif size < SMALL_SHARE:
        said.append("come nearer, or write larger")
    elif size > LARGE_SHARE:
        said.append("go further away")
    if sharpness < BLURRED and not moving:
        said.append("out of focus: another distance, or hold still")
    if view.state == "unsure" and not said:
        said.append("unsure: a thicker pen, or write it more plainly")
    return said


def with_box(view: CameraView) -> NDArray[np.uint8]:
    """The frame with the box drawn in black and white, so that it shows on any ground."""
    if view.box is None:
        return view.frame
    image = Image.fromarray(view.frame)
    pen = ImageDraw.Draw(image)
    thick = max(1, max(image.size) // 160)
    left, top, right, bottom = view.box
    for away, grey in ((2 * thick, 0), (thick, 255)):
        corners = (left - away, top - away, right + away - 1, bottom + away - 1)
        pen.rectangle(corners, outline=grey, width=thick)
    return np.asarray(image)
