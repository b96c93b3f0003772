"""A simulated camera: sheets of paper held before it, one after another, without end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pi.devices.cameras.base import Camera, PlayedPicture

if TYPE_CHECKING:
    from core.synthesis.scene import Scene
    from pi.devices.cameras.base import Frame

STYLES = ("easy", "usual", "any")


class SceneCamera(Camera):
    """Show digits on paper as a camera would see them (:mod:`core.synthesis.scene`).

    Every sheet comes in, is held with a little shake, and leaves; the table between two sheets
    is empty. Sheet n of a seed is always the same, whatever was shown before it.

    Parameters
    ----------
    seed : the seed of all random choices, 0 or more.
    style : "easy", plain paper and a dark pen; "usual", any paper, pen and light, held near
        and still; "any", whatever people write on and with, however they hold it.
    digits : the digits written on the sheets, in turn; None draws a digit for each.
    frames : frames of each sheet, from empty table to empty table.
    size : height and width of a frame in pixels.

    Attributes
    ----------
    picture : the sheet of the last frame, and what is written on it, to check the reading by.
        None before the first frame.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        style: str = "usual",
        digits: Sequence[int] | None = None,
        frames: int = 24,
        size: tuple[int, int] = (240, 320),
    ) -> None:
        if style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, not {style!r}")
        if frames < 8:
            raise ValueError(f"frames must be at least 8 for a sheet to be seen, not {frames}")
        self._seed = seed
        self._style = style
        self._digits = digits
        self._frames = frames
        self._size = size
        self._scenes: Iterator[Scene] = iter(())
        self._sheets = 0

    def capture(self) -> Frame:
        self._check_open()
        scene = next(self._scenes, None)
        while scene is None:
            self._scenes = self._next_sheet()
            scene = next(self._scenes, None)
        return scene.frame

    def close(self) -> None:
        self._scenes = iter(())
        super().close()

    def _next_sheet(self) -> Iterator[Scene]:
        import numpy as np

        from core.synthesis.scene import Style, presentation

        rng = np.random.default_rng([self._seed, self._sheets])
        digit = int(rng.integers(10))
        if self._digits is not None:
            digit = self._digits[self._sheets % len(self._digits)]
        self._sheets += 1
        self.picture = PlayedPicture(self._sheets, f"sheet {self._sheets}", digit)
        style = None
        if self._style == "easy":
            style = Style()
        elif self._style == "usual":
            style = Style.usual(rng)
        return presentation(rng, digit, self._frames, size=self._size, style=style)
