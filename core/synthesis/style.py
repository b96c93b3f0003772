"""Style: the parameters of a simulated photograph: paper, writing, sheet, light and camera.

A :class:`Style` is drawn at random (:meth:`Style.sample`) or given by hand; the default is a
plain and easy one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.synthesis.pen import Pen

PAPERS = ("plain", "ruled", "squared", "dotted")
_PEN = Pen()
BACKGROUNDS = ("dark", "light", "wood")


@dataclass(frozen=True)
class Style:
    """Parameters of a photograph. Lengths on paper are in heights of the digit, levels 0..1.

    On the paper:
      paper: one of PAPERS; spacing: between its lines; line_ink: how dark these are;
      margin_line: an upright line at the side; shade: the paper's lightness; tooth: its
      texture; inverted: light on dark (chalk on a board); bleed: writing showing through;
      crease: folds; specks: dots and stray marks; underline, frame: a line under the digit, a
      box round it; neighbours: how many pieces of other writing near by.
    The digit:
      pen; ink: its darkness, 0.1 (faint pencil) to 1 (black marker); height: part of the
      frame's height (or width, if that is tighter); place: where its middle is, parts of the
      free room, (0.5, 0.5) = centred; rotation: degrees; tilt: the perspective, 0..0.4.
    The sheet's edge:
      edge: how far from the digit the page ends, in heights of the digit, None = beyond the
      frame; background: what lies behind it; binding: a spiral along the page's top.
    Light and camera:
      lamp: fall of light across the frame; vignette; shadow: depth of a cast shadow; thumb: a
      finger at the frame's edge; exposure: overall brightness; contrast; blur: standard
      deviation in pixels, in a frame 240 high; motion: likewise, length of the smear; noise:
      standard deviation in grey levels; jpeg: quality, 0 = uncompressed.
    crop: a tight crop, taken from a larger photograph (chosen frame sizes are small then).
    """

    paper: str = "plain"
    spacing: float = 0.7
    line_ink: float = 0.25
    margin_line: bool = False
    shade: float = 0.85
    tooth: float = 0.01
    inverted: bool = False
    bleed: float = 0.0
    crease: float = 0.0
    specks: int = 0
    underline: bool = False
    frame: bool = False
    neighbours: int = 0
    pen: Pen = _PEN
    ink: float = 0.85
    height: float = 0.5
    place: tuple[float, float] = (0.5, 0.5)
    rotation: float = 0.0
    tilt: float = 0.0
    edge: float | None = None
    background: str = "dark"
    binding: bool = False
    lamp: float = 0.1
    vignette: float = 0.0
    shadow: float = 0.0
    thumb: bool = False
    exposure: float = 1.0
    contrast: float = 1.0
    blur: float = 0.5
    motion: float = 0.0
    noise: float = 2.0
    jpeg: int = 0
    crop: bool = False

    @staticmethod
    def sample(rng: np.random.Generator, *, crop: bool | None = None) -> Style:
        """A random style, as varied as photographs of digits are.

        crop: True for a tight crop, False for a whole sheet, None for either.
        """
        if crop is None:
            crop = chance(rng, 0.45)
        style = _sampled_paper(rng, crop)
        style = _sampled_writing(rng, style)
        return _sampled_camera(rng, style).legible()

    @staticmethod
    def usual(rng: np.random.Generator) -> Style:
        """A random style of a sheet held up to be read: near, whole, with a dark pen.

        Any paper, pen, shadow and lamp of :meth:`sample`, but the sheet fills the frame and
        the digit at least a third of it, written to be seen, focused and held still.
        """
        style = Style.sample(rng, crop=False)
        x, y = style.place
        held = replace(
            style,
            height=max(style.height, 0.35),
            place=(min(max(x, 0.2), 0.8), min(max(y, 0.2), 0.8)),
            ink=max(style.ink, 0.5),
            line_ink=min(style.line_ink, 0.25),
            edge=None,
            binding=False,
            frame=False,
            neighbours=0,
            exposure=max(style.exposure, 0.6),
            contrast=max(style.contrast, 0.7),
            blur=min(style.blur, 1.2),
            motion=min(style.motion, 1.5),
            noise=min(style.noise, 4.0),
        )
        return held.legible()

    def legible(self) -> Style:
        """The style with ink dark, noise low and focus good enough for a person to read it."""
        frame_height = 100 if self.crop else 240
        line = max(0.75, frame_height * self.height * self.pen.width)
        blur = min(self.blur, 0.8 + 0.35 * line)
        sharp = min(1.0, line) * line / (line + 1.2 * blur)
        paper = (0.93 - self.shade) if self.inverted else self.shade
        full = 255 * self.exposure * self.contrast * paper * sharp * (1 - 0.3 * self.pen.grain)
        rough = 255 * self.exposure * self.shade * self.tooth
        grain = float(np.hypot(self.noise, rough))
        # Thin lines drown sooner: the eye averages noise along and across a stroke.
        needed = 9 + 3.2 * grain / np.sqrt(max(line, 1.0))
        ink = min(1.0, max(self.ink, needed / max(full, 1.0)))
        quiet = min(1.0, max(ink * full - 6, 3.0) / max(needed, 1.0))
        # Writing on the other side must stay fainter than the digit.
        return replace(
            self,
            ink=ink,
            bleed=min(self.bleed, 0.3 * ink),
            blur=blur,
            noise=self.noise * quiet,
            tooth=self.tooth * quiet,
            exposure=max(self.exposure, 0.5) if full < 30 else self.exposure,
        )


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Uniform in low..high."""
    return float(rng.uniform(low, high))


def _sampled_paper(rng: np.random.Generator, crop: bool) -> Style:
    thresholds = (0.78, 0.88, 0.96) if crop else (0.58, 0.78, 0.94)
    paper = PAPERS[int(np.searchsorted(thresholds, rng.random()))]
    inverted = chance(rng, 0.07)
    tooth = between(rng, 0.001, 0.012)
    if chance(rng, 0.12):
        tooth = between(rng, 0.02, 0.055)
    return Style(
        crop=crop,
        paper="plain" if inverted and paper != "squared" else paper,
        spacing=0.3 * 6.0 ** float(rng.random()),
        line_ink=between(rng, 0.05, 0.45),
        margin_line=chance(rng, 0.12),
        shade=between(rng, 0.06, 0.3) if inverted else between(rng, 0.74, 1.0),
        tooth=tooth,
        inverted=inverted,
        bleed=between(rng, 0.02, 0.14) if chance(rng, 0.18) else 0.0,
        crease=between(rng, 0.02, 0.12) if chance(rng, 0.12) else 0.0,
        specks=int(rng.integers(1, 9)) if chance(rng, 0.2) else 0,
        underline=chance(rng, 0.03),
        frame=chance(rng, 0.04),
        neighbours=int(rng.integers(1, 4)) if chance(rng, 0.06) else 0,
    )


def _sampled_writing(rng: np.random.Generator, style: Style) -> Style:
    pen = Pen.sample(rng, "chalk" if style.inverted and chance(rng, 0.8) else None)
    if style.inverted:
        ink = between(rng, 0.45, 1.0)
    elif pen.kind == "pencil":
        ink = between(rng, 0.2, 0.9)
    elif pen.kind == "ballpoint":
        ink = between(rng, 0.3, 1.0)
    else:
        ink = between(rng, 0.5, 1.0)
    if style.crop:
        height = between(rng, 0.42, 0.93)
    else:
        height = between(rng, 0.15, 0.5) if chance(rng, 0.5) else between(rng, 0.4, 0.92)
    wander = 0.5 if chance(rng, 0.2) else 0.22
    x, y = (float(np.clip(rng.normal(0.5, wander * 0.6), 0, 1)) for _ in range(2))
    return replace(
        style,
        pen=pen,
        ink=ink,
        height=height,
        place=(x, y),
        rotation=float(np.clip(rng.normal(0, 6), -16, 16)),
        tilt=abs(float(rng.normal(0, 0.04 if style.crop else 0.12))),
    )


def _sampled_camera(rng: np.random.Generator, style: Style) -> Style:
    crop = style.crop
    edge = None
    if chance(rng, 0.03 if crop else 0.3):
        edge = between(rng, 0.7, 2.0)
    blur = between(rng, 0.2, 0.9)
    if chance(rng, 0.14):
        blur = between(rng, 1.0, 3.2)
    return replace(
        style,
        edge=edge,
        background=BACKGROUNDS[int(np.searchsorted((0.6, 0.8), rng.random()))],
        binding=edge is not None and chance(rng, 0.4),
        lamp=between(rng, 0.0, 0.12) if crop else between(rng, 0.0, 0.7) ** 1.3,
        vignette=between(rng, 0.15, 0.65) if chance(rng, 0.06 if crop else 0.16) else 0.0,
        shadow=between(rng, 0.1, 0.55) if chance(rng, 0.1 if crop else 0.4) else 0.0,
        thumb=chance(rng, 0.01 if crop else 0.06),
        exposure=between(rng, 0.72, 1.05) if chance(rng, 0.93) else between(rng, 0.35, 1.3),
        contrast=between(rng, 0.85, 1.0) if chance(rng, 0.88) else between(rng, 0.45, 0.85),
        blur=blur,
        motion=between(rng, 1.0, 6.0) if chance(rng, 0.07) else 0.0,
        noise=between(rng, 0.2, 1.8) if chance(rng, 0.75) else between(rng, 1.8, 8.0),
        jpeg=int(rng.integers(25, 92)) if chance(rng, 0.5) else 0,
    )
