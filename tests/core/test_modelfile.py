"""Model files: saved and loaded to the bit; damaged and odd ones are refused in one line."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest

from core import modelfile
from core.errors import ModelFormatError, SpecError, StorageError
from core.files import archive
from core.integer.quantise import quantise
from core.network import Network

INFO = {"command": "python -m tools.train_base", "seed": 7, "validation": 0.9951}


@pytest.fixture(scope="module")
def network():
    network = Network.from_spec("28x28-c4k5s2-c6k3s2-20-11", batch_norm=True, seed=7)
    x = np.random.default_rng(1).random((30, 28, 28), dtype=np.float32)
    network.forward(x, training=True)
    return network


@pytest.fixture
def path(network, tmp_path):
    path = tmp_path / "model.npz"
    modelfile.save(path, network, INFO)
    return path


def refused(path):
    """The one line with which the file is refused."""
    with pytest.raises(ModelFormatError) as caught:
        modelfile.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_what_is_saved_is_loaded(network, path, rng):
    model = modelfile.load(path)
    assert model.info == INFO
    assert repr(model.network) == repr(network)
    np.testing.assert_array_equal(model.network.values, network.values)
    x = rng.random((10, 28, 28), dtype=np.float32)
    np.testing.assert_array_equal(model.network.predict_proba(x), network.predict_proba(x))


def test_a_loaded_network_can_be_trained(path, rng):
    network = modelfile.load(path).network
    before = network.values.copy()
    network.partial_fit(rng.random((20, 28, 28)), np.arange(20) % 11)
    assert not np.array_equal(network.values, before)


def test_a_folded_network_can_be_saved(network, tmp_path, rng):
    modelfile.save(tmp_path / "folded.npz", network.folded(), INFO)
    loaded = modelfile.load(tmp_path / "folded.npz").network
    x = rng.random((10, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(
        loaded.predict_proba(x), network.predict_proba(x), rtol=1e-4, atol=1e-6
    )


def test_the_same_model_gives_the_same_file(network, path, tmp_path):
    modelfile.save(tmp_path / "again.npz", network, dict(reversed(INFO.items())))
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_files_are_hardly_larger_than_the_weights(network, path):
    assert path.stat().st_size < 4 * network.values.size + 6000


def test_a_file_cut_at_every_512th_byte_is_refused(path):
    data = path.read_bytes()
    for end in range(0, len(data), 512):
        path.write_bytes(data[:end])
        assert re.match("is empty|is not a zerodigit file|is damaged", refused(path))


def test_flipped_bytes_are_refused(path, rng):
    data = path.read_bytes()
    for position in rng.integers(4, len(data), 200):
        damaged = bytearray(data)
        damaged[position] ^= 0x40
        path.write_bytes(bytes(damaged))
        assert "checksum" in refused(path)


def test_files_that_are_no_models_are_refused(tmp_path, path):
    assert refused(tmp_path) == "cannot be read (Is a directory)"
    assert refused(tmp_path / "missing") == "cannot be read (No such file or directory)"
    other = tmp_path / "other"
    other.write_bytes(b"")
    assert refused(other) == "is empty"
    other.write_bytes(b"GIF89a" + bytes(200))
    assert "(a GIF picture)" in refused(other)
    np.savez(tmp_path / "plain.npz", weights=np.zeros(3, np.float32))
    assert "another program" in refused(tmp_path / "plain.npz")
    os.mkfifo(tmp_path / "pipe")
    handle = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        assert "is not a regular file" in refused(tmp_path / "pipe")
    finally:
        os.close(handle)


def test_ranges_are_kept_to_the_last_bit(network, path):
    assert modelfile.load(path).ranges is None
    ranges = [1 / 3, 2e-5, 7.0]
    modelfile.save(path, network, INFO, ranges=ranges)
    assert modelfile.load(path).ranges == ranges


def test_ranges_of_another_network_are_not_saved(network, path):
    before = path.read_bytes()
    with pytest.raises(SpecError, match="3 hidden layers need"):
        modelfile.save(path, network, INFO, ranges=[1.0])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (3, "ranges that are no list of numbers"),
        ([1.0, 1.0, "1"], "ranges that are no list of numbers"),
        ([1.0, 1.0, True], "ranges that are no list of numbers"),
        ([1.0], "3 hidden layers need as many ranges"),
        ([1.0, 1.0, -1.0], "3 hidden layers need as many ranges"),
    ],
)
def test_ranges_that_are_none_are_refused(path, listed, said):
    altered(path, lambda about, arrays: about.update(ranges=listed))
    assert said in refused(path)


def altered(path, change):
    """Write the model again with a right checksum, after `change(about, arrays)`."""
    about, arrays = archive.load(path)
    change(about, arrays)
    archive.save(path, about, arrays)


def set_bad(value):
    def change(about, arrays):
        arrays["0.Conv2D.weights"][3, 1] = value

    return change


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value, path):
    altered(path, set_bad(value))
    assert refused(path) == "0.Conv2D.weights holds a value that is not finite"


def other_shape(about, arrays):
    arrays["0.Conv2D.weights"] = arrays["0.Conv2D.weights"][:, :3]


def other_layers(about, arrays):
    about["network"]["layers"][0]["channels"] = 9


def other_dtype(about, arrays):
    arrays["0.Conv2D.weights"] = arrays["0.Conv2D.weights"].astype(np.float64)


def one_less(about, arrays):
    del arrays["1.BatchNorm.gamma"]


def one_more(about, arrays):
    arrays["99.Dense.weights"] = np.zeros(3, np.float32)


def absurd(about, arrays):
    about["network"]["layers"][-2]["units"] = 10**15


def absurd_input(about, arrays):
    about["network"]["input_shape"] = [10**9, 10**9, 1]


def no_layers(about, arrays):
    about["network"]["layers"] = 3


def unknown_layer(about, arrays):
    about["network"]["layers"][0]["type"] = "Attention"


def no_network(about, arrays):
    del about["network"]


def newer(about, arrays):
    about["version"] = 2


def other_preprocessing(about, arrays):
    about["preprocessing"] = 0


def other_format(about, arrays):
    about["format"] = "zerodigit checkpoint"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_shape, r"weights is float32 \(25, 3\), and its layer needs float32 \(25, 4\)"),
        (other_layers, r"needs float32 \(25, 9\)"),
        (other_dtype, "is float64"),
        (one_less, "lacks the array 1.BatchNorm.gamma"),
        (one_more, "holds the array '99.Dense.weights', which no layer takes"),
        (absurd, "cannot be built .the layers keep more than 1,048,576 values"),
        (absurd_input, "cannot be built"),
        (no_layers, "cannot be built"),
        (unknown_layer, "cannot be built .*Attention"),
        (no_network, "lacks its description"),
        (newer, "has format version 2; this program reads 1"),
        (other_preprocessing, "was trained for preprocessing 0"),
        (other_format, "is no zerodigit model, but 'zerodigit checkpoint'"),
    ],
)
def test_models_that_do_not_fit_are_refused(change, message, path):
    altered(path, change)
    assert re.search(message, refused(path))


ODD = [None, True, -1, 0, 1.5, "x", [], {}, [[]], 10**30, {"type": "Dense"}, ["Dense"]]


def spots(node):
    """Each dict or list within JSON, with each of its keys."""
    for key, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(child, dict | list):
            yield from spots(child)


def test_any_json_in_the_description_is_refused_or_taken_but_never_crashes(tmp_path):
    # All kinds of layers, and as few arrays as can be: they are packed 900 times.
    network, judge = (
        Network.from_spec("8x8-c1k3s2-2", batch_norm=True),
        Network.from_spec("5-2"),
    )
    modelfile.save(tmp_path / "small.npz", network, INFO, judge, ranges=[1.0])
    about, arrays = archive.load(tmp_path / "small.npz")
    for node, key in list(spots(about)):
        kept = node[key]
        for value in ODD:
            node[key] = value
            with suppress(ModelFormatError):
                modelfile.unpack(archive.pack(about, arrays))
        node[key] = kept


def test_weights_that_are_not_finite_are_not_saved(network, path):
    before = path.read_bytes()
    broken = modelfile.load(path).network
    broken.layers[0].weights.value[0, 0] = np.nan
    with pytest.raises(ModelFormatError, match=r"not saved, 0.Conv2D.weights is not finite"):
        modelfile.save(path, broken, INFO)
    assert path.read_bytes() == before


@pytest.mark.parametrize("info", [{"x": object()}, {"x": float("nan")}])
def test_info_that_is_no_json_is_not_saved(info, network, path):
    before = path.read_bytes()
    with pytest.raises(ModelFormatError, match="not saved, info is not plain JSON"):
        modelfile.save(path, network, info)
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_old_model(network, path, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = path.read_bytes()
    monkeypatch.setattr("builtins.open", lambda file, mode, **_: FullDisk(file, mode))
    with pytest.raises(StorageError, match="No space left on device") as caught:
        modelfile.save(path, network, INFO)
    monkeypatch.undo()
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_the_description_can_be_read_with_numpy_alone(path):
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(file["about.json"])
    assert about["info"] == INFO


def test_an_account_that_is_too_long_is_not_saved(network, path):
    with pytest.raises(ModelFormatError, match="not saved, it lacks an account of itself"):
        modelfile.save(path, network, {"notes": "x" * 70_000})
    assert modelfile.load(path).info == INFO


# Hostile ones: all are right up to the description, and small

FLAT, PICTURE = [784], [28, 28, 1]


def dense(units, bias=False):
    return {"type": "Dense", "units": units, "bias": bias}


def conv(channels, kernel=1, stride=1, padding=0):
    layer = {"channels": channels, "kernel": kernel, "stride": stride, "padding": padding}
    return {"type": "Conv2D", "bias": False} | layer


def norm(**options):
    return {"type": "BatchNorm", "momentum": 0.9, "epsilon": 1e-5} | options


RELU, SIGMOID, SOFTMAX = ({"type": name} for name in ("ReLU", "Sigmoid", "Softmax"))
DEEP = json.loads("[" * 60 + "]" * 60)

HOSTILE = {
    "wide layers": (FLAT, [dense(300), *[RELU, SIGMOID] * 4000, SOFTMAX]),
    "many layers": (FLAT, [{"type": "Sigmoid"}] * 50_000),
    "wide and few": ([1], [dense(200_000), *[{"type": "Sigmoid"}] * 299]),
    "wide pictures": (PICTURE, [conv(1000), RELU, SIGMOID]),
    "deep pictures": (PICTURE, [conv(300), conv(300), conv(300), conv(300)]),
    "large kernel": (PICTURE, [conv(1, 400, padding=399)]),
    "large padding": (PICTURE, [conv(1, 10**30, padding=10**30 - 1)]),
    "long strides": (PICTURE, [conv(1, 1, stride=10**30)]),
    "huge input": ([1 << 20, 1 << 20, 1 << 20], [RELU]),
    "much input": ([1 << 21], [RELU]),
    "no input": ([0], [RELU]),
    "input of a truth": ([True], [RELU]),
    "input of floats": ([784.0], [RELU]),
    "nested input": ([[784]], [RELU]),
    "many dimensions": ([1] * 100_000, [RELU]),
    "input of text": ("784", [RELU]),
    "negative units": (FLAT, [dense(-1)]),
    "units of a truth": (FLAT, [dense(True)]),
    "units of a float": (FLAT, [dense(11.0)]),
    "units in a list": (FLAT, [dense([[11]])]),
    "huge units": (FLAT, [dense(10**38)]),
    "a deep momentum": (FLAT, [norm(momentum=DEEP)]),
    "a huge epsilon": (FLAT, [norm(epsilon=10**38)]),
    "layers in an object": (FLAT, {"type": "ReLU"}),
    "a layer of pairs": (FLAT, [[["type", "ReLU"]]]),
    "a deep layer": (FLAT, [DEEP]),
    "a deep type": (FLAT, [{"type": DEEP}]),
    "no layers": (FLAT, []),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_networks_are_refused_before_memory_is_spent_on_them(name):
    shape, layers = HOSTILE[name]
    about = {"format": modelfile.FORMAT, "version": 1, "preprocessing": 1, "info": {}}
    about["network"] = {"input_shape": shape, "layers": layers}
    data = archive.pack(about, {})
    assert len(data) < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(ModelFormatError, match="cannot be built") as caught:
            modelfile.unpack(data)
        assert tracemalloc.get_traced_memory()[1] < 96 << 20
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 250


def test_the_widest_network_that_is_taken_stays_within_bounds(tmp_path):
    """Its layers keep the most values for a sample; many samples are read a few at a time."""
    network = Network.from_spec("28x28-c32k3-c32k3-c32k3s4-11")
    tracemalloc.start()
    try:
        for reads in (network, quantise(network, [1.0, 1.0, 1.0])):
            reads.predict_proba(np.zeros((150, 28, 28), np.float32))
        assert tracemalloc.get_traced_memory()[1] < 96 << 20
    finally:
        tracemalloc.stop()


def test_a_variance_below_0_is_refused(path):
    def change(about, arrays):
        arrays["1.BatchNorm.variance"][2] = -1

    altered(path, change)
    assert refused(path) == "1.BatchNorm.variance holds a value below 0"


# With a judge


@pytest.fixture
def judge():
    return Network.from_spec("57-6-2", seed=3)


@pytest.fixture
def judged(network, judge, tmp_path):
    """A file with a judge."""
    path = tmp_path / "judged.npz"
    modelfile.save(path, network, INFO, judge)
    return path


def test_a_judge_is_loaded_as_it_was_saved(network, judge, judged, path, rng):
    model = modelfile.load(judged)
    assert model.info == INFO
    assert repr(model.judge) == repr(judge)
    np.testing.assert_array_equal(model.judge.values, judge.values)
    np.testing.assert_array_equal(model.network.values, network.values)
    x = rng.random((10, 57), dtype=np.float32)
    np.testing.assert_array_equal(model.judge.predict_proba(x), judge.predict_proba(x))
    assert modelfile.load(path).judge is None


def test_a_judge_of_places_is_beside_the_other(network, judge, tmp_path):
    of_places = Network.from_spec("57-5-2", seed=4)
    modelfile.save(tmp_path / "both.npz", network, INFO, judge, place_judge=of_places)
    model = modelfile.load(tmp_path / "both.npz")
    np.testing.assert_array_equal(model.judge.values, judge.values)
    np.testing.assert_array_equal(model.place_judge.values, of_places.values)


def test_the_same_model_and_judge_give_the_same_file(network, judge, judged, tmp_path):
    again = tmp_path / "again.npz"
    modelfile.save(again, network, dict(reversed(INFO.items())), judge)
    assert again.read_bytes() == judged.read_bytes()
    model = modelfile.load(judged)
    modelfile.save(again, model.network, model.info, model.judge)
    assert again.read_bytes() == judged.read_bytes()
    modelfile.save(again, network, INFO, Network.from_spec("57-6-2", seed=4))
    assert again.read_bytes() != judged.read_bytes()


def test_a_file_without_a_judge_is_as_it_always_was(network, path):
    about, arrays = archive.load(path)
    assert set(about) == {"format", "version", "preprocessing", "network", "info"}
    assert not [name for name in arrays if "judge" in name]


def test_a_judge_torn_off_is_refused(judged):
    data = judged.read_bytes()
    for end in (*range(len(data) - 2000, len(data), 97), len(data) - 1):
        judged.write_bytes(data[:end])
        assert re.match("is not a zerodigit file|is damaged", refused(judged))


def judge_lacks_an_array(about, arrays):
    del arrays["judge.0.Dense.bias"]


def judge_has_one_more(about, arrays):
    arrays["judge.9.Dense.bias"] = np.zeros(3, np.float32)


def judge_of_another_shape(about, arrays):
    arrays["judge.0.Dense.weights"] = arrays["judge.0.Dense.weights"].T.copy()


def judge_of_another_dtype(about, arrays):
    arrays["judge.0.Dense.weights"] = arrays["judge.0.Dense.weights"].astype(np.float64)


def judge_not_finite(about, arrays):
    arrays["judge.0.Dense.weights"][3, 1] = np.nan


def judge_without_description(about, arrays):
    del about["judge"]


def description_without_judge(about, arrays):
    for name in [name for name in arrays if name.startswith("judge.")]:
        del arrays[name]


def judge_of_unknown_layers(about, arrays):
    about["judge"]["layers"][0]["type"] = "Attention"


def judge_that_is_absurd(about, arrays):
    about["judge"]["layers"][0]["units"] = 10**15


def judge_that_is_text(about, arrays):
    about["judge"] = "a judge"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (judge_lacks_an_array, "lacks the array judge.0.Dense.bias"),
        (judge_has_one_more, "holds the array 'judge.9.Dense.bias', which no layer takes"),
        (judge_of_another_shape, r"judge.0.Dense.weights is float32 \(6, 57\), and its layer"),
        (judge_of_another_dtype, "judge.0.Dense.weights is float64"),
        (judge_not_finite, "judge.0.Dense.weights holds a value that is not finite"),
        (
            judge_without_description,
            "holds the array 'judge.0.Dense.bias', which no layer takes",
        ),
        (description_without_judge, "lacks the array judge.0.Dense"),
        (judge_of_unknown_layers, "cannot be built .*Attention"),
        (judge_that_is_absurd, "the layers keep more than 1,048,576 values"),
        (judge_that_is_text, "lacks its description of the judge"),
    ],
)
def test_judges_that_do_not_fit_are_refused(change, message, judged):
    altered(judged, change)
    assert re.search(message, refused(judged))


def test_a_judge_that_is_not_finite_is_not_saved(network, judge, judged):
    before = judged.read_bytes()
    judge.layers[0].weights.value[0, 0] = np.inf
    with pytest.raises(
        ModelFormatError, match=r"not saved, judge.0.Dense.weights is not finite"
    ):
        modelfile.save(judged, network, INFO, judge)
    assert judged.read_bytes() == before
