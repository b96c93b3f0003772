"""Holds a night: trains on the labelled samples, lets the result in if it passes, logs it.

Whatever ends it, the weights in service are whole: new ones are stored beside the old ones
and take over by one rename (:mod:`pi.retraining.promotion`). Unfinished work stays in the
folder ``night`` beside them, with the digest of what it was made from; the next night goes on
there, or begins anew if that has changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DivergedError, ModelFormatError, StorageError, WeightsError
from pi.models.registry import SHIPPED, ModelRegistry
from pi.retraining import candidate, cross_validation, gate, night_log, night_words, promotion
from pi.retraining.heads import CHECKPOINT
from pi.retraining.recipe import Recipe
from pi.retraining.resume_cache import SUFFIX, RunContext, Stopped
from pi.samples.store import Sample, SampleStore, path_of
from pi.system import health, wallclock
from pi.system.folder_lock import locked

if TYPE_CHECKING:
    from core.modelfile import Model
    from pi.config import Config
    from pi.retraining.cross_validation import FineTuneResult
    from pi.retraining.gate import GateDecision, Predictions

_log = logging.getLogger(__name__)

MEMORY_KB = 96 * 1024
"""Memory that a night takes at most, and that must be free before it begins."""

MOST = 400
"""Labelled digits that a night learns from at most: corrected ones first, then the newest."""

MOST_SUSPECTS = 20
"""Samples that a night names at most: see :func:`pi.retraining.gate.suspects`."""

LEARNT = (
    "digits", "before", "after", "read_before", "read_after", "at", "clock_trusted",
)  # fmt: skip
"""Figures of a night that the file of its weights has, too."""

_PLAN = "plan.json"

Night = dict[str, Any]
"""A line of the history: ``outcome`` is "promoted", "discarded", "nothing new", "interrupted"
or "no memory"; ``why``, and the figures."""


def run(
    config: Config,
    *,
    recipe: Recipe | None = None,
    stop: Callable[[], bool] = lambda: False,
    report: Callable[[str, float], None] = lambda stage, share: None,
    anew: bool = False,
    checkpoint_every_s: float = 120.0,
) -> Night:
    """Hold a night, or the rest of one; its line of the history.

    Parameters
    ----------
    stop, report, checkpoint_every_s : see :class:`pi.retraining.resume_cache.RunContext`.
    anew : learn even if nothing is new.

    Raises
    ------
    ServiceError : another night is at work.
    StorageError : something cannot be read or written; where that is the history alone, the
        message says what came of the night.
    ModelFormatError : not even the shipped weights can be loaded.
    """
    recipe = Recipe() if recipe is None else recipe
    folder = Path(config.samples.folder) / night_log.FOLDER
    context = RunContext(folder, stop, report, checkpoint_every_s)
    return hold(config, lambda: _night(config, recipe, context, anew))


def hold(config: Config, work: Callable[[], Night]) -> Night:
    """Do ``work``, unless there is no memory for it or the settings name a file of weights, and
    note what came of it in the history; its line there.

    Raises ServiceError, StorageError as :func:`run` does.
    """
    folder = Path(config.samples.folder) / night_log.FOLDER
    with locked(folder, "a night is at work already; see `zerodigit status`"):
        began = time.monotonic()
        if promotion.finish(ModelRegistry.of(config), folder, night_log.path_of(config)):
            _clear(folder)
        night = when() | (_hindrance(config) or work())
        night["seconds"] = round(time.monotonic() - began, 1)
        if night["outcome"] in ("promoted", "discarded", "no memory"):
            try:
                night_log.append(night_log.path_of(config), night)
            except StorageError as error:
                said = night_words.line(night)
                raise StorageError(f"{error}; the night itself is over: {said}") from error
        promotion.forget(folder)
        return night


def _hindrance(config: Config) -> Night | None:
    """What keeps any weights from being learnt or taken; None if nothing does."""
    free = health.read().available_kb
    if free is not None and free < MEMORY_KB:
        return {
            "outcome": "no memory",
            "why": f"{free // 1024} MB are free, and a night takes {MEMORY_KB // 1024}",
        }
    if config.service.weights:
        why = f"{config.service.weights} reads, as the settings say, whatever a night learns"
        return {"outcome": "nothing new", "why": why}
    return None


def _night(config: Config, recipe: Recipe, context: RunContext, anew: bool) -> Night:
    registry = ModelRegistry.of(config)
    order = registry.order()
    labelled = labelled_in(config)
    digest = _digest(labelled)
    folder = context.folder
    last = promotion.read_json(folder / promotion.LAST)
    # Whoever rolls back to a version of before wants no second night on the same digits; a
    # version that came from elsewhere has not learnt them.
    versions = last.get("versions")
    has_learnt = not isinstance(versions, list) or order[0] in versions
    if not labelled or (not anew and digest == last.get("samples") and has_learnt):
        why = "since the last night" if labelled else "no digit has a label"
        return {"outcome": "nothing new", "why": why, "digits": len(labelled)}

    base, model = in_service(registry, order)
    network = model.network.folded()
    samples = cross_validation.usable(labelled, network.output_shape[0])
    if len(samples) < 2:
        return {
            "outcome": "nothing new",
            "why": "one digit is too few to learn from",
            "digits": 1,
        }
    plan = {
        "samples": _digest(samples),
        "base": hashlib.sha256(network.values.tobytes()).hexdigest(),
        "recipe": asdict(recipe),
    }
    _prepare(folder, plan)
    try:
        result = cross_validation.run(network, samples, recipe, context)
    except Stopped:
        return {"outcome": "interrupted", "why": "it goes on where it stopped"}
    except DivergedError as error:
        # Unless the recipe makes no sense, what was kept of it was not what it had written.
        _clear(folder)
        return {"outcome": "interrupted", "why": f"{error}; the next night begins anew"}
    context.report("judging", 1.0)
    shipped = model if base == SHIPPED else registry.model(SHIPPED)
    decision = judge(model, shipped, result, samples)
    night = figures(decision, result, samples) | {"base": base}
    if decision.accepted is not None:
        # Without room for the version the checkpoints stay, and the next night tries again.
        try:
            night |= when()
            said = {"base": base, "learnt": {name: night[name] for name in LEARNT}}
            data = candidate.with_info(decision.data, said)
            night["version"] = promotion.promote(registry, folder, data, night, digest, order)
        except ModelFormatError as error:
            night |= {"outcome": "discarded", "why": str(error)}
        except WeightsError as error:
            return {"outcome": "interrupted", "why": f"{error}; the next night begins with it"}
    try:
        promotion.write_last(registry, folder, digest)
    except StorageError as error:
        if "version" not in night:
            raise
        # What was learnt reads by now, and that is to be told.
        _log.error("%s; the next night learns from the same digits", error)
    _clear(folder)
    return night


def labelled_in(config: Config) -> list[Sample]:
    """The samples to learn from, in the order of their numbers."""
    path = path_of(config)
    if not os.path.lexists(path):
        return []
    # A backup may hold them for a while.
    with SampleStore.of(config, wait_s=60.0) as store:
        labelled = store.labelled()
    first = sorted(labelled, key=lambda each: (not each.corrected, -each.id))[:MOST]
    return sorted(first, key=lambda each: each.id)


def in_service(registry: ModelRegistry, order: list[str]) -> tuple[str, Model]:
    """The version in service, and its model; one that does not read is passed over."""
    for name in order:
        try:
            return name, registry.model(name)
        except ModelFormatError as error:
            _log.error("%s; learning from the version before it", error)
    raise ModelFormatError("there are no weights to learn from")


def judge(
    model: Model, shipped: Model, result: FineTuneResult, samples: list[Sample]
) -> GateDecision:
    """The decision about the blends of a night: see :mod:`pi.retraining.gate`.

    model, shipped : in service, and what came with the program; they may be the same.
    """
    digits = samples, result.replay.held_out, result.confidence
    before, known = (candidate.predictions(each, *digits) for each in (model, shipped))
    return gate.decide(
        result, samples, before, known, partial(candidate.pack, model, result, samples)
    )


def figures(decision: GateDecision, result: FineTuneResult, samples: list[Sample]) -> Night:
    """A night in numbers, as the history has them.

    ``before`` and ``after`` are errors among the owner's digits, each read by a head that had
    not seen it; ``read_before`` and ``read_after`` how many of them the file reads that is in
    service, and the new one, which has seen them; "exam" is the held-out replay set.
    """
    blend, after = decision.judged, decision.after
    unseen = result.before if blend is None else blend.cross_validated
    return {
        "outcome": "discarded" if decision.accepted is None else "promoted",
        "why": decision.why,
        **counts(decision.before, after, samples, result.replay.labels.tolist()),
        "before": gate.count_errors(result.before, samples),
        "after": gate.count_errors(unseen, samples),
        "share": None if blend is None else blend.share,
        "confused": gate.confusions(result.before, samples)[:10],
        "still_confused": [] if blend is None else gate.confusions(unseen, samples)[:10],
        "suspects": gate.suspects(after, samples)[:MOST_SUSPECTS] if blend else [],
    }


def counts(
    before: Predictions, after: Predictions, samples: list[Sample], exam: list[int]
) -> Night:
    """What two files read of the owner's digits, and do not read of the held-out replay set,
    whose labels are ``exam``."""
    return {
        "digits": len(samples),
        "corrected": sum(each.corrected for each in samples),
        "read_before": len(samples) - gate.count_errors(before.owner, samples),
        "read_after": len(samples) - gate.count_errors(after.owner, samples),
        "exam_before": sum(a != b for a, b in zip(before.held_out, exam, strict=True)),
        "exam_after": sum(a != b for a, b in zip(after.held_out, exam, strict=True)),
        "exam_count": len(exam),
    }


def when() -> Night:
    """The time of day, and whether it is trusted."""
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    return {"at": at, "clock_trusted": wallclock.is_trusted()}


def _digest(samples: list[Sample]) -> str:
    """SHA-256 of what a night learns from."""
    digest = hashlib.sha256()
    for each in samples:
        digest.update(f"{each.id} {each.label} {each.guess};".encode() + each.image)
    return digest.hexdigest()


def _prepare(folder: Path, plan: dict[str, Any]) -> None:
    """Keep the checkpoints if they belong to this plan, and delete them otherwise."""
    if promotion.read_json(folder / _PLAN) != json.loads(json.dumps(plan)):
        _clear(folder)
        promotion.write_json(folder / _PLAN, plan)


def _clear(folder: Path) -> None:
    """Remove unfinished work. A folder that somebody gave such a name stays."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            hidden = name.startswith(".") and name.endswith(".tmp")
            if hidden or name == _PLAN or name.endswith((CHECKPOINT, SUFFIX)):
                with suppress(OSError):
                    os.unlink(entry.path)
