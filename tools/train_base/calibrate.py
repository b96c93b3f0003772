"""Give a model file what makes its network one of whole numbers.

    python -m tools.train_base.calibrate                        the weights we ship
    python -m tools.train_base.calibrate model.npz              another file of ours

``tools.train_base`` does it when it saves. The ranges of what the layers pass on (see
``core.integer.quantise``) are measured on crops of simulated photographs, always the same ones;
nothing else in the file changes. A file without them is read in float32.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import modelfile, pretrained
from core.errors import ModelFormatError
from core.integer.quantise import calibrate
from core.network import Network
from core.synthesis.scene import sample_scene
from core.vision.digitise import find_digits
from tools import command

FRAMES = 300
SEED = 20261124


def examples(frames: int = FRAMES) -> NDArray[np.float32]:
    """Crops of simulated photographs, right ones and wrong ones: float32 (n, 28, 28)."""
    crops = []
    for number in range(frames):
        frame = sample_scene(np.random.default_rng([SEED, number]), size=None).frame
        crops += [digit.image for digit in find_digits(frame)]
    return np.stack(crops)


def ranges_of(network: Network) -> list[float]:
    """The ranges of a network that reads digits; ModelFormatError if it has none."""
    ranges = calibrate(network, examples())
    if ranges is None:
        raise ModelFormatError("has layers that do not go in whole numbers")
    return ranges


def main(argv: list[str] | None = None) -> int:
    """Measure, and write the file anew; 3 if it is none of ours."""
    parser = command.parser("tools.train_base.calibrate", __doc__)
    parser.add_argument("model", type=Path, nargs="?", default=pretrained.PATH)
    path = parser.parse_args(argv).model
    return command.run("calibrate", lambda: _recalibrate(path))


def _recalibrate(path: Path) -> None:
    model = modelfile.load(path)
    try:
        ranges = ranges_of(model.network)
    except ModelFormatError as error:
        raise ModelFormatError(f"{path}: {error}") from None
    modelfile.save(path, model.network, model.info, model.judge, ranges, model.place_judge)
    print(f"{path}: ranges {', '.join(f'{end:.3f}' for end in ranges)}")


if __name__ == "__main__":
    sys.exit(main())
