"""From a photograph to 28x28: ink, components, candidates, crops and their features."""

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""A grey picture: uint8 (height, width), 0 = black."""

SMALLEST_SIDE = 8
"""A frame whose shorter side has fewer pixels is not read."""
