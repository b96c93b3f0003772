"""The versions of the weights: order, way back, damage, power cuts, who else writes."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from core import modelfile, pretrained
from core.errors import ModelFormatError, StorageError, WeightsError
from core.files import atomic
from core.network import Network
from pi import config
from pi.models import loaded
from pi.models.registry import KEEP, SHIPPED, ModelRegistry, registry_in_use


def read_with(registry):
    """The version that would read, as a service that starts finds it."""
    return ModelRegistry(registry.folder).load(loaded.load_weights).version


def test_without_a_folder_the_shipped_ones_read(registry):
    assert registry.order() == [SHIPPED]
    weights = registry.load(loaded.load_weights)
    assert (weights.version, weights.path) == (SHIPPED, str(pretrained.PATH))
    assert not registry.folder.exists()


def test_installed_ones_read_and_stay_as_they_came(registry, make):
    data = make(1)
    assert registry.install(data, "test") == "0001"
    assert registry.path("0001").read_bytes() == data
    weights = registry.load(loaded.load_weights)
    assert (weights.version, weights.info["score"]) == ("0001", 0.1)


def test_the_same_bytes_are_one_version(three, make):
    assert three.install(make(1), "again") == "0001"
    assert three.names() == ["0001", "0002", "0003"]
    assert three.order() == ["0001", "0003", "0002", SHIPPED]


def test_rolling_back_goes_all_the_way_and_says_when_it_is_over(three):
    assert [three.roll_back() for _ in range(3)] == ["0002", "0001", SHIPPED]
    with pytest.raises(WeightsError, match="nothing to go back to"):
        three.roll_back()
    assert read_with(three) == SHIPPED
    assert three.names() == ["0001", "0002", "0003"]


def test_rolled_back_one_can_be_promoted_again(three):
    three.roll_back()
    assert three.promote("3") == "0003"
    assert three.order() == ["0003", "0002", "0001", SHIPPED]


def test_factory_reset_can_be_taken_back(three):
    three.factory_reset()
    assert read_with(three) == SHIPPED
    three.factory_reset()
    assert three.roll_back() == "0003"
    assert three.order() == ["0003", "0002", "0001", SHIPPED]


def test_no_such_version(three):
    with pytest.raises(WeightsError, match="no version 9; there are shipped, 0001, 0002, 0003"):
        three.promote("9")
    for hostile in ("../0001", "0001/..", ""):
        with pytest.raises(WeightsError):
            three.promote(hostile)


def test_the_last_five_are_kept(registry, make):
    for seed in range(1, 9):
        registry.install(make(seed), "test")
    assert len(registry.names()) == KEEP
    assert registry.names() == ["0004", "0005", "0006", "0007", "0008"]
    assert registry.order() == ["0008", "0007", "0006", "0005", "0004", SHIPPED]


def test_one_that_reads_is_kept_however_old(registry, make):
    for seed in range(1, 6):
        registry.install(make(seed), "test")
    registry.promote("0001")
    registry.install(make(6), "test")
    assert registry.order()[:2] == ["0006", "0001"]
    assert "0001" in registry.names()
    assert "0002" not in registry.names()


def test_a_number_is_never_given_twice(registry, make):
    for seed in (1, 2, 3):
        registry.install(make(seed), "test")
    registry.path("0003").unlink()
    assert registry.install(make(4), "test") == "0004"


@pytest.mark.parametrize("spoil", ["empty", "cut", "flipped", "gone", "foreign"])
def test_damaged_one_is_told_and_the_one_before_reads(three, spoil, caplog, make):
    path = three.path("0003")
    data = path.read_bytes()
    {
        "empty": lambda: path.write_bytes(b""),
        "cut": lambda: path.write_bytes(data[:1000]),
        "flipped": lambda: path.write_bytes(data[:500] + bytes([data[500] ^ 1]) + data[501:]),
        "gone": path.unlink,
        "foreign": lambda: path.write_bytes(make(9, outputs=5)),
    }[spoil]()
    assert read_with(three) == "0002"
    [error] = [record.getMessage() for record in caplog.records]
    assert "0003.npz" in error
    assert error.endswith("; reading with version 0002 instead")


def test_all_damaged_the_shipped_ones_read(three, caplog):
    for name in three.names():
        three.path(name).write_bytes(b"PK\x03\x04 no")
    assert read_with(three) == SHIPPED
    said = [each.getMessage().partition("; reading with ")[2] for each in caplog.records]
    assert said == [f"version {name} instead" for name in ("0002", "0001", SHIPPED)]


def test_rolling_back_passes_over_damaged_ones(three):
    three.path("0002").write_bytes(b"")
    assert three.roll_back() == "0001"


@pytest.mark.parametrize("text", [b"", b"\x00\x00", b"0003.npz", b"../../etc/passwd", b"\xff"])
def test_damaged_pointer_takes_the_newest(three, text, caplog):
    three.promote("0001")
    (three.folder / "current").write_bytes(text)
    assert read_with(three) == "0003"
    assert "current is damaged; version 0003 is taken" in caplog.text
    three.promote("0002")
    assert three.order() == ["0002", "0003", "0001", SHIPPED]


def test_pointer_that_cannot_be_read_is_not_called_damaged(three, caplog):
    (three.folder / "current").unlink()
    (three.folder / "current").mkdir()
    assert read_with(three) == "0003"
    assert "current cannot be read (Is a directory); version 0003 is taken" in caplog.text
    assert "damaged" not in caplog.text


@pytest.mark.parametrize("outputs", [9, 12])
def test_foreign_network_is_refused(registry, make, outputs):
    with pytest.raises(ModelFormatError, match=r"^f\.npz: .* outputs.*; not installed$"):
        registry.install(make(1, outputs), "f.npz")
    assert registry.names() == []


def test_threshold_that_is_no_number_is_a_bad_file_not_a_bug(registry, tmp_path):
    path = tmp_path / "a.npz"
    modelfile.save(path, Network.from_spec("784-4-11"), {"threshold": "high"})
    with pytest.raises(ModelFormatError, match="not installed"):
        registry.install(path.read_bytes(), "a.npz")


def test_damaged_one_cannot_be_promoted_nor_exported(three):
    three.path("0001").write_bytes(b"")
    with pytest.raises(ModelFormatError):
        three.promote("0001")
    with pytest.raises(ModelFormatError):
        three.content("0001")
    assert three.order()[0] == "0003"


def test_export_and_install_again(three, tmp_path):
    name, data = three.content(None)
    assert name == "0003"
    other = ModelRegistry(tmp_path / "other")
    other.install(data, "out.npz")
    assert other.path("0001").read_bytes() == three.path("0003").read_bytes()


class PowerCut(BaseException):
    """Nothing catches it, no more than a power cut."""


@pytest.mark.parametrize("step", range(1, 13))
def test_power_cut_at_any_step_of_an_installation(three, make, monkeypatch, step):
    """Of the calls that reach the disk the n-th never returns; nothing cleans up after it."""
    left = [step]
    data = make(4)

    def cutting(call):
        def cut(*arguments, **options):
            left[0] -= 1
            if left[0] <= 0:
                raise PowerCut
            return call(*arguments, **options)

        return cut

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace", "unlink"):
            patch.setattr(atomic.os, name, cutting(getattr(os, name)))
        try:
            acknowledged = three.install(data, "test")
        except PowerCut:
            acknowledged = None
    reads = read_with(three)
    assert reads in ("0003", "0004")
    if acknowledged:
        assert reads == acknowledged
    # It goes on from there, and cleans up.
    assert three.install(data, "test")
    assert read_with(three) == three.order()[0]
    assert list(three.folder.glob(".*.tmp")) == []
    assert left[0] <= 0 or acknowledged


def test_full_disk_changes_nothing(three, make, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    data = make(4)
    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        three.install(data, "test")
    monkeypatch.undo()
    assert (three.order()[0], three.names()) == ("0003", ["0001", "0002", "0003"])


def test_two_at_once_lose_nothing(registry, make):
    files = [make(seed) for seed in range(1, 5)]
    threads = [
        threading.Thread(target=ModelRegistry(registry.folder).install, args=(data, "test"))
        for data in files
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert registry.names() == ["0001", "0002", "0003", "0004"]
    assert {registry.path(name).read_bytes() for name in registry.names()} == set(files)
    assert sorted(registry.order()[:4]) == registry.names()


def test_a_file_that_the_settings_name_is_read_in_place_of_the_registry(tmp_path):
    given = {"samples.folder": str(tmp_path)}
    assert registry_in_use(config.load(overrides=given)).folder == tmp_path / "weights"
    given["service.weights"] = "mine.npz"
    assert registry_in_use(config.load(overrides=given)) is None
