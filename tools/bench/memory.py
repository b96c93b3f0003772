"""How much memory a training takes at its peak, beyond a Python that has numpy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.bench.measures import Result

_BARE = "import numpy"
_TRAINING = """
import sys
from core import training
from core.data import datasets
from core.network import Network
from core.training.optimisers import SGD
data = datasets.load(sys.argv[1], "train")
network = Network.from_spec("784-200-10", activation="sigmoid")
training.fit(network, data, epochs=1, batch_size=32, optimiser=SGD(0.9), learning_rate=0.05,
             validation=0.1)
"""
_PEAK = """
# Not getrusage: that counts what the process was before it became Python, too.
print(next(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line))
"""


def training(mnist: Path) -> Result:
    """Training 784-200-10 on all of MNIST, of which the mapped file is a part."""
    bare, whole = _peak(_BARE, mnist), _peak(_TRAINING, mnist)
    note = f"60,000 images, mapped: {whole:.0f} MB, bare numpy {bare:.0f} MB"
    return Result("memory", (whole - bare,), note)


def _peak(code: str, mnist: Path) -> float:
    """The largest resident size of a process, MB."""
    command = [sys.executable, "-c", code + _PEAK, str(mnist)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) * 1024 / 1e6
