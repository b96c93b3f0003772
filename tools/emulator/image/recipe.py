"""What the emulated Pi is made of, and a digest that tells when that was changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

SUITE = "bookworm"
ARCHITECTURE = "armel"
"""Debian's port for ARM without a floating-point unit: what there is for an ARMv6 but Raspberry
Pi OS itself, whose mirror is another one. Soft floats: times are an upper bound."""

PACKAGES = (
    "base-files", "base-passwd", "bash", "busybox-static", "coreutils", "dash", "dbus",
    "diffutils",
    "e2fsprogs", "findutils", "gpiod", "grep", "gzip", "hostname", "init-system-helpers",
    "kmod", "libc-bin", "login", "mawk", "mount", "ncurses-base", "ncurses-bin", "passwd",
    "procps", "python3", "python3-colorzero", "python3-numpy", "python3-pil",
    "python3-systemd", "python3-venv",
    "sed", "sqlite3", "sudo", "systemd", "systemd-sysv", "tar", "tzdata",
    "udev", "util-linux", "linux-image-rpi",
)  # fmt: skip

BUILD_PACKAGES = ("libpython3.11-dev",)

GPIOZERO = "gpiozero==2.0.1"
LGPIO = "lgpio==0.2.2.0"
"""Bookworm's gpiozero is older than 2.0, and has no lgpio; Raspberry Pi OS has both."""

DISK_MB = 512

BOARD_REVISION = "900093"
"""A Zero 1.3, which QEMU leaves at 0000 and gpiozero then calls unknown."""

# The serial console's line belongs to Bluetooth on a Zero W, so it is a plain Zero's tree.
DEVICE_TREE = "bcm2835-rpi-zero.dtb"

CARD_SLOT = "/soc/mmc@7e202000"

RANDOM_SEED = bytes(range(64))
"""The same for every machine and every start: there is nothing here to be kept secret."""

# The first two drivers want a block of registers that QEMU does not have, and stop the kernel.
# A machine that waits for a processor is not locked up; the kernel would say so in the midst of
# what a command prints.
KERNEL_ARGUMENTS = (
    "console=ttyAMA0,115200 root=/dev/mmcblk0 rootwait rw quiet loglevel=1 "
    "deferred_probe_timeout=1 nosoftlockup "
    "initcall_blacklist=bcm2835_power_driver_init,bcm2835_pm_driver_init"
)

# For /dev/mmcblk0's ext4, in the order they need each other.
INITRD_MODULES = (
    "lib/crc16", "crypto/crc32c_generic", "lib/libcrc32c", "fs/mbcache", "fs/jbd2/jbd2",
    "fs/ext4/ext4",
)  # fmt: skip

# What only takes time at boot, or waits for hardware that is not there.
MASKED = (
    "dbus.service", "dbus.socket", "systemd-logind.service", "systemd-binfmt.service",
    "modprobe@efi_pstore.service", "modprobe@drm.service", "modprobe@fuse.service",
    "modprobe@loop.service", "modprobe@configfs.service", "modprobe@dm_mod.service",
    "systemd-random-seed.service", "systemd-networkd.service", "systemd-timesyncd.service",
    "e2scrub_reap.service", "e2scrub_all.timer", "apt-daily.timer", "fstrim.timer",
    "getty@tty1.service",
)  # fmt: skip

# As on Raspberry Pi OS, where the user may use the hardware.
LOGIN_USER = "pi"
GROUPS = {"gpio": 993, "i2c": 994, "spi": 995}

_FILES = ("recipe.py", "build.py", "root.py", "lgpio.py")


def digest(sources: Iterable[bytes] | None = None) -> str:
    """A short name for this very recipe; another as soon as a line of it is another.

    ``sources`` : what it is made of, by default the modules that build the image.
    """
    if sources is None:
        folder = Path(__file__).parent
        sources = [(folder / name).read_bytes() for name in _FILES]
    total = hashlib.sha256()
    for each in sources:
        total.update(hashlib.sha256(each).digest())
    return total.hexdigest()[:12]
