"""Change detection: tells from a thumbnail whether a frame is worth reading.

It costs a hundredth of a reading.

Most of the time nothing is held before the camera, or what is there is held still. Then the
frame is as the last one was, or shows nothing at all, and the answer is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from pi.devices.cameras.base import Frame
    from pi.service.voting import ReadingLike

THUMB_SIDE = 40
"""Longer side of the thumbnail: a frame of 320x240 makes one of 40x30, of 8x8 pixels each."""

DIFFERENT = 4
"""A thumbnail pixel has changed when it differs by more, of 255."""

NOISE_ROOM = 6
"""Where there is noise, DIFFERENT is raised by twice the mean difference, at most by this. The
mean of 64 pixels leaves 1 of a noise of 8."""

OUTSTANDING = 3
"""A thumbnail pixel that differs by more from its surroundings is not bare paper. The faintest
pencil of 1,500 sheets of :mod:`core.synthesis.scene` made four that differed by 6 or more."""

LEAST_PIXELS = 4
"""The picture has changed when so many pixels have: the smallest digit read covers six."""

SURROUNDINGS = 4
"""Radius of a pixel's surroundings: 9 of 40, wider than any digit's stroke."""


class ChangeDetector:
    """Tells which frames are worth reading, and how soon to take the next.

    - A frame that differs from the last different one is read, and so are the next ones, until
      ``reads`` of the same picture were; more cannot change the vote.
    - A frame without anything that stands out is not read: it is ``empty``.
    - Every ``refresh_s`` seconds one frame is read in any case. If that gives another reading
      than before (:meth:`note`), the next ones are read too.

    A change of the light as a whole is no difference; a shadow is one.

    Parameters
    ----------
    fast_s, slow_s : how long to wait between frames when something happens, and when nothing
        has happened for long, s.
    calm_after_s : how long after the last difference the wait begins to double every second.
    reads : so many readings of one picture; the window of the vote.
    refresh_s : a picture that has stayed for so long is read again, s.

    Attributes
    ----------
    changed : whether the last frame was another picture than the one before.
    empty : whether it shows nothing at all.

    Examples
    --------
    >>> page = np.full((240, 320), 200, np.uint8)
    >>> sheet = page.copy()
    >>> sheet[60:180, 150:165] = 30
    >>> changes = ChangeDetector(reads=2)
    >>> [changes.worth_reading(frame, 0.1) for frame in (page, page, sheet, sheet, sheet, page)]
    [False, False, True, True, False, False]
    """

    def __init__(
        self,
        fast_s: float = 0.1,
        slow_s: float = 0.5,
        *,
        calm_after_s: float = 3.0,
        reads: int = 5,
        refresh_s: float = 10.0,
    ) -> None:
        if not 0 <= fast_s <= slow_s:
            raise ValueError(f"fast_s must be 0 or more, slow_s no less: {fast_s}, {slow_s}")
        if reads < 1:
            raise ValueError(f"reads must be at least 1, not {reads}")
        self._fast_s = fast_s
        self._slow_s = slow_s
        self._calm_after_s = calm_after_s
        self._reads = reads
        self._refresh_s = refresh_s
        self.reset()

    def reset(self) -> None:
        """Forget the picture; the next frame is another one."""
        self._picture: NDArray[np.int16] | None = None
        self._left = 0
        self._more = 0
        self._noted: tuple[str, int | None] | None = None
        self._happened_at: float | None = None
        self._refreshed_at = 0.0
        self._time = 0.0
        self.changed = False
        self.empty = False

    def worth_reading(self, frame: Frame, time: float) -> bool:
        """Whether to read the next frame, uint8 (h, w), taken at ``time`` (s)."""
        self._time = time
        image = Image.fromarray(frame)
        thumb = image.reduce(max(1, round(max(image.size) / THUMB_SIDE)))
        picture = np.asarray(thumb, dtype=np.int16)
        self.changed = self._picture is None or _differ(picture, self._picture)
        if self.changed:
            self._picture = picture
            self._happened_at = time
            self.empty = not _stands_out(thumb, picture)
            self._left = 0 if self.empty else self._reads
            self._noted = ("empty", None) if self.empty else None
        elif time - self._refreshed_at >= self._refresh_s:
            self._left = max(self._left, 1)
        else:
            return self._read_one()
        self._refreshed_at = time
        self._more = 2 * self._reads
        return self._read_one()

    def note(self, reading: ReadingLike) -> None:
        """Take the reading of the last frame; where it is another than before, read more.

        The number of readings of one picture is bounded, also if they never agree.
        """
        noted = reading.state, reading.digit
        if noted != self._noted and self._more > 0:
            self._left = max(self._left, self._reads - 1)
            self._more -= 1
            if reading.state != "empty":
                self._happened_at = self._time
        self._noted = noted

    def read_again(self) -> None:
        """Let the picture be read anew: what reads it has learnt something."""
        if not self.empty:
            self._left = max(self._left, self._reads)

    @property
    def interval_s(self) -> float:
        """How long to wait, from one frame to the next, s."""
        if self._happened_at is None:
            return self._fast_s
        calm_s = max(0.0, self._time - self._happened_at - self._calm_after_s)
        return float(min(self._slow_s, self._fast_s * 2 ** min(calm_s, 30.0)))

    def _read_one(self) -> bool:
        if self._left == 0:
            return False
        self._left -= 1
        return True


def _differ(one: NDArray[np.int16], other: NDArray[np.int16]) -> bool:
    """Whether two thumbnails are of two pictures, whatever the light as a whole."""
    if one.shape != other.shape:
        return True
    difference = one - other
    difference -= np.int16(round(float(difference.mean())))
    difference = np.abs(difference)
    limit = DIFFERENT + min(NOISE_ROOM, round(2 * float(difference.mean())))
    return bool(np.count_nonzero(difference > limit) >= LEAST_PIXELS)


def _stands_out(thumb: Image.Image, picture: NDArray[np.int16]) -> bool:
    """Whether anything stands out from its surroundings."""
    around = np.asarray(thumb.filter(ImageFilter.BoxBlur(SURROUNDINGS)), dtype=np.int16)
    return bool(np.count_nonzero(np.abs(picture - around) > OUTSTANDING) >= LEAST_PIXELS)
