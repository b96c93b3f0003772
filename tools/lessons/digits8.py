"""The primer's 8x8 digits, 64-50-10: our core and scikit-learn.

Seed: the primer, section "Real-World Example: Digit Recognition".

1,797 digits of 8 by 8 pixels, a fifth of them kept for the test (random_state=42). 64
inputs, 50 hidden ReLU neurons, 10 outputs, 500 epochs of Adam. The primer reports 97.22 % for
one seed. Luck has a part in that, so here are ten seeds of both.
"""

from __future__ import annotations

import warnings

import numpy as np

from core.network import Network
from core.nn.layer import Array
from tools.lessons.page import Page
from tools.plotting.optional import load_optional
from tools.plotting.panels import Chart, Pictures

EPOCHS, SEEDS = 500, 10
INK = 16.0
"""The greatest value of a pixel; our network is given 0 to 1, as it is everywhere."""


def run(page: Page) -> tuple[list[float], list[float]]:
    """Train both with ten seeds; the accuracies of ours and of scikit-learn's."""
    sklearn = load_optional("sklearn", "lessons")
    train_x, test_x, train_y, test_y = primers_split()
    pictures = test_x[:10].reshape(-1, 8, 8)
    page.show(Pictures("Ten of them", pictures, [str(digit) for digit in test_y[:10]]))
    epochs, seeds = (40, 2) if page.short else (EPOCHS, SEEDS)
    page.say(f"{len(train_x)} to learn from, {len(test_x)} to be tried on, {epochs} epochs")
    page.say("seed    ours   scikit-learn")
    ours, theirs = [], []
    for seed in range(seeds):
        network = Network.from_spec("64-50-10", activation="relu", seed=seed)
        network.fit(
            train_x / INK, train_y, epochs=epochs, batch_size=200, validation=None, seed=seed
        )
        ours.append(network.score(test_x / INK, test_y))
        classifier = sklearn.neural_network.MLPClassifier(
            hidden_layer_sizes=(50,), activation="relu", max_iter=epochs, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
            classifier.fit(train_x, train_y)
        theirs.append(float(classifier.score(test_x, test_y)))
        page.say(f"{seed:4}  {ours[-1]:.4f}   {theirs[-1]:.4f}")
    page.say(f"median {np.median(ours):.4f}  {np.median(theirs):.4f}")

    chart = Chart("Accuracy, seed by seed", "seed", "accuracy", y_range=(0.9, 1.0))
    chart.points("ours", range(seeds), ours)
    chart.points("scikit-learn", range(seeds), theirs)
    page.show(chart)
    sample = int(network.predict(test_x[:1] / INK)[0])
    page.say(f"Sample prediction: {sample}. Actual digit: {test_y[0]}.")
    return ours, theirs


def primers_split() -> tuple[Array, Array, Array, Array]:
    """Training inputs (n, 64), test inputs, training labels (n,), test labels."""
    load_optional("sklearn.neural_network", "lessons")
    digits = load_optional("sklearn.datasets", "lessons").load_digits()
    model_selection = load_optional("sklearn.model_selection", "lessons")
    train_x, test_x, train_y, test_y = model_selection.train_test_split(
        digits.data, digits.target, test_size=0.2, random_state=42
    )
    return train_x, test_x, train_y, test_y
