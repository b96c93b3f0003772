"""The training loop behind `training.fit`: epochs, validation, best weights, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.errors import DivergedError, ModelFormatError
from core.files.foreign import is_integer, is_number
from core.interrupt import delayed_interrupt
from core.nn.layer import Array
from core.nn.losses import Loss
from core.nn.sequential import Sequential
from core.training import checkpoint
from core.training.batches import Batches, Indices, check_batch, is_plain
from core.training.history import Epoch, History, Progress
from core.training.optimisers import Optimiser
from core.training.options import Callbacks, TrainingOptions

_LARGEST = 1e300
"""Numbers in a checkpoint are no larger."""

_VALIDATION_BATCH = 64
"""Inputs validated at a time: more are hardly quicker, and a Pi Zero lacks the memory."""


class _Stopped(Exception):
    """`stop()` returned True."""


@dataclass(eq=False)
class Trainer:
    """One training of one network.

    Between two batches all of its state is in its attributes, and can be saved.
    """

    network: Sequential
    data: Batches
    held_out: Batches | None
    loss: Loss
    optimiser: Optimiser
    options: TrainingOptions
    callbacks: Callbacks

    def __post_init__(self) -> None:
        self.batches = math.ceil(len(self.data) / self.options.batch_size)
        self.optimiser.attach(self.network.trained.size, self.network.dtype)

        self.epoch = 1
        self.batch = 0
        self.loss_sum = 0.0
        self.history = History()
        values = self.network.values
        self.best = values.copy()
        self.average = values.copy() if self.options.average is not None else None
        self._change = np.empty_like(values)

    def run(self) -> History:
        """Train to the end, or until `stop()`, and put the best weights into the network."""
        self._started = self._saved = time.monotonic()
        # The checks of every batch find what overflows, and can say where it did.
        with (
            delayed_interrupt() as self._raise_if_interrupted,
            np.errstate(over="ignore", invalid="ignore", divide="ignore"),
        ):
            try:
                while self.epoch <= self.options.epochs:
                    self._train_epoch()
                self.history.complete = True
                self._save()
            except _Stopped:
                self._save()
                self._keep_unless_validated()
            except KeyboardInterrupt:
                self._save()
                self._keep_unless_validated()
                raise
            finally:
                self.network.values[...] = self.best
        return self.history

    def _train_epoch(self) -> None:
        order = np.random.default_rng([self.options.seed, self.epoch]).permutation(
            len(self.data)
        )
        with closing(self._loaded(order)) as batches:
            for x, labels in batches:
                rate = self._train_batch(x, labels)
                if self.batch < self.batches:
                    self._between_batches(self.epoch, self.batch, None, rate)
        self._end_epoch(rate=self.options.rate(self.epoch * self.batches - 1, self.batches))

    def _train_batch(self, x: Array, labels: Array) -> float:
        rate = self._rate()
        loss = self.optimiser.learn(self.network, x, labels, self.loss, rate)
        if not math.isfinite(loss):
            raise self._diverged(f"the loss is {loss}", rate)
        if self.average is not None:
            self._update_average()
        self.loss_sum += loss * len(labels)
        self.batch += 1
        return rate

    def _step(self) -> int:
        return (self.epoch - 1) * self.batches + self.batch

    def _rate(self) -> float:
        return self.options.rate(self._step(), self.batches)

    def _update_average(self) -> None:
        assert self.average is not None
        change = np.subtract(self.network.values, self.average, out=self._change)
        change *= 1 - self.options.decay(self._step())
        self.average += change

    def _check_weights(self, rate: float) -> None:
        """Raise DivergedError if a weight is not finite. Needed only before weights are kept: a
        weight that is not finite makes the next loss so too."""
        if not self.network.is_finite():
            raise self._diverged("a weight is not finite", rate)

    def _end_epoch(self, rate: float) -> None:
        self._check_weights(rate)
        epoch = Epoch(self.epoch, self._mean_loss(), rate)
        with self._averaged():
            if self.held_out is not None:
                loss, accuracy = self._evaluate(self.held_out)
                if not math.isfinite(loss):
                    raise self._diverged(f"the validation loss is {loss}", rate)
                epoch = replace(epoch, validation_loss=loss, validation_accuracy=accuracy)
            if self.history.is_improved_by(epoch):
                self._keep(epoch)
        self.history.epochs.append(epoch)
        self.epoch, self.batch, self.loss_sum = self.epoch + 1, 0, 0.0
        self._between_batches(epoch.epoch, self.batches, epoch.loss, rate)

    def _between_batches(self, epoch: int, batch: int, loss: float | None, rate: float) -> None:
        now = time.monotonic()
        if self.callbacks.progress is not None:
            ended = self.history.epochs
            self.callbacks.progress(
                Progress(
                    epoch=epoch,
                    epochs=self.options.epochs,
                    batch=batch,
                    batches=self.batches,
                    loss=self._mean_loss() if loss is None else loss,
                    validation_accuracy=ended[-1].validation_accuracy if ended else None,
                    learning_rate=rate,
                    seconds=now - self._started,
                )
            )
        self._raise_if_interrupted()
        if self.callbacks.stop is not None and self.callbacks.stop():
            raise _Stopped
        if now - self._saved >= self.callbacks.checkpoint_every_s:
            self._save()
            self._saved = time.monotonic()

    def _mean_loss(self) -> float:
        return self.loss_sum / min(self.batch * self.options.batch_size, len(self.data))

    def _diverged(self, what: str, rate: float) -> DivergedError:
        batch = min(self.batch + 1, self.batches)
        return DivergedError(
            f"{what} at epoch {self.epoch}, batch {batch} of {self.batches}: training stopped, "
            f"the best weights so far are kept; try a learning rate below {rate:.2g}"
        )

    # Batches

    def _loaded(self, order: Indices) -> Generator[tuple[Array, Array], None, None]:
        """The rest of the epoch's batches; a thread makes the next one while one is used."""
        numbers = range(self.batch, self.batches)
        plain = self.callbacks.augment is None and is_plain(self.data)
        if plain or not self.callbacks.prefetch:
            for number in numbers:
                yield self._load(order, number)
            return
        with ThreadPoolExecutor(1, "zerodigit-batches") as thread:
            waiting: Future[tuple[Array, Array]] | None = None
            for number in numbers:
                following = thread.submit(self._load, order, number)
                if waiting is not None:
                    yield waiting.result()
                waiting = following
            if waiting is not None:
                yield waiting.result()

    def _load(self, order: Indices, number: int) -> tuple[Array, Array]:
        start = number * self.options.batch_size
        x, labels = self.data.batch(order[start : start + self.options.batch_size])
        if not is_plain(self.data):
            check_batch(self.network, x, labels)
        if self.callbacks.augment is not None:
            rng = np.random.default_rng([self.options.seed, self.epoch, number + 1])
            x = self.callbacks.augment(x, rng)
        return x, labels

    def _evaluate(self, data: Batches) -> tuple[float, float]:
        """Mean loss and accuracy on `data`."""
        loss, right = 0.0, 0
        for start in range(0, len(data), _VALIDATION_BATCH):
            self._raise_if_interrupted()
            indices = np.arange(start, min(start + _VALIDATION_BATCH, len(data)))
            x, labels = data.batch(indices)
            if not is_plain(data):
                check_batch(self.network, x, labels)
            outputs = self.network.forward(x)
            right += int(np.count_nonzero(outputs.argmax(axis=1) == labels))
            loss += self.loss(outputs, labels)[0] * len(labels)
        return loss / len(data), right / len(data)

    # Best weights

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Within the block the network has the averaged weights, if there are any."""
        if self.average is None:
            yield
            return
        raw = self.network.values.copy()
        self.network.values[...] = self.average
        try:
            yield
        finally:
            self.network.values[...] = raw

    def _keep(self, epoch: Epoch | None) -> None:
        self.best[...] = self.network.values
        self.history.best = epoch

    def _keep_unless_validated(self) -> None:
        """Keep the present weights if training was stopped before any were validated."""
        if self.held_out is None or self.history.best is None:
            with self._averaged():
                self._keep(self.history.best)

    # Checkpoints

    def arguments(self) -> dict[str, Any]:
        """The arguments, by name, that a resumed training must share with its checkpoint."""
        return {
            "network": self.network.config(),
            "samples": len(self.data),
            "validation samples": 0 if self.held_out is None else len(self.held_out),
            "loss": self.loss.name,
            "label_smoothing": self.loss.label_smoothing,
            "optimiser": self.optimiser.config(),
            **asdict(self.options),
        }

    def _vectors(self) -> dict[str, Array]:
        vectors = {"values": self.network.values, "best": self.best}
        if self.average is not None:
            vectors["average"] = self.average
        return vectors | {f"optimiser.{name}": v for name, v in self.optimiser.state.items()}

    def _save(self) -> None:
        self._check_weights(self._rate())
        if self.callbacks.checkpoint is None:
            return
        best = self.history.best
        state = {
            "epoch": self.epoch,
            "batch": self.batch,
            "loss_sum": self.loss_sum,
            "optimiser steps": self.optimiser.steps,
            "history": [asdict(epoch) for epoch in self.history.epochs],
            "best": None if best is None else best.epoch,
        }
        checkpoint.save(self.callbacks.checkpoint, self.arguments(), state, self._vectors())

    def resume(self) -> None:
        """Restore the state of the checkpoint, if there is one.

        Raises ModelFormatError if it is damaged, SpecError if it is of other arguments.
        """
        path = self.callbacks.checkpoint
        if path is None:
            return
        vectors = self._vectors()
        if (loaded := checkpoint.load(path, self.arguments(), vectors)) is None:
            return
        state, arrays = loaded
        try:
            epochs = self._ended(state)
            if not (np.isfinite(arrays["values"]).all() and np.isfinite(arrays["best"]).all()):
                raise ValueError("a weight is not finite")
        except (KeyError, TypeError, ValueError) as error:
            message = f"{path}: its state does not fit ({error!s:.80}); remove it"
            raise ModelFormatError(message) from None
        self.epoch, self.batch, self.loss_sum = (
            state["epoch"],
            state["batch"],
            state["loss_sum"],
        )
        self.optimiser.steps = state["optimiser steps"]
        best = next((epoch for epoch in epochs if epoch.epoch == state["best"]), None)
        self.history = History(epochs, best)
        for name, vector in vectors.items():
            vector[...] = arrays[name]

    def _ended(self, state: dict[str, Any]) -> list[Epoch]:
        """The epochs in the state of a checkpoint, which may be anybody's.

        Raises KeyError, TypeError or ValueError if this training cannot be in that state.
        """
        longest, validated = self.options.epochs, self.held_out is not None
        numbers, epochs = [state["loss_sum"]], [Epoch(**each) for each in state["history"]]
        for each in epochs:
            numbers += [each.epoch, each.loss, each.learning_rate]
            scores = [each.validation_loss, each.validation_accuracy]
            numbers += scores if validated or scores != [None, None] else []
        if not (
            is_integer(state["epoch"], 1, longest + 1)
            and is_integer(state["batch"], 0, self.batches)
            and is_integer(state["optimiser steps"], 0, 2**53)
            and all(is_number(each, -_LARGEST, _LARGEST) for each in numbers)
            and len(epochs) <= longest
        ):
            raise ValueError("a number is out of its range")
        return epochs
