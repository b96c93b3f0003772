"""The nights as a picture: errors among the owner's digits, before and after each."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageDraw

from core.files.output import write_output

_SIZE = (720, 320)
_LEFT, _TOP, _RIGHT, _BOTTOM = 50, 40, 20, 40
_INK, _FAINT, _PAPER = "#2b2d33", "#c9ced6", "#fbfaf6"
_BEFORE, _AFTER, _REFUSED = "#e3b54b", "#2c7a57", "#c0563f"

SHOWN = 40
"""The last nights; more would be too narrow to see."""


def draw(found: list[dict[str, Any]], path: str) -> None:
    """Write a PNG; nights that counted nothing are left out. Raises StorageError."""
    counted = [night for night in found if "before" in night][-SHOWN:]
    picture = Image.new("RGB", _SIZE, _PAPER)
    pen = ImageDraw.Draw(picture)
    width, height = _SIZE[0] - _LEFT - _RIGHT, _SIZE[1] - _TOP - _BOTTOM
    most = max([1, *(max(night["before"], night["after"]) for night in counted)])
    pen.text((_LEFT, 12), "the owner's digits: errors before and after each night", fill=_INK)
    for part in range(most + 1):
        if part % max(1, most // 5) == 0:
            y = _TOP + height - height * part / most
            pen.line([(_LEFT, y), (_SIZE[0] - _RIGHT, y)], fill=_FAINT)
            pen.text((12, y - 6), str(part), fill=_INK)
    step = width / max(1, len(counted))
    for number, night in enumerate(counted):
        left = _LEFT + number * step
        after = _AFTER if night["outcome"] == "promoted" else _REFUSED
        for name, at, colour in (("before", 0.15, _BEFORE), ("after", 0.5, after)):
            top = _TOP + height - height * night[name] / most
            box = (left + at * step, top, left + (at + 0.33) * step, _TOP + height)
            pen.rectangle(box, fill=colour)
        if step > 34:
            pen.text((left + 2, _TOP + height + 4), str(night.get("at", ""))[5:10], fill=_INK)
    for number, (colour, text) in enumerate(
        ((_BEFORE, "before"), (_AFTER, "after, let in"), (_REFUSED, "after, not let in"))
    ):
        x = _LEFT + number * 150
        pen.rectangle((x, _SIZE[1] - 18, x + 10, _SIZE[1] - 8), fill=colour)
        pen.text((x + 16, _SIZE[1] - 20), text, fill=_INK)
    with write_output(path) as file:
        picture.save(file, "PNG")
