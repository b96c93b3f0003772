"""Archives: any content comes back, any damage is found."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from core.errors import ModelFormatError
from core.files import archive, container

ABOUT = {"b": [1, 2.5, "é"], "a": None}


@pytest.fixture
def arrays(rng):
    return {
        "0.weights": rng.standard_normal((3, 4)).astype(np.float32),
        "empty": np.zeros((0, 2), np.float32),
        "moments": rng.standard_normal(7),
    }


def test_what_goes_in_comes_out(arrays, tmp_path):
    archive.save(tmp_path / "a.npz", ABOUT, arrays)
    about, loaded = archive.load(tmp_path / "a.npz")
    assert about == ABOUT
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
        assert loaded[name].flags.writeable


def test_numpy_reads_it_too(arrays, tmp_path):
    archive.save(tmp_path / "a.npz", ABOUT, arrays)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        np.testing.assert_array_equal(loaded["0.weights"], arrays["0.weights"])


def test_the_same_content_gives_the_same_bytes(arrays):
    reordered = dict(reversed(ABOUT.items()))
    assert archive.pack(ABOUT, arrays) == archive.pack(reordered, arrays)


def test_arrays_in_any_memory_order_give_the_same_bytes(arrays):
    strange = {name: np.asfortranarray(array) for name, array in arrays.items()}
    strange["0.weights"] = strange["0.weights"].astype(">f4")
    assert archive.pack(ABOUT, strange) == archive.pack(ABOUT, arrays)


def test_every_flipped_bit_and_every_cut_is_found(arrays):
    data = archive.pack(ABOUT, arrays)
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        with pytest.raises(ModelFormatError):
            archive.unpack(bytes(damaged))
        with pytest.raises(ModelFormatError):
            archive.unpack(data[:position])
    with pytest.raises(ModelFormatError):
        archive.unpack(data + b"\0")


def forged(members, compression=zipfile.ZIP_STORED):
    """An archive with a right checksum and whatever members one likes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
        file.comment = b"0" * 64
    content = buffer.getvalue()[:-64]
    return content + container.digest(content)


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"about.json": b"{"},
        {"about.json": b"\xff\xfe"},
        {"about.json": b"[1]"},
        {"about.json": b"[" * 100_000},
        {"about.json": b"{}", "a.npy": b"no array"},
        {"about.json": b"{}", "a.npy": npy(np.zeros(3, np.int64))},
        {"about.json": b"{}", "a.npy": npy(np.zeros((2, 3), np.float32, order="F"))},
        {"about.json": b"{}", "a.npy": npy(np.array([{}]), allow_pickle=True)},
        {"about.json": b"{}", "a.npy": npy(np.zeros(3, np.float32))[:-1]},
        {"about.json": b"{}", "a.npy": npy(np.zeros(3, np.float32), version=(2, 0))},
    ],
)
def test_forged_members_are_refused(members):
    with pytest.raises(ModelFormatError, match="is not a zerodigit file"):
        archive.unpack(forged(members))


def test_a_header_that_lies_about_its_size_costs_nothing():
    member = npy(np.zeros(3, np.float32)).replace(b"(3,), }    ", b"(9999999,)}")
    with pytest.raises(ModelFormatError, match="is not a zerodigit file"):
        archive.unpack(forged({"about.json": b"{}", "a.npy": member}))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,) * 3, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 30 + ",), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': " + "-" * 900 + "3, }",
        "{'descr': [('a', '<f4', (99999, 99999))], 'fortran_order': False, 'shape': (), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "(" * 5000,
    ],
)
def test_a_header_that_is_not_as_it_is_written_is_refused(header):
    member = b"\x93NUMPY\x01\x00" + len(header + "\n").to_bytes(2, "little")
    member += header.encode() + b"\n" + bytes(12)
    with pytest.raises(ModelFormatError, match="is not a zerodigit file"):
        archive.unpack(forged({"about.json": b"{}", "a.npy": member}))


def overlapping(count, inner=bytes(1 << 20)):
    """An archive whose members are all the same bytes, as the directory has it."""
    data = bytearray(forged({"about.json": b"{}", "a.npy": npy(np.frombuffer(inner, "u1"))}))
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entry, tail = bytes(data[start:end]), bytearray(data[end:-64])
    entries = b"".join(entry.replace(b"a.npy", b"%05d" % n) for n in range(count))
    tail[8:10] = tail[10:12] = (count + 1).to_bytes(2, "little")
    tail[12:16] = (end - data.index(b"PK\x01\x02") - len(entry) + len(entries)).to_bytes(
        4, "little"
    )
    content = bytes(data[:start]) + entries + bytes(tail)
    return content + container.digest(content)


def test_members_inside_one_another_are_refused_before_they_are_read():
    data = overlapping(1000)
    tracemalloc.start()
    try:
        with pytest.raises(ModelFormatError, match="members larger than the file"):
            archive.unpack(data)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_too_many_members_and_two_of_one_name_are_refused():
    many = dict.fromkeys(map(str, range(container.MOST_MEMBERS + 1)), b"")
    with pytest.raises(ModelFormatError, match="too many members"):
        archive.unpack(forged({"about.json": b"{}", **many}))
    twice = forged({"about.json": b"{}", "about.jso2": b"{}"}).replace(b"jso2", b"json")
    with pytest.raises(ModelFormatError, match="too many members"):
        archive.unpack(twice[:-64] + container.digest(twice[:-64]))


def test_a_description_is_bounded():
    about = b'{"a": "' + bytes(b"x" * container.LARGEST_ABOUT) + b'"}'
    with pytest.raises(ModelFormatError, match=r"about.json is larger than 2 MiB"):
        archive.unpack(forged({"about.json": about}))


def test_whatever_is_changed_under_a_right_checksum_is_refused_or_read(arrays):
    good = archive.pack(ABOUT, arrays)[:-64]
    chance = random.Random(3)
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(4, len(data))
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        with suppress(ModelFormatError):
            archive.unpack(bytes(data) + container.digest(data))


def test_a_link_is_followed_only_if_the_user_named_it(arrays, tmp_path):
    archive.save(tmp_path / "a.npz", ABOUT, arrays)
    (tmp_path / "link").symlink_to("a.npz")
    with pytest.raises(ModelFormatError, match=r"link: cannot be read \(is a symbolic link\)"):
        archive.load(tmp_path / "link")
    assert archive.load(tmp_path / "link", follow=True)[0] == ABOUT
    with pytest.raises(ModelFormatError, match=r"is larger than 0\.1 kB"):
        archive.load(tmp_path / "a.npz", 100)


def test_compressed_members_are_refused():
    bomb = forged({"about.json": b"{}", "a.npy": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFormatError, match="compressed"):
        archive.unpack(bomb)


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        archive.pack({"a": float("nan")}, {})
    with pytest.raises(TypeError):
        archive.pack({"a": object()}, {})
