"""Network: a :class:`core.nn.sequential.Sequential` with the verbs of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from core.nn import spec as specification
from core.nn.layer import Array
from core.nn.sequential import Sequential

if TYPE_CHECKING:
    from core.training.optimisers import Optimiser


class Network(Sequential):
    """A Sequential made from one line (`from_spec`) and trained with one call (`fit`)."""

    _optimiser: Optimiser | None = None

    @classmethod
    def from_spec(
        cls,
        spec: str,
        *,
        activation: str = "relu",
        output: str = "softmax",
        batch_norm: bool = False,
        seed: int = 0,
        dtype: DTypeLike = np.float32,
    ) -> Self:
        """A network from a line like "784-200-10"; the grammar is in `core.nn.spec`."""
        layers, input_shape = specification.parse(spec, activation, output, batch_norm)
        return cls(layers, input_shape, seed=seed, dtype=dtype)

    def fit(self, x: Array, y: ArrayLike, **options: Any) -> Self:
        """Train on inputs x (n, ...) and labels y (n,); options as of `training.fit`."""
        from core import training

        training.fit(self, (x, np.asarray(y)), **options)
        return self

    def partial_fit(
        self,
        x: Array,
        y: ArrayLike,
        *,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        loss: str | None = None,
    ) -> Self:
        """One pass over x and y; Adam's state is kept from call to call."""
        from core import training
        from core.training.optimisers import Adam

        self._optimiser = self._optimiser or Adam()
        training.fit(
            self,
            (x, np.asarray(y)),
            epochs=1,
            batch_size=batch_size,
            loss=loss,
            optimiser=self._optimiser,
            learning_rate=learning_rate,
            validation=None,
            seed=self._optimiser.steps,
        )
        return self
