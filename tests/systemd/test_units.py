"""The unit and its companions: systemd takes them without a word, and the sandbox is tight."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "systemd"
MOST_EXPOSURE = 0.6


def settings(name):
    """``{"Service.Type": ["notify"]}``: every value of every setting, in order."""
    found, section = {}, ""
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@pytest.fixture
def unit(tmp_path):
    """The unit, with a program that is on this machine, so that only the unit is judged."""
    text = (FOLDER / "zerodigit.service").read_text()
    assert "ExecStart=/usr/local/bin/zerodigit run\n" in text
    path = tmp_path / "zerodigit.service"
    path.write_text(text.replace("/usr/local/bin/zerodigit", "/bin/true"))
    return path


def systemd_analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True
    )


def test_systemd_finds_nothing_to_say(unit):
    done = systemd_analyze("verify", unit)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sandbox_is_tight_with_cameras_and_pins_in_reach(unit):
    done = systemd_analyze("security", "--offline=true", unit)
    exposure = re.search(r"exposure level for zerodigit.service: ([\d.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) <= MOST_EXPOSURE
    allowed = settings("zerodigit.service")["Service.DeviceAllow"]
    assert allowed == [
        f"char-{kind} rw" for kind in ("video4linux", "media", "dma_heap", "gpiochip")
    ]


def test_it_never_gives_up_and_is_watched():
    said = settings("zerodigit.service")
    for key, value in {
        "Unit.StartLimitIntervalSec": "0",
        "Service.Type": "notify",
        "Service.Restart": "always",
        "Service.WatchdogSec": "180",
        "Service.TimeoutStartSec": "180",
        "Service.ExecReload": "/bin/kill -HUP $MAINPID",
        "Service.User": "zerodigit",
    }.items():
        assert said[key] == [value]
    assert int(said["Service.RestartSec"][0]) >= 5


def test_the_watchdog_is_longer_than_anything_the_loop_waits_for():
    from pi import config
    from pi.service import frame_source

    watchdog_s = float(settings("zerodigit.service")["Service.WatchdogSec"][0])
    waits = frame_source.limits(config.load().camera, watchdog_s)
    assert waits["open_timeout_s"] + waits["retry"][1] < watchdog_s


def test_memory_runs_short_in_the_program_before_the_kernel_ends_it():
    said = settings("zerodigit.service")
    data, most = (
        int(said[f"Service.{key}"][0].removesuffix("M")) for key in ("LimitDATA", "MemoryMax")
    )
    assert 48 < data < most < 430


def test_folders_are_where_the_program_looks():
    from pi import config

    said = settings("zerodigit.service")
    assert config.load().samples.folder == "/var/lib/" + said["Service.StateDirectory"][0]
    folder = config.run_folder(config.load(), {"RUNTIME_DIRECTORY": "/run/zerodigit"})
    assert str(folder) == "/run/" + said["Service.RuntimeDirectory"][0]
    assert "LG_WD=%t/zerodigit" in said["Service.Environment"]
    # The state's mode is the same in both, or systemd would change it at each start.
    mode = said["Service.StateDirectoryMode"][0]
    assert (
        f"d /var/lib/zerodigit         {mode} " in (FOLDER / "zerodigit.tmpfiles").read_text()
    )


def test_the_group_writes_no_folder_that_programs_load_from():
    assert settings("zerodigit.service")["Service.RuntimeDirectoryMode"] == ["0750"]
    for name in ("zerodigit.service", NIGHT):
        environment = settings(name)["Service.Environment"]
        assert {"HOME=/nonexistent", "PYTHONNOUSERSITE=1"} <= set(environment)


def test_longer_pauses_are_no_unknown_setting(unit):
    version = systemd_analyze("--version").stdout.split()[1]
    if int(re.match(r"\d+", version)[0]) < 254:
        pytest.skip(f"systemd {version} does not know them, and tools/install leaves them out")
    drop_in = unit.with_name(unit.name + ".d")
    drop_in.mkdir()
    shutil.copy(FOLDER / "10-back-off.conf", drop_in)
    done = systemd_analyze("verify", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_user_and_groups_are_made(tmp_path):
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("no systemd-sysusers here")
    (tmp_path / "etc").mkdir()
    rules = FOLDER / "zerodigit.sysusers"
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "-"],
        input=rules.read_text(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    passwd = (tmp_path / "etc/passwd").read_text()
    assert re.search(r"^zerodigit:x:\d+:\d+:.*:/nonexistent:/usr/sbin/nologin$", passwd)
    groups = (tmp_path / "etc/group").read_text()
    for name in ("gpio", "video"):
        assert re.search(rf"^{name}:x:\d+:zerodigit$", groups, re.MULTILINE)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives folders away, which root alone may")
def test_folders_are_the_groups(tmp_path):
    if shutil.which("systemd-tmpfiles") is None:
        pytest.skip("no systemd-tmpfiles here")
    text = (FOLDER / "zerodigit.tmpfiles").read_text()
    # As an installation before has left it.
    (tmp_path / "zerodigit").mkdir()
    (tmp_path / "zerodigit").chmod(0o2770)
    rules = tmp_path / "rules.conf"
    rules.write_text(
        text.replace("/var/lib", str(tmp_path)).replace(" zerodigit zerodigit", " 1 1")
    )
    done = subprocess.run(
        ["systemd-tmpfiles", "--create", rules], capture_output=True, text=True
    )
    status = (tmp_path / "zerodigit/weights").stat()
    assert done.returncode == 0, done.stderr
    assert (status.st_mode & 0o7777, status.st_gid) == (0o2770, 1)
    # Sticky: nobody of the group puts another folder in its place.
    assert (tmp_path / "zerodigit").stat().st_mode & 0o7777 == 0o3770


def test_rules_name_the_group_that_the_unit_has():
    rules = (FOLDER / "60-zerodigit.rules").read_text()
    groups = set(settings("zerodigit.service")["Service.SupplementaryGroups"][0].split())
    assert set(re.findall(r'GROUP="(\w+)"', rules)) == groups
    lines = [line for line in rules.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'(?:[A-Z]+={1,2}"[^"]*"(?:, )?)+', line) for line in lines)


def test_journal_is_bounded():
    said = settings("journald.conf")
    assert said["Journal.SystemMaxUse"] == said["Journal.RuntimeMaxUse"] == ["16M"]


NIGHT = "zerodigit-retrain.service"


@pytest.fixture
def night_units(tmp_path):
    """The night's service and timer, with a program that is on this machine."""
    text = (FOLDER / NIGHT).read_text()
    (tmp_path / NIGHT).write_text(text.replace("/usr/local/bin/zerodigit", "/bin/true"))
    shutil.copy(FOLDER / "zerodigit-retrain.timer", tmp_path)
    return tmp_path


def test_systemd_finds_nothing_to_say_about_the_nights(night_units):
    for name in (NIGHT, "zerodigit-retrain.timer"):
        # A small system has no manual to look into.
        done = systemd_analyze("--man=no", "verify", night_units / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_night_is_tight_and_gives_way(night_units):
    done = systemd_analyze("security", "--offline=true", night_units / NIGHT)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure, done.stdout + done.stderr
    assert float(exposure[1]) <= MOST_EXPOSURE
    said = settings(NIGHT)
    for key, value in {
        "Type": "oneshot",
        "Nice": "19",
        "CPUSchedulingPolicy": "idle",
        "IOSchedulingClass": "idle",
    }.items():
        assert said[f"Service.{key}"] == [value]
    # Conflicts= would stop the reader, and nothing would start it again.
    assert "Unit.Conflicts" not in said
    assert settings("zerodigit.service")["Service.User"] == said["Service.User"]


def test_a_night_has_time_to_end_by_itself():
    from pi.retraining import schedule

    said = settings(NIGHT)
    assert said["Service.TimeoutStartSec"] == ["4h"]
    assert schedule.LONGEST_S < 4 * 3600
    assert said["Service.ExecStart"] == ["/usr/local/bin/zerodigit retrain --scheduled"]
    timer = settings("zerodigit-retrain.timer")
    # The hour is in the settings, and a Pi that was off then learns when it is left alone. Not
    # OnUnitInactiveSec, which a failed condition of the unit ends.
    assert timer["Timer.OnCalendar"] == ["*-*-* *:00/30:00"]
    assert timer["Timer.FixedRandomDelay"] == ["true"]
    # Soon after a power cut.
    assert timer["Timer.OnBootSec"] == ["10min"]
