"""A Debian of its own in a folder, to run programs in with that system's libraries."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.emulator import host
from tools.emulator.image import cache, checkout

_ENVIRONMENT = {"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", "HOME": "/root", "LC_ALL": "C.UTF-8"}

# A process space and mounts of its own, so that nothing stays behind, whatever happens.
_ENTER = """\
set -e
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
root=$1
shift
# Not the first process itself, whose orphans and signals are a matter of their own.
chroot "$root" "$@"
"""


class Chroot:
    """The system below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        capture: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in it; its output goes where ours goes, or is captured."""
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "sh",
             str(self.root), *command],
            env={**_ENVIRONMENT, **(environment or {})}, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.STDOUT if capture else None, timeout=timeout_s,
        )  # fmt: skip

    @contextmanager
    def with_checkout(self, parts: Sequence[str]) -> Iterator[str]:
        """A copy of these parts of the checkout, by its path in here, until the end."""
        place = Path(tempfile.mkdtemp(prefix="checkout-", dir=self.root / "srv"))
        try:
            for part in parts:
                source = checkout.CHECKOUT / part
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(source, place / part, ignore=ignored)
                else:
                    shutil.copy(source, place / part)
            yield f"/srv/{place.name}"
        finally:
            shutil.rmtree(place, ignore_errors=True)


def get(
    suite: str,
    packages: Sequence[str],
    say: Callable[[str], None],
    *,
    finish: Callable[[Path, Path], None] = lambda root, log: None,
    recipe: bytes = b"",
) -> Chroot:
    """A Debian with these packages, from the cache or built now.

    Parameters
    ----------
    finish : puts in what Debian has not, given the root and a log; ``recipe`` stands for it,
        another when it does another thing.

    Raises
    ------
    Unavailable : it cannot be built here.
    """
    from tools.emulator.image.recipe import digest

    host.require_root("a Debian of its own in a folder")
    name = f"{suite}-{digest([suite.encode(), ' '.join(packages).encode(), recipe])}"

    def make(part: Path) -> None:
        log = part / "build.log"
        host.provide(host.CHROOTS, log, say)
        say(f"unpacking Debian {suite} with {len(packages)} packages")
        try:
            host.call(
                ["mmdebstrap", "--variant=apt", "--mode=root", "--format=dir",
                 '--aptopt=APT::Install-Recommends "false"',
                 '--aptopt=Acquire::Languages "none"', f"--include={','.join(packages)}",
                 suite, part / "root", f"deb {host.mirror()} {suite} main"],
                log,
            )  # fmt: skip
        except host.CommandFailed as error:
            raise host.Unavailable(f"Debian's packages cannot be fetched: {error}") from error
        finish(part / "root", log)

    return Chroot(cache.folder(name, make, say) / "root")
