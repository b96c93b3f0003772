"""The fonts: which they are, where they belong, brought there, verified by SHA-256."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import DatasetError
from tools.fetch_mnist.files import are_verified, fetch
from tools.fetch_mnist.sources import FetchProgress, RemoteFile

MISSING = "no handwriting fonts here; fetch them with: python -m tools.fetch_fonts"

REMEDY = "offline? copy the fonts into a folder and use --source FOLDER"

_VERSION = "5.3.0"

# All under the SIL Open Font License 1.1; their packages have its text.
_DIGESTS = {
    "just-me-again-down-here": (
        "154f149b85fa4145d2545b270db1a149c1815fca861b2ef90700cccf20e76050", 15_564
    ),
    "kristi": ("baf2b649c525e4b3d6516c77c88c1533b4c0e7a8376e88f63c13ed4dd5e4be6a", 18_732),
    "loved-by-the-king": (
        "c865f5db8c24e82e05b74065da789d1df28b12d66d2977e884af4a444ff46cb5", 13_460
    ),
    "reenie-beanie": (
        "1b86681155e125625f01839b2e6688dde2b2a7766a8eb49645b3a8707c2bee9f", 21_444
    ),
    "zeyada": ("91d3613bd2d6ca6d14bfba2a7c3918ee4ced380d570d1b29a6ebfbcf56e7a6ff", 22_820),
    "zhi-mang-xing": (
        "e003a2de2a5db5adab3a36a2ee041f034ba611edf29d57aa706aa86dc17e9c76", 15_132
    ),
}  # fmt: skip

NAMES = tuple(_DIGESTS)


def file_name(name: str) -> str:
    """The file of a font of NAMES."""
    return f"{name}-latin-400-normal.woff"


FONTS = tuple(
    RemoteFile(
        file_name(name),
        sha256,
        size,
        package=f"@fontsource/{name}@{_VERSION}",
        member=f"files/{file_name(name)}",
    )
    for name, (sha256, size) in _DIGESTS.items()
)


def default_folder() -> Path:
    """Where fonts belong: $ZERODIGIT_FONTS, or ``.fonts`` in the checkout."""
    folder = os.environ.get("ZERODIGIT_FONTS")
    return Path(folder) if folder else Path(__file__).resolve().parents[2] / ".fonts"


def require_fonts() -> Path:
    """The folder with all of FONTS, verified. DatasetError where they were not fetched."""
    folder = default_folder()
    if not are_verified(folder, FONTS):
        raise DatasetError(MISSING)
    return folder


def fetch_fonts(target: Path, source: str, progress: FetchProgress | None = None) -> None:
    """Bring the fonts into `target` from "npm" or a folder; errors as `fetch_mnist.fetch`."""
    fetch(target, source, files=FONTS, progress=progress, remedy=REMEDY)
