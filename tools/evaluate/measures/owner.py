"""Errors on an owner's digits before and after a night, of simulated and of real owners.

Each owner labels a few digits, a night is run as on the device, with its gate, and held-out
digits are read before and after. The errors are those of the whole path with the judge; only
the search of the frames, which no night changes, is done once. The drawn owners hold two more
nights each, by which the gate alone is judged: whether honest nights that would make fewer
errors are let in. The first nights are read with the memory of labelled examples as well: what
does a night add to it?
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import modelfile, pretrained
from core.errors import DatasetError
from core.exemplars.builder import Example, memory_of
from core.integer.network import IntegerNetwork
from core.modelfile import Model
from core.reading.reader import Reader
from core.vision.imagefile import load_frame
from pi.retraining import cross_validation, features, gate, nightly
from pi.retraining.cross_validation import FineTuneResult
from pi.retraining.features import ReplaySet
from pi.retraining.recipe import Recipe
from pi.retraining.resume_cache import RunContext, Stopped
from pi.samples.store import Sample
from tools.evaluate import prepared_frames
from tools.evaluate.measures.mnist import load_test_digits
from tools.evaluate.measures.owners import OWNERS
from tools.evaluate.photographs import read_index
from tools.evaluate.prepared_frames import PreparedFrame
from tools.evaluate.progress import show_progress

LABELLED, UNSEEN = 30, 500
REAL_LABELLED, REAL_LEAST, SPLITS = 15, 20, 3
WRONG_LABELS = 0.1
SEED = 2027

HALF = 0.5
MNIST_MEAN, MNIST_WORST = -0.0005, -0.0015
LET_IN = 0.95
SIGNIFICANT = 0.05


@dataclass
class Outcome:
    """Errors of one owner: which of the unseen digits, before and after a night.

    offered : with the weights that were judged, let in or not; None if there were none.
    model : what reads after the night.
    suspects : numbers of the samples whose label the night doubts.
    """

    name: str
    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    promoted: bool
    mnist: float = 0.0
    why: str = ""
    offered: NDArray[np.bool_] | None = None
    model: Model | None = None
    suspects: frozenset[int] = frozenset()

    @property
    def helps(self) -> bool:
        """Whether the weights that were judged make fewer errors."""
        return self.offered is not None and bool(self.offered.sum() < self.before.sum())

    @property
    def worse(self) -> bool:
        """Whether it is significantly worse: McNemar's exact test, two-sided."""
        return bool(self.after.sum() > self.before.sum()) and self.p < SIGNIFICANT

    @property
    def p(self) -> float:
        """Probability of at least so uneven a change by chance."""
        lost = int((self.after & ~self.before).sum())
        won = int((self.before & ~self.after).sum())
        total, least = lost + won, min(lost, won)
        tail = sum(math.comb(total, each) for each in range(least + 1)) / 2.0**total
        return min(1.0, 2 * tail)


@dataclass
class OwnerRun:
    """What every night of the experiment shares."""

    model: Model
    recipe: Recipe
    replay: ReplaySet
    mnist: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    mnist_before: float = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader.of(self.model)
        self.network = self.model.network.folded()
        self.mnist_before = self._score(self.reader)

    def _score(self, reader: Reader) -> float:
        images, labels = self.mnist
        return float(np.mean(reader.network.predict(images) == labels))

    def samples(self, shown: Sequence[PreparedFrame]) -> list[Sample]:
        """As of `labelled_samples`, read by the model that the nights begin with."""
        return labelled_samples(self.reader, shown)

    def night(
        self, name: str, samples: list[Sample], unseen: Sequence[PreparedFrame]
    ) -> Outcome:
        """Run a night on `samples`, and read the held-out frames before and after."""
        before = self.errors(self.reader, unseen)
        with tempfile.TemporaryDirectory() as folder:
            context = RunContext(Path(folder))
            result = cross_validation.run(
                self.network, samples, self.recipe, context, self.replay
            )
            decision = nightly.judge(self.model, pretrained.load(), result, samples)
        if not decision.data:
            return Outcome(name, before, before, False, why=decision.why, model=self.model)
        doubted = frozenset(number for number, *_ in gate.suspects(decision.after, samples))
        model = modelfile.unpack(decision.data)
        reader = Reader.of(model)
        offered = self.errors(reader, unseen)
        outcome = Outcome(name, before, offered, True, 0.0, "", offered, model, doubted)
        if decision.accepted is None:
            refused = {"after": before, "promoted": False, "model": self.model}
            return replace(outcome, **refused, why=decision.why)
        return replace(outcome, mnist=self._score(reader) - self.mnist_before)

    def remembering(
        self, model: Model, samples: Sequence[Sample], unseen: Sequence[PreparedFrame]
    ) -> int:
        """Errors of a model with the samples in the memory of labelled examples; of one that
        has no whole numbers those without."""
        reader = Reader.of(model)
        if isinstance(reader.network, IntegerNetwork):
            images, labels = cross_validation.arrays(samples)
            examples = zip(range(len(samples)), labels.tolist(), images, strict=True)
            reader.memory = memory_of(reader.network, [Example(*each) for each in examples])
        return int(self.errors(reader, unseen).sum())

    def errors(self, reader: Reader, unseen: Sequence[PreparedFrame]) -> NDArray[np.bool_]:
        """Which frames are not read as their label; unread is wrong."""
        labels = np.array([each.label for each in unseen])
        return np.asarray(prepared_frames.called(reader, unseen) != labels)


def measure(reader: Reader, arguments: argparse.Namespace) -> int:
    """Print the table; 1 if a floor is missed."""
    if reader.judge is None:
        raise DatasetError("the owners are read with a judge, and this model has none")
    recipe = Recipe()
    test = load_test_digits(arguments.data)
    path = arguments.model or pretrained.PATH
    model = modelfile.load(path)
    replay = features.replay_set(model.network.output_shape[0], recipe)
    mnist = np.asarray(test.images), np.asarray(test.labels)
    run = OwnerRun(model, recipe, replay, mnist)
    count = arguments.count or UNSEEN
    drawn = [
        (owner.name, _drawn(number, count, arguments.work))
        for number, owner in enumerate(OWNERS)
    ]
    clean, mislabelled, more, labels = [], [], list[Outcome](), []
    remembered = np.zeros(2, np.intp)
    print(f"drawn owners: {LABELLED} labelled, {count} unseen each", flush=True)
    for name, digits in drawn:
        samples = run.samples(digits[:LABELLED])
        clean.append(run.night(name, samples, digits[LABELLED:]))
        _print(clean[-1])
        remembered += [
            run.remembering(each, samples, digits[LABELLED:])
            for each in (model, clean[-1].model or model)
        ]
        wrong = with_wrong_labels(samples)
        labels.append({a.id for a, b in zip(samples, wrong, strict=True) if a.label != b.label})
        mislabelled.append(run.night(f"{name}, wrong labels", wrong, digits[LABELLED:]))
        more += _more_nights(run, name, samples, clean[-1], digits[LABELLED:])
    print(f"\nthe same with {WRONG_LABELS:.0%} of the labels wrong")
    for each in mislabelled:
        _print(each)
    print(_suspected(mislabelled, labels))
    print("\nnight 2, and a night of what is misread alone")
    for each in more:
        _print(each)
    errors = sum(int(each.before.sum()) for each in clean)
    print(
        f"\nwith the memory on: of {errors} errors {remembered[0]} are left by {LABELLED} "
        f"labels, {remembered[1]} after the night as well"
    )
    real = list(_real_nights(run, arguments.folder, arguments.work))
    same = resumed_alike(run, run.samples(drawn[0][1][:LABELLED]))
    return check_floors(clean, mislabelled, real, more, same)


def check_floors(
    clean: list[Outcome],
    mislabelled: list[Outcome],
    real: list[Outcome],
    more: list[Outcome],
    same: bool,
) -> int:
    """Print whether each floor holds; 1 if one does not.

    more : honest nights that count for the gate alone.
    """
    helpful = [each for each in clean + real + more if each.helps]
    let_in = sum(each.promoted for each in helpful)
    changes = [each.mnist for each in clean + real if each.promoted] or [0.0]
    pooled = _pooled(clean + real)
    checks = [
        (f"pooled errors {pooled[0]} -> {pooled[1]}: halved", pooled[1] <= HALF * pooled[0]),
        ("no owner significantly worse", not any(each.worse for each in clean + real)),
        (
            f"MNIST {np.mean(changes):+.5f} on average, {min(changes):+.5f} at worst",
            float(np.mean(changes)) >= MNIST_MEAN and min(changes) >= MNIST_WORST,
        ),
        (
            f"{WRONG_LABELS:.0%} of labels wrong: no owner significantly worse",
            not any(each.worse for each in mislabelled),
        ),
        (
            f"{let_in} of {len(helpful)} honest nights that make fewer errors are let in",
            let_in >= LET_IN * len(helpful),
        ),
        ("a night resumed three times gives the same bits", same),
    ]
    print()
    for text, holds in checks:
        print(f"{'ok  ' if holds else 'MISS'}  {text}")
    drawn, real_errors = _pooled(clean), _pooled(real)
    print(
        f"owner {1 - pooled[1] / max(1, pooled[0]):.4f} of errors gone "
        f"(drawn {drawn[0]} -> {drawn[1]}, real {real_errors[0]} -> {real_errors[1]})"
    )
    return 0 if all(holds for _, holds in checks) else 1


def _more_nights(
    run: OwnerRun,
    name: str,
    samples: list[Sample],
    first: Outcome,
    unseen: Sequence[PreparedFrame],
) -> Iterator[Outcome]:
    """A second night, after the first, with as many labels more; and one from the beginning, of
    those of a hundred digits alone that were misread, if there are two."""
    shown, rest = unseen[: len(unseen) // 5], unseen[len(unseen) // 5 :]
    assert first.model is not None
    later = OwnerRun(first.model, run.recipe, run.replay, run.mnist)
    new = later.samples(shown[: len(samples)])
    yield later.night(f"{name}, night 2", samples + _renumbered(new, len(samples)), rest)
    misread = [each for each in run.samples(shown) if each.corrected]
    if len(misread) > 1:
        yield run.night(f"{name}, misread alone", misread, rest)


def _suspected(outcomes: Sequence[Outcome], wrong: Sequence[set[int]]) -> str:
    """How many of the wrong labels of each night it doubts, and how many right ones."""
    pairs = list(zip(outcomes, wrong, strict=True))
    found = sum(len(each.suspects & numbers) for each, numbers in pairs)
    others = sum(len(each.suspects - numbers) for each, numbers in pairs)
    count = sum(map(len, wrong))
    return f"the nights doubt {found} of {count} wrong labels, and {others} that are right"


def _renumbered(samples: Sequence[Sample], after: int) -> list[Sample]:
    return [replace(each, id=after + number) for number, each in enumerate(samples, 1)]


def _pooled(outcomes: Sequence[Outcome]) -> tuple[int, int]:
    return (
        sum(int(each.before.sum()) for each in outcomes),
        sum(int(each.after.sum()) for each in outcomes),
    )


def _print(outcome: Outcome) -> None:
    n = len(outcome.before)
    state = f"MNIST {outcome.mnist:+.4f}" if outcome.promoted else f"discarded: {outcome.why}"
    state += "" if outcome.promoted or not outcome.helps else " (it would help)"
    print(
        f"{int(outcome.before.sum()):4d} -> {int(outcome.after.sum()):4d} of {n:4d}  "
        f"p {outcome.p:.3f}  {outcome.name:28s} {state}",
        flush=True,
    )


def cached(
    work: Path | None, name: str, prepare: Callable[[], list[PreparedFrame]]
) -> list[PreparedFrame]:
    """Prepared frames, kept in ``work`` between two calls."""
    path = None if work is None else work / name
    if path is not None and path.exists():
        return prepared_frames.load(path)
    digits = prepare()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        prepared_frames.save(path, digits)
    return digits


def _drawn(number: int, count: int, work: Path | None) -> list[PreparedFrame]:
    """An owner's digits, 0 to 9 in turn."""

    def prepare() -> list[PreparedFrame]:
        digits = []
        for each in range(LABELLED + count):
            rng = np.random.default_rng([SEED, number, each])
            digits.append(
                PreparedFrame.of(OWNERS[number].scene(rng, each % 10).frame, each % 10)
            )
            show_progress(each + 1, LABELLED + count)
        return digits

    return cached(work, f"owner{number}-{LABELLED + count}.npz", prepare)


def labelled_samples(reader: Reader, shown: Sequence[PreparedFrame]) -> list[Sample]:
    """Labelled samples of the frames in which a candidate is found."""
    samples = []
    for number, each in enumerate(shown, 1):
        found = reader.read_candidates(each.candidates)
        if found.candidate is not None and found.guess is not None:
            image = (found.candidate.image * 255).round().astype(np.uint8).tobytes()
            samples.append(Sample(image, found.guess, label=each.label, id=number))
    return samples


def with_wrong_labels(samples: list[Sample]) -> list[Sample]:
    """The samples, WRONG_LABELS of them with another label."""
    labels = mistaken([each.label for each in samples], SEED)
    return [
        each if each.label == label else Sample(each.image, each.guess, label=label, id=each.id)
        for each, label in zip(samples, labels, strict=True)
    ]


def mistaken(labels: Sequence[int], seed: int) -> list[int]:
    """The labels, WRONG_LABELS of them others."""
    rng = np.random.default_rng(seed)
    wrong = rng.choice(len(labels), round(WRONG_LABELS * len(labels)), replace=False)
    changed = list(labels)
    for number in wrong.tolist():
        changed[number] = (changed[number] + int(rng.integers(1, 10))) % 10
    return changed


def _real_nights(run: OwnerRun, folder: Path, work: Path | None) -> Iterator[Outcome]:
    """Nights of those who wrote at least REAL_LEAST of the photographs, several splits each."""
    print(f"\nreal owners: {REAL_LABELLED} labelled, the rest unseen, {SPLITS} splits")
    for writer, digits in _photographed(folder, work).items():
        if len(digits) < REAL_LEAST:
            continue
        for split in range(SPLITS):
            order = np.random.default_rng([SEED, split]).permutation(len(digits)).tolist()
            shown = [digits[each] for each in order]
            samples = run.samples(shown[:REAL_LABELLED])
            yield (
                outcome := run.night(f"{writer} {split + 1}", samples, shown[REAL_LABELLED:])
            )
            _print(outcome)


def _photographed(folder: Path, work: Path | None) -> dict[str, list[PreparedFrame]]:
    """Digits by writer, where the index names one."""
    photographs = read_index(folder, "photo_single")

    def prepare() -> list[PreparedFrame]:
        digits = []
        for number, each in enumerate(photographs, 1):
            label = -1 if each.digit is None else each.digit
            digits.append(PreparedFrame.of(load_frame(each.path), label))
            show_progress(number, len(photographs))
        return digits

    digits = cached(work, f"photos-{len(photographs)}.npz", prepare)
    writers = defaultdict(list)
    for photograph, one in zip(photographs, digits, strict=True):
        writer = photograph.note.partition("writer=")[2].partition(";")[0].strip()
        if writer and one.label >= 0:
            writers[f"{photograph.source.partition('/')[0]}/{writer}"].append(one)
    return writers


def resumed_alike(
    run: OwnerRun, samples: list[Sample], stops: Sequence[int] = (700, 1100, 900)
) -> bool:
    """Whether a night that is stopped after so many batches ends as one that runs through."""

    def hold(folder: str, batches: int | None = None) -> FineTuneResult:
        left = itertools.count() if batches is None else iter(range(batches))
        context = RunContext(Path(folder), stop=lambda: next(left, None) is None)
        return cross_validation.run(run.network, samples, run.recipe, context, run.replay)

    stopped = 0
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as cut:
        expected = hold(whole)
        for batches in stops:
            try:
                hold(cut, batches)
            except Stopped:
                stopped += 1
        found = hold(cut)
    return stopped == len(stops) and all(
        np.array_equal(one.network.values, other.network.values)
        for one, other in zip(found.blends, expected.blends, strict=True)
    )
