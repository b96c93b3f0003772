"""tools/install on a Pi of stand-ins: what it makes, keeps, refuses and puts back.

The real thing, with systemd and pins, is tools/emulate's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pi.diagnostics import installed_tree
from pi.diagnostics.finding import OK
from pi.system.version import commit

CHECKOUT = Path(__file__).resolve().parents[2]
UNIT = "etc/systemd/system/zerodigit.service"
VERSION = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]

# A command that leaves half of one file behind and fails.
FULL_CARD = """#!/bin/bash
if [[ ${{!#}} == */{named} ]]; then echo half >"${{!#}}"; exit 1; fi
exec {real} "$@"
"""


def install(pi, *options):
    done = pi.run("tools/install", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def change(pi, text):
    """A newer checkout."""
    path = pi.checkout / "pi/devices/pins.py"
    pi.replace(path, path.read_text() + f"\n# {text}\n")


def change_unit(pi):
    """A newer unit in it."""
    path = pi.checkout / "systemd/zerodigit.service"
    pi.replace(path, path.read_text() + "# newer\n")


def test_from_nothing(installed_pi):
    root, done = installed_pi.root, installed_pi.made
    assert done.stderr == ""
    config = tomllib.loads((root / "etc/zerodigit/zerodigit.toml").read_text())
    assert config["camera"] == {"type": "picamera2"}
    assert config["display"] == {"type": ["seven_segment"]}
    for path in (UNIT, "etc/sysusers.d/zerodigit.conf", "etc/tmpfiles.d/zerodigit.conf"):
        assert (root / path).stat().st_mode & 0o777 == 0o644
    assert (root / "etc/udev/rules.d/60-zerodigit.rules").is_file()
    assert (installed_pi.current / "core/pretrained/digits.npz").is_file()
    assert list(installed_pi.current.rglob("pi/cli/__pycache__/run.*.pyc"))
    command = root / "usr/local/bin/zerodigit"
    version = subprocess.run([command, "--version"], capture_output=True, text=True)
    assert version.stdout == f"zerodigit {VERSION}\n"
    assert installed_pi.calls("usermod") == ["usermod -aG zerodigit pi"]
    assert installed_pi.calls("systemctl enable") == [
        "systemctl enable --quiet zerodigit.service",
        "systemctl enable --quiet --now zerodigit-retrain.timer",
    ]
    for name in ("zerodigit-retrain.service", "zerodigit-retrain.timer"):
        assert (root / "etc/systemd/system" / name).is_file()
    assert len(installed_pi.calls("systemctl restart")) == 1
    assert f"installed: {VERSION}-" in done.stdout


def test_owners_and_modes_are_as_the_table_says(installed_pi):
    me = os.geteuid(), os.getegid()
    found = installed_tree.check(installed_pi.root, lambda name: me, lambda name: "/")
    assert found.level == OK, found


def test_second_time_changes_nothing(installed_pi):
    before = installed_pi.snapshot()
    installed_pi.forget_calls()
    done = install(installed_pi)
    assert installed_pi.snapshot() == before
    assert "nothing to change" in done.stdout
    changing = ("restart", "daemon-reload", "enable --", "usermod", "sysusers", "udevadm")
    assert [
        call for call in installed_pi.calls() if any(word in call for word in changing)
    ] == []


def test_dry_run_does_nothing(fake_pi):
    (fake_pi.here / "apt").unlink()
    before = fake_pi.snapshot()
    done = install(fake_pi, "--dry-run")
    assert fake_pi.snapshot() == before
    assert "would run: apt-get install" in done.stdout
    assert "would run: systemctl restart zerodigit.service" in done.stdout
    assert {call.split()[0] for call in fake_pi.calls()} <= {"systemctl", "dpkg-query"}
    assert fake_pi.calls("restart") == []


@pytest.mark.slow
def test_dry_run_of_an_upgrade_does_nothing(installed_pi):
    oldest = installed_pi.current
    change(installed_pi, "newer")
    install(installed_pi)
    change(installed_pi, "newer still")
    config = installed_pi.root / "etc/zerodigit/zerodigit.toml"
    config.write_text("[camera]\nrotate = 180\n")
    before = installed_pi.snapshot()
    done = install(installed_pi, "--dry-run")
    assert installed_pi.snapshot() == before
    assert "would point" in done.stdout
    assert f"{config}: is yours, and stays as it is" in done.stdout
    assert config.read_text() == "[camera]\nrotate = 180\n"
    assert [line for line in done.stdout.splitlines() if "would run: rm" in line] == [
        f"    would run: rm -rf -- {oldest}"
    ]
    assert done.stderr == "install: nothing was done; without --dry-run it would be\n"


@pytest.mark.slow
def test_dry_run_where_all_is_done_says_so(installed_pi):
    done = install(installed_pi, "--dry-run")
    assert "would" not in done.stdout
    assert done.stderr == "install: nothing was done, and there is nothing to do\n"
    done = install(installed_pi, "--dry-run", "--keep-journal")
    assert done.stderr == "install: nothing was done; without --dry-run it would be\n"


def test_dry_run_refuses_the_settings_that_the_installation_would(installed_pi):
    installed_pi.write("etc/zerodigit/zerodigit.toml", "[camera]\nrotat = 1\n")
    done = installed_pi.run("tools/install", "--dry-run")
    assert done.returncode == 1
    assert f"{installed_pi.root}/etc/zerodigit/zerodigit.toml" in done.stderr
    assert "rotat is no setting; did you mean rotate?" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_dry_run_by_one_outside_the_group_asks_for_no_folders(installed_pi):
    state = installed_pi.root / "var/lib/zerodigit"
    state.chmod(0)
    done = install(installed_pi, "--dry-run")
    state.chmod(0o700)
    assert "would" not in done.stdout


def test_what_a_power_cut_left_half_installed_is_finished_first(installed_pi):
    (installed_pi.here / "apt").unlink()
    installed_pi.add("dpkg", "#!/bin/bash\necho dpkg $* >>@HERE@/calls; touch @HERE@/whole\n")
    installed_pi.add(
        "apt-get",
        "#!/bin/bash\n[[ $1 == update ]] || { [[ -e @HERE@/whole ]] && touch @HERE@/apt; }\n",
    )
    install(installed_pi)
    assert installed_pi.calls("dpkg ") == ["dpkg --configure -a"]


# Holds a lock at the first try of each command.
LOCKED = """#!/bin/bash
echo "${0##*/} $*" >>@HERE@/calls
[[ -e @HERE@/free.$1 || $* == *Lock::Timeout=300* ]] || { touch @HERE@/free.$1; exit 100; }
touch @HERE@/apt
"""


def test_missing_packages_are_installed_when_another_apt_is_done(installed_pi):
    (installed_pi.here / "apt").unlink()
    installed_pi.add("apt-get", LOCKED)
    installed_pi.add("dpkg", LOCKED)
    install(installed_pi)
    assert len(installed_pi.calls("apt-get update")) == 2
    assert len(installed_pi.calls("dpkg --configure")) == 2
    [call] = installed_pi.calls("apt-get install")
    assert "--no-install-recommends python3-picamera2 python3-numpy " in call
    assert "-o DPkg::Lock::Timeout=300" in call
    assert len(installed_pi.calls("sleep")) == 2


def test_apt_that_never_gets_on_is_told_after_three_minutes(fake_pi):
    (fake_pi.here / "apt").unlink()
    fake_pi.add("apt-get", "#!/bin/bash\nexit 100\n")
    done = fake_pi.run("tools/install")
    assert done.returncode == 1
    assert fake_pi.calls("sleep") == ["sleep 10"] * 18
    last = done.stderr.splitlines()[-1]
    assert last == "install: apt-get update failed; is there a network? is another apt at work?"


def test_packages_present_asks_apt_nothing(installed_pi):
    (installed_pi.here / "apt").unlink()
    (installed_pi.root / "etc/rpi-issue").unlink()
    done = install(installed_pi, "--packages-present")
    assert installed_pi.calls("apt-get") == []
    assert "numpy 1.24.2" in done.stdout
    assert "picamera2: not there, so no camera but files" in done.stdout


@pytest.mark.parametrize("name", ["numpy", "lgpio", "PIL"])
def test_missing_package_is_named(installed_pi, name):
    path = installed_pi.packages / name
    shutil.rmtree(path) if path.is_dir() else path.with_suffix(".py").unlink()
    # What the interpreter of the tests has itself must not stand in for it.
    if name != "lgpio":
        path.with_suffix(".py").write_text("raise ImportError('not here')\n")
    done = installed_pi.run("tools/install", "--packages-present")
    assert done.returncode == 1
    assert "sudo apt install python3-" in done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_old_gpiozero_is_refused_where_packages_are_left_alone(installed_pi):
    (installed_pi.packages / "gpiozero.py").write_text('__version__ = "1.6.2"\n')
    done = installed_pi.run("tools/install", "--packages-present")
    assert done.returncode == 1
    assert "gpiozero 1.6.2: too old, 2.0 or newer is needed" in done.stdout


def test_dry_run_tells_of_pip(installed_pi):
    (installed_pi.packages / "gpiozero.py").write_text('__version__ = "1.6.2"\n')
    done = install(installed_pi, "--dry-run")
    assert "bin/python -m ensurepip\n" in done.stdout


PIP = """
from pathlib import Path
import sys
Path(r"{control}/pip").write_text(" ".join(sys.argv[1:]))
Path(r"{packages}/gpiozero.py").write_text('__version__ = "{version}"')
"""


@pytest.mark.parametrize(("version", "code"), [("2.0.1", 0), ("1.6.3", 1)])
def test_old_gpiozero_of_apt_gets_a_newer_one_beside_it(installed_pi, version, code):
    packages = installed_pi.packages
    (packages / "gpiozero.py").write_text('__version__ = "1.6.2"\n')
    (packages / "ensurepip.py").touch()
    (packages / "pip.py").write_text(
        PIP.format(control=installed_pi.here, packages=packages, version=version)
    )
    done = installed_pi.run("tools/install")
    assert done.returncode == code, done.stderr
    assert "gpiozero of this system is older than 2.0: its own goes into " in done.stdout
    asked = (installed_pi.here / "pip").read_text()
    assert asked.startswith("install ")
    assert "--no-deps --only-binary :all: gpiozero>=2.0" in asked


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda pi: pi.add("uname", "#!/bin/bash\necho x86_64\n"), "wrong architecture: x86"),
        (lambda pi: pi.system("ubuntu", "noble"), "wrong system: ubuntu noble"),
        (lambda pi: pi.system("raspbian", "bullseye"), "wrong system: raspbian bullseye"),
        (lambda pi: pi.write("proc/device-tree/model", "BeagleBone\0"), "wrong board"),
        (lambda pi: (pi.root / "etc/rpi-issue").unlink(), "wrong system: plain Debian"),
        (lambda pi: (pi.root / "run/systemd/system").rmdir(), "systemd does not run here"),
        (
            lambda pi: pi.add("df", "#!/bin/bash\necho; echo /dev/root 1 1 50000 9% /\n"),
            "no space: 50 MB free",
        ),
    ],
)  # fmt: skip
def test_wrong_machine_is_told_in_one_line_and_left_alone(fake_pi, spoil, expected):
    spoil(fake_pi)
    before = fake_pi.snapshot()
    done = fake_pi.run("tools/install")
    assert done.returncode == 1
    assert done.stderr.startswith(f"install: {expected}")
    assert len(done.stderr.splitlines()) == 1
    assert fake_pi.snapshot() == before


WITH_HOME = """#!/bin/bash
[[ $2 == 1000 ]] || echo zerodigit:x:999:999::/var/lib/zerodigit:/usr/sbin/nologin
"""


@pytest.mark.parametrize("refused", [False, True])
def test_home_that_the_group_may_write_is_taken_away(installed_pi, refused):
    installed_pi.add("getent", WITH_HOME)
    installed_pi.add(
        "usermod", f"#!/bin/bash\necho usermod $* >>@HERE@/calls; exit {refused:d}\n"
    )
    installed_pi.forget_calls()
    done = install(installed_pi)
    changing = {"stop", "restart", "--home"}
    assert [call for call in installed_pi.calls() if call.split()[1] in changing] == [
        "systemctl stop zerodigit.service zerodigit-retrain.service",
        "usermod --home /nonexistent zerodigit",
        "systemctl restart zerodigit.service",
    ]
    assert ("stays, see above; run this again later" in done.stdout) == refused
    assert (installed_pi.here / "active").exists()


def test_command_loads_nothing_from_a_home_nor_from_the_environment(installed_pi, tmp_path):
    command = installed_pi.root / "usr/local/bin/zerodigit"
    code = "import pathlib; pathlib.Path(r'@').touch()".replace("@", str(tmp_path / "was run"))
    user = (
        tmp_path / f".local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    )
    for folder in (user, tmp_path / "path", tmp_path / "here"):
        folder.mkdir(parents=True)
        (folder / "mine.pth").write_text(code)
        for name in ("sitecustomize", "usercustomize", "argparse", "pi"):
            (folder / f"{name}.py").write_text(code)
    done = subprocess.run(
        [command, "--version"], cwd=tmp_path / "here", capture_output=True, text=True,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "path")},
    )  # fmt: skip
    assert done.stdout == f"zerodigit {VERSION}\n"
    assert not (tmp_path / "was run").exists()


def test_where_nobody_logs_in_it_tells_how_to_join_the_group(installed_pi):
    installed_pi.add("getent", "#!/bin/bash\nexit 2\n")
    installed_pi.forget_calls()
    done = install(installed_pi)
    assert "no login user here; put yours into the group: sudo usermod" in done.stdout
    assert installed_pi.calls("usermod") == []


def test_unknown_option(fake_pi):
    done = fake_pi.run("tools/install", "--quick")
    assert done.returncode == 2
    assert done.stderr.startswith("install: unknown option --quick\nusage: tools/install")


@pytest.mark.slow
def test_upgrade_keeps_settings_and_data(installed_pi):
    config = installed_pi.root / "etc/zerodigit/zerodigit.toml"
    mine = "[camera]\nrotate = 180 # mine\n"
    config.write_text(mine)
    sample = installed_pi.root / "var/lib/zerodigit/weights/0001.npz"
    sample.write_text("kept")
    first = installed_pi.current
    change(installed_pi, "newer")
    (installed_pi.checkout / ".commit").write_text("0123456789ab\n")
    install(installed_pi)
    assert commit(installed_pi.current) == "0123456789ab"
    assert installed_pi.current != first
    assert Path(os.readlink(installed_pi.root / "opt/zerodigit/previous")) == first
    assert config.read_text() == mine
    assert sample.read_text() == "kept"
    change(installed_pi, "newer still")
    install(installed_pi)
    assert not first.exists()
    assert len(list((installed_pi.root / "opt/zerodigit/releases").iterdir())) == 2


@pytest.mark.slow
def test_upgrade_that_does_not_get_ready_is_taken_back(installed_pi):
    first = installed_pi.current
    unit = (installed_pi.root / UNIT).read_text()
    change(installed_pi, "broken")
    change_unit(installed_pi)
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert installed_pi.current == first
    assert (installed_pi.root / UNIT).read_text() == unit
    assert list((installed_pi.root / "opt/zerodigit/releases").iterdir()) == [first]
    assert "the log" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"install: not upgraded: {VERSION}-")
    assert f"{first.name} runs again" in last
    # And once more, with a good one.
    path = installed_pi.checkout / "pi/devices/pins.py"
    installed_pi.replace(path, path.read_text().replace("broken", "mended"))
    install(installed_pi)
    assert installed_pi.current != first


def previous(pi):
    return Path(os.readlink(pi.root / "opt/zerodigit/previous"))


@pytest.mark.slow
def test_upgrade_that_was_not_started_is_started_by_the_next_run(installed_pi):
    first = installed_pi.current
    change(installed_pi, "newer")
    install(installed_pi, "--no-start")
    assert "nothing to change" in install(installed_pi, "--no-start").stdout
    assert first.is_dir()
    installed_pi.forget_calls()
    assert "installed: " in install(installed_pi).stdout
    assert len(installed_pi.calls("restart")) == 1
    assert previous(installed_pi) == first
    assert first.is_dir()
    before = installed_pi.snapshot()
    assert "nothing to change" in install(installed_pi).stdout
    assert installed_pi.snapshot() == before
    assert len(installed_pi.calls("restart")) == 1


@pytest.mark.slow
def test_way_back_is_that_of_the_last_release_that_got_ready(installed_pi):
    first = installed_pi.current
    change(installed_pi, "newer")
    install(installed_pi, "--no-start")
    change(installed_pi, "broken")
    assert installed_pi.run("tools/install").returncode == 1
    assert installed_pi.current == first


@pytest.mark.slow
def test_interrupted_upgrade_that_does_not_get_ready_is_taken_back_by_the_next_run(
    installed_pi,
):
    first = installed_pi.current
    change(installed_pi, "broken")
    installed_pi.has("interrupt")
    assert installed_pi.run("tools/install").returncode == 130
    assert installed_pi.current != first
    # As systemd has it, which tries the broken one again and again.
    installed_pi.has("failed")
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert f"{first.name} runs again" in done.stderr.splitlines()[-1]
    assert installed_pi.current == first
    (installed_pi.here / "failed").unlink()
    path = installed_pi.checkout / "pi/devices/pins.py"
    installed_pi.replace(path, path.read_text().replace("broken", "mended"))
    install(installed_pi)
    assert previous(installed_pi) == first


def test_first_one_that_does_not_get_ready_stays(fake_pi):
    fake_pi.has("never-ready")
    done = fake_pi.run("tools/install")
    assert done.returncode == 1
    assert "installed, but it did not get ready" in done.stderr.splitlines()[-1]
    assert fake_pi.current.is_dir()


def test_what_was_failing_before_is_not_put_back(installed_pi):
    first = installed_pi.current
    installed_pi.has("failed", "never-ready")
    change(installed_pi, "newer")
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert installed_pi.current != first


def test_settings_behind_a_link_stay_behind_it(installed_pi):
    config = installed_pi.root / "etc/zerodigit/zerodigit.toml"
    mine = installed_pi.root / "etc/dotfiles.toml"
    mine.write_text("[camera]\nrotate = 180\n")
    config.unlink()
    config.symlink_to("../dotfiles.toml")
    change(installed_pi, "newer")
    install(installed_pi)
    assert os.readlink(config) == "../dotfiles.toml"
    assert mine.read_text() == "[camera]\nrotate = 180\n"


def test_settings_that_the_new_version_refuses_stop_it_before_anything_changes(installed_pi):
    first = installed_pi.current
    (installed_pi.root / "etc/zerodigit/zerodigit.toml").write_text("[camera]\nrotat = 1\n")
    change(installed_pi, "newer")
    installed_pi.forget_calls()
    before = installed_pi.snapshot()
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert "the settings are refused, and nothing was changed" in done.stderr
    assert installed_pi.snapshot() == before
    assert "[camera] rotat is no setting; did you mean rotate?" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert installed_pi.current == first
    assert installed_pi.calls("restart") == []


def test_version_that_reads_nothing_stops_it_before_anything_changes(installed_pi):
    first = installed_pi.current
    proof = installed_pi.checkout / "pi/models/proof.py"
    installed_pi.replace(proof, 'raise SystemExit("no frame")')
    installed_pi.forget_calls()
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert "no frame" in done.stderr
    assert "this version cannot read a frame here" in done.stderr
    assert installed_pi.current == first
    assert installed_pi.calls("restart") == []


def test_damaged_release_is_made_anew(installed_pi):
    weights = installed_pi.current / "core/pretrained/digits.npz"
    good = weights.read_bytes()
    installed_pi.replace(weights, good[:1000])
    install(installed_pi)
    assert weights.read_bytes() == good


def test_release_that_a_power_cut_left_half_is_made_anew(installed_pi):
    (installed_pi.current / ".manifest").unlink()
    installed_pi.replace(installed_pi.current / "pi/devices/pins.py", "")
    install(installed_pi)
    assert (installed_pi.current / "pi/devices/pins.py").read_text()


@pytest.mark.parametrize(
    ("name", "named"), [("cp", "zerodigit.service.new"), ("ln", "current.new")]
)
def test_what_cannot_be_written_leaves_the_old_one_whole(installed_pi, name, named):
    first = installed_pi.current
    unit = (installed_pi.root / UNIT).read_text()
    change(installed_pi, "newer")
    change_unit(installed_pi)
    installed_pi.add(name, FULL_CARD.format(named=named, real=shutil.which(name)))
    installed_pi.forget_calls()
    done = installed_pi.run("tools/install")
    assert done.returncode == 1
    assert done.stderr.endswith(f"/{named[:-4]}: cannot be written; is the card full?\n")
    assert installed_pi.current == first
    assert (installed_pi.root / UNIT).read_text() == unit or name == "ln"
    assert not list(installed_pi.root.rglob("*.new"))
    assert installed_pi.calls("restart") == []


def test_pins_rule_only_where_the_system_has_none(installed_pi):
    rule = installed_pi.root / "etc/udev/rules.d/60-zerodigit.rules"
    rule.unlink()
    installed_pi.write("usr/lib/udev/rules.d/99-com.rules", 'SUBSYSTEM=="gpio", GROUP="gpio"\n')
    install(installed_pi)
    assert not rule.exists()


def test_longer_pauses_where_systemd_knows_them(installed_pi):
    drop_in = installed_pi.root / f"{UNIT}.d/10-back-off.conf"
    assert not drop_in.exists()
    (installed_pi.here / "systemd-version").write_text("257 (257.8)\n")
    install(installed_pi)
    assert "RestartSteps=" in drop_in.read_text()


@pytest.mark.slow
def test_journal_is_kept_only_when_asked(fake_pi):
    drop_in = fake_pi.root / "etc/systemd/journald.conf.d/90-zerodigit.conf"
    told = install(fake_pi).stdout.splitlines()[-1].rpartition(": ")[2]
    command, option = told.removeprefix("sudo ").split()
    assert not drop_in.exists()
    # What it names is there without the checkout, and installs nothing else.
    release = fake_pi.current
    shutil.rmtree(fake_pi.checkout)
    done = fake_pi.run(command, option)
    assert done.returncode == 0, done.stderr
    assert "--keep-journal" not in done.stdout
    assert "SystemMaxUse=16M" in drop_in.read_text()
    assert list((fake_pi.root / "opt/zerodigit/releases").iterdir()) == [release]
    assert fake_pi.calls("systemctl restart") == [
        "systemctl restart zerodigit.service",
        "systemctl restart systemd-journald",
    ]


def test_stopped_service_is_started_and_others_are_left(installed_pi):
    (installed_pi.here / "active").unlink()
    installed_pi.forget_calls()
    install(installed_pi)
    assert len(installed_pi.calls("restart")) == 1


@pytest.fixture(scope="module")
def releases():
    """Names of all that were installed: each has a digest of its files."""
    return set()


@pytest.mark.slow
def test_any_checkout_is_installed_as_the_same_files(pi_of_any, releases):
    install(pi_of_any)
    current = pi_of_any.current
    releases.add(current.name)
    assert len(releases) == 1
    files = [path for path in current.rglob("*") if path.is_file()]
    assert {path.name for path in files if path.name[0] == "."} == {".manifest", ".commit"}
    runnable = {str(path.relative_to(current)) for path in files if path.stat().st_mode & 0o111}
    assert runnable == {"tools/install", "tools/uninstall"}


@pytest.mark.parametrize("script", ["tools/install", "tools/pi_setup.sh"])
def test_script_is_sound(script):
    path = CHECKOUT / script
    subprocess.run(["bash", "-n", path], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "--external-sources", path], cwd=CHECKOUT, check=True)
