"""Prove that a frame is read alike on every machine, bit for bit.

    python -m tools.digests             compare this machine with tests/digests.json
    python -m tools.digests --write     the pictures or the weights have changed: take these

A hundred photographs, drawn in whole numbers and so the same everywhere, go through PNG files
and ``core.vision.digitise``; a thousand digits go through the network. What comes out is
compared by its SHA-256: of the crops with their places, of the logits, and what each photograph
is read as. Between, on the way of a frame, there is nothing but integers and what IEEE 754
fixes.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import pretrained
from core.errors import ZerodigitError
from core.integer.network import IntegerNetwork
from core.integer.quantise import quantise
from core.network import Network
from core.reading.reader import Reader
from core.vision.digitise import Digit, find_digits
from core.vision.imagefile import load_frame
from pi.cli.streams import escaping
from tools import command

PATH = Path(__file__).resolve().parent.parent / "tests" / "digests.json"
FRAMES, IMAGES = 100, 1000
SHORT = 12
"""Hex digits that are kept of a frame's digest, to name the frame that differs."""

Frame = NDArray[np.uint8]
Whole = NDArray[np.int32]

_CORNERS = {
    0: "50,0 15,20 5,50 15,80 50,100 85,80 95,50 85,20 50,0",
    1: "30,20 55,0 55,100",
    2: "10,20 45,0 85,15 85,40 10,100 95,100",
    3: "10,10 50,0 85,20 45,48 90,70 55,100 10,92",
    4: "60,100 65,0 5,65 95,65",
    5: "90,0 20,0 12,45 60,40 90,65 65,98 8,95",
    6: "75,0 30,35 10,70 40,100 85,80 70,52 15,65",
    7: "5,5 95,0 40,100",
    8: "50,48 15,25 50,0 85,25 50,48 10,75 50,100 90,75 50,48",
    9: "85,30 50,55 12,30 50,0 85,15 80,60 60,100",
}
_STROKES = {
    digit: [tuple(map(int, corner.split(","))) for corner in corners.split()]
    for digit, corners in _CORNERS.items()
}


def photograph(number: int) -> Frame:
    """A sheet as a camera could see it, uint8 (h, w): paper, lines, writing, light, grain."""
    rng = np.random.default_rng([20261124, number])
    height, width = (480, 640) if number % 20 == 19 else (240, 320)
    y, x = np.mgrid[:height, :width].astype(np.int32)
    light = rng.integers(120, 236) + (x * rng.integers(-40, 41)) // width
    light += (y * rng.integers(-40, 41)) // height
    ink = np.zeros((height, width), np.int32)
    if number % 4 == 1:
        ink[:: int(rng.integers(14, 30))] = rng.integers(15, 80)
    if number % 8 == 1:
        ink[:, :: int(rng.integers(14, 30))] = rng.integers(15, 80)
    # Every tenth is empty, and every seventh has two.
    for _ in range(0 if number % 10 == 9 else 2 if number % 7 == 3 else 1):
        size = int(rng.integers(height // 5, height * 3 // 4))
        top, left = rng.integers(0, height - size), rng.integers(0, width - size)
        darkness = int(rng.integers(60, 230))
        pen = max(1, size // int(rng.integers(9, 40)))
        writing = _write(rng, int(rng.integers(0, 10)), size, pen) * darkness // 255
        place = ink[top : top + size, left : left + size]
        np.maximum(place, writing, out=place)
    frame = light * (255 - ink) // 255
    if number % 5 == 4:
        frame = 255 - frame
    grain = int(rng.integers(0, 9))
    frame += rng.integers(-grain, grain + 1, frame.shape, dtype=np.int32)
    return np.clip(frame, 0, 255).astype(np.uint8)


def digits(count: int = IMAGES) -> Frame:
    """Digits as a network reads them, with some noise: uint8 (count, 28, 28)."""
    rng = np.random.default_rng(20261124)
    images = np.zeros((count, 28, 28), np.int32)
    for number, image in enumerate(images):
        image[4:24, 4:24] = _write(rng, number % 10, 20, int(rng.integers(1, 3)))
    grain = rng.integers(-60, 61, images.shape, dtype=np.int32)
    return np.clip(images + np.maximum(grain, 0), 0, 255).astype(np.uint8)


def _write(rng: np.random.Generator, digit: int, side: int, pen: int) -> Whole:
    """A digit, leaning and unsteady: int32 (side, side), 0..255, with a soft edge."""
    ink = np.zeros((side, side), np.int32)
    room = side - 2 * pen - 2
    lean = int(rng.integers(-25, 26))
    corners = []
    for x, y in _STROKES[digit]:
        x, y = x + int(rng.integers(-6, 7)), y + int(rng.integers(-6, 7))
        x = min(max(x + lean * (50 - y) // 100, 0), 100)
        corners.append((pen + x * room // 100, pen + min(max(y, 0), 100) * room // 100))
    reach = np.arange(-pen, pen + 1)
    disc = reach[:, None] ** 2 + reach**2 <= pen * pen
    for (x0, y0), (x1, y1) in pairwise(corners):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            left, top = x0 + (x1 - x0) * step // steps, y0 + (y1 - y0) * step // steps
            under = ink[top - pen : top + pen + 1, left - pen : left + pen + 1]
            under[disc[: under.shape[0], : under.shape[1]]] = 255
    padded = np.pad(ink, 1)
    soft = np.zeros_like(ink)
    for row, column in product(range(3), repeat=2):
        soft += padded[row : row + side, column : column + side]
    return soft // 9


def drawn_network() -> IntegerNetwork:
    """A network of drawn weights, that stays when those we ship are trained anew."""
    network = Network.from_spec("28x28-c8k5s2-c12k3s2-24-11", seed=1)
    rng = np.random.default_rng(20261124)
    for parameter in network.parameters():
        drawn = rng.integers(-100, 101, parameter.shape)
        parameter.value[...] = drawn.astype(np.float32) / np.float32(512)
    return quantise(network, [4.0, 8.0, 16.0])


def measure(frames: int = FRAMES, images: int = IMAGES) -> dict[str, Any]:
    """Everything that is compared, by its name."""
    model = pretrained.load()
    reader = Reader.of(model)
    crops, answers = [], ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.png")
        for number in range(frames):
            Image.fromarray(photograph(number)).save(path)
            frame = load_frame(path)
            crops.append(_digest_of_crops(find_digits(frame)))
            digit = reader.read(frame).digit
            answers += "-" if digit is None else str(digit)
    pictures = digits(images)
    whole = reader.network if isinstance(reader.network, IntegerNetwork) else None
    return {
        "crops": crops,
        "answers": answers,
        "logits of drawn weights": _digest(drawn_network().logits(pictures)),
        "weights": hashlib.sha256(pretrained.PATH.read_bytes()).hexdigest(),
        "logits": None if whole is None else _digest(whole.logits(pictures)),
        "probabilities": None if whole is None else _digest(whole.predict_proba(pictures)),
    }


def _digest_of_crops(found: list[Digit]) -> str:
    together = hashlib.sha256()
    for digit in found:
        together.update(digit.image.astype("<f4").tobytes())
        together.update(repr(tuple(digit.box)).encode())
    return together.hexdigest()[:SHORT]


def _digest(values: NDArray[Any]) -> str:
    ordered = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return hashlib.sha256(ordered.tobytes()).hexdigest()


def differences(measured: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """What differs, a line each; the weights' own digits only if those are the same."""
    found = []
    for name in ("crops", "logits of drawn weights"):
        found += _differs(name, measured[name], kept[name])
    if measured["weights"] != kept["weights"]:
        return [*found, "the weights are others: python -m tools.digests --write"]
    for name in ("answers", "logits", "probabilities"):
        found += _differs(name, measured[name], kept[name])
    return found


def _differs(name: str, measured: Any, kept: Any) -> list[str]:
    """Nothing or a line; of fewer frames than are kept, those there are."""
    if name not in ("crops", "answers"):
        return [] if measured == kept else [f"{name}: not the same"]
    pairs = zip(measured, kept, strict=False)
    where = [str(number) for number, (one, other) in enumerate(pairs) if one != other]
    return [f"{name}: not the same in frames {', '.join(where)}"] if where else []


@escaping(keep="\r\n")
def main(argv: list[str] | None = None) -> int:
    """Compare or write; 1 if something differs."""
    parser = command.parser("tools.digests", __doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PATH.name} anew")
    arguments = parser.parse_args(argv)
    try:
        measured = measure()
        if arguments.write:
            PATH.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
            print(f"{PATH}: written")
            return 0
        found = differences(measured, json.loads(PATH.read_text(encoding="utf-8")))
    except (ZerodigitError, OSError) as error:
        print(f"digests: error: {error}", file=sys.stderr)
        return 3
    print("\n".join(found) or "the same, bit for bit")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
