"""The emulated Pi's image: built once a recipe, kept outside the checkout, never half-made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.emulator import host
from tools.emulator.image import cache, lgpio, recipe, root


@dataclass(frozen=True)
class Image:
    """Files of a machine that can boot; ``disk`` is copied before it is written to."""

    folder: Path

    @property
    def kernel(self) -> Path:
        """The kernel's zImage."""
        return self.folder / "kernel"

    @property
    def initrd(self) -> Path:
        """What mounts the card."""
        return self.folder / "initrd.gz"

    @property
    def device_tree(self) -> Path:
        """A Raspberry Pi Zero's, with its revision."""
        return self.folder / "zero.dtb"

    @property
    def disk(self) -> Path:
        """An ext4 file system, as the whole of the card."""
        return self.folder / "disk.img"

    def copy_disk(self, target: Path) -> Path:
        """A card to write on; what is empty takes no room."""
        host.call(
            ["cp", "--sparse=always", "--reflink=auto", self.disk, target],
            target.with_suffix(".copy.log"),
        )
        return target


def get(say: Callable[[str], None] = print, *, anew: bool = False) -> Image:
    """The image of this recipe, from the cache, or built now.

    Raises
    ------
    Unavailable : it cannot be built here.
    CommandFailed : building it failed; says which command.
    """
    return Image(cache.folder(recipe.digest(), lambda part: build(part, say), say, anew=anew))


def build(folder: Path, say: Callable[[str], None]) -> None:
    """Build kernel, initrd, device tree and disk in an empty ``folder``."""
    log = folder / "build.log"
    host.provide(host.BUILDING, log, say)
    host.require_root("building the image")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        tree = work / "root"
        say(f"unpacking Debian {recipe.SUITE} {recipe.ARCHITECTURE}")
        try:
            root.extract(tree, work / "packages", log)
        except host.CommandFailed as error:
            raise host.Unavailable(f"Debian's packages cannot be fetched: {error}") from error
        release = root.configure(tree, log)
        lgpio.install(tree, work, log)
        if not root.compile_python(tree, log):
            say("no Python 3.11 here to compile with, so the emulated Pi starts more slowly")
        image = Image(folder)
        root.initrd(tree, release, image.initrd, work, log)
        shutil.copy(tree / f"boot/vmlinuz-{release}", image.kernel)
        _device_tree(tree, release, image.device_tree, log)
        for path in (tree / "boot").iterdir():
            path.unlink()
        with image.disk.open("wb") as disk:
            disk.truncate(recipe.DISK_MB << 20)
        host.call(["mke2fs", "-q", "-t", "ext4", "-d", tree, image.disk], log)


def _device_tree(tree: Path, release: str, target: Path, log: Path) -> None:
    (source,) = (tree / "usr/lib").glob(f"linux-image-{release}/**/{recipe.DEVICE_TREE}")
    shutil.copy(source, target)
    host.call(["fdtput", "-c", target, "/system"], log)
    host.call(
        ["fdtput", "-t", "x", target, "/system", "linux,revision", recipe.BOARD_REVISION], log
    )
    # Asked for once, a card may stay silent where the emulation gets too little of a processor;
    # a slot that does not tell of cards is asked each second.
    host.call(["fdtput", target, recipe.CARD_SLOT, "broken-cd"], log)
    # A Pi's firmware gives the kernel random bytes. Without them Python's first wish for some,
    # when numpy is imported, waits until enough interrupts have come.
    seed = [f"{byte:02x}" for byte in recipe.RANDOM_SEED]
    host.call(["fdtput", "-t", "bx", target, "/chosen", "rng-seed", *seed], log)
