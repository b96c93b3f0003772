"""What the tests of the plots draw."""

from __future__ import annotations

import numpy as np
import pytest

from tools.plotting.panels import Chart, Landscape


@pytest.fixture
def line_chart():
    chart = Chart("A title", "width", "length", (0, 10), (0, 5))
    chart.line("line", [0, 10], [0, 5])
    chart.points("dots", [5, 50], [5, 50])
    return chart


@pytest.fixture
def landscape():
    x, y = np.linspace(0, 1, 5), np.linspace(0, 1, 4)
    land = Landscape("Land", "a", "b", x, y, np.add.outer(y, x))
    land.path("walk", [0, 1], [0, 1])
    return land
