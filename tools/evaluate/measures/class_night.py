"""Twenty owners as a class: what one night over the labelled digits of all is worth to each.

Each owner labels thirty digits and holds a night alone. Then one night is held over the digits
of all (``tools.fleet.night``), and its weights are offered to each, with the weights of the own
night in service: the owner's gate decides. What counts is how the others' habits are read
afterwards, which an owner has never shown, and that the own habits are read no worse.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import modelfile, pretrained
from core.errors import DatasetError
from core.modelfile import Model
from core.reading.reader import Reader
from pi.retraining import candidate, cross_validation, features, gate, nightly
from pi.retraining.features import ReplaySet
from pi.retraining.progress import SAY_EVERY_S, WRITE_EVERY_S, Progress
from pi.retraining.recipe import Recipe
from pi.retraining.resume_cache import RunContext
from pi.samples.store import SIDE, Sample
from tools.evaluate import prepared_frames
from tools.evaluate.measures.mnist import load_test_digits
from tools.evaluate.measures.more_owners import DRAWN, FROM_FONTS, FontOwner
from tools.evaluate.measures.owner import SIGNIFICANT, Outcome, cached, labelled_samples
from tools.evaluate.measures.owners import OWNERS, Owner
from tools.evaluate.prepared_frames import PreparedFrame
from tools.evaluate.progress import Steps
from tools.fetch_fonts.files import require_fonts
from tools.fleet import night

LABELLED, COUNT = 30, 30
SEED = 2030

NEAT = Owner("no habit", glyphs=(0,) * 10)
CLASS = (*OWNERS, *DRAWN, *FROM_FONTS, NEAT)
"""Twenty: the last has nothing to learn of its own."""

GONE = 0.30
"""Share of the errors on the others' habits that must be gone."""


@dataclass(frozen=True)
class Pupil:
    """An owner of the class: digits that are labelled, unseen ones of the habit, and any."""

    name: str
    labelled: list[PreparedFrame]
    habits: list[PreparedFrame]
    usual: list[PreparedFrame]


@dataclass(frozen=True)
class Setting:
    """What all nights share: the weights they begin with, the recipe, the replay set."""

    model: Model
    recipe: Recipe
    replay: ReplaySet

    def samples(self, shown: Sequence[PreparedFrame]) -> list[Sample]:
        """As of `labelled_samples`, read by the weights that all begin with."""
        return labelled_samples(Reader.of(self.model), shown)

    def own_night(self, samples: list[Sample]) -> Model:
        """The weights in service after a night of one owner."""
        with tempfile.TemporaryDirectory() as folder:
            context = RunContext(Path(folder))
            network = self.model.network.folded()
            result = cross_validation.run(network, samples, self.recipe, context, self.replay)
            decision = nightly.judge(self.model, self.model, result, samples)
        return modelfile.unpack(decision.data) if decision.accepted else self.model

    def offered(self, offer: Model, own: Model, samples: list[Sample]) -> str:
        """Why the weights of the class are not let in where ``own`` are in service; or ""."""
        before, after, shipped = (
            candidate.predictions(each, samples, self.replay.held_out, self.recipe.confidence)
            for each in (own, offer, self.model)
        )
        labels = self.replay.labels.tolist()
        return gate.offer_complaint(before, after, shipped, labels, samples)


def measure(reader: Reader, arguments: argparse.Namespace) -> int:
    """Print the table; 1 if a floor is missed."""
    if reader.judge is None:
        raise DatasetError("the owners are read with a judge, and this model has none")
    chosen = CLASS[: arguments.owners]
    if any(isinstance(each, FontOwner) for each in chosen):
        require_fonts()
    test = load_test_digits(arguments.data)
    model, recipe = modelfile.load(arguments.model or pretrained.PATH), Recipe()
    group = pupils(chosen, arguments.count, arguments.work)
    replay = features.replay_set(model.network.output_shape[0], recipe)
    setting = Setting(model, recipe, replay)
    samples = {each.name: setting.samples(each.labelled) for each in group}
    steps = Steps("own nights", len(group))
    own = [steps.after(setting.own_night(samples[each.name])) for each in group]
    offer = _class_night(model, samples)
    if offer is None:
        return 1
    refused = [
        setting.offered(offer, mine, samples[each.name])
        for each, mine in zip(group, own, strict=True)
    ]
    images, labels = np.asarray(test.images), np.asarray(test.labels)
    mnist = [
        float(np.mean(Reader.of(each).network.predict_proba(images).argmax(axis=1) == labels))
        for each in (model, offer)
    ]
    return report(group, _errors(group, own, offer), refused, mnist[1] - mnist[0])


Errors = list[list[NDArray[np.bool_]]]
"""Of weights and then of pupils: which unseen digits are misread, the habit's first."""


def report(
    pupils: Sequence[Pupil],
    errors: tuple[Errors, list[NDArray[np.bool_]]],
    refused: list[str],
    mnist: float,
) -> int:
    """Print a line for each owner, the totals and whether each floor holds; 1 if one does not.

    errors : of each owner's own weights, and of the weights of the class.
    refused : why each owner's gate refuses these; empty where it lets them in.
    """
    own, ours = errors
    totals = np.zeros((3, 2), np.intp)
    worse = []
    print(
        "errors with the own night -> with the class: the others' habits, own habits, any own"
    )
    for number, (pupil, why) in enumerate(zip(pupils, refused, strict=True)):
        before, after = own[number], own[number] if why else ours
        row = np.array([_counts(each, pupils, number) for each in (before, after)]).T
        totals += row
        outcome = Outcome(pupil.name, before[number], after[number], not why)
        # Among so many owners one in twenty would be significant by chance.
        significant = outcome.p < SIGNIFICANT / len(pupils)
        worse += [pupil.name] if outcome.worse and significant else []
        counts = "  ".join(f"{was:4d} -> {now:4d}" for was, now in row.tolist())
        print(f"{counts}  {pupil.name:16s} {f'not let in: {why}' if why else 'let in'}")
    (was, now), (own_was, own_now), (any_was, any_now) = totals.tolist()
    checks = [
        (
            f"the others' habits {was} -> {now}: at least {GONE:.0%} gone",
            now <= (1 - GONE) * was,
        ),
        (f"own habits {own_was} -> {own_now}: no worse", own_now <= own_was),
        (f"any own digits {any_was} -> {any_now}: no worse", any_now <= any_was),
        (f"no owner significantly worse {', '.join(worse)}".strip(), not worse),
    ]
    print()
    for text, holds in checks:
        print(f"{'ok  ' if holds else 'MISS'}  {text}")
    let_in = f"{refused.count('')} of {len(pupils)}"
    print(
        f"class {1 - now / max(1, was):.4f} of errors on the others' habits gone "
        f"({was} -> {now}; own habits {own_was} -> {own_now}; let in by {let_in}; "
        f"MNIST {mnist:+.4f})"
    )
    return 0 if all(holds for _, holds in checks) else 1


def _counts(
    errors: list[NDArray[np.bool_]], pupils: Sequence[Pupil], number: int
) -> tuple[int, int, int]:
    """Errors of one owner's weights: on the others' habits, on the own, on any own digits."""
    habits = [int(each[: len(p.habits)].sum()) for each, p in zip(errors, pupils, strict=True)]
    mine = habits.pop(number)
    return sum(habits), mine, int(errors[number].sum()) - mine


def _errors(
    pupils: Sequence[Pupil], own: Sequence[Model], offer: Model
) -> tuple[Errors, list[NDArray[np.bool_]]]:
    """What each owner's weights, and those of the class, misread of everybody's digits."""
    steps = Steps("read by everybody's weights", len(own) + 1)

    def misread(model: Model) -> list[NDArray[np.bool_]]:
        reader, found = Reader.of(model), []
        for each in pupils:
            frames = [*each.habits, *each.usual]
            labels = np.array([frame.label for frame in frames])
            found.append(np.asarray(prepared_frames.called(reader, frames) != labels))
        return steps.after(found)

    return [misread(each) for each in own], misread(offer)


def _class_night(model: Model, samples: dict[str, list[Sample]]) -> Model | None:
    """The weights of the night over all; None if it finds none that are better."""
    crops = {
        name: (
            np.frombuffer(b"".join(s.image for s in mine), np.uint8).reshape(-1, SIDE, SIDE),
            np.array([s.label for s in mine], np.uint8),
        )
        for name, mine in samples.items()
    }
    pool = night.samples_of(model, crops)
    recipe = night.recipe_for(sum(map(len, pool.values())))
    known = night.known_digits()
    with tempfile.TemporaryDirectory() as folder:
        often = WRITE_EVERY_S if sys.stderr.isatty() else SAY_EVERY_S
        progress = Progress(Path(folder), lambda said: _tell(f"class night: {said}"), often)
        found = night.hold(model, pool, recipe, known, Path(folder) / "work", progress.report)
        progress.close()
    figures = found.figures
    print(
        f"class night over {figures['digits']} digits, {len(known)} of MNIST's replayed: "
        f"{figures['before']} -> {figures['after']} errors, each by weights that had not seen "
        f"it; share {figures['share']}; {figures['why']}",
        flush=True,
    )
    return None if found.data is None else modelfile.unpack(found.data)


def _tell(said: str) -> None:
    print(said, file=sys.stderr, flush=True)


def pupils(owners: Sequence[Owner], count: int, work: Path | None) -> list[Pupil]:
    """The owners of the class, with their digits, which are kept in ``work``."""
    steps = Steps("owners drawn", len(owners))
    return [steps.after(_pupil(CLASS.index(each), count, work)) for each in owners]


def _pupil(number: int, count: int, work: Path | None) -> Pupil:
    """An owner's digits: labelled ones, 0 to 9 in turn, unseen ones of the habit, and any."""
    owner = CLASS[number]
    # One who writes nothing but slanted has a habit of all digits.
    habitual = owner.habitual or (range(10) if owner.slant else ())

    def drawn(kind: int, many: int, digit: Callable[[int], int]) -> list[PreparedFrame]:
        def prepare() -> list[PreparedFrame]:
            frames = []
            for each in range(many):
                rng = np.random.default_rng([SEED, number, kind, each])
                label = digit(each)
                frames.append(PreparedFrame.of(owner.scene(rng, label).frame, label))
            return frames

        return cached(work, f"class{number}-{kind}-{many}.npz", prepare) if many else []

    return Pupil(
        owner.name,
        drawn(0, LABELLED, lambda each: each % 10),
        drawn(1, count if habitual else 0, lambda each: habitual[each % len(habitual)]),
        drawn(2, count, lambda each: each % 10),
    )
