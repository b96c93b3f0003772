"""The lessons on the Pi, with its own Python and numpy, each as a reader would start it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from tools.emulator.testbed import CHECKOUT, UNIT, Failed, Testbed

LESSON_S = 1800.0
"""What a lesson may take there where nothing hinders it; the longest take some minutes."""


@dataclass(frozen=True)
class Figure:
    """A figure that a lesson prints, which must lie between two others.

    Attributes
    ----------
    pattern : a regular expression with the figure as its one group; the last match counts.
    options : of ``python -m tools.lessons``.
    """

    pattern: str
    least: float
    most: float
    options: str = ""

    def wrong_in(self, said: str) -> str:
        """What is wrong with what a lesson said, in a few words; empty if nothing is."""
        found = re.findall(self.pattern, said, re.MULTILINE)
        if not found:
            return f"says nothing like {self.pattern!r}"
        if not self.least <= float(found[-1]) <= self.most:
            return f"{found[-1]} is not between {self.least:g} and {self.most:g}"
        return ""


FIGURES = {
    "predictor": Figure(r"c is now (\S+)\. ", 0.6208, 0.6220),
    "classifier": Figure(r"after the outlier (\d+) of 10\.", 10, 10),
    "logic": Figure(r"^ 1  1 .* (\S+)$", 0.49, 0.51),
    "and_gate": Figure(r"^ 1  1 +(\S+) ", 0.9721, 0.9721),
    "xor": Figure(r"^ 1  1   0   (\S+)$", 0, 0.05),
    "neuron": Figure(r"the same from core: (\S+)$", 0.7006, 0.7006),
    "signals": Figure(r"the same from core: .* (\S+)$", 0.7773, 0.7773),
    "errors": Figure(r"^hidden 3 to output 3 .* (\S+)$", -1e-9, 1e-9),
    "descent": Figure(r"^  29 +\S+ +(\S+) ", 0, 0.02),
    "digit": Figure(r"from 0\.01 to (\S+)\.$", 1, 1),
    "hundred": Figure(r"The ten test digits: (\d+)% are read\.", 60, 100),
    "mnist": Figure(r"epoch 5 of 5 +accuracy (\S+)", 0.4, 1, "--short"),
    "handwriting": Figure(r"our way (\d+)%\.", 80, 100, "--short"),
    "mind": Figure(r"  9: (\S+)$", 0.2, 1),
    "ascent": Figure(r"9: (\d+)%", 50, 100),
    "resilience": Figure(r"^ +95% .* (\S+)%$", 5, 60),
}
"""Of each lesson the last figure by which one sees whether it came out as it does on a PC.

``digits8`` is not among them: it needs scikit-learn.
"""


def every(testbed: Testbed) -> str:
    """All lessons, one after the other; what each said is kept in ``lessons.log``."""
    # They want the only processor for themselves; `Testbed.prepare` starts the service again.
    testbed.pi.shell(f"systemctl stop {UNIT}", 180.0)
    wrong: list[str] = []
    took: dict[str, float] = {}
    with (testbed.pi.folder / "lessons.log").open("w") as log:
        for name, figure in FIGURES.items():
            command = f"python3 -m tools.lessons {name} {figure.options}".strip()
            started = time.monotonic()
            result = testbed.pi.shell(f"cd {CHECKOUT} && {command}", LESSON_S, check=False)
            took[name] = time.monotonic() - started
            print(f"$ {command}\n{result.text}[{took[name]:.0f} s]\n", file=log, flush=True)
            problem = figure.wrong_in(result.text)
            if result.code:
                problem = f"exit code {result.code}: {result.text.strip()[-300:]}"
            if problem:
                wrong.append(f"{name}: {problem}")
    if wrong:
        raise Failed("; ".join(wrong))
    longest = max(took, key=lambda name: took[name])
    return (
        f"{len(took)} lessons in {sum(took.values()) / 60:.0f} minutes; "
        f"the longest, {longest}, in {took[longest]:.0f} s"
    )
