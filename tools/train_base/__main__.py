"""Train the weights we ship.

    python -m tools.train_base                       everything, an hour or two on two cores
    python -m tools.train_base --resume              go on after Ctrl-C or a power cut
    python -m tools.train_base --judge-alone         keep the network of --out
    python -m tools.train_base --scale 0.02 --epochs 2 --out /tmp/try.npz     a quick try

First a pool of crops is made (``tools.train_base.crops``: MNIST's training digits and our own,
drawn on paper, photographed by ``core.synthesis.scene`` and cut out by
``core.vision.digitise``), then the network learns from it. The best epoch is chosen on training
digits held out for that; the MNIST test digits are read once, at the end, to be reported.

Every epoch goes into training.jsonl in the folder --work, and into its curves, training.png
there; ``python -m tools.train_base.curves`` draws them again. Both are whole after --resume
too.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import modelfile, training
from core.classes import NO_DIGIT
from core.data import datasets
from core.integer.quantise import quantise
from core.network import Network
from core.reading.reader import THRESHOLD, UNLIKELY
from core.vision.digitise import find_digits
from pi.diagnostics import canvas
from tools import command
from tools.fetch_mnist.files import require_mnist
from tools.train_base import calibrate, curves
from tools.train_base.crops import KINDS, VALIDATION, Pool
from tools.train_base.judge import PLACES, WHOLE, train_judge
from tools.train_base.log import Recorder, TrainingLog
from tools.train_base.parallel import ProgressLine
from tools.train_base.recipe import DOUBT, HELD_OUT, HELD_OUT_SEED, PHASES, POOL, RARER, SPEC

Crops = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images (n, 28, 28) and their classes (n,)."""


def main(argv: list[str] | None = None) -> int:
    """Make the pool, train, save; 130 when interrupted (``--resume`` goes on)."""
    arguments = _parser().parse_args(argv)
    left = "interrupted; --resume goes on from here"
    return command.run("train_base", lambda: _train(arguments), left)


def _parser() -> argparse.ArgumentParser:
    checkout = Path(__file__).resolve().parents[2]
    parser = command.parser("tools.train_base", __doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of MNIST's IDX files (default: .mnist)"
    )
    parser.add_argument(
        "--out", type=Path, default=checkout / "core" / "pretrained" / "digits.npz"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=checkout / ".train",
        help="pool, checkpoints, log and curves are kept here (default: .train)",
    )
    parser.add_argument("--network", default=SPEC, help="layers (default: %(default)s)")
    parser.add_argument("--epochs", type=int, help="of each phase (default: 22 and 8)")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the pool to make")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument(
        "--judge-alone",
        action="store_true",
        help="train the judges anew, behind the network that --out has",
    )
    return parser


def _train(arguments: argparse.Namespace) -> None:
    started = time.monotonic()
    mnist = require_mnist(arguments.data)
    log = TrainingLog(arguments.work / "training.jsonl")
    if arguments.judge_alone:
        model = modelfile.load(arguments.out)
        network, info = model.network, model.info
    else:
        network, info = _train_network(arguments, mnist, log)
    ranges = calibrate.ranges_of(network)
    judges, accuracies = [], []
    for phase, recipe in ((curves.JUDGE, WHOLE), (curves.PLACE_JUDGE, PLACES)):
        judge, judged = train_judge(
            quantise(network, ranges),
            arguments.work,
            mnist,
            seed=arguments.seed,
            held_out_seed=HELD_OUT_SEED + arguments.seed,
            scale=arguments.scale,
            recipe=recipe,
            progress=Recorder(log, phase, EpochLine()),
        )
        log.complete(phase, len(judged.epochs), judged)
        judges.append(judge)
        accuracies.append(_accuracy(judged))
    canvas.save(curves.draw(log.lines), arguments.work / "training.png")
    info = info | {
        "threshold": THRESHOLD,
        "doubt": DOUBT,
        "unlikely": UNLIKELY,
        "judge_validation_accuracy": accuracies[0],
        "place_judge_validation_accuracy": accuracies[1],
    }
    modelfile.save(arguments.out, network, info, judges[0], ranges, judges[1])
    size = arguments.out.stat().st_size
    print(
        f"{arguments.out}: {size} bytes after {(time.monotonic() - started) / 60:.1f} minutes"
    )
    print(f"{log.path}: every epoch; {log.path.with_suffix('.png')}: its curves")
    for name, value in info.items():
        print(f"  {name}: {value}")


def _train_network(
    arguments: argparse.Namespace, mnist: Path, log: TrainingLog
) -> tuple[Network, dict[str, Any]]:
    """The trained network, and the info of its model file."""
    pool, digits = _training_set(arguments, mnist)
    held_out = _held_out(arguments, mnist)
    print(f"{len(pool[1])} crops to learn from, {len(held_out[1])} to choose the epoch by")
    network = Network.from_spec(arguments.network, batch_norm=True, seed=arguments.seed)
    print(network)
    if not arguments.resume:
        log.forget()
        for old in arguments.work.glob("checkpoint-*.npz"):
            old.unlink()
    for number, phase in enumerate(PHASES, 1):
        print(f"phase {number} of {len(PHASES)}: {phase.name}")
        history = training.fit(
            network,
            _joined(pool, *phase.mnist_again * [digits]),
            epochs=arguments.epochs or phase.epochs,
            batch_size=arguments.batch_size,
            learning_rate=phase.learning_rate,
            schedule="cosine",
            warm_up=min(phase.warm_up, (arguments.epochs or phase.epochs) / 4),
            label_smoothing=0.02,
            average=0.9995,
            validation=held_out,
            augment=phase.augmenter,
            seed=arguments.seed,
            checkpoint=arguments.work / f"checkpoint-{number}.npz",
            resume=arguments.resume,
            progress=Recorder(log, phase.name, EpochLine()),
        )
        log.complete(phase.name, arguments.epochs or phase.epochs, history)
    network.layers[-2].parameters()[-1].value[NO_DIGIT] -= RARER
    network = network.folded()
    test = datasets.load(mnist, "test")
    return network, {
        "command": "python -m tools.train_base",
        "seed": arguments.seed,
        "epochs": [arguments.epochs or phase.epochs for phase in PHASES],
        "pool_sha256": hashlib.sha256(pool[0].tobytes() + pool[1].tobytes()).hexdigest(),
        "validation_accuracy": _accuracy(history),
        "mnist_test_crops": round(_score_of_crops(network, test), 5),
    }


def _accuracy(history: training.History) -> float | None:
    """Validation accuracy of the epoch whose weights were kept."""
    return round(history.best.validation_accuracy or 0.0, 5) if history.best else None


def _training_set(arguments: argparse.Namespace, mnist: Path) -> tuple[Crops, Crops]:
    """All training crops, and those of them that are MNIST's own digits."""
    pool = Pool(arguments.work, mnist, arguments.seed)
    chunks = {kind: max(1, round(count * arguments.scale)) for kind, count in POOL.items()}
    pool.build(chunks, ProgressLine("pool"))
    plain = datasets.load(mnist, "train")
    usable = round((len(plain) - VALIDATION) * min(1.0, arguments.scale))
    as_they_are = plain.images[:usable], plain.labels[:usable]
    cut_out = pool.load({**dict.fromkeys(KINDS, 0), "mnist": chunks["mnist"]})
    return _joined(pool.load(chunks), as_they_are), _joined(cut_out, as_they_are)


def _joined(*parts: Crops) -> Crops:
    images, labels = zip(*parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _held_out(arguments: argparse.Namespace, mnist: Path) -> Crops:
    """The set that chooses the epoch: MNIST's last VALIDATION digits, scenes of other seeds."""
    chunks = {
        kind: round(count * min(1.0, arguments.scale)) for kind, count in HELD_OUT.items()
    }
    pool = Pool(arguments.work, mnist, HELD_OUT_SEED + arguments.seed)
    chunks["drawn"] = max(1, chunks["drawn"])
    pool.build(chunks, ProgressLine("pool"))
    plain = datasets.load(mnist, "train")
    held_out = range(len(plain) - VALIDATION, len(plain))
    return _joined(pool.load(chunks), _crops(plain, held_out))


def _crops(data: datasets.Dataset, indices: range) -> Crops:
    """The best candidate of each picture, all paper where there is none."""
    crops = np.zeros((len(indices), 28, 28), dtype=np.uint8)
    for place, index in enumerate(indices):
        candidates = find_digits(np.ascontiguousarray(data.images[index]), limit=1)
        if candidates:
            crops[place] = np.rint(candidates[0].image * 255).astype(np.uint8)
    return crops, np.asarray(data.labels[indices.start : indices.stop])


def _score_of_crops(network: Network, data: datasets.Dataset) -> float:
    crops, labels = _crops(data, range(len(data)))
    return network.score(crops, labels)


class EpochLine:
    """Progress of a training: a line for each epoch, on a terminal also a changing one."""

    def __call__(self, progress: training.Progress) -> None:
        accuracy = progress.validation_accuracy
        line = (
            f"epoch {progress.epoch} of {progress.epochs}, batch {progress.batch} of "
            f"{progress.batches}: loss {progress.loss:.4f}, last validation "
            f"{'-' if accuracy is None else f'{accuracy:.4f}'}, {progress.seconds:.0f} s"
        )
        if progress.batch == progress.batches:
            print(line + " " * 8, file=sys.stderr, flush=True)
        elif sys.stderr.isatty() and progress.batch % 20 == 0:
            print(line, end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
