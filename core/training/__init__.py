"""Training: batches, schedule, validation, best weights, checkpoints.

    history = training.fit(network, (images, labels), epochs=20, checkpoint="train.npz")

A training is a function of its arguments alone. The order of epoch e comes from the random
generator seeded [seed, e], the augmentation of its batch b from [seed, e, b] (both counted
from 1), so a checkpoint holds no generator, and a training that was stopped at any batch
and resumed ends with the same bits as one that ran through.
"""

from core.training.fitting import fit
from core.training.history import Epoch, History, Progress

__all__ = ["Epoch", "History", "Progress", "fit"]
