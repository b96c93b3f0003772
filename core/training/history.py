"""Reports of a training: Progress after each batch, Epoch after each epoch, History."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """State of a training; given to the callback after every batch."""

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    """Mean over the epoch so far."""
    validation_accuracy: float | None
    """Of the last epoch that was validated: of this one, with its last batch."""
    learning_rate: float
    seconds: float
    """Since this call of `fit` began."""


@dataclass(frozen=True)
class Epoch:
    """Losses and accuracy of an epoch that has ended."""

    epoch: int
    loss: float
    learning_rate: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass
class History:
    """The epochs that were trained, and the one whose weights the network has."""

    epochs: list[Epoch] = field(default_factory=list)
    best: Epoch | None = None
    complete: bool = False
    """False if `stop` ended the training early."""

    def is_improved_by(self, epoch: Epoch) -> bool:
        """Whether `epoch` validated better than `best`; without validation the last is best."""
        best = self.best
        if best is None or epoch.validation_accuracy is None or epoch.validation_loss is None:
            return True
        assert best.validation_accuracy is not None
        assert best.validation_loss is not None
        return (epoch.validation_accuracy, -epoch.validation_loss) > (
            best.validation_accuracy,
            -best.validation_loss,
        )
