"""Kilometres to miles: a guess, its error, an adjustable parameter.

Seed: the talk, slides "Simple Predicting Machine" and "Kilometres to Miles".

We pretend not to know how long a mile is. The model is a straight line,
miles = c * kilometres, and c is the parameter. It is the smallest network there is: one
input, one weight, one output. The error tells which way to turn c, and how far.
"""

from __future__ import annotations

from core.network import Network
from core.nn.layers import Dense
from tools.lessons.page import Page
from tools.plotting.panels import Chart

KILOMETRES, MILES = 100.0, 62.14
RATE = 0.5
STEPS = 10


def run(page: Page) -> float:
    """Refine c step by step; the c that was found."""
    machine = Network([Dense(1, bias=False)], input_shape=(1,))
    c = machine.values
    c[0] = 0.5

    page.say(f"The truth: {KILOMETRES:.0f} km are {MILES} miles. The first guess: c = {c[0]}.")
    page.say("The error says how far c is off: error / kilometres. We go half of the way.\n")
    page.say("step     c       says    error")
    tried = []
    for number in range(1, STEPS + 1):
        answer = machine.forward([[KILOMETRES]])[0, 0]
        error = MILES - answer
        page.say(f"{number:3}   {c[0]:.4f}   {answer:6.2f}   {error:6.2f}")
        tried.append(float(c[0]))
        c[0] += RATE * error / KILOMETRES

    title = "Each guess is a line; they close in on the truth"
    chart = Chart(title, "kilometres", "miles", (0, 120), (0, 80))
    for number in (1, 2, 3, STEPS):
        chart.line(f"step {number}", [0, 120], [0, 120 * tried[number - 1]])
    chart.points("the truth", [KILOMETRES], [MILES])
    page.show(chart)
    page.say(f"c is now {c[0]:.4f}. A mile is 1.609344 km, so c should be 0.6214.")
    return float(c[0])
