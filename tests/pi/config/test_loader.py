from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import pytest

from core.errors import ConfigError
from pi import config
from pi.config.user_file import LARGEST


def write(path, text):
    path.write_text(text)
    return path


def refused(tmp_path, text):
    """The one line that a file with this text is refused with, without the file's name."""
    path = write(tmp_path / "mine.toml", text)
    with pytest.raises(ConfigError) as caught:
        config.load([path])
    file, _, rest = str(caught.value).partition(": ")
    assert file == str(path)
    assert "\n" not in rest
    return rest


def test_built_in_values():
    loaded = config.load()
    assert loaded.camera.type == "picamera2"
    assert loaded.camera.size == (320, 240)
    assert loaded.origin("camera", "type") == config.BUILT_IN


def test_later_ones_override_earlier_ones(tmp_path):
    system = write(tmp_path / "etc.toml", "[camera]\nrotate = 90\nflip = 'vertical'\nseed = 1")
    mine = write(tmp_path / "mine.toml", "[camera]\nrotate = 180\nflip = 'horizontal'")
    loaded = config.load([system, mine], {"camera.rotate": 270})
    camera = loaded.camera
    assert (camera.rotate, camera.flip, camera.seed, camera.hold) == (270, "horizontal", 1, 1)
    origins = [loaded.origin("camera", key) for key in ("rotate", "flip", "seed", "hold")]
    assert origins == [config.FLAG, str(mine), str(system), config.BUILT_IN]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[camera]\nrotat = 90", "[camera] rotat is no setting; did you mean rotate?"),
        ("[camrea]\nrotate = 90", "[camrea] is no section; did you mean [camera]?"),
        ("[camrea]", "[camrea] is no section; did you mean [camera]?"),
        ("rotate = 90", "rotate is no section; did you mean rotate under [camera]?"),
        (
            "[display]\nrotate = 90",
            "[display] rotate is no setting; did you mean rotate under [camera]?",
        ),
        (
            "[samples]\nxyzzy = 1",
            "[samples] xyzzy is no setting; there are folder, keep, most, most_mb",
        ),
        ("[camera]\nrotate = 91", "[camera] rotate must be one of 0, 90, 180, 270, not 91"),
        ('[camera]\nrotate = "90"', '[camera] rotate must be a whole number, not "90"'),
        ("[camera]\nrotate = true", "[camera] rotate must be a whole number, not true"),
        ("[camera]\nrotate = 90.0", "[camera] rotate must be a whole number, not 90.0"),
        ("[camera]\nloop = 1", "[camera] loop must be true or false, not 1"),
        ("[camera]\nrate = nan", "[camera] rate must be 0 to 1000, not nan"),
        ("[camera]\nrate = false", "[camera] rate must be a number, not false"),
        ("[camera]\nsize = 320", "[camera] size must be a list, each a whole number, not 320"),
        ("[camera]\nsize = [320]", "[camera] size must be 2 numbers, not 1, not [320]"),
        (
            '[display]\ntype = ["sevensegment"]',
            '[display] type must be one of "seven_segment", "leds", "bcd", "terminal", '
            'not ["sevensegment"]; did you mean "seven_segment"?',
        ),
        (
            "[display]\ntype = []",
            '[display] type must be at least one of "seven_segment", "leds", "bcd", '
            '"terminal", not []',
        ),
        (
            "[camera]\ncrop = [0.5, 0, 0.4, 1]",
            "[camera] crop must be left, top, right, bottom from 0 to 1, that leave a tenth of "
            "each side or more, not [0.5, 0, 0.4, 1]",
        ),
        (
            '[buttons]\nright = "no"',
            '[buttons] right must be a whole number or "none", not "no"',
        ),
        (
            "[buttons]\nright = 12",
            "[buttons] right: GPIO12 (pin 32) is wanted by segment c and by button right",
        ),
        (
            "[display]\nsegments = [5, 6, 12, 13, 16, 19, 27]",
            "[display] segments: GPIO27 (pin 13) is wanted by segment g and by button wrong",
        ),
        (
            "[display]\nstatus = 99",
            "[display] status: the status LED cannot be on GPIO99: there are GPIO2 to GPIO27",
        ),
        ("[recogniser]\nagree = 6", "[recogniser] agree: must not be above window, which is 5"),
        (
            "[recogniser]\nslow_s = 0.01",
            "[recogniser] slow_s: must not be below fast_s, which is 0.1",
        ),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, text, said):
    assert refused(tmp_path, text) == said


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(tmp_path, end):
    path = tmp_path / "a.toml"
    path.write_bytes(f"\ufeff[camera]{end}rotate = 90{end}['buttons']{end}".encode())
    assert config.load([path]).camera.rotate == 90
    path.write_bytes(f"[camera]{end}rotate = x{end}".encode())
    with pytest.raises(ConfigError, match="line 2"):
        config.load([path])


def test_a_file_that_is_no_toml(tmp_path):
    assert refused(tmp_path, "[camera\n").startswith("not TOML: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("[camera]".encode("utf-16"), "it is in UTF-16; save it as UTF-8"),
        ("[camera]".encode("utf-16-be"), "it has NULs, as UTF-16 without a mark has"),
        (b"[camera]\n# M\xfcnchen", "line 2 is not in UTF-8; save it as UTF-8"),
        (b"<!DOCTYPE html>", "it is a web page"),
        (b'{"camera": {}}', "it is JSON"),
    ],
)
def test_a_file_in_another_encoding_or_of_another_kind(tmp_path, data, said):
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=rf"a\.toml: not TOML: {said}"):
        config.load([path])


def test_a_file_that_windows_saved(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes("\ufeff[camera]\r\nrotate = 180\r\n".encode())
    assert config.load([path]).camera.rotate == 180


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file"):
        config.load([tmp_path / "none.toml"])


def test_the_home_of_nobody_is_a_name_as_any():
    loaded = config.load(overrides={"samples.folder": "~nobody-of-that-name/x"})
    assert loaded.samples.folder == "~nobody-of-that-name/x"


def test_a_flag_is_blamed_as_such():
    with pytest.raises(ConfigError, match=r"^command line: \[camera\] rotat is no setting"):
        config.load(overrides={"camera.rotat": 90})


def test_a_pin_that_is_not_wired():
    loaded = config.load(overrides={"display.point": "none", "buttons.right": "none"})
    assert loaded.display.point is None
    assert loaded.buttons.right is None


def test_a_whole_number_is_a_number():
    rate = config.load(overrides={"camera.rate": 5}).camera.rate
    assert (rate, type(rate)) == (5.0, float)


def test_paths_are_relative_to_their_file(tmp_path, monkeypatch):
    path = write(tmp_path / "mine.toml", '[camera]\npath = "photos"\n[service]\nweights = "/w"')
    monkeypatch.setenv("HOME", "/home/somebody")
    loaded = config.load([path], {"samples.folder": "~/seen"})
    assert loaded.camera.path == str(tmp_path / "photos")
    assert loaded.service.weights == "/w"
    assert loaded.samples.folder == "/home/somebody/seen"
    assert config.load().camera.path == ""


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("camera.rotate=180", ("camera.rotate", 180)),
        ("camera.type=files", ("camera.type", "files")),
        ('camera.type="files"', ("camera.type", "files")),
        ("camera.loop=false", ("camera.loop", False)),
        ('display.type=["bcd", "leds"]', ("display.type", ["bcd", "leds"])),
        ("camera.path=/a=b", ("camera.path", "/a=b")),
    ],
)
def test_flags(text, parsed):
    assert config.parse_flag(text) == parsed


@pytest.mark.parametrize("text", ["rotate=180", "camera.rotate", "", "="])
def test_flags_that_are_no_settings(text):
    with pytest.raises(ConfigError, match=r"write it as camera\.rotate=180"):
        config.parse_flag(text)


def test_where_the_machines_file_is(tmp_path):
    assert config.system_files({"ZERODIGIT_CONFIG": "/nowhere.toml"})[0].name == "nowhere.toml"


def test_run_folder(tmp_path):
    plain = config.load()
    assert config.run_folder(plain, {"RUNTIME_DIRECTORY": "/run/a:/run/b"}).name == "a"
    chosen = config.load(overrides={"service.run_folder": str(tmp_path)})
    assert config.run_folder(chosen, {"ZERODIGIT_RUN": "/x"}) == tmp_path
    assert str(config.run_folder(plain, {"ZERODIGIT_RUN": "/x"})) == "/x"


def test_run_folder_that_everybody_could_have_made(monkeypatch):
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    folder = config.run_folder(config.load(), {})
    assert folder == Path(f"/tmp/zerodigit-{os.geteuid()}/zerodigit")


def test_run_folder_of_root_is_that_of_the_samples_owner(foreign, monkeypatch):
    monkeypatch.setattr(Path, "is_dir", lambda path: False)
    settings = config.load(overrides={"samples.folder": str(foreign / "state")})
    assert config.run_folder(settings, {}) == Path("/tmp/zerodigit-4242/zerodigit")


HOSTILE = {
    "brackets": "[" * 250_000,
    "arrays": "a = " + "[" * 250_000,
    "nested arrays": f"[camera]\nrotate = {'[' * 200}{']' * 200}",
    "inline tables": "a = " + "{a=" * 80_000,
    "a dotted key": ".".join("a" * 120_000) + " = 1",
    "a dotted section": "[" + ".".join("a" * 120_000) + "]",
    "dotted keys": "".join(f"{'a.' * 95}k{n} = 1\n" for n in range(1200)),
    "dotted sections": "".join(f"[{'a.' * 95}k{n}]\n" for n in range(1200)),
    "arrays of tables": "[[a]]\n" * 40_000,
    "sections": "".join(f"[s{n}]\n" for n in range(25_000)),
    "keys": "[camera]\n" + "".join(f"k{n}=1\n" for n in range(25_000)),
    "a long key": "[camera]\n" + "k" * 250_000 + " = 1",
    "a long section": "[" + "k" * 250_000 + "]",
    "a long list": "[display]\ntype = [" + '"a",' * 60_000 + "]",
    "a list of lists": "[display]\ntype = [" + "[]," * 80_000 + "]",
    "a long text": '[camera]\ntype = "' + "x" * 250_000 + '"',
    "escapes": '[camera]\ntype = "' + "\\t" * 120_000 + '"',
    "a long number": "[camera]\nrotate = " + "9" * 250_000,
    "a number for float": "[camera]\nrate = " + "9" * 400,
    "a number below float": "[camera]\nrate = -0x1" + "0" * 400,
    "NUL": '[camera]\npath = "a\\u0000b"',
    "NULs": '[display]\ntype = ["\\u0000"]',
    "a bare NUL": "[samples]\nfolder = '\0'",
    "a hexadecimal": "[camera]\nrotate = 0x" + "f" * 250_000,
    "hexadecimals": "[display]\ntype = [" + f"0x{'f' * 9000}," * 20 + "]",
    "an exponent": "[recogniser]\nslow_s = 1e99999",
    "no number": "[recogniser]\nslow_s = nan",
    "underscores": "[camera]\nrotate = " + "1_" * 120_000 + "1",
    "comments": "#" * 250_000 + "\n[x]",
    "blanks": " " * 250_000 + "x",
    "terminal": "[camera]\nrotate = '\x1b[2J'",
    "a key for a terminal": '[camera]\n"\\u001b[2J" = 1',
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_in_time(tmp_path, text):
    assert len(text) <= LARGEST
    began = time.perf_counter()
    tracemalloc.start()
    try:
        refused(tmp_path, text)
        assert tracemalloc.get_traced_memory()[1] < 96_000_000
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - began < 10


def test_nothing_but_a_regular_file_of_bounded_size(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_text("#" * (LARGEST + 1))
    (tmp_path / "zero").symlink_to("/dev/zero")
    unfit = "is not a regular file, and settings are read again; save them in one"
    out, into = os.pipe()
    for name, said in {
        "fifo": unfit,
        "zero": unfit,
        f"/dev/fd/{out}": unfit,
        "large": "is larger than 256 kB",
        ".": "Is a directory",
    }.items():
        with pytest.raises(ConfigError, match=rf"cannot be read \({said}\)"):
            config.load([tmp_path / name])
    os.close(out)
    os.close(into)
    write(tmp_path / "mine.toml", "[camera]\nrotate = 180")
    (tmp_path / "link").symlink_to("mine.toml")
    assert config.load([tmp_path / "link"]).camera.rotate == 180


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ('camera.path="\\u0000"', "path must be text without a NUL"),
        ("camera.path=a\0b", "path must be text without a NUL"),
        ("camera.rate=" + "9" * 400, "rate must be 0 to 1000, not 999"),
        ("samples.most=" + "9" * 5000, 'most must be a whole number, not "999'),
        ("samples.most=0x" + "f" * 5000, "most must be 10 to 100000, not a number of"),
    ],
)
def test_what_no_path_and_no_number_is(flag, said):
    name, value = config.parse_flag(flag)
    with pytest.raises(ConfigError) as caught:
        config.load(overrides={name: value})
    assert said in str(caught.value)


def test_a_flag_of_brackets_is_text():
    assert config.parse_flag("camera.path=" + "[" * 99_999)[1] == "[" * 99_999


def test_dev_null_is_an_empty_file():
    assert config.load([os.devnull]) == config.load()


def test_a_machine_that_is_no_appliance_has_a_folder_for_each_user(tmp_path, monkeypatch):
    user = {"environ": {"HOME": "/home/me"}, "uid": 1000}
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    own = config.load(**user)
    assert own.samples.folder == "/home/me/.local/share/zerodigit"
    assert own.origin(*config.FOLDER) == "your own, for there is no /var/lib/zerodigit"
    assert config.load(environ={}, uid=0).samples.folder == "/var/lib/zerodigit"
    mine = write(tmp_path / "mine.toml", '[samples]\nfolder = "/var/lib/zerodigit"')
    assert config.load([mine], **user).samples.folder == "/var/lib/zerodigit"
    flag = {"samples.folder": "/var/lib/zerodigit"}
    assert config.load(overrides=flag, **user).samples.folder == "/var/lib/zerodigit"
    for there in (config.SYSTEM_FILE, "/var/lib/zerodigit"):
        monkeypatch.setattr(os.path, "lexists", lambda path, there=there: path == there)
        assert config.load(**user).samples.folder == "/var/lib/zerodigit"
