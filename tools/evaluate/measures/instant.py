"""What a label does at once: the memory of labelled examples, of simulated and real owners.

An owner shows sheets with a habit until some are misread, and labels the first one, or the
first three; others are then read with these in memory. What it costs those who write otherwise
is measured on MNIST, on photographs by others, and with wrong labels. No night is held.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.exemplars.builder import Example, MemoryBuilder
from core.exemplars.memory import LEAST_LIKENESS, ExemplarMemory
from core.exemplars.units import unit_vectors
from core.integer.network import IntegerNetwork, softmax
from core.reading.reader import Reader, Reading
from core.vision.imagefile import load_frame
from tools.evaluate import prepared_frames
from tools.evaluate.measures.mnist import load_test_digits
from tools.evaluate.measures.more_owners import DRAWN, FROM_FONTS
from tools.evaluate.measures.owner import WRONG_LABELS, Outcome, mistaken
from tools.evaluate.measures.owners import OWNERS, Owner
from tools.evaluate.photographs import Photograph, read_index
from tools.evaluate.prepared_frames import PreparedFrame
from tools.evaluate.progress import Steps
from tools.fetch_fonts.files import require_fonts

SHOWN, UNSEEN = 30, 60
"""Sheets of a habit that are shown before any is labelled, and those read afterwards."""

LABELS = (1, 3, 30)
SEED = 2029

REAL_LABELLED, REAL_LEAST, SPLITS = 10, 20, 3
SEVERAL = "other"
"""A writer whose name ends so is several."""

CURVE = (0.70, 0.75, 0.80, 0.85, 0.90)
"""Least likenesses whose gain and loss are printed."""

GONE = {1: 0.75, 3: 0.88}
MNIST_MEAN = {1: -0.0005, 3: -0.0015, 30: -0.0015}
MNIST_WORST = -0.004
PHOTOGRAPHS = -0.003
REAL_LEFT = 14 / 18


class Crops:
    """Crops of known classes, and what the network alone makes of them.

    network : whose features are taken, once.
    """

    def __init__(self, network: IntegerNetwork, images: NDArray[np.generic]) -> None:
        features, logits = network.embed(images)
        self.units, self.probabilities = unit_vectors(features), softmax(logits)
        self.alone = self.probabilities.argmax(axis=1)

    def read(self, memory: ExemplarMemory) -> NDArray[np.intp]:
        """The class of each with a memory, (n,)."""
        found = memory.recall(self.units, self.probabilities)
        labels = [-1 if each is None else each.label for each in found]
        return np.where(np.array(labels) >= 0, labels, self.alone)

    def changed(self, memory: ExemplarMemory) -> NDArray[np.intp]:
        """Which are read by it."""
        found = memory.recall(self.units, self.probabilities)
        return np.flatnonzero([each is not None for each in found])


class Sheets:
    """Frames that show a digit each, and their readings without a memory."""

    def __init__(self, reader: Reader, frames: Sequence[PreparedFrame]) -> None:
        assert isinstance(reader.network, IntegerNetwork)
        self.frames = frames
        self._reader = reader
        images = [each.image for one in frames for each in one.candidates]
        self._crops = Crops(reader.network, np.array(images).reshape(-1, 28, 28))
        counts = [len(one.candidates) for one in frames]
        self._frame = np.repeat(np.arange(len(frames)), counts)
        self.readings: list[Reading] = [
            reader.read_candidates(each.candidates) for each in frames
        ]
        self.wrong = self._errors(self.readings)

    def errors(self, memory: ExemplarMemory) -> NDArray[np.bool_]:
        """Which are not read as their label with a memory; unread is wrong."""
        readings = list(self.readings)
        self._reader.memory = memory
        try:
            for number in np.unique(self._frame[self._crops.changed(memory)]).tolist():
                found = self.frames[number].candidates
                readings[number] = self._reader.read_candidates(found)
        finally:
            self._reader.memory = None
        return self._errors(readings)

    def part(self, numbers: Sequence[int]) -> Sheets:
        """Some of them."""
        return Sheets(self._reader, [self.frames[number] for number in numbers])

    def examples(self, numbers: Sequence[int]) -> list[Example]:
        """Those of these sheets that leave a sample, with their labels."""
        found = []
        for number in numbers:
            reading = self.readings[number]
            if reading.candidate is not None and reading.guess is not None:
                image = (reading.candidate.image * 255).round().astype(np.uint8)
                found.append(Example(number, self.frames[number].label, image))
        return found

    def _errors(self, readings: Sequence[Reading]) -> NDArray[np.bool_]:
        pairs = zip(readings, self.frames, strict=True)
        return np.array([reading.digit != frame.label for reading, frame in pairs], np.bool_)


@dataclass
class Habit:
    """A digit of an owner's: sheets that were misread, and others."""

    name: str
    shown: Sheets
    unseen: Sheets

    def labelled(self, count: int) -> list[Example]:
        """The first sheets that are misread and leave a sample."""
        return self.shown.examples(np.flatnonzero(self.shown.wrong).tolist())[:count]


@dataclass
class Instant:
    """What all parts of the measure share."""

    reader: Reader
    work: Path | None
    count: int
    mnist: Crops
    labels: NDArray[np.uint8]
    memories: MemoryBuilder = field(init=False)
    right: float = field(init=False)

    def __post_init__(self) -> None:
        assert isinstance(self.reader.network, IntegerNetwork)
        self.memories = MemoryBuilder(self.reader.network)
        self.right = float(np.mean(self.mnist.alone == self.labels))

    def memory(
        self, examples: Sequence[Example], least: float = LEAST_LIKENESS
    ) -> ExemplarMemory:
        """The memory of these examples."""
        self.memories.want(examples)
        while self.memories.step():
            pass
        made = self.memories.memory
        assert made is not None
        return ExemplarMemory(made.network, made.examples, made.numbers, made.references, least)

    def mnist_change(self, memory: ExemplarMemory) -> float:
        """What MNIST gains by a memory."""
        return float(np.mean(self.mnist.read(memory) == self.labels)) - self.right

    def sheets(self, name: str, prepare: Callable[[], list[PreparedFrame]]) -> Sheets:
        """Prepared frames, kept in `work` between two calls."""
        path = None if self.work is None else self.work / f"instant-{name}.npz"
        if path is not None and path.exists():
            return Sheets(self.reader, prepared_frames.load(path))
        frames = prepare()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            prepared_frames.save(path, frames)
        return Sheets(self.reader, frames)


def measure(reader: Reader, arguments: argparse.Namespace) -> int:
    """Print the tables; 1 if a floor is missed."""
    if reader.judge is None or not isinstance(reader.network, IntegerNetwork):
        raise DatasetError("a memory is of weights that read in whole numbers, with a judge")
    test = load_test_digits(arguments.data)
    index = read_index(arguments.folder, "photo_single")
    owners = all_owners()
    count = arguments.count or UNSEEN
    digits = Crops(reader.network, np.asarray(test.images))
    run = Instant(reader, arguments.work, count, digits, np.asarray(test.labels))
    number = sum(len(owner.habitual) for _, owner in owners)
    left = Steps("frames", (number + len(owners)) * (SHOWN + count) + len(index))
    habits = [
        habit(run, number, owner, digit, left)
        for number, owner in owners
        for digit in owner.habitual
    ]
    usual = [(owner.name, written(run, number, owner, left)) for number, owner in owners]
    photographs = run.sheets(f"photos-{len(index)}", lambda: _photographs(index, left))
    checks = [
        *gains(run, habits, photographs),
        *all_labels(run, usual, photographs),
        real_hands(run, index, photographs),
        wrong_labels(run, usual),
    ]
    gone = curve(run, habits)
    print()
    for text, holds in checks:
        print(f"{'ok  ' if holds else 'MISS'}  {text}")
    print(f"instant {gone[1]:.4f} (n={len(habits) * count}, after three {gone[3]:.4f})")
    return 0 if all(holds for _, holds in checks) else 1


def all_owners() -> list[tuple[int, Owner]]:
    """The owners with their numbers; without those of fonts where there are no fonts."""
    owners: list[Owner] = [*OWNERS, *DRAWN]
    try:
        require_fonts()
    except DatasetError as error:
        print(f"without the {len(FROM_FONTS)} owners who write as a font: {error}")
    else:
        owners += FROM_FONTS
    return list(enumerate(owners))


def habit(run: Instant, number: int, owner: Owner, digit: int, left: Steps) -> Habit:
    """Sheets of one digit of an owner's."""
    total = SHOWN + run.count
    drawn = run.sheets(
        f"habit{number}-{digit}-{total}",
        lambda: [_frame(number, owner, digit, digit, each, left) for each in range(total)],
    )
    shown, unseen = drawn.part(range(SHOWN)), drawn.part(range(SHOWN, total))
    return Habit(f"{owner.name}: {digit}", shown, unseen)


def written(run: Instant, number: int, owner: Owner, left: Steps) -> Sheets:
    """Sheets of an owner's, all digits in turn."""
    total = SHOWN + run.count
    return run.sheets(
        f"any{number}-{total}",
        lambda: [_frame(number, owner, 99, each % 10, each, left) for each in range(total)],
    )


def _frame(
    number: int, owner: Owner, kind: int, digit: int, each: int, left: Steps
) -> PreparedFrame:
    rng = np.random.default_rng([SEED, number, kind, each])
    return left.after(PreparedFrame.of(owner.scene(rng, digit).frame, digit, places=True))


def _photographs(index: Sequence[Photograph], left: Steps) -> list[PreparedFrame]:
    found = []
    for each in index:
        label = -1 if each.digit is None else each.digit
        found.append(left.after(PreparedFrame.of(load_frame(each.path), label, places=True)))
    return found


def gains(run: Instant, habits: Sequence[Habit], photographs: Sheets) -> list[tuple[str, bool]]:
    """Errors after one and three labels, and what they cost others."""
    print(f"a habit's errors of {run.count} unseen sheets: before, after 1 label, after 3")
    before, after = 0, dict.fromkeys(LABELS[:2], 0)
    change: dict[int, list[float]] = {count: [] for count in LABELS[:2]}
    others: dict[int, list[float]] = {count: [] for count in LABELS[:2]}
    for each in habits:
        before += int(each.unseen.wrong.sum())
        said = []
        for count in LABELS[:2]:
            memory = run.memory(each.labelled(count))
            errors = each.unseen.errors(memory)
            after[count] += int(errors.sum())
            change[count].append(run.mnist_change(memory))
            others[count].append(_gain(photographs, memory))
            said.append(f"{int(errors.sum()):3d} (MNIST {change[count][-1]:+.4f}, "
                        f"photographs {others[count][-1]:+.4f})")  # fmt: skip
        misread = int(each.shown.wrong.sum())
        print(
            f"  {each.name:16s} {misread:2d} of {SHOWN} misread  "
            f"{int(each.unseen.wrong.sum()):3d} -> {' -> '.join(said)}",
            flush=True,
        )
    checks = []
    for count in LABELS[:2]:
        gone = 1 - after[count] / max(1, before)
        checks.append(
            (f"errors {before} -> {after[count]}, {gone:.3f} gone after {count}: "
             f"{GONE[count]}", gone >= GONE[count])
        )  # fmt: skip
        checks += harm(count, change[count], others[count])
    return checks


def all_labels(
    run: Instant, usual: Sequence[tuple[str, Sheets]], photographs: Sheets
) -> list[tuple[str, bool]]:
    """What it costs others that an owner labels SHOWN sheets, all digits, read right or not."""
    print(f"\n{SHOWN} labels, all digits in turn: the owner's own, and others'")
    changes, others = [], []
    for name, sheets in usual:
        memory = run.memory(sheets.examples(range(SHOWN)))
        own = sheets.part(range(SHOWN, len(sheets.frames)))
        changes.append(run.mnist_change(memory))
        others.append(_gain(photographs, memory))
        print(
            f"  {name:16s} {int(own.wrong.sum()):3d} -> {int(own.errors(memory).sum()):3d} of "
            f"{len(own.frames)}  MNIST {changes[-1]:+.4f}  photographs {others[-1]:+.4f}",
            flush=True,
        )
    return harm(LABELS[2], changes, others)


def _gain(sheets: Sheets, memory: ExemplarMemory) -> float:
    """The share of sheets that are read with a memory, less that without."""
    return float(sheets.wrong.mean() - sheets.errors(memory).mean())


def harm(
    count: int, mnist: Sequence[float], photographs: Sequence[float]
) -> list[tuple[str, bool]]:
    """The floors of what a memory of so many labels costs others."""
    mean, worst, others = float(np.mean(mnist)), min(mnist), float(np.mean(photographs))
    return [
        (f"MNIST with {count}: {mean:+.5f} on average, {worst:+.4f} at worst",
         mean >= MNIST_MEAN[count] and worst >= MNIST_WORST),
        (f"photographs by others with {count}: {others:+.5f} on average, "
         f"{min(photographs):+.4f} at worst", others >= PHOTOGRAPHS),
    ]  # fmt: skip


def real_hands(
    run: Instant, index: Sequence[Photograph], photographs: Sheets
) -> tuple[str, bool]:
    """Errors on photographs by one hand, without and with some of them labelled.

    A label can mend only what a hand does twice, so the errors of digits that it has misread
    in two photographs or more are counted apart; the floor holds for those if not for all.
    """
    writers: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(index):
        writer = each.note.partition("writer=")[2].partition(";")[0].strip()
        if writer and not writer.endswith(SEVERAL) and each.digit is not None:
            writers[f"{each.source.partition('/')[0]}/{writer}"].append(number)
    print(f"\nreal hands: {REAL_LABELLED} labelled, the rest read, {SPLITS} splits")
    before = after = 0
    twice, left = 0, 0
    worse = []
    for name, numbers in writers.items():
        if len(numbers) < REAL_LEAST:
            continue
        missed = [index[each].digit for each in numbers if photographs.wrong[each]]
        again = [number for number in numbers if missed.count(index[number].digit) > 1]
        was = now = 0
        for split in range(SPLITS):
            order = np.random.default_rng([SEED, split]).permutation(numbers).tolist()
            memory = run.memory(photographs.examples(order[:REAL_LABELLED]))
            rest = order[REAL_LABELLED:]
            errors, same = photographs.errors(memory), sorted({*rest} & {*again})
            was += int(photographs.wrong[rest].sum())
            now += int(errors[rest].sum())
            twice += int(photographs.wrong[same].sum())
            left += int(errors[same].sum())
        before, after = before + was, after + now
        worse += [name] * (now - was > SPLITS)
        print(
            f"  {name:36s} {was:3d} -> {now:3d} of {SPLITS * (len(numbers) - REAL_LABELLED)}"
            f"  misread: {' '.join(map(str, missed)) or 'none'}"
        )
    holds = after <= REAL_LEFT * before or left <= REAL_LEFT * twice
    said = (
        f"real hands: {before} -> {after} errors, of digits that a hand misreads twice "
        f"{twice} -> {left}; worse by more than one: {', '.join(worse) or 'none'}"
    )
    return said, holds and not worse


def wrong_labels(run: Instant, usual: Sequence[tuple[str, Sheets]]) -> tuple[str, bool]:
    """Whether an owner is worse off with SHOWN labels, one in ten of which is wrong."""
    print(f"\nthe same {SHOWN} labels, {WRONG_LABELS:.0%} of them wrong")
    worse = []
    for name, sheets in usual:
        memory = run.memory(mislabelled(sheets.examples(range(SHOWN))))
        own = sheets.part(range(SHOWN, len(sheets.frames)))
        outcome = Outcome(name, own.wrong, own.errors(memory), True)
        worse += [name] * outcome.worse
        before, after = int(outcome.before.sum()), int(outcome.after.sum())
        print(f"  {name:16s} {before:3d} -> {after:3d} of {len(own.frames)}  p {outcome.p:.3f}")
    said = ", ".join(worse) or "none"
    return f"one label in ten wrong: significantly worse {said}", not worse


def mislabelled(examples: Sequence[Example]) -> list[Example]:
    """The examples, WRONG_LABELS of them with another label."""
    labels = mistaken([each.label for each in examples], SEED)
    return [
        Example(each.number, label, each.image)
        for each, label in zip(examples, labels, strict=True)
    ]


def curve(run: Instant, habits: Sequence[Habit]) -> dict[int, float]:
    """Print gain and loss by the least likeness; the gain at LEAST_LIKENESS by labels."""
    print("\nleast likeness: errors gone, MNIST on average and at worst, after 1 and 3 labels")
    at = {}
    before = max(1, sum(int(each.unseen.wrong.sum()) for each in habits))
    for least in CURVE:
        said = []
        for count in LABELS[:2]:
            memories = [run.memory(each.labelled(count), least) for each in habits]
            pairs = zip(habits, memories, strict=True)
            after = sum(int(each.unseen.errors(memory).sum()) for each, memory in pairs)
            changes = [run.mnist_change(memory) for memory in memories]
            said.append(
                f"{1 - after / before:.3f}  {np.mean(changes):+.5f} {min(changes):+.4f}"
            )
            if least == LEAST_LIKENESS:
                at[count] = 1 - after / before
        print(f"  {least:.2f}  {'    '.join(said)}", flush=True)
    return at
