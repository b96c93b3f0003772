"""tools/uninstall on a Pi of stand-ins: all goes that was made, and nothing that was not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(kept_pis):
    """A Pi with all that the installer can make, and with something learnt; ``made`` is what
    was there without us."""

    def install(pi):
        before = set(pi.snapshot())
        (pi.here / "systemd-version").write_text("257 (257.8)\n")
        assert pi.run("tools/install", "--keep-journal").returncode == 0
        pi.write(SAMPLE, "learnt")
        pi.write("var/lib/systemd/timers/stamp-zerodigit-retrain.timer", "")
        pi.forget_calls()
        return before

    return kept_pis.put_back("installed with all", install)


SAMPLE = "var/lib/zerodigit/weights/0001.npz"
DROP_INS = "etc/systemd/system/zerodigit.service.d"
DROP_IN = f"{DROP_INS}/override.conf"


def files(pi):
    """What is left of ours, without folders that hold nothing."""
    return {
        str(path.relative_to(pi.root))
        for path in pi.root.rglob("*")
        if str(path) not in pi.made and not path.is_dir()
    }


def test_everything_goes_when_told_so(installed):
    done = installed.run("tools/uninstall", "--delete-data")
    assert done.returncode == 0, done.stderr
    assert files(installed) == set()
    assert installed.calls("systemctl disable") == [
        "systemctl disable --quiet --now zerodigit-retrain.timer",
        "systemctl disable --quiet --now zerodigit.service",
    ]
    assert installed.calls("userdel") == ["userdel zerodigit"]
    assert set(installed.made) <= set(installed.snapshot())


@pytest.mark.parametrize(
    ("arguments", "answers"), [([], ""), ([], "n\nn\n"), ([], "\n\n"), (["--keep-data"], "")]
)
def test_data_stay_without_a_yes(installed, arguments, answers):
    done = installed.run("tools/uninstall", *arguments, stdin=answers)
    assert done.returncode == 0, done.stderr
    assert files(installed) == {
        "etc/zerodigit/zerodigit.toml",
        "etc/sysusers.d/zerodigit.conf",
        SAMPLE,
    }
    assert installed.calls("userdel") == []


def test_each_is_asked_for_by_itself(installed):
    done = installed.run("tools/uninstall", stdin="y\nn\n")
    assert "delete the settings in " in done.stdout
    assert "delete samples and weights in " in done.stdout
    assert (installed.root / SAMPLE).exists()
    assert not (installed.root / "etc/zerodigit").exists()


def test_dry_run_removes_nothing(installed):
    before = installed.snapshot()
    done = installed.run("tools/uninstall", "--dry-run", "--delete-data")
    assert done.returncode == 0
    assert installed.snapshot() == before
    assert "removing " in done.stdout
    assert done.stderr == "uninstall: nothing was removed; without --dry-run it would be\n"


def test_night_in_progress_is_stopped_after_its_timer_and_before_its_unit_goes(installed):
    installed.add(
        "systemctl",
        """#!/bin/bash
[[ "$*" != "stop zerodigit-retrain.service" ]] ||
    ls @ROOT@/etc/systemd/system/zerodigit-retrain.service >>@HERE@/calls
echo "systemctl $*" >>@HERE@/calls
""",
    )
    (installed.bin / "ls").symlink_to(shutil.which("ls"))
    installed.run("tools/uninstall", "--keep-data")
    assert installed.calls("retrain") == [
        "systemctl disable --quiet --now zerodigit-retrain.timer",
        f"{installed.root}/etc/systemd/system/zerodigit-retrain.service",
        "systemctl stop zerodigit-retrain.service",
    ]


def test_user_that_cannot_be_removed_is_told(installed):
    reason = "userdel: user zerodigit is currently used by process 7"
    installed.add("userdel", f"#!/bin/bash\necho '{reason}' >&2\nexit 8\n")
    done = installed.run("tools/uninstall", "--delete-data")
    assert done.stderr == f"{reason}\n"
    assert "the user zerodigit stays, see above; later: sudo userdel zerodigit" in done.stdout


def test_what_userdel_says_of_a_group_that_goes_next_is_not_told(installed):
    installed.add("userdel", "#!/bin/bash\nrm @HERE@/user\necho 'has other members' >&2\n")
    done = installed.run("tools/uninstall", "--delete-data")
    assert done.stderr == ""
    assert installed.calls("groupdel") == []


def test_twice_and_where_nothing_is(installed):
    installed.run("tools/uninstall", "--delete-data")
    assert installed.run("tools/uninstall", "--delete-data").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "answers", "stays"),
    [
        (["--keep-data"], "", True),
        ([], "n\nn\n", True),
        ([], "y\nn\n", False),
        (["--delete-data"], "", False),
    ],
)
def test_drop_in_of_the_owner_goes_with_the_settings(installed, arguments, answers, stays):
    installed.write(DROP_IN, "[Service]\nNice=5\n")
    done = installed.run("tools/uninstall", *arguments, stdin=answers)
    assert (f"{installed.root}/{DROP_INS} stays" in done.stdout) == stays
    assert (installed.root / DROP_IN).exists() == stays
    assert (installed.root / DROP_INS).exists() == stays
    assert not (installed.root / DROP_INS / "10-back-off.conf").exists()


def test_folder_of_drop_ins_goes_where_the_owner_has_none(installed):
    done = installed.run("tools/uninstall", "--keep-data", "--dry-run")
    assert "zerodigit.service.d stays" not in done.stdout
    done = installed.run("tools/uninstall", "--keep-data")
    assert not (installed.root / DROP_INS).exists()
    assert "zerodigit.service.d stays" not in done.stdout


def test_installed_again_it_finds_what_was_kept(installed):
    installed.run("tools/uninstall", "--keep-data")
    assert installed.run("tools/install").returncode == 0
    assert (installed.root / SAMPLE).read_text() == "learnt"


def test_command_of_somebody_else_stays(installed):
    command = installed.root / "usr/local/bin/zerodigit"
    command.unlink()
    command.write_text("#!/bin/sh\n")
    installed.run("tools/uninstall", "--delete-data")
    assert command.exists()


def test_the_installed_copy_uninstalls_itself(installed):
    shutil.rmtree(installed.checkout)
    copy = installed.current / "tools/uninstall"
    installed.checkout = copy.parents[1]
    done = installed.run("tools/uninstall", "--delete-data")
    assert done.returncode == 0, done.stderr
    assert files(installed) == set()


@pytest.mark.parametrize("arguments", [["--all"], ["--keep-data", "--delete-data"]])
def test_wrong_usage(fake_pi, arguments):
    assert fake_pi.run("tools/uninstall", *arguments).returncode == 2


def test_script_is_sound():
    path = CHECKOUT / "tools/uninstall"
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "--external-sources", path], cwd=CHECKOUT, check=True)
