"""A picture of every lesson, and a page that shows them all.

    python -m tools.lessons --gallery tools/pictures/lessons

Nobody's photographs are in it: the lesson on handwriting draws its own. A lesson that needs
what is not installed is left out, and said to be.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from core.errors import StorageError
from core.files.atomic import write_atomically
from tools.lessons import LESSONS, docstring, run
from tools.lessons.page import Page
from tools.plotting.optional import MissingExtraError
from tools.plotting.panels import load_matplotlib

ABOUT = """Made by `python -m tools.lessons --gallery FOLDER`. The digits of 28 by 28 are
MNIST's (see `core/data/README.md`); those of 8 by 8 are from E. Alpaydin and C. Kaynak's
*Optical Recognition of Handwritten Digits*, by way of scikit-learn; the photographs are drawn
by `core.synthesis.scene`."""


def make_gallery(folder: Path, *, short: bool = False) -> None:
    """Run all lessons, save their plots and README.md. MissingExtraError, StorageError."""
    load_matplotlib()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}; name another folder") from error
    parts = ["# The lessons in pictures", ABOUT]
    for name in LESSONS:
        page = Page(io.StringIO(), short=short)
        try:
            run(name, page)
        except MissingExtraError as error:
            print(f"{name}: left out, {error}", file=sys.stderr)
            continue
        page.save(folder / f"{name}.png")
        print(folder / f"{name}.png", flush=True)
        title = docstring(name).splitlines()[0]
        parts.append(f"## {name}\n\n{title}\n\n![{name}]({name}.png)")
    with write_atomically(folder / "README.md") as file:
        file.write(("\n\n".join(parts) + "\n").encode())
