"""What the tests of the installer share: a Raspberry Pi made of a folder and stand-ins."""

from __future__ import annotations

import compileall
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

COREUTILS = [
    "awk", "bash", "cat", "chmod", "cp", "cut", "df", "dirname", "env", "find", "flock",
    "grep", "head", "ln", "mkdir", "mktemp", "mv", "readlink", "rm", "rmdir", "sed",
    "sha256sum", "sort", "tail", "tar", "touch", "tr", "xargs",
]  # fmt: skip

# Of the program as much as the installer calls, and what the tests look for.
PARTS = [
    "core/__init__.py", "core/files", "core/errors.py", "core/interrupt.py",
    "core/pretrained/digits.npz",
    "pi/__init__.py", "pi/cli", "pi/config", "pi/devices", "pi/diagnostics", "pi/system",
    "systemd", "tools/install", "tools/uninstall", "tools/deploy",
    "tools/pi_setup.sh", "tools/setup_env.sh",
    "pyproject.toml", "README.md", "LICENSE",
]  # fmt: skip

# Notes each call; what it answers is in the folder of the test. A service gets ready unless
# the release that `current` points to says otherwise.
SYSTEMCTL = """#!/bin/bash
here=@HERE@ root=@ROOT@
echo "systemctl $*" >>"$here/calls"
case "$1" in
    --version) echo "systemd $(cat "$here/systemd-version")" ;;
    is-active) [[ -e $here/active ]] ;;
    is-enabled) [[ -e $here/enabled.${!#} ]] ;;
    is-failed) [[ -e $here/failed ]] ;;
    enable) touch "$here/enabled.${!#}" ;;
    disable) rm -f "$here/enabled.${!#}" "$here/active" ;;
    stop) rm -f "$here/active" ;;
    show)
        case "$*" in
            *ActiveState*) if [[ -e $here/failed ]]; then echo failed; else echo inactive; fi ;;
            *) echo 0 ;;
        esac
        ;;
    restart)
        rm -f "$here/active"
        [[ ! -e $here/interrupt ]] || { rm "$here/interrupt"; kill -INT $PPID; exit 1; }
        if grep -qs broken "$root/opt/zerodigit/current/pi/devices/pins.py"; then exit 1; fi
        [[ ! -e $here/never-ready ]] || exit 1
        touch "$here/active"
        ;;
esac
"""

# The user's existence is a file.
GETENT = """#!/bin/bash
case "$2" in
    zerodigit) [[ -e @HERE@/user ]] ;;
    1000) echo "pi:x:1000:1000::/home/pi:/bin/bash" ;;
esac
"""
ID = """#!/bin/bash
case "$1" in
    -u) echo 0 ;;
    -nG) cat @HERE@/groups ;;
esac
"""
NOTED = """#!/bin/bash
echo "${0##*/} $*" >>@HERE@/calls
@MORE@
"""
MORE = {
    "systemd-sysusers": "touch @HERE@/user",
    "systemd-tmpfiles": "cd @ROOT@/var/lib; mkdir -p zerodigit/weights zerodigit/night; "
    "chmod 3770 zerodigit; chmod 2770 zerodigit/*",
    "usermod": "echo pi zerodigit >@HERE@/groups",
    "groupdel": "", "userdel": "rm -f @HERE@/user", "udevadm": "",
    "journalctl": "echo the log", "apt-get": "touch @HERE@/apt",
    "dpkg-query": "[[ ! -e @HERE@/apt ]] || echo -n installed", "chown": "", "sync": "",
    "dpkg": "", "sleep": "",
}  # fmt: skip


# Compiling takes most of an installation: what was compiled in the checkout is valid for the
# copies of its files too, which have the same times.
COMPILEALL = """
import os, shutil, sys
for target in sys.argv[2:]:
    source = os.path.join(r"@CHECKOUT@", os.path.basename(target))
    for folder, _, names in os.walk(source):
        if folder.endswith("__pycache__"):
            shutil.copytree(folder, target + folder[len(source):])
"""


class FakePi:
    """A folder that is the Pi's root, a checkout, and a PATH of stand-ins."""

    def __init__(self, folder, source=CHECKOUT):
        self.folder = folder
        self.source = source
        self.root = folder / "root"
        self.checkout = folder / "checkout"
        self.bin = folder / "bin"
        self.here = folder / "control"
        self.packages = folder / "packages"

    def make(self):
        """All packages are there, and nothing of ours is installed."""
        for made in (self.root, self.bin, self.here, self.packages / "PIL"):
            made.mkdir(parents=True)
        for part in PARTS:
            self._copy(part)
        # What reads needs numpy in earnest.
        (self.checkout / "pi/models").mkdir()
        (self.checkout / "pi/models/proof.py").touch()
        compileall.compile_dir(self.checkout, quiet=2)
        self._make_root()
        self._make_packages(self.packages)
        for name in COREUTILS:
            (self.bin / name).symlink_to(shutil.which(name))
        self.add("systemctl", SYSTEMCTL)
        self.add("getent", GETENT)
        self.add("id", ID)
        self.add("uname", "#!/bin/bash\necho armv6l\n")
        for name, more in MORE.items():
            self.add(name, NOTED.replace("@MORE@", more))
        (self.here / "systemd-version").write_text("252 (252.38)\n")
        (self.here / "groups").write_text("pi\n")
        self.has("apt")

    def _copy(self, part):
        source, target = self.source / part, self.checkout / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
        if part.startswith("tools/"):
            # The interpreter of the system is this one, here.
            text = target.read_text()
            target.write_text(text.replace("/usr/bin/python3", sys.executable))

    def _make_root(self):
        for folder in ("etc", "proc/device-tree", "run/systemd/system", "opt", "var/lib"):
            (self.root / folder).mkdir(parents=True)
        self.system("raspbian", "bookworm")
        self.write("proc/device-tree/model", "Raspberry Pi Zero Rev 1.3\0")
        self.write("etc/rpi-issue", "")

    def _make_packages(self, folder):
        for name, version in {"numpy": "1.24.2", "gpiozero": "2.0", "lgpio": "0.2.2"}.items():
            (folder / f"{name}.py").write_text(f'__version__ = "{version}"\n')
        text = COMPILEALL.replace("@CHECKOUT@", str(self.checkout))
        (folder / "compileall.py").write_text(text)
        (folder / "PIL/__init__.py").touch()
        (folder / "PIL/Image.py").write_text('__version__ = "9.4.0"\n')

    def system(self, name, codename):
        self.write("etc/os-release", f'ID={name}\nVERSION_CODENAME="{codename}"\n')

    @staticmethod
    def replace(path, content):
        """As a new file: the old one is a link to that of the kept state."""
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        self.replace(self.root / path, text)

    def add(self, name, text):
        text = text.replace("@HERE@", str(self.here)).replace("@ROOT@", str(self.root))
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def has(self, *flags):
        for flag in flags:
            (self.here / flag).touch()

    def run(self, *command, stdin=""):
        return subprocess.run(
            ["bash", str(self.checkout / command[0]), *command[1:]],
            env={
                "PATH": str(self.bin),
                "ZERODIGIT_ROOT": str(self.root),
                "PYTHONPATH": str(self.packages),
                "LC_ALL": "C",
            },
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def calls(self, containing=""):
        path = self.here / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if containing in line]

    def forget_calls(self):
        (self.here / "calls").unlink(missing_ok=True)

    def snapshot(self):
        """Every path with what would tell a change: its time, its content's length, a link."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            status = path.lstat()
            link = os.readlink(path) if path.is_symlink() else ""
            found[str(path)] = (status.st_mtime_ns, status.st_size, status.st_mode, link)
        return found

    @property
    def current(self):
        return Path(os.readlink(self.root / "opt/zerodigit/current"))


APPLE_DOUBLE = bytes.fromhex("00051607000200004d6163204f53205800ff")

CHECKOUTS = ("clone", "windows", "mac", "modes", "nested", "zip")


class Checkouts:
    """The ways in which the files of this checkout get somewhere else, each made once."""

    def __init__(self, folder):
        self.folder = folder
        git = ["git", "-C", CHECKOUT, "ls-files", "-z", "--cached", "--others"]
        listed = subprocess.run([*git, "--exclude-standard"], capture_output=True, text=True)
        names = [name for name in listed.stdout.split("\0") if (CHECKOUT / name).is_file()]
        if not names:
            pytest.skip("not a git checkout")
        self.names = sorted(names)
        self.published = folder / "published"
        for name in names:
            (self.published / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, self.published / name)
        self._git("init", "-q")
        self._git("add", "--all")
        self._git("commit", "-q", "-m", "all", "--no-gpg-sign")

    def _git(self, *words, folder=None, **options):
        git = [
            "git",
            "-C",
            folder or self.published,
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@y",
        ]
        return subprocess.run([*git, *words], check=True, capture_output=True, **options).stdout

    def get(self, way):
        """The checkout that has come this way."""
        target = self.folder / way / "a checkout"
        if target.exists():
            return target
        if way == "zip":
            packed = self._git("archive", "--format=zip", "HEAD")
            zipfile.ZipFile(io.BytesIO(packed)).extractall(target)
            return target
        converted = "true" if way == "windows" else "false"
        self._git(
            "clone", "-q", "-c", f"core.autocrlf={converted}", str(self.published), target
        )
        if way == "nested":
            shutil.rmtree(target / ".git")
            self._git("init", "-q", folder=target.parent)
            (target.parent / "their own").touch()
            self._git("add", "their own", folder=target.parent)
        for name in self.names:
            path = target / name
            if way == "mac":
                path.with_name(f"._{path.name}").write_bytes(APPLE_DOUBLE)
            if way == "modes":
                path.chmod(0o644)
        return target


@pytest.fixture(scope="session")
def checkouts(tmp_path_factory):
    return Checkouts(tmp_path_factory.mktemp("checkouts"))


@pytest.fixture(params=CHECKOUTS)
def any_checkout(request, checkouts):
    """A checkout as it comes from git on Linux, from Windows with its ends of lines, from a Mac
    with its ._ files, from a disk without modes, into a folder of another repository, and
    from a ZIP."""
    return checkouts.get(request.param)


COPIED = ("control", "packages", "root/etc", "root/var")


class KeptPis:
    """States of a FakePi, each made once. They lie in turn in one folder, since what is
    installed names absolute paths."""

    def __init__(self, folder):
        self.folder = folder
        self._made = {}

    def put_back(self, name, prepare):
        """The FakePi as `prepare`, a function of a new one, has left it; ``made`` is what that
        returned."""
        kept, here = self.folder / name, self.folder / "pi"
        shutil.rmtree(here, ignore_errors=True)
        pi = FakePi(here)
        if name not in self._made:
            pi.make()
            self._made[name] = prepare(pi)
            here.rename(kept)
        # Linked, for there are many files, but where some are written to in place.
        subprocess.run(["cp", "-al", kept, here], check=True)
        for part in COPIED:
            shutil.rmtree(here / part)
        subprocess.run(["cp", "-a", "--parents", *COPIED, here], cwd=kept, check=True)
        pi.made = self._made[name]
        return pi


@pytest.fixture(scope="session")
def kept_pis(tmp_path_factory):
    return KeptPis(tmp_path_factory.mktemp("pis"))


@pytest.fixture
def fake_pi(kept_pis):
    """A Pi with all packages on which nothing of ours is installed."""
    return kept_pis.put_back("bare", lambda pi: None)


@pytest.fixture
def installed_pi(kept_pis):
    """A Pi on which tools/install has done its work, by a compiler in earnest."""

    def install(pi):
        stand_in = pi.packages / "compileall.py"
        text = stand_in.read_text()
        stand_in.unlink()
        done = pi.run("tools/install")
        stand_in.write_text(text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return kept_pis.put_back("installed", install)


@pytest.fixture
def pi_of_any(tmp_path, any_checkout):
    """A bare Pi with any checkout."""
    pi = FakePi(tmp_path, any_checkout)
    pi.make()
    return pi
