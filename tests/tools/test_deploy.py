"""tools/deploy with a stand-in for ssh that runs the command in a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pi.system.version import commit

CHECKOUT = Path(__file__).resolve().parents[2]

SSH = """#!/bin/bash
[[ $1 != -t ]] || shift
echo "$*" >>"@HOME@/calls"
[[ ! -e @HOME@/unreachable ]] || exit 255
cd "@HOME@" && shift && exec bash -c "$*"
"""
INSTALLER = '#!/bin/bash\nprintf "%s\\n" installer "$@"\nexit $(cat "$HOME/code" || echo 0)\n'


class Remote:
    def __init__(self, folder):
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.checkout = folder / "a checkout"
        for made in (self.home, self.bin, self.checkout / "tools", self.checkout / "core"):
            made.mkdir(parents=True)
        for name in ("deploy", "setup_env.sh"):
            shutil.copy(CHECKOUT / "tools" / name, self.checkout / "tools")
        for name in ("pi", "systemd"):
            (self.checkout / name).mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE", "core/a b.py", "core/c.pyc"):
            (self.checkout / name).write_text(name)
        self.script(self.checkout / "tools/install", INSTALLER)
        self.script(self.bin / "ssh", SSH.replace("@HOME@", str(self.home)))
        (self.home / "code").write_text("0")

    def script(self, path, text):
        path.write_text(text)
        path.chmod(0o755)

    def deploy(self, *arguments, **options):
        return subprocess.run(
            ["bash", str(self.checkout / "tools/deploy"), *arguments],
            env={"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **options,
        )

    @property
    def sent(self):
        folder = self.home / ".cache/zerodigit"
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def remote(tmp_path):
    return Remote(tmp_path)


def test_checkout_is_sent_and_installed(remote):
    done = remote.deploy("pi@zero")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "installer\n"
    assert remote.sent == [
        ".commit", "LICENSE", "README.md", "core/a b.py", "pyproject.toml", "tools/deploy",
        "tools/install", "tools/setup_env.sh",
    ]  # fmt: skip


def test_options_reach_the_installer_as_they_are(remote):
    done = remote.deploy("zero", "--", "--dry-run", "a b'c")
    assert done.stdout == "installer\n--dry-run\na b'c\n"


def test_what_was_removed_here_is_removed_there(remote):
    remote.deploy("zero")
    (remote.checkout / "core/a b.py").unlink()
    remote.deploy("zero")
    assert "core/a b.py" not in remote.sent


def test_new_files_of_the_program_go_and_all_else_stays_here(remote):
    for name in ("secret/key", ".venv/x.py", "core/new.py", "core/.hidden", "core/._new.py"):
        (remote.checkout / name).parent.mkdir(exist_ok=True)
        (remote.checkout / name).touch()
    remote.deploy("zero")
    assert [name for name in remote.sent if "core/" in name] == ["core/a b.py", "core/new.py"]
    assert not {"secret/key", ".venv/x.py"} & set(remote.sent)


def test_the_commit_goes_along(remote):
    remote.deploy("zero")
    sent = remote.home / ".cache/zerodigit"
    assert commit(sent) is None
    git = ["git", "-C", str(remote.checkout), "-c", "user.name=x", "-c", "user.email=x@y"]
    for words in (["init", "-q"], ["add", "core"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    remote.deploy("zero")
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout
    assert commit(sent) == head[:12]


@pytest.mark.slow
def test_any_checkout_is_sent_whole(tmp_path, any_checkout, checkouts):
    remote = Remote(tmp_path)
    shutil.rmtree(remote.checkout)
    shutil.copytree(any_checkout, remote.checkout)
    done = remote.deploy("zero", "--", "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: tools/install")
    assert remote.sent == [".commit"] + [
        name for name in checkouts.names
        if name.startswith(("core/", "pi/", "tools/", "systemd/", "pyp", "README", "LIC"))
    ]  # fmt: skip


def test_weights_go_through_the_command_there(remote):
    remote.script(
        remote.bin / "zerodigit", '#!/bin/bash\necho "$@"; cat >"$HOME/weights"\n'
    )  # fmt: skip
    weights = remote.checkout / "mine.npz"
    weights.write_bytes(bytes(range(256)) * 100)
    done = remote.deploy("zero", "--weights", str(weights))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "weights install -\n"
    assert (remote.home / "weights").read_bytes() == weights.read_bytes()


def last_line(done):
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def test_host_that_does_not_answer(remote):
    (remote.home / "unreachable").touch()
    assert "zero cannot be reached" in last_line(remote.deploy("zero"))


def test_installer_that_fails(remote):
    (remote.home / "code").write_text("1")
    assert last_line(remote.deploy("zero")) == "deploy: not installed on zero, see above"


def test_weights_that_are_refused_or_not_there(remote):
    remote.script(remote.bin / "zerodigit", "#!/bin/bash\nexit 4\n")
    (remote.checkout / "mine.npz").touch()
    path = str(remote.checkout / "mine.npz")
    assert "did not take" in last_line(remote.deploy("zero", "--weights", path))
    assert "no such file" in last_line(remote.deploy("zero", "--weights", "none.npz"))


@pytest.mark.parametrize(
    "arguments",
    [[], ["a", "b"], ["--fast", "a"], ["a", "--weights"], ["a", "--weights", "f", "--", "x"]],
)
def test_wrong_usage(remote, arguments):
    done = remote.deploy(*arguments)
    assert done.returncode == 2
    assert "usage: tools/deploy HOST" in done.stderr


def test_script_is_sound():
    path = CHECKOUT / "tools/deploy"
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "--external-sources", path], cwd=CHECKOUT, check=True)
