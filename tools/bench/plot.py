"""A picture of who is how fast: bars with their quartiles, drawn with pillow."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from PIL import Image, ImageDraw

from core.files.output import write_output
from tools.bench.timing import Race, spread

WIDTH, LEFT, BAR, GAP, TOP = 900, 170, 26, 10, 46
PAPER, INK, OURS, OTHERS, SPREAD = "white", "#222222", "#1f6f8b", "#b9c4c9", "#d1495b"


def save(races: dict[str, Race], path: Path) -> None:
    """One panel a race, below each other; the bars are work a second. Raises StorageError."""
    panels = [_panel(name, race) for name, race in races.items()]
    picture = Image.new("RGB", (WIDTH, sum(panel.height for panel in panels)), PAPER)
    top = 0
    for panel in panels:
        picture.paste(panel, (0, top))
        top += panel.height
    with write_output(path) as file:
        picture.save(file, "PNG")


def _panel(title: str, race: Race) -> Image.Image:
    panel = Image.new("RGB", (WIDTH, TOP + len(race.seconds) * (BAR + GAP) + 2 * GAP), PAPER)
    draw = ImageDraw.Draw(panel)
    draw.text((GAP, GAP), f"{title}, a second (median, and the quartiles of all rounds)", INK)
    most = max(spread(race.rates(name))[1] for name in race.seconds)
    scale = (WIDTH - LEFT - 120) / most
    for number, name in enumerate(race.seconds):
        rates = race.rates(name)
        middle, (low, high) = median(rates), spread(rates)
        top = TOP + number * (BAR + GAP)
        end = LEFT + middle * scale
        draw.rectangle((LEFT, top, end, top + BAR), OURS if name == "zerodigit" else OTHERS)
        line = top + BAR // 2
        draw.line((LEFT + low * scale, line, LEFT + high * scale, line), SPREAD, 3)
        draw.text((GAP, top + BAR // 2 - 6), name, INK)
        draw.text((LEFT + high * scale + 10, top + BAR // 2 - 6), f"{middle:,.0f}", INK)
    return panel
