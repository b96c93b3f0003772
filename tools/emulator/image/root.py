"""The root file system of the emulated Pi, made ready to boot without running any of it.

Debian's maintainer scripts would take eight minutes under emulation; what they would have
made, and a boot needs, is written here by hand.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.emulator import host
from tools.emulator.image import recipe

_PAM = ("auth", "account", "password", "session")

_AUTOLOGIN = """\
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200 %I vt100
"""

_NSSWITCH = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"

_INIT = """\
#!/bin/sh
B=/bin/busybox
$B mount -t devtmpfs d /dev; $B mount -t proc p /proc; $B mount -t sysfs s /sys
for m in $($B cat /modules/order); do $B insmod /modules/$m; done
while [ ! -b /dev/mmcblk0 ]; do $B sleep 0.1; done
$B mount -t ext4 -o noatime /dev/mmcblk0 /root || $B sh
$B umount /proc /sys
$B mount -o move /dev /root/dev
exec $B switch_root /root /sbin/init
"""


def extract(root: Path, beside: Path, log: Path) -> None:
    """Unpack all packages into ``root``; nothing of them is run.

    ``beside`` : where the packages go that are needed to build and not to run.
    """
    beside.mkdir()
    download = f'cd {beside} && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download -q '
    host.call(
        ["mmdebstrap", "--variant=extract", f"--architectures={recipe.ARCHITECTURE}",
         "--mode=root", "--format=dir", "--skip=check/qemu",
         "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
         '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
         f"--extract-hook={download + ' '.join(recipe.BUILD_PACKAGES)}",
         f"--include={','.join(recipe.PACKAGES)}", recipe.SUITE, root,
         f"deb {host.mirror()} {recipe.SUITE} main"],
        log,
    )  # fmt: skip


def configure(root: Path, log: Path) -> str:
    """What the maintainer scripts would have made; the release of the kernel in it."""
    for name in ("srv", "opt", "mnt", "usr/local/bin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    _accounts(root)
    _alternatives(root)
    _systemd(root)
    release = sorted(path.name for path in (root / "usr/lib/modules").iterdir())[-1]
    host.call(["depmod", "-b", root, release], log)
    host.call(["ldconfig", "-r", root], log)
    for name in ("doc", "man", "locale", "info"):
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    for name in ("cache/apt", "lib/apt/lists", "lib/dpkg/info"):
        shutil.rmtree(root / "var" / name, ignore_errors=True)
    return release


def compile_python(root: Path, log: Path) -> bool:
    """Make the .pyc files here, where it takes seconds; whether this Python can."""
    here = shutil.which("python3.11") or "/usr/bin/python3"
    done = subprocess.run(
        [here, "-c", "import sys; print(sys.version_info[:2] == (3, 11))"],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.stdout.strip() != "True":
        return False
    folders = [root / "usr/lib/python3", root / "usr/lib/python3.11"]
    # Some files of Debian's own are templates and do not compile.
    with log.open("ab") as stream:
        subprocess.run(
            [here, "-m", "compileall", "-q", "-j", "2", "-s", root, *folders],
            stdout=stream, stderr=stream,
        )  # fmt: skip
    return True


def initrd(root: Path, release: str, target: Path, work: Path, log: Path) -> None:
    """The smallest that mounts the card: busybox and the modules of ext4, 1.5 MB."""
    tree = work / "initrd"
    for name in ("bin", "modules", "proc", "sys", "dev", "root"):
        (tree / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", tree / "bin/busybox")
    (tree / "bin/sh").symlink_to("busybox")
    order = []
    for module in recipe.INITRD_MODULES:
        path = root / "usr/lib/modules" / release / "kernel" / f"{module}.ko"
        # Not there: it is part of the kernel.
        if path.exists():
            shutil.copy(path, tree / "modules")
            order.append(path.name)
    (tree / "modules/order").write_text(" ".join(order))
    (tree / "init").write_text(_INIT)
    (tree / "init").chmod(0o755)
    pack = f"find . | cpio -o -H newc --quiet | gzip -1 > {target}"
    host.call(["sh", "-c", pack], log, cwd=tree)


def _accounts(root: Path) -> None:
    masters = root / "usr/share/base-passwd"
    user = recipe.LOGIN_USER
    passwd = (masters / "passwd.master").read_text().replace("root:*:", "root::", 1)
    passwd = passwd.replace("/root:/usr/bin/sh", "/root:/bin/bash")
    passwd += f"{user}::1000:1000::/home/{user}:/bin/bash\n"
    (root / "etc/passwd").write_text(passwd)
    names = [line.split(":")[0] for line in passwd.splitlines()]
    (root / "etc/shadow").write_text("".join(f"{each}::19000:0:99999:7:::\n" for each in names))
    (root / "etc/shadow").chmod(0o640)
    group = (masters / "group.master").read_text() + f"{user}:x:1000:\n"
    group += "".join(f"{name}:x:{gid}:{user}\n" for name, gid in recipe.GROUPS.items())
    (root / "etc/group").write_text(group)
    home = root / "home" / user
    home.mkdir()
    shutil.chown(home, 1000, 1000)
    (root / "etc/nsswitch.conf").write_text(_NSSWITCH)
    for kind in _PAM:
        (root / f"etc/pam.d/common-{kind}").write_text(f"{kind} required pam_permit.so\n")
    session = root / "etc/pam.d/common-session"
    shutil.copy(session, root / "etc/pam.d/common-session-noninteractive")


def _alternatives(root: Path) -> None:
    libraries = root / "usr/lib/arm-linux-gnueabi"
    links = {
        libraries / "libblas.so.3": "blas/libblas.so.3",
        libraries / "liblapack.so.3": "lapack/liblapack.so.3",
        root / "usr/bin/awk": "mawk",
    }
    for link, place in links.items():
        if not link.is_symlink():
            link.symlink_to(place)


def _systemd(root: Path) -> None:
    units = root / "etc/systemd/system"
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("zero\n")
    (root / "etc/fstab").write_text("/dev/mmcblk0 / ext4 defaults,noatime 0 1\n")
    host_has = shutil.which("systemd-sysusers")
    if host_has:
        subprocess.run([host_has, f"--root={root}"], capture_output=True)
    getty = units / "serial-getty@ttyAMA0.service.d"
    getty.mkdir(parents=True)
    (getty / "autologin.conf").write_text(_AUTOLOGIN)
    wants = units / "getty.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "serial-getty@ttyAMA0.service").symlink_to(
        "/lib/systemd/system/serial-getty@.service"
    )
    (units / "default.target").unlink(missing_ok=True)
    (units / "default.target").symlink_to("/lib/systemd/system/multi-user.target")
    for unit in recipe.MASKED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
