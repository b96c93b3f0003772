"""The measures: title, unit, goal and floor of each; and a result of one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tools.bench.timing import spread


@dataclass(frozen=True)
class Measure:
    """A line of the table. ``higher`` : more is better, as of ratios; times are the less the
    better. Without a floor it is printed and fails nothing."""

    key: str
    title: str
    unit: str
    goal: float | None = None
    floor: float | None = None
    higher: bool = True

    def holds(self, value: float) -> bool:
        """Whether the value is no worse than the floor."""
        if self.floor is None:
            return True
        return value >= self.floor if self.higher else value <= self.floor


@dataclass(frozen=True)
class Result:
    """The values of a measure, or why there are none; ``note`` says what was measured."""

    key: str
    values: tuple[float, ...] = ()
    note: str = ""
    skipped: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def measure(self) -> Measure:
        """What it is a result of."""
        return MEASURES[self.key]

    @property
    def missed(self) -> bool:
        """Whether it is worse than its floor. What could not be measured missed nothing."""
        return not self.skipped and not self.measure.holds(self.value)

    def as_json(self) -> dict[str, Any]:
        """For --json."""
        measure = asdict(self.measure)
        about = {name: measure[name] for name in ("title", "unit", "goal", "floor")}
        if self.skipped:
            return about | {"skipped": self.skipped}
        return about | {
            "value": self.value,
            "quartiles": list(spread(list(self.values))),
            "values": list(self.values),
            "note": self.note,
            "missed": self.missed,
        }


def _measures(*measures: Measure) -> dict[str, Measure]:
    return {measure.key: measure for measure in measures}


WORKSTATION = _measures(
    Measure("train_seeds", "training, to the seeds' class", "x", 30, 20),
    Measure("accuracy_seeds", "accuracy after an epoch, less the seeds'", "points", 0, 0),
    Measure("train_sklearn", "training, to scikit-learn", "x", 2, 1.4),
    Measure("train_products", "training, to its matrix products alone", "x", 0.8, 0.65),
    Measure("train_torch", "training the shipped network, to PyTorch", "x", 1.0, 0.35),
    Measure("memory", "peak memory of training, over bare numpy", "MB", 64, 96, higher=False),
    Measure("digitise_scipy", "digitise, to the same with scipy.ndimage", "x", 2, 1),
)
"""On the machine at hand."""

DEVICE = _measures(
    Measure("frame_digit", "a frame with a digit to a decision", "ms", 25, 50, higher=False),
    Measure("frame_memory", "the same, 512 labels in memory, more", "ms", 0.3, 1, higher=False),
    Measure("frame_room", "a room with no sheet", "ms", 30, 55, higher=False),
    Measure("frame_same", "an unchanged frame", "ms", 1, 2, higher=False),
    Measure("frame_empty", "an empty page", "ms", 4, 8, higher=False),
    Measure("network", "the network alone, one crop", "ms", 4, 6, higher=False),
    Measure("network_float", "the same in float32", "ms", higher=False),
    Measure("network_gain", "integers, to float32", "x", 8, 8),
    Measure("digitise", "digitise of a frame with a digit", "ms", higher=False),
    Measure("import_numpy", "importing numpy", "ms", higher=False),
    Measure("import_reader", "importing core.reading.reader after it", "ms", higher=False),
    Measure("load", "loading the weights", "ms", higher=False),
    Measure("start", "zerodigit run, until it is ready", "ms", higher=False),
)
"""On a Pi, real or emulated. The emulated one counts instructions, each of 1 ns."""

SERVICE = _measures(
    Measure("help", "zerodigit --help", "s", 1.5, 3, higher=False),
    Measure("status", "zerodigit status", "s", 1.5, 3, higher=False),
    Measure("ready", "service ready after start", "s", 8, 15, higher=False),
    Measure("resident", "resident memory of the service", "MB", 34, 42, higher=False),
)
"""Of the installed appliance, by the clock on the wall; emulated, a second is no Zero's."""

MEASURES = WORKSTATION | DEVICE | SERVICE
