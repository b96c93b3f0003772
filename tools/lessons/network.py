"""The talk's class NeuralNetwork, on our core.

Seed: the talk, slides "Function - Initialise", "Function - Query" and "Function - Train".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from core.network import Network
from core.nn.layer import Array, Layer
from core.nn.layers import Dense, Sigmoid
from tools.lessons.learning import step


class NeuralNetwork:
    """Three layers of nodes, made, trained and queried as in the talk.

    The weights start at random, narrower where more nodes wait for them. There is no bias:
    that is why the talk's inputs never are 0 (see `scaled`). `hiddennodes` may be several
    numbers, for as many hidden layers. One thing is not the talk's: it sends the bare error
    back to the hidden nodes, and core the true gradient (the lesson `errors` shows both).
    """

    def __init__(
        self,
        inputnodes: int,
        hiddennodes: int | tuple[int, ...],
        outputnodes: int,
        learningrate: float,
        seed: int = 0,
    ) -> None:
        hidden = (hiddennodes,) if isinstance(hiddennodes, int) else hiddennodes
        layers: list[Layer] = []
        for nodes in (*hidden, outputnodes):
            layers += [Dense(nodes, bias=False), Sigmoid()]
        self.network = Network(layers, input_shape=(inputnodes,))
        self.lr = learningrate
        rng = np.random.default_rng(seed)
        for link in self.network.parameters():
            link.value[...] = rng.normal(0.0, link.shape[1] ** -0.5, link.shape)

    def train(self, inputs_list: ArrayLike, targets_list: ArrayLike) -> None:
        """Learn from one example: the inputs, and the outputs that were wanted."""
        inputs = np.array(inputs_list, dtype=np.float32, ndmin=2)
        targets = np.array(targets_list, dtype=np.float32, ndmin=2)
        step(self.network, inputs, targets, self.lr)

    def query(self, inputs_list: ArrayLike) -> Array:
        """The outputs for one example, as a column (outputs, 1)."""
        inputs = np.array(inputs_list, dtype=np.float32, ndmin=2)
        return self.network.forward(inputs).T.copy()
