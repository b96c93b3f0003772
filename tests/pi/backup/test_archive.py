"""What a backup holds, and which files are refused as one."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from core import pretrained
from core.errors import DatasetError
from core.files import container
from pi import config
from pi.backup import archive
from pi.models.registry import ModelRegistry
from pi.retraining import night_log
from pi.samples.store import Sample, SampleStore

NIGHT = {"outcome": "promoted", "version": "0001"}
SETTINGS = b"[camera]\nrotate = 180\n"


def of(number, **more):
    return Sample(bytes([number]) * 784, guess=3, confidence=0.5, time=1e9, **more)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a machine that has a bit of everything."""
    folder = tmp_path_factory.mktemp("state")
    found = config.load([], {"samples.folder": str(folder)})
    with SampleStore.of(found) as store:
        for number in range(archive.PART + 1):
            store.add(of(number, probabilities=(0.5, 0.25), model="0001"))
        store.add(of(99, label=4, origin="wrong", crop=bytes(6), crop_width=3, trusted=True))
    ModelRegistry.of(found).install(pretrained.PATH.read_bytes(), "there")
    (folder / night_log.FOLDER).mkdir()
    night_log.append(night_log.path_of(found), NIGHT)
    return found


@pytest.fixture(scope="module")
def packed(settings):
    return archive.pack(settings, SETTINGS)


def members(packed):
    return container.unwrap(packed)[1]


def test_everything_is_in_it(settings, packed):
    found = archive.unpack(packed)
    assert found.settings == SETTINGS
    assert found.nights == [NIGHT]
    assert found.order == ["0001", "shipped"]
    assert found.weights == {"0001": pretrained.PATH.read_bytes()}
    with SampleStore.of(settings) as store:
        kept = store.whole(0, 1000)
    assert len(kept) == archive.PART + 2
    without_numbers = [{**vars(each), "id": 0} for each in kept]
    assert [vars(each) for each in found.samples] == without_numbers


def test_any_zip_program_looks_into_it(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        assert file.testzip() is None
        assert json.loads(file.read("about.json"))["format"] == archive.FORMAT
        assert file.read("settings.toml") == SETTINGS


def test_a_machine_with_nothing_has_an_empty_backup(tmp_path):
    found = archive.unpack(
        archive.pack(config.load([], {"samples.folder": str(tmp_path)}), None)
    )
    assert found == archive.Backup(None, [], ["shipped"], {}, [])


def test_damaged_weights_are_left_out(tmp_path, caplog):
    found = config.load([], {"samples.folder": str(tmp_path)})
    registry = ModelRegistry.of(found)
    registry.install(pretrained.PATH.read_bytes(), "there")
    registry.path("0001").write_bytes(b"torn")
    assert archive.unpack(archive.pack(found, None)).order == ["shipped"]
    assert "it is not in the backup" in caplog.text


def refused(data, said):
    with pytest.raises(DatasetError, match=said):
        archive.unpack(data)


@pytest.mark.parametrize("at", [100, -1, -100_000])
def test_a_flipped_byte_is_found(packed, at):
    data = bytearray(packed)
    data[at] ^= 1
    refused(bytes(data), "checksum|no zip archive|another program")


def test_a_part_is_refused(packed):
    for length in (0, 10, len(packed) // 2, len(packed) - 1):
        refused(packed[:length], "is empty|no zip archive|checksum|another program")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "/etc/passwd", "weights/../../x.npz",
        "samples/0000.jsonl/x", "weights/1.npz", "C:\\settings.toml", "weights/", "",
    ],
)  # fmt: skip
def test_other_names_are_refused(packed, name):
    about = container.unwrap(packed)[0]
    data = container.wrap(about, [*members(packed).items(), (name, b"x")])
    refused(data, "where -1 may be|is not a zerodigit file|names other versions")


def altered(packed, **changes):
    """The archive with some members changed, or left out, by their names without a dot."""
    about, there = container.unwrap(packed)
    for name, content in changes.items():
        name = name.replace("__", "/").replace("_", ".")
        there = {each: data for each, data in there.items() if each != name}
        if content is not None:
            there[name] = content
    return container.wrap(about, there.items())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings_toml": b"#" * 300_000}, "settings.toml of 300000 bytes, where 256000"),
        ({"history_jsonl": b"\n" * (2 << 20)}, "history.jsonl of"),
        ({"history_jsonl": None}, "lacks history.jsonl or current"),
        ({"current": b""}, "names other versions"),
        ({"current": b"0001 0002"}, "names other versions"),
        ({"current": b"../../../x shipped"}, "names other versions"),
        ({"weights__0001_npz": None}, "names other versions"),
        ({"weights__0001_npz": b"torn"}, "holds version 0001 of the weights, which is not"),
        ({"samples__0000_jsonl": b"{}"}, "that is no sample"),
        ({"samples__0000_jsonl": b"[" * 100_000}, "that is no sample"),
    ],
)
def test_other_contents_are_refused(packed, changes, said):
    refused(altered(packed, **changes), said)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image", "AAAA"), ("image", None), ("image", "?"), ("label", 11), ("label", True),
        ("guess", -1), ("confidence", 2), ("time", 1e300), ("trusted", 1), ("model", "x" * 600),
        ("origin", 3), ("crop", ""), ("crop_width", 0), ("crop_width", None), ("crop_width", 4),
        ("probabilities", [2]), ("probabilities", [0.1] * 12), ("probabilities", "0.1"),
        ("more", 1),
    ],
)  # fmt: skip
def test_a_sample_that_none_is_is_refused(packed, field, value):
    line = members(packed)["samples/0001.jsonl"].splitlines()[-1]
    changed = json.dumps(json.loads(line) | {field: value}).encode()
    refused(altered(packed, samples__0001_jsonl=changed), "that is no sample")


def test_archives_of_others_are_refused(packed):
    refused(pretrained.PATH.read_bytes(), "is no zerodigit backup")
    refused(container.wrap({"format": archive.FORMAT, "version": 2}, []), "version 2")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_compressed_and_doubled_members_are_refused(packed):
    for options, names in [((zipfile.ZIP_DEFLATED,), ["a"]), ((), ["settings.toml"] * 2)]:
        stream = io.BytesIO(packed[: -container.DIGEST_LENGTH])
        with zipfile.ZipFile(stream, "a") as file:
            for name in names:
                file.writestr(name, bytes(10_000), *options)
            file.comment = b"0" * container.DIGEST_LENGTH
        content = stream.getvalue()[: -container.DIGEST_LENGTH]
        refused(content + container.digest(content), "is not a zerodigit file")


def test_what_is_in_it_is_documented():
    text = Path(archive.__file__).read_text(encoding="utf-8")
    names = ["about.json", "settings.toml", "history.jsonl", "current", "weights/0001.npz"]
    assert [name for name in names if f"``{name}``" not in text] == []
