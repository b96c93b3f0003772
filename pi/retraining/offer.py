"""Weights that were learnt elsewhere, as from the digits of a class: held against this owner's.

They are judged as a night's are, by the labelled digits here and by the held-out replay set,
against the weights in service (:func:`pi.retraining.gate.offer_complaint`). Nothing is trained,
so it takes minutes where a night takes many; interrupted, all stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import WeightsError
from core.files.resumable import uncached
from pi.models.registry import SHIPPED, ModelRegistry, proved
from pi.retraining import candidate, cross_validation, features, gate, nightly
from pi.retraining.nightly import Night
from pi.retraining.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.modelfile import Model
    from pi.config import Config
    from pi.retraining.gate import Predictions

DRAWING = 0.8
"""Share of the work that drawing the held-out replay set is, on an emulated Zero."""


def judge(
    config: Config,
    data: bytes,
    origin: str,
    *,
    recipe: Recipe | None = None,
    report: Callable[[str, float], None] = lambda stage, share: None,
) -> Night:
    """Let the bytes of a model file in, or not; the line of the history.

    Its outcome is that of a night: "promoted", "discarded", "nothing new" where these weights
    read already, "no memory", or "interrupted" where others read by now. ``before`` and
    ``after`` are errors among the owner's digits of the weights in service and of these, both
    of which may have seen them.

    origin : where the bytes are from, for errors.

    Raises
    ------
    ModelFormatError : they are no model file, or not one that reads.
    ServiceError, StorageError : see :func:`pi.retraining.nightly.run`.
    """
    recipe = Recipe() if recipe is None else recipe
    return nightly.hold(config, lambda: _judged(config, data, origin, recipe, report))


def _judged(
    config: Config,
    data: bytes,
    origin: str,
    recipe: Recipe,
    report: Callable[[str, float], None],
) -> Night:
    offered = proved(data, origin, "not installed")
    registry = ModelRegistry.of(config)
    order = registry.order()
    base, model = nightly.in_service(registry, order)
    outputs = model.network.output_shape[0]
    samples = cross_validation.usable(nightly.labelled_in(config), outputs)
    if registry.read(base) == data:
        why = f"these weights read already, as version {base}"
        return {"outcome": "nothing new", "why": why}
    total, done = sum(recipe.held_out), 0

    def drawn(
        out: NDArray[Any],
        make: Callable[[], NDArray[Any]],
        rng: np.random.Generator | None = None,
    ) -> None:
        nonlocal done
        uncached(out, make, rng)
        done += len(out)
        report("judging", min(1.0, done / total) * DRAWING)

    images, labels = features.held_out_set(outputs, recipe, drawn)

    def predictions(of: Model) -> Predictions:
        return candidate.predictions(of, samples, images, recipe.confidence)

    before, after = predictions(model), predictions(offered)
    shipped = before if base == SHIPPED else predictions(registry.model(SHIPPED))
    exam = labels.tolist()
    why = gate.offer_complaint(before, after, shipped, exam, samples)
    night = {
        "outcome": "discarded" if why else "promoted",
        "why": why or "no digit is read worse, and nothing is forgotten",
        "base": base,
        **nightly.counts(before, after, samples, exam),
        "before": gate.count_errors(before.owner, samples),
        "after": gate.count_errors(after.owner, samples),
        "confused": gate.confusions(before.owner, samples)[:10],
        "still_confused": gate.confusions(after.owner, samples)[:10],
        "offered": True,
    }
    if not why:
        try:
            night["version"] = registry.install(data, origin, order)
        except WeightsError as error:
            return {"outcome": "interrupted", "why": str(error)}
    return night
