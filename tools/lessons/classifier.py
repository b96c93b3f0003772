"""Ladybirds and caterpillars: a line that moves with each example.

Seed: the talk, slides "Garden Bugs", "Learning from Data" and "Calm Down the Learning".

Ladybirds are wide, caterpillars are long. The line length = A * width should run between
them. Each example pulls the line to where it belongs: error / width, times the learning
rate. With rate 1 the line forgets all but the last example. With a small rate it learns
from all of them, and an outlier moves it only a little.
"""

from __future__ import annotations

from core.network import Network
from core.nn.layers import Dense
from tools.lessons.page import Page
from tools.plotting.panels import Chart

LADYBIRDS = [(3.0, 1.0), (2.6, 1.4), (3.4, 0.9), (2.9, 1.6), (3.6, 1.3)]
CATERPILLARS = [(1.0, 3.0), (1.3, 2.7), (0.8, 3.3), (1.4, 3.5), (1.1, 2.6)]
OUTLIER = (0.6, 4.0)
MARGIN = 0.1
"""The line should pass just above a ladybird and just below a caterpillar."""


def run(page: Page) -> dict[float, list[float]]:
    """Learn with both rates; for each rate the line's A at the start and after each bug."""
    slopes: dict[float, list[float]] = {}
    charts = []
    for rate in (1.0, 0.1):
        line = Network([Dense(1, bias=False)], input_shape=(1,))
        line.values[0] = 0.25
        slopes[rate] = [0.25]
        chart = Chart(f"learning rate {rate}", "width", "length", (0, 4), (0, 4.2))
        chart.points("ladybird", *zip(*LADYBIRDS, strict=True))
        chart.points("caterpillar", *zip(*CATERPILLARS, strict=True))
        chart.points("outlier", *zip(OUTLIER, strict=True))
        for width, target in examples():
            error = target - line.forward([[width]])[0, 0]
            line.values[0] += rate * error / width
            slopes[rate].append(float(line.values[0]))
        for name, slope in (("first", 0), ("learned", -2), ("after the outlier", -1)):
            chart.line(name, [0, 4], [0, 4 * slopes[rate][slope]])
        charts.append(chart)

    page.say("   bug                     A with rate 1   A with rate 0.1")
    for number, (width, target) in enumerate(examples()):
        bug = f"{width} wide, line through {target:.1f}"
        page.say(f"{number + 1:2}  {bug:26}{slopes[1.0][number + 1]:8.3f}"
                 f"{slopes[0.1][number + 1]:16.3f}")  # fmt: skip
    page.show(*charts)
    for rate, values in slopes.items():
        page.say(f"Rate {rate}: {right(values[-2])} of 10 bugs on the right side of the line;"
                 f" after the outlier {right(values[-1])} of 10.")  # fmt: skip
    return slopes


def examples() -> list[tuple[float, float]]:
    """(width, where the line should pass) of each bug in turn, the outlier at the end."""
    bugs = []
    for ladybird, caterpillar in zip(LADYBIRDS, CATERPILLARS, strict=True):
        bugs.append((ladybird[0], ladybird[1] + MARGIN))
        bugs.append((caterpillar[0], caterpillar[1] - MARGIN))
    return 2 * bugs + [(OUTLIER[0], OUTLIER[1] - MARGIN)]


def right(slope: float) -> int:
    """How many bugs are on their side of the line."""
    below = sum(length < slope * width for width, length in LADYBIRDS)
    return below + sum(length > slope * width for width, length in CATERPILLARS)
