"""Python code for the check of nights; STATE is the state folder, PATH a version."""

from __future__ import annotations

# Somebody who writes 3 and 7 the wrong way round, and all else as others do.
OWNER = """\
import numpy as np
from pathlib import Path
from core.data import datasets, replay
from pi.samples.store import Sample, SampleStore
data = datasets.load(replay.INCLUDED)
images, labels = np.asarray(data.images), np.asarray(data.labels)
with SampleStore(Path("STATE/samples.db")) as store:
    def add(image, guess, label):
        pixels = np.ascontiguousarray(image).tobytes()
        origin = "right" if guess == label else "wrong"
        store.add(Sample(pixels, guess, label=label, origin=origin))
    for digit in range(10):
        for image in images[labels == digit][:2]:
            add(image, digit, digit)
    for digit in (3, 7):
        for image in images[labels == digit][:10]:
            add(image[:, ::-1], 8, digit)
"""

# Labels samples while the night is at work, and prints each once it is acknowledged.
WRITER = """\
import itertools, time
from pathlib import Path
from pi.samples.store import Sample, SampleStore
store = SampleStore(Path("STATE/samples.db"))
print("BEGUN", flush=True)
for number in itertools.count():
    label = number % 11
    done = store.add(Sample(bytes([label]) * 784, label=label, origin="check"))
    print("ACK", done, label, flush=True)
    time.sleep(0.5)
"""

# One that is torn does not unwrap.
LEFT = """\
import json
from pathlib import Path
from core.files import container
folder = Path("STATE/night")
epochs = {}
for path in folder.glob("*.checkpoint"):
    about, _ = container.unwrap(container.read(path))
    epochs[path.stem] = about["state"]["epoch"] - 1
share = 0.0
if epochs:
    recipe = json.loads((folder / "plan.json").read_text())["recipe"]
    # As the night reports it: features first, then a head a fold, and one of all.
    share = 0.2 + 0.8 * sum(epochs.values()) / recipe["epochs"] / (recipe["folds"] + 1)
print(json.dumps([epochs, share]))
"""

DIGEST = """\
import hashlib
from core.files import container
_, members = container.unwrap(container.read("PATH"))
content = b"".join(name.encode() + members[name] for name in sorted(members))
print(hashlib.sha256(content).hexdigest())
"""

# A night of a few minutes, with all that a night has: of a whole one, which takes far longer,
# cuts would see little but the beginning.
SHORT = """\
from pi import config
from pi.retraining import nightly
from pi.retraining.progress import Progress
from pi.retraining.recipe import Recipe
settings = config.load(config.system_files())
recipe = Recipe(
    images=80, digits=120, drawn=40, no_digit=20, held_out=(20, 0, 0), epochs=4,
    learning_rate=1e-3, confidence=0.4,
)
progress = Progress(config.run_folder(settings))
try:
    came = nightly.run(settings, recipe=recipe, report=progress.report, checkpoint_every_s=3.0)
finally:
    progress.close()
print(came)
"""
