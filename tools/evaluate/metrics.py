"""How good predictions are, and how sure one may be of that."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """The share of predictions (n,) that equal their labels (n,)."""
    labels, predictions = _pair(labels, predictions)
    return float(np.mean(labels == predictions))


def confusion_matrix(
    labels: ArrayLike, predictions: ArrayLike, classes: int
) -> NDArray[np.intp]:
    """Counts (classes, classes): row = the true class, column = the predicted one."""
    labels, predictions = _pair(labels, predictions)
    for name, values in (("labels", labels), ("predictions", predictions)):
        if values.min() < 0 or values.max() >= classes:
            raise ValueError(f"{name} must be in 0 .. {classes - 1}")
    counts = np.bincount(labels * classes + predictions, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.intp)


def expected_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> float:
    """How far the confidence is from the accuracy, on average (0 = well calibrated).

    `probabilities` (n, k); predictions are put into `bins` equal bins by their confidence,
    and the gaps between mean confidence and accuracy averaged by the number in each. Guo et
    al., "On Calibration of Modern Neural Networks", 2017.
    """
    table = np.asarray(probabilities)
    labels, predictions = _pair(labels, table.argmax(axis=1))
    confidence = table.max(axis=1).astype(np.float64)
    surplus = confidence - (predictions == labels)
    position = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    gaps = np.abs(np.bincount(position, weights=surplus, minlength=bins))
    return float(gaps.sum() / len(labels))


def wilson_interval(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that holds the true share behind `successes` of `n` (95 % for z = 1.96).

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927:
    unlike the textbook's, it stays sensible near 0 and 1 and for small n.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"need 0 <= successes <= n and n >= 1, not {successes} of {n}")
    share = successes / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def _pair(
    labels: ArrayLike, predictions: ArrayLike
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.asarray(labels), np.asarray(predictions)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"need as many labels as predictions: {first.shape}, {second.shape}")
    return first.astype(np.intp), second.astype(np.intp)
