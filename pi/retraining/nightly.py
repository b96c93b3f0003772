"""A night: learn what the owner put right, let it in if it passes, and say what came of it.

Whatever ends it, the weights in service are whole: new ones are stored beside the old ones
and take over by one rename. What is half done stays in ``night`` beside them, with the digest
of what it was made from; the next night goes on there, or begins anew if that has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import (
    ModelFormatError,
    ServiceError,
    SpecError,
    StorageError,
    WeightsError,
)
from core.files.atomic import write_atomically
from pi.models import registry as versions
from pi.retraining import candidate, cross_validation, gate, night_log
from pi.retraining.heads import Stopped
from pi.retraining.recipe import Recipe
from pi.retraining.resume_cache import SUFFIX
from pi.samples.store import Sample, SampleStore, path_of
from pi.system import health, wallclock

if TYPE_CHECKING:
    from core.modelfile import Model
    from pi.config import Config
    from pi.retraining.gate import GateDecision

_log = logging.getLogger(__name__)

MEMORY_KB = 96 * 1024
"""What a night takes at most, and what must be free before it begins."""

MOST = 400
"""Of the labelled digits: corrected ones first, then the newest."""

FOLDER = "night"
_PLAN, _LAST = "plan.json", "last.json"

Night = dict[str, Any]
"""A line of the history: ``outcome`` is "promoted", "discarded", "nothing new", "interrupted"
or "no memory"; ``why``, and the figures."""


def run(
    config: Config,
    *,
    recipe: Recipe | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[str, float], None] = lambda stage, share: None,
    anew: bool = False,
    checkpoint_every_s: float = 120.0,
) -> Night:
    """One night, or the rest of one; what came of it.

    Parameters
    ----------
    stop : asked between any two batches; when it says so all is saved, and the night ends.
    anew : learn even if nothing is new.

    Raises
    ------
    ServiceError : another night is at work.
    StorageError : something cannot be read or written.
    ModelFormatError : not even the shipped weights can be loaded.
    """
    recipe = Recipe() if recipe is None else recipe
    folder = Path(config.samples.folder) / FOLDER
    with _alone(folder):
        began = time.monotonic()
        night = _night(config, folder, recipe, stop, tell, anew, checkpoint_every_s)
        night |= {
            "at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "clock_trusted": wallclock.is_trusted(),
            "seconds": round(time.monotonic() - began, 1),
        }
        if night["outcome"] in ("promoted", "discarded", "no memory"):
            night_log.append(night_log.path_of(config), night)
        return night


def _night(
    config: Config,
    folder: Path,
    recipe: Recipe,
    stop: Callable[[], bool],
    tell: Callable[[str, float], None],
    anew: bool,
    checkpoint_every_s: float,
) -> Night:
    free = health.read().available_kb
    if free is not None and free < MEMORY_KB:
        return {
            "outcome": "no memory",
            "why": f"{free // 1024} MB are free, and a night takes {MEMORY_KB // 1024}",
        }
    if config.service.weights:
        why = f"{config.service.weights} reads, as the settings say, whatever a night learns"
        return {"outcome": "nothing new", "why": why}
    store = versions.ModelRegistry.of(config)
    order = store.order()
    labelled = _labelled(config)
    known = _digest(labelled)
    last = _read(folder / _LAST)
    # Going back to weights of before is the owner's will; others have not learnt the hand.
    has_learnt = order[0] in last.get("versions", order)
    if not labelled or (not anew and known == last.get("samples") and has_learnt):
        why = "since the last night" if labelled else "no digit has a label"
        return {"outcome": "nothing new", "why": why, "digits": len(labelled)}

    base, model = _current(store, order)
    network = model.network.folded()
    samples = cross_validation.usable(labelled, network.output_shape[0])
    if len(samples) < 2:
        return {"outcome": "nothing new", "why": "one digit is no lesson", "digits": 1}
    plan = {
        "samples": _digest(samples),
        "base": hashlib.sha256(network.values.tobytes()).hexdigest(),
        "recipe": recipe.config(),
    }
    _prepare(folder, plan)
    try:
        learnt = cross_validation.run(
            network,
            samples,
            folder,
            recipe,
            stop=stop,
            tell=tell,
            checkpoint_every_s=checkpoint_every_s,
        )
    except Stopped:
        return {"outcome": "interrupted", "why": "it goes on where it stopped"}
    tell("judging", 1.0)
    verdict = gate.decide(learnt, samples)
    night = figures(verdict, learnt, samples) | {"base": base}
    if verdict.trial is not None:
        try:
            night = _promote(store, order, model, learnt, verdict.trial, samples, folder, night)
        except WeightsError as error:
            return {"outcome": "interrupted", "why": f"{error}; the next night begins with it"}
    with write_atomically(folder / _LAST) as file:
        told = {"samples": known, "versions": [versions.SHIPPED, *store.names()]}
        file.write(json.dumps(told).encode())
    _clear(folder)
    return night


def _labelled(config: Config) -> list[Sample]:
    """What is to be learnt, in the order of the numbers."""
    path = path_of(config)
    if not path.exists():
        return []
    with SampleStore.of(config) as store:
        labelled = store.labelled()
    first = sorted(labelled, key=lambda each: (not each.corrected, -each.id))[:MOST]
    return sorted(first, key=lambda each: each.id)


def _current(store: versions.ModelRegistry, order: list[str]) -> tuple[str, Model]:
    """The version that reads, and its model."""
    from core import modelfile

    for name in order:
        try:
            return name, modelfile.load(store.path(name))
        except ModelFormatError as error:
            _log.error("%s; learning from the version before it", error)
    raise ModelFormatError("there are no weights to learn from")


def figures(
    verdict: GateDecision, learnt: cross_validation.FineTuneResult, samples: list[Sample]
) -> Night:
    """What a night came to, in numbers."""
    trial = learnt.trials[verdict.trial or 0] if learnt.trials else None
    counted = {name: value for name, value in asdict(verdict).items() if name != "trial"}
    return {
        **counted,
        "outcome": "discarded" if verdict.trial is None else "promoted",
        "digits": len(samples),
        "corrected": sum(each.corrected for each in samples),
        "share": None if trial is None else trial.share,
        "confused": gate.confusions(learnt.before, learnt.labels)[:10],
        "still_confused": []
        if trial is None
        else gate.confusions(trial.owner, learnt.labels)[:10],
    }


def _promote(
    store: versions.ModelRegistry,
    order: list[str],
    old: Model,
    learnt: cross_validation.FineTuneResult,
    trial: int,
    samples: list[Sample],
    folder: Path,
    night: Night,
) -> Night:
    """Save it as a device would, read it back, compare, and let it read; the night, told so.

    Raises WeightsError if others read by now; StorageError if there is no room, and the next
    night tries again with what is kept of this one.
    """
    path = folder / "candidate.npz"
    try:
        candidate.make(path, old, learnt, trial, samples, night)
        version = store.install(path.read_bytes(), "the night's weights", order)
        return night | {"version": version}
    except (ModelFormatError, SpecError) as error:
        return night | {"outcome": "discarded", "why": str(error)}
    finally:
        path.unlink(missing_ok=True)


def _digest(samples: list[Sample]) -> str:
    """Of what is to be learnt."""
    told = hashlib.sha256()
    for each in samples:
        told.update(f"{each.id} {each.label} {each.guess};".encode() + each.image)
    return told.hexdigest()


def _prepare(folder: Path, plan: dict[str, Any]) -> None:
    """Keep the checkpoints of this very night; those of another one go."""
    if _read(folder / _PLAN) != json.loads(json.dumps(plan)):
        _clear(folder)
        with write_atomically(folder / _PLAN) as file:
            file.write(json.dumps(plan).encode())


def _clear(folder: Path) -> None:
    kept = ("*.checkpoint", f"*{SUFFIX}", ".*.tmp")
    for path in [folder / _PLAN, *(each for name in kept for each in folder.glob(name))]:
        with suppress(FileNotFoundError):
            path.unlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One night at a time; the kernel lets go when the process ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror})") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ServiceError("a night is at work already; see `zerodigit status`") from None
    finally:
        os.close(handle)
