"""Runs in the rivals' environment, not in ours: a task a line in, its seconds a line out.

It stands alone but for ``scipy_digitise`` beside it, and imports each library when it is
needed; they are no dependency of the package.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))


@cache
def load(path: str) -> Any:
    """An array that the benchmark has left."""
    return np.load(path)


def sklearn_training(question: dict[str, Any]) -> float:
    """MLPClassifier's own loop, one epoch, on the float32 inputs that it takes as they are."""
    network = importlib.import_module("sklearn.neural_network")
    images = load(question["images"])
    x = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    classifier = network.MLPClassifier(
        (200,), activation="logistic", solver="sgd", batch_size=question["batch"], alpha=0.0,
        learning_rate_init=question["rate"], momentum=question["momentum"],
        nesterovs_momentum=False, max_iter=1, random_state=0,
    )  # fmt: skip
    started = time.process_time()
    classifier.fit(x, load(question["labels"]))
    return time.process_time() - started


@cache
def _torch_network(spec: str) -> Any:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    layers, depth, side = [], 1, 28
    for part in spec.split("-")[1:-1]:
        if found := re.fullmatch(r"c(\d+)k(\d+)s(\d+)", part):
            channels, kernel, stride = map(int, found.groups())
            layers += [
                torch.nn.Conv2d(depth, channels, kernel, stride, kernel // 2, bias=False),
                torch.nn.BatchNorm2d(channels),
                torch.nn.ReLU(),
            ]
            depth, side = channels, (side + 2 * (kernel // 2) - kernel) // stride + 1
        else:
            flat = depth * side * side
            layers += [torch.nn.Flatten(), torch.nn.Linear(flat, int(part), bias=False)]
            layers += [torch.nn.BatchNorm1d(int(part)), torch.nn.ReLU()]
            depth, side = int(part), 1
    layers.append(torch.nn.Linear(depth, int(spec.rpartition("-")[2])))
    network = torch.nn.Sequential(*layers)
    return torch, network, torch.optim.Adam(network.parameters(), lr=1e-3)


def torch_training(question: dict[str, Any]) -> float:
    """The loop that PyTorch's own examples have, on tensors that lie there in float32."""
    torch, network, optimiser = _torch_network(question["spec"])
    images, labels = load(question["images"]), load(question["labels"])
    x = torch.tensor(images[:, None].astype(np.float32) / np.float32(255))
    y = torch.tensor(labels.astype(np.int_))
    network.train()
    loss = torch.nn.CrossEntropyLoss()
    started = time.process_time()
    order = torch.randperm(len(x))
    for start in range(0, len(x), question["batch"]):
        these = order[start : start + question["batch"]]
        optimiser.zero_grad()
        value = loss(network(x[these]), y[these])
        value.backward()
        optimiser.step()
        value.item()
    return time.process_time() - started


def scipy_digitise(question: dict[str, Any]) -> float:
    """The steps of core.vision.digitise, written with scipy.ndimage."""
    steps = importlib.import_module("scipy_digitise")
    frames = load(question["frames"])
    started = time.process_time()
    for frame in frames:
        steps.find_digits(frame)
    return time.process_time() - started


TASKS = {
    task.__name__: task for task in (sklearn_training, torch_training, scipy_digitise)
}  # fmt: skip


def main() -> int:
    """Until there is nothing more to do."""
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"seconds": TASKS[question["task"]](question)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
