"""A camera's picture rotated, flipped and cropped: many a mount is upside down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi.devices.cameras.base import Camera

if TYPE_CHECKING:
    from pi.devices.cameras.base import Frame

ROTATIONS = (0, 90, 180, 270)
FLIPS = ("none", "horizontal", "vertical")
WHOLE = (0.0, 0.0, 1.0, 1.0)

LEAST_SHARE = 0.1
"""A crop keeps at least this share of the width and of the height."""


@dataclass(frozen=True)
class Transform:
    """Rotate, then flip, then crop.

    Parameters
    ----------
    rotate : degrees clockwise: 0, 90, 180 or 270.
    flip : "none", "horizontal" (left and right change places) or "vertical".
    crop : left, top, right and bottom edge of what is kept, as shares 0 to 1 of the picture
        as it is seen, rotated and flipped.

    Raises
    ------
    ValueError
        One of them has another value.

    Examples
    --------
    >>> import numpy
    >>> Transform(rotate=90).apply(numpy.array([[1, 2, 3], [4, 5, 6]], numpy.uint8))
    array([[4, 1],
           [5, 2],
           [6, 3]], dtype=uint8)
    """

    rotate: int = 0
    flip: str = "none"
    crop: tuple[float, float, float, float] = WHOLE

    def __post_init__(self) -> None:
        if self.rotate not in ROTATIONS:
            raise ValueError(f"rotate must be 0, 90, 180 or 270 degrees, not {self.rotate}")
        if self.flip not in FLIPS:
            raise ValueError(f"flip must be one of {', '.join(FLIPS)}, not {self.flip!r}")
        object.__setattr__(self, "crop", tuple(self.crop))
        if len(self.crop) != 4 or not all(0 <= edge <= 1 for edge in self.crop):
            raise ValueError(
                "crop must be four shares from 0 to 1 (left, top, right, bottom), "
                f"not {self.crop}"
            )
        left, top, right, bottom = self.crop
        # 0.4 - 0.3 is a little less than 0.1.
        if min(right - left, bottom - top) < LEAST_SHARE - 1e-9:
            raise ValueError(
                f"crop must leave {LEAST_SHARE:.0%} of the width and of the height, "
                f"left before right and top above bottom, not {self.crop}"
            )

    @property
    def changes_nothing(self) -> bool:
        """Whether every picture stays as it is."""
        return self == Transform()

    def apply(self, frame: Frame) -> Frame:
        """The frame, uint8 (h, w), as it should be seen: a view of it, not a copy."""
        if self.rotate == 90:
            frame = frame.T[:, ::-1]
        elif self.rotate == 180:
            frame = frame[::-1, ::-1]
        elif self.rotate == 270:
            frame = frame.T[::-1]
        if self.flip == "horizontal":
            frame = frame[:, ::-1]
        elif self.flip == "vertical":
            frame = frame[::-1]
        if self.crop == WHOLE:
            return frame
        height, width = frame.shape
        left, top, right, bottom = self.crop
        return frame[
            math.floor(top * height) : math.ceil(bottom * height),
            math.floor(left * width) : math.ceil(right * width),
        ]


class TransformedCamera(Camera):
    """A camera whose frames are views of another one's, transformed."""

    def __init__(self, camera: Camera, transform: Transform) -> None:
        self.camera = camera
        self.transform = transform
        self.varies = camera.varies

    def capture(self) -> Frame:
        """The next frame, transformed."""
        frame = self.transform.apply(self.camera.capture())
        self.picture = self.camera.picture
        return frame

    def close(self) -> None:
        """Close the camera."""
        self.camera.close()
