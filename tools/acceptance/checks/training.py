"""Training from random weights on the Pi: time an epoch, and peak memory."""

from __future__ import annotations

import json

from tools.emulator.testbed import Testbed, expect

IMAGES = 60_000
SAMPLES = 1_000
MOST_KB = 96 * 1024

# Of noise: what is written on them makes no difference to either. Every page of the map is
# looked at, as a whole epoch would.
_TRAIN = """\
import json, struct, time
import numpy as np
from core import training
from core.data import datasets
from core.network import Network
rng = np.random.default_rng(0)
with open("/srv/noise-images-idx3-ubyte", "wb") as file:
    file.write(struct.pack(">HBB3I", 0, 8, 3, IMAGES, 28, 28))
    piece = rng.integers(0, 256, 784 * 1000, np.uint8).tobytes()
    for _ in range(IMAGES // 1000):
        file.write(piece)
with open("/srv/noise-labels-idx1-ubyte", "wb") as file:
    file.write(struct.pack(">HBBI", 0, 8, 1, IMAGES) + bytes(i % 10 for i in range(IMAGES)))
del piece
data = datasets.load("/srv/noise-images-idx3-ubyte")
for start in range(0, IMAGES, 1000):
    data.images[start : start + 1000].max()
network = Network.from_spec("784-200-10")
few = data.images[:SAMPLES], data.labels[:SAMPLES]
started = time.perf_counter()
training.fit(network, few, epochs=1, batch_size=64, validation=None,
             checkpoint="/srv/noise.checkpoint")
seconds = time.perf_counter() - started
peak = next(line.split()[1] for line in open("/proc/self/status") if "VmHWM" in line)
print(json.dumps([seconds, int(peak)]))
"""


def training(testbed: Testbed) -> str:
    """A thousand samples are timed, and an epoch worked out from them."""
    code = _TRAIN.replace("IMAGES", str(IMAGES)).replace("SAMPLES", str(SAMPLES))
    seconds, peak_kb = json.loads(testbed.python(code, 600.0))
    testbed.pi.shell("rm -f /srv/noise*")
    # Waiting for a processor that other work has is none of a Pi's.
    own = seconds * testbed.pi.share()
    expect(peak_kb <= MOST_KB, f"training took {peak_kb} kB")
    minutes = own * IMAGES / SAMPLES / 60
    return (
        f"784-200-10: {SAMPLES:,} samples in {own:.1f} s (emulated; {seconds:.1f} s here), so "
        f"{IMAGES:,} in {minutes:.0f} min an epoch; {peak_kb / 1024:.0f} MB at the peak"
    )
