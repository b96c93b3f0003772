"""``zerodigit train``: train a network of your own.

examples:
  zerodigit train --data mnist --out mine.npz
        784-200-10 on the MNIST files in the folder mnist: two minutes, 97.9 %
  zerodigit train --data mnist_train_100.csv --epochs 50 --validation 0 \\
                  --out tiny.npz
        on a table: in each line the label, then 784 values; semicolons, tabs,
        quotes, headings, values from 0 to 1, or the label last will do as well
  zerodigit train --data mine --out mine.npz
        on pictures in the folders mine/0, mine/1 to mine/9
  zerodigit train --data mnist --network 28x28-c16k5s2-c32k3s2-64-10 \\
                  --batch-norm --augment --schedule cosine --epochs 25 \\
                  --out conv.npz
        a convolutional network, on digits that are changed a little each time
  zerodigit predict photo.jpg --model mine.npz
        read with what was trained

It is trained on labelled digits and saved as a model file, with the weights of
the epoch that read the held-out digits best.

A network is written as its layers: inputs, hidden layers, outputs. c16k5s2 is
a convolution of 16 channels, kernel 5x5, stride 2, and wants 28x28 as its
input.

Ctrl-C, SIGTERM and a terminal that is closed (SIGHUP) save the training beside
FILE; the same command with --resume goes on from there, and ends with the very
weights it would have had without the interruption.

`python -m tools.fetch_mnist --to mnist` fetches MNIST, in a checkout of
zerodigit.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import StorageError
from pi.cli import flags
from pi.cli.errors import OK, UsageError
from pi.cli.status import span
from pi.cli.streams import say
from pi.devices.terminal import Terminal

if TYPE_CHECKING:
    from core.data.augment import Augmenter
    from core.data.datasets import Dataset
    from core.files.output import Place
    from core.training import History, Progress

CALIBRATION = 500
"""Digits on which the ranges of the whole-number network are measured."""

SAY_EVERY_S = 600.0
"""Time between two lines within an epoch, where they are not drawn in place."""

MEASURED_S = 5.0
"""The time left is told once batches have been timed for so long."""


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = flags.add_command(
        subparsers,
        "train",
        run,
        __doc__,
        codes={
            3: "the data cannot be read",
            4: "the training to resume is damaged",
            6: "",
            7: "FILE cannot be written",
            130: "Ctrl-C; the training so far is saved",
        },
    )
    add = parser.add_argument
    add(
        "--data",
        required=True,
        metavar="PATH",
        help="a folder with MNIST's files, or with a folder of pictures for each digit (0 to "
        "9), or with two such named training and testing; or an IDX, CSV or .npz file",
    )
    add("--out", required=True, metavar="FILE", help="the model file to write")
    add(
        "--network",
        metavar="LAYERS",
        default="784-200-10",
        help="the network's layers (default %(default)s)",
    )
    # The name until version 0.2.0.
    add("--spec", dest="network", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add(
        "--activation",
        choices=("relu", "sigmoid", "tanh"),
        default="relu",
        help="of the hidden layers (default %(default)s)",
    )
    add("--batch-norm", action="store_true", help="normalise each batch between the layers")
    add(
        "--epochs",
        type=int,
        metavar="N",
        default=10,
        help="rounds through the data (default %(default)s)",
    )
    add(
        "--batch-size",
        type=int,
        metavar="N",
        default=64,
        help="digits a step (default %(default)s)",
    )
    add("--optimiser", choices=("adam", "sgd"), default="adam", help="(default %(default)s)")
    add(
        "--learning-rate",
        type=float,
        metavar="RATE",
        help="size of the steps (default 0.001 for adam, 0.1 for sgd)",
    )
    add(
        "--schedule",
        choices=("constant", "cosine", "step"),
        default="constant",
        help="how the learning rate falls (default %(default)s)",
    )
    add(
        "--augment",
        action="store_true",
        help="change each digit at random in each epoch, as people's hands differ: turned by "
        "up to 9 degrees, larger or smaller, slanted, shifted, distorted, bolder or thinner",
    )
    add(
        "--validation",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="of the data, held out to choose the best epoch by; 0 for none (default "
        "%(default)s)",
    )
    add(
        "--seed",
        type=int,
        metavar="N",
        default=0,
        help="of the first weights and the order of the digits (default %(default)s)",
    )
    add("--resume", action="store_true", help="go on where Ctrl-C stopped the training")


@flags.with_output("out")
def run(args: argparse.Namespace) -> int:
    """Train, score on the test digits and save; OK."""
    out = args.out
    place = _check_writable(out)
    name = place.path.name + ".checkpoint"
    checkpoint = None if place.through else place.path.with_name(name)
    _check_checkpoint(checkpoint, args.resume)

    from core import modelfile, training
    from core.data import datasets
    from core.integer.quantise import calibrate
    from core.network import Network

    network = Network.from_spec(
        args.network, activation=args.activation, batch_norm=args.batch_norm, seed=args.seed
    )
    data = datasets.load(args.data)
    test = _test_data(args.data)
    say(f"{len(data):,} digits from {args.data}, seed {args.seed}")
    for note in data.notes:
        say(f"{args.data}: {note}")
    print(network, flush=True)
    terminal = Terminal(sys.stdout)
    report = Report(terminal)
    try:
        with terminal:
            history = training.fit(
                network,
                data,
                epochs=args.epochs,
                batch_size=args.batch_size,
                optimiser=args.optimiser,
                learning_rate=args.learning_rate,
                schedule=args.schedule,
                validation=args.validation or None,
                augment=_augmenter() if args.augment else None,
                seed=args.seed,
                checkpoint=checkpoint,
                resume=args.resume,
                progress=report,
            )
    except KeyboardInterrupt:
        if checkpoint is not None and os.path.exists(checkpoint):
            say(
                f"zerodigit: stopped; the training so far is in {checkpoint}. "
                "To go on, give the same command with --resume",
                error=True,
            )
        raise
    report.finish(history)
    ranges = calibrate(network, data.images[:CALIBRATION])
    count = len(data)
    # Pages read from a memory map count as memory until it is closed: on a Zero, too many.
    del data
    score = None if test is None else network.score(test.images, test.labels)
    modelfile.save(out, network, _info(args, count, history, score), ranges=ranges)
    if checkpoint is not None:
        with suppress(OSError):
            checkpoint.unlink()
    if test is not None:
        print(f"test {score:.4f} (n={len(test)})")
    size = f" ({os.path.getsize(out) / 1000:.0f} kB)" if os.path.isfile(out) else ""
    say(f"saved {out}{size}")
    return OK


class Report:
    """Progress of a training: a line kept up to date on a terminal, elsewhere one an epoch, and
    one every SAY_EVERY_S. The time left is that which this call's batches took, each alike."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._last: Progress | None = None
        self._began: tuple[float, float] | None = None
        self._said_s = 0.0

    def __call__(self, now: Progress) -> None:
        last, left = self._last, self._left(now)
        self._last = now
        if self._terminal.live:
            width = self._terminal.size()[0] - 1
            self._terminal.draw([self._bar(now, left)[:width]])
        elif last is not None and last.epoch != now.epoch:
            # An epoch is validated after its last batch: known with the first of the next.
            accuracy = now.validation_accuracy
            self._epoch(f"epoch {last.epoch} of {last.epochs}", last.loss, accuracy, left)
            self._said_s = now.seconds
        elif now.seconds - self._said_s >= SAY_EVERY_S:
            done = f"{now.batch / now.batches:.0%}".replace("%", " %")
            self._epoch(f"epoch {now.epoch} of {now.epochs}, {done}", now.loss, None, left)
            self._said_s = now.seconds

    def finish(self, history: History) -> None:
        """Print the last epoch, and the one whose weights are kept."""
        if self._last is not None and not self._terminal.live and history.epochs:
            end = history.epochs[-1]
            name = f"epoch {end.epoch} of {self._last.epochs}"
            self._epoch(name, end.loss, end.validation_accuracy)
        best = history.best
        if best is not None and best.validation_accuracy is not None:
            self._terminal.line(
                f"kept the weights of epoch {best.epoch}: "
                f"validation {best.validation_accuracy:.4f}"
            )

    def _left(self, now: Progress) -> str:
        """``20 min left``; nothing before MEASURED_S."""
        share = (now.epoch - 1 + now.batch / now.batches) / now.epochs
        if self._began is None:
            self._began = now.seconds, share
        took_s, done = now.seconds - self._began[0], share - self._began[1]
        if took_s < MEASURED_S or done <= 0:
            return ""
        return f"{span(took_s / done * (1 - share))} left"

    def _epoch(self, name: str, loss: float, accuracy: float | None, left: str = "") -> None:
        known = "" if accuracy is None else f", validation {accuracy:.4f}"
        more = f", about {left}" if left else ""
        self._terminal.line(f"{name}: loss {loss:.4f}{known}{more}")

    @staticmethod
    def _bar(now: Progress, left: str) -> str:
        cells = 10
        done = cells * now.batch // now.batches
        accuracy = now.validation_accuracy
        known = "" if accuracy is None else f"  validation {accuracy:.4f}"
        minutes, seconds = divmod(int(now.seconds), 60)
        return (
            f"epoch {now.epoch} of {now.epochs} [{'#' * done:.<{cells}}] "
            f"{left or f'{minutes}:{seconds:02d}'}  loss {now.loss:.4f}{known}"
        )


def _augmenter() -> Augmenter:
    # Only then: it loads pillow, 2 MB of the 96 that a training may take on a Zero.
    from core.data.augment import Augmenter

    return Augmenter.mild()


def _check_writable(out: str) -> Place:
    """The place of the model. Raises StorageError now, not after an hour of training, if it
    cannot be saved."""
    import os

    from core.files.output import place_of

    if os.path.isdir(out):
        raise StorageError(f"{out}: is a folder; give --out a file name in it, as model.npz")
    place = place_of(out)
    folder = place.path.parent
    if not os.path.isdir(folder):
        raise StorageError(f"{out}: the folder {folder} does not exist; make it first")
    if not os.access(place.path if place.through else folder, os.W_OK):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            raise StorageError(f"{out}: is on a read-only file system; choose another")
        raise StorageError(f"{out}: may not be written; choose a folder of your own")
    return place


def _check_checkpoint(checkpoint: Path | None, resume: bool) -> None:
    there = checkpoint is not None and os.path.lexists(checkpoint)
    if there and not resume:
        raise UsageError(
            f"{checkpoint}: holds a training that was interrupted; "
            "add --resume to go on with it, or remove the file to start afresh"
        )
    if resume and not there:
        where = "it" if checkpoint is None else checkpoint
        raise UsageError(f"{where}: nothing to resume there; leave --resume out")


def _test_data(path: str) -> Dataset | None:
    """The test digits of the same folder; None if it has none or `path` is a file."""
    from core.data import datasets

    folder = Path(path)
    if not os.path.isdir(folder) or datasets.find(folder, "test") is None:
        return None
    return datasets.load(folder, "test")


def _info(
    args: argparse.Namespace, samples: int, history: History, score: float | None
) -> dict[str, Any]:
    """The model file's account of its training."""
    best = history.best
    return {
        "trained_by": "zerodigit train",
        "arguments": {name: value for name, value in vars(args).items() if name != "run"},
        "samples": samples,
        "epochs": len(history.epochs),
        "validation_accuracy": None if best is None else best.validation_accuracy,
        "test_accuracy": score,
    }
