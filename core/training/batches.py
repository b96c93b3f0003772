"""Training data, taken in batches: arrays, memory maps or anything with ``batch``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError, SpecError
from core.nn.layer import Array

if TYPE_CHECKING:
    from core.nn.sequential import Sequential

Indices = NDArray[np.intp]

_CHUNK = 256
"""Samples checked at a time. They are copied, and a night on a Pi Zero has no room for more."""


@runtime_checkable
class Batches(Protocol):
    """Samples that can be counted and taken by their indices."""

    def __len__(self) -> int: ...

    def batch(self, indices: Indices) -> tuple[Array, Array]:
        """Inputs (b, ...) and labels (b,) of the samples at `indices` (b,)."""
        ...


class ArrayBatches:
    """Inputs x (n, ...) and labels y (n,) as Batches; x may be a memory map."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x = x if isinstance(x, np.ndarray) else np.asarray(x)
        self.y = np.asarray(y)
        if self.y.ndim != 1 or self.x.shape[:1] != self.y.shape:
            raise DatasetError(
                f"data: inputs of shape {self.x.shape} and labels of shape {self.y.shape} "
                "do not belong together; give one label per input"
            )

    def __len__(self) -> int:
        return len(self.y)

    def batch(self, indices: Indices) -> tuple[Array, Array]:
        return self.x[indices], self.y[indices]


class Subset:
    """The samples of `data` at `indices`, numbered from 0."""

    def __init__(self, data: Batches, indices: Indices) -> None:
        self.data = data
        self.indices = indices

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: Indices) -> tuple[Array, Array]:
        return self.data.batch(self.indices[indices])


def as_batches(data: Any) -> Batches:
    """`data` as Batches, if it is a pair (X, y); itself if it has ``len`` and ``batch``."""
    if isinstance(data, tuple | list) and len(data) == 2:
        return ArrayBatches(*data)
    if isinstance(data, Batches):
        return data
    kind = type(data).__name__
    raise DatasetError(f"data must be (X, y) or have len() and batch(), not {kind}")


def split(data: Batches, validation: Any, seed: int) -> tuple[Batches, Batches | None]:
    """Training and validation data; `validation` is a share of `data`, data, or None."""
    if validation is None:
        return data, None
    if not isinstance(validation, int | float):
        return data, as_batches(validation)
    if not 0 <= validation < 1:
        raise SpecError(f"validation must be a share below 1, data or None, not {validation!r}")
    count = round(len(data) * validation)
    if not count:
        return data, None
    order = np.random.default_rng(seed).permutation(len(data))
    return Subset(data, np.sort(order[count:])), Subset(data, np.sort(order[:count]))


def check(network: Sequential, data: Batches) -> None:
    """Raise DatasetError unless `data` can train `network`.

    Arrays are checked from end to end. Of other data, which may be costly to make, only the
    first batch is checked here, and the others by `check_batch` when they come.
    """
    if not len(data):
        raise DatasetError("data: there is not a single sample to train or validate with")
    count = len(data) if is_plain(data) else min(len(data), 32)
    for start in range(0, count, _CHUNK):
        x, y = data.batch(np.arange(start, min(start + _CHUNK, count)))
        check_batch(network, x, y)


def check_batch(network: Sequential, x: Array, y: Array) -> None:
    """Raise DatasetError unless x (b, ...) can be inputs and y (b,) labels of `network`."""
    try:
        network.check_shape(x.shape, x.dtype)
    except ValueError as error:
        raise DatasetError(f"data: {error}") from None
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise DatasetError("data: an input is NaN or infinite; clean the data first")
    classes = math.prod(network.output_shape)
    if y.shape != x.shape[:1] or y.dtype.kind not in "iu":
        raise DatasetError(f"data: labels must be whole numbers (n,), not {y.dtype} {y.shape}")
    if y.min() < 0 or y.max() >= classes:
        wrong = int(y.min() if y.min() < 0 else y.max())
        raise DatasetError(
            f"data: label {wrong} is not in 0 .. {classes - 1}, the network's {classes} outputs"
        )


def is_plain(data: Batches) -> bool:
    """Whether `data` are arrays, or a Subset of arrays."""
    return isinstance(data.data if isinstance(data, Subset) else data, ArrayBatches)
