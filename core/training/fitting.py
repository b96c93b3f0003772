"""``fit``: checks the arguments of a training, and runs it with a Trainer."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

from core.errors import SpecError
from core.nn.layers import Sigmoid, Softmax
from core.nn.losses import LOSSES, Loss
from core.nn.sequential import Sequential
from core.training.batches import as_batches, check, split
from core.training.history import History, Progress
from core.training.optimisers import OPTIMISERS, Optimiser
from core.training.options import Augment, Callbacks, TrainingOptions
from core.training.trainer import Trainer


def fit(
    network: Sequential,
    data: Any,
    *,
    epochs: int = 10,
    batch_size: int = 64,
    loss: str | None = None,
    label_smoothing: float = 0.0,
    optimiser: str | Optimiser = "adam",
    learning_rate: float | None = None,
    schedule: str = "constant",
    warm_up: float = 0.0,
    validation: float | Any | None = 0.1,
    augment: Augment | None = None,
    average: float | None = None,
    seed: int = 0,
    prefetch: bool = True,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every_s: float = 120.0,
    resume: bool = False,
    progress: Callable[[Progress], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> History:
    """Train `network` in place, and leave the best weights in it.

    Parameters
    ----------
    data : (X, y), or an object with ``len()`` and ``batch(indices) -> (x, y)``
        X (n, ...) reshapes to the network's input and may be a memory map; y (n,) are whole
        numbers below the number of outputs. Nothing of the size of X is ever made.
    loss : "cross_entropy" or "squared_error"
        By default the latter for Sigmoid outputs and the former for all others.
    learning_rate : by default 0.001 for Adam, 0.1 for SGD.
    schedule : "constant", "cosine" (to zero) or "step" (a tenth after 1/2 and 3/4 of it all)
        after `warm_up` epochs in which the rate rises linearly.
    validation : share of `data` to hold out, or data as above, or None
        Decides which epoch's weights are best: highest accuracy, then lowest loss. Without
        it the last weights stay.
    augment : (x as in `data`, generator) -> float32 of the same shape, for training batches
    average : decay of an exponential moving average of weights and statistics
        The average is validated and kept. At step t the decay is at most (1 + t) / (10 + t).
    prefetch : make the next batch in a thread; the result does not depend on it.
    checkpoint : file to save the training to, every `checkpoint_every_s` seconds, on Ctrl-C
        (before KeyboardInterrupt is raised again), when `stop()` returns True, and at the end
    resume : go on from `checkpoint` if it exists; the other arguments must be the same

    Raises
    ------
    DatasetError : data are of a wrong shape, not finite, or labelled out of range
    SpecError : options that do not exist or do not go together
    DivergedError : a loss or a weight is not finite; the network has the best weights so far
    ModelFormatError : the checkpoint is damaged. StorageError : it cannot be written.
    """
    loss_function = _loss(network, loss, label_smoothing)
    method = _optimiser(optimiser)
    rate = method.default_learning_rate if learning_rate is None else learning_rate
    options = TrainingOptions(epochs, batch_size, float(rate), schedule, warm_up, average, seed)
    train, held_out = split(as_batches(data), validation, seed)
    check(network, train)
    if held_out is not None:
        check(network, held_out)
    callbacks = Callbacks(augment, prefetch, checkpoint, checkpoint_every_s, progress, stop)
    trainer = Trainer(network, train, held_out, loss_function, method, options, callbacks)
    if resume:
        trainer.resume()
    return trainer.run()


def _loss(network: Sequential, name: str | None, label_smoothing: float) -> Loss:
    last = network.layers[-1]
    if name is None:
        name = "squared_error" if isinstance(last, Sigmoid) else "cross_entropy"
    if name not in LOSSES:
        raise SpecError(f"no loss {name!r}; there are {', '.join(LOSSES)}")
    if name == "cross_entropy" and not isinstance(last, Softmax):
        raise SpecError(f"cross_entropy needs a Softmax at the end, not {last!r}")
    return LOSSES[name](label_smoothing)


def _optimiser(optimiser: str | Optimiser) -> Optimiser:
    if isinstance(optimiser, Optimiser):
        return optimiser
    if optimiser not in OPTIMISERS:
        raise SpecError(f"no optimiser {optimiser!r}; there are {', '.join(OPTIMISERS)}")
    return OPTIMISERS[optimiser]()
