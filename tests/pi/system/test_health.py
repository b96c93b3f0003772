from __future__ import annotations

import pytest

from pi.system import health


def machine(root, **files):
    paths = {
        "status": "proc/self/status",
        "meminfo": "proc/meminfo",
        "temperature": "sys/class/thermal/thermal_zone0/temp",
        "throttled": "sys/devices/platform/soc/soc:firmware/get_throttled",
        "model": "proc/device-tree/model",
    }
    for name, text in files.items():
        path = root / paths[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_everything_a_pi_tells(tmp_path):
    root = machine(
        tmp_path,
        status="Name:\tpython3\nVmHWM:\t   30100 kB\nVmRSS:\t   29200 kB\n",
        meminfo="MemTotal:    438 kB\nMemAvailable:     301 kB\nHugePages_Total:       0\n",
        temperature="48312\n",
        throttled="50005\n",
        model="Raspberry Pi Zero W Rev 1.1\0",
    )
    now = health.read(root)
    assert (now.resident_kb, now.peak_kb, now.available_kb) == (29200, 30100, 301)
    assert now.temperature_c == pytest.approx(48.312)
    assert now.throttled == ("under-voltage", "throttled")
    assert now.throttled_before == ()
    assert health.model(root) == "Raspberry Pi Zero W Rev 1.1"


@pytest.mark.parametrize(
    ("word", "now", "before"),
    [
        ("0\n", (), ()),
        ("0x50000\n", (), ("under-voltage", "throttled")),
        ("80008", ("hot",), ()),
        ("20000", (), ("frequency capped",)),
    ],
)
def test_throttling(tmp_path, word, now, before):
    found = health.read(machine(tmp_path, throttled=word))
    assert (found.throttled, found.throttled_before) == (now, before)


def test_a_machine_that_tells_nothing(tmp_path):
    assert health.read(tmp_path) == health.Health()
    assert health.model(tmp_path) is None


def test_nonsense_is_not_known(tmp_path):
    root = machine(tmp_path, temperature="hot", throttled="xyz", meminfo="MemAvailable:\nx\n")
    assert health.read(root) == health.Health()


def test_here():
    assert health.read().resident_kb > 1000
