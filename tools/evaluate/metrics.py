"""Statistics of the measures: calibration of confidences, interval of a share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def expected_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, bins: int = 15
) -> float:
    """How far the confidence is from the accuracy, on average (0 = well calibrated).

    `probabilities` (n, k); predictions are put into `bins` equal bins by their confidence,
    and the gaps between mean confidence and accuracy averaged by the number in each. Guo et
    al., "On Calibration of Modern Neural Networks", 2017.
    """
    table, truth = np.asarray(probabilities), np.asarray(labels)
    if truth.shape != table.shape[:1] or not len(truth):
        raise ValueError(f"need a label for each row: {truth.shape}, {table.shape}")
    confidence = table.max(axis=1).astype(np.float64)
    surplus = confidence - (table.argmax(axis=1) == truth)
    position = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    gaps = np.abs(np.bincount(position, weights=surplus, minlength=bins))
    return float(gaps.sum() / len(truth))


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
