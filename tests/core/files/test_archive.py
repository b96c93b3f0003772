"""Archives: any content comes back, any damage is found."""

from __future__ import annotations

import io
import zipfile

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


def test_compressed_members_are_refused():
    bomb = forged({"about.json": b"{}", "a.npy": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelFormatError, match="compressed"):
        archive.unpack(bomb)


def test_what_is_no_json_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        archive.pack({"a": float("nan")}, {})
    with pytest.raises(TypeError):
        archive.pack({"a": object()}, {})
