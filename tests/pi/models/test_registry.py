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
from pi.models.attempts import Attempts
from pi.models.registry import KEEP, LARGEST, SHIPPED, ModelRegistry, registry_in_use
from pi.system.folder_lock import locked


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
    assert error.endswith("; set aside; reading with version 0002 instead")
    # Once: it is not tried at the next start.
    assert three.order() == ["0002", "0001", SHIPPED]
    assert three.names() == ["0001", "0002"]
    assert three.set_aside() == ([] if spoil == "gone" else ["0003"])
    assert read_with(three) == "0002"
    assert len(caplog.records) == 1


def test_all_damaged_the_shipped_ones_read(three, caplog):
    for name in three.names():
        three.path(name).write_bytes(b"PK\x03\x04 no")
    assert read_with(three) == SHIPPED
    said = [each.getMessage().partition("; reading with ")[2] for each in caplog.records]
    assert said == [f"version {name} instead" for name in ("0002", "0001", SHIPPED)]


def unfit(tmp_path):
    """The bytes of a model file that is whole, and whose sums overflow."""
    network = Network.from_spec("784-4-11")
    network.values[...] = 3e38
    modelfile.save(tmp_path / "unfit.npz", network, {})
    return (tmp_path / "unfit.npz").read_bytes()


def test_what_does_not_read_is_neither_installed_nor_promoted_nor_rolled_back_to(
    three, tmp_path
):
    with pytest.raises(ModelFormatError, match=r"^f\.npz: .* overflow; not installed$"):
        three.install(unfit(tmp_path), "f.npz")
    three.path("0002").write_bytes(unfit(tmp_path))
    with pytest.raises(ModelFormatError, match=r"0002\.npz: .* overflow; nothing was changed$"):
        three.promote("2")
    assert three.order() == ["0003", "0002", "0001", SHIPPED]
    three.path("0001").write_bytes(b"")
    assert three.roll_back() == SHIPPED


def test_without_memory_a_version_is_passed_over_and_stays(three, caplog):
    def load(path, data=None):
        if "0003" in path:
            raise MemoryError
        return loaded.load_weights(path, data)

    found = three.load(load)
    assert found.version == "0002"
    assert found.passed_over == (f"{three.path('0003')}: not enough memory to load it",)
    assert three.order()[0] == "0003"
    assert three.set_aside() == []
    with pytest.raises(ModelFormatError, match="not enough memory"):
        three.load(lambda path, data: (_ for _ in ()).throw(MemoryError))


def test_one_that_memory_is_too_little_for_is_set_aside_at_the_third_start(three, tmp_path):
    def load(path, data=None):
        if "0003" in path:
            raise MemoryError
        return loaded.load_weights(path, data)

    for aside in ([], [], ["0003"]):
        assert three.load(load, Attempts(tmp_path / "loading.json")).version == "0002"
        assert three.set_aside() == aside


def test_any_error_while_loading_sets_aside(three):
    def load(path, data=None):
        if "0003" in path:
            raise ZeroDivisionError("of its own")
        return loaded.load_weights(path, data)

    assert three.load(load).version == "0002"
    assert three.set_aside() == ["0003"]


def test_the_bytes_that_were_read_are_loaded_whatever_lies_there_by_then(three):
    def load(path, data=None):
        three.path("0003").unlink()
        three.path("0003").symlink_to("nowhere")
        return loaded.load_weights(path, data)

    assert three.load(load).version == "0003"


def test_one_that_ends_the_process_twice_is_set_aside(three, tmp_path, caplog):
    """A power cut stands in for the kernel, which ends a process that takes all memory."""
    started = Attempts(tmp_path / "loading.json")

    def load(path, data=None):
        if "0003" in path:
            raise PowerCut
        return loaded.load_weights(path, data)

    for _ in range(2):
        with pytest.raises(PowerCut):
            three.load(load, started)
    assert three.load(load, started).version == "0002"
    assert (
        "0003.npz: the service twice ended or ran out of memory while loading it; set aside"
        in caplog.text
    )
    assert three.order()[0] == "0002"


def test_where_nothing_can_be_written_the_service_starts_all_the_same(
    three, monkeypatch, caplog
):
    def read_only(*arguments, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    three.path("0003").write_bytes(b"")
    real_open = os.open
    monkeypatch.setattr(
        atomic.os,
        "open",
        lambda path, flags, *rest, **options: (
            read_only() if flags & os.O_CREAT else real_open(path, flags, *rest, **options)
        ),
    )
    monkeypatch.setattr(os, "rename", read_only)
    assert read_with(three) == "0002"
    assert "0003 is not set aside" in caplog.text
    assert three.order()[0] == "0003"


def test_whoever_holds_the_lock_does_not_hold_up_a_start(three, caplog):
    three.path("0003").write_bytes(b"")
    with locked(three.folder):
        assert read_with(three) == "0002"
    assert "version 0003 is not set aside: another process changes the weights" in caplog.text


# A member of the group lays what is none of ours

LAID = {
    "a link": lambda path: path.symlink_to("/etc/passwd"),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a FIFO": os.mkfifo,
    "a folder": lambda path: (path / "in it").mkdir(parents=True),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a huge file": lambda path: (path.touch(), os.truncate(path, 1 << 40)),
}


@pytest.fixture(params=LAID)
def lay(request):
    """A function that lays something in the place of a file."""

    def lay(path):
        path.unlink(missing_ok=True)
        LAID[request.param](path)

    return lay


def test_a_version_in_service_that_is_gone_is_listed(three):
    three.path("0003").unlink()
    assert [each.name for each in three.versions()] == [SHIPPED, "0001", "0002", "0003"]
    gone = three.versions()[-1]
    assert gone.current
    assert "0003.npz: cannot be read (No such file" in gone.problem


def test_what_is_laid_at_the_pointer_stops_nothing(three, lay, make, caplog):
    lay(three.folder / "current")
    assert read_with(three) == "0003"
    assert [each.problem for each in three.versions()] == [None] * 4
    if (three.folder / "current").is_dir() and not (three.folder / "current").is_symlink():
        with pytest.raises(StorageError, match="current: cannot be written"):
            three.install(make(4), "test")
    else:
        assert three.install(make(4), "test") == "0004"
        assert three.order() == ["0004", "0003", "0002", "0001", SHIPPED]


def test_what_is_laid_at_a_version_stops_nothing(three, lay, make):
    lay(three.path("0003"))
    lay(three.folder / "0007.npz")
    lay(three.folder / ".current.tmp")
    lay(three.folder / "0006.npz.damaged")
    assert read_with(three) == "0002"
    by_name = {each.name: each for each in three.versions()}
    assert by_name["0007"].problem.startswith(f"{three.folder}/0007.npz: cannot be read (")
    for name in ("0006", "0003"):
        assert by_name[name].aside
        assert "cannot be read" in by_name[name].problem
    with pytest.raises(ModelFormatError):
        three.promote("0007")
    with pytest.raises(ModelFormatError):
        three.content("0007")
    assert three.roll_back() == "0001"
    assert three.install(make(4), "test") == "0008"
    assert read_with(three) == "0008"


def test_a_long_order_of_garbage_is_tried_a_few_times_only(registry, make):
    registry.install(make(1), "test")
    for number in range(2, 100):
        registry.path(f"{number:04d}").write_bytes(b"PK")
    names = [f"{number:04d}" for number in range(99, 1, -1)]
    (registry.folder / "current").write_text("\n".join([*names, "0001"]))
    tried = []

    def load(path, data=None):
        tried.append(path)
        if "0" in path:
            raise ModelFormatError("damaged")
        return loaded.load_weights(path, data)

    assert registry.load(load).version == SHIPPED
    assert len(tried) == KEEP + 1
    assert registry.order() == [SHIPPED]
    assert len(registry.set_aside()) == KEEP


def test_thousands_of_names_are_neither_all_read_nor_all_kept(registry, make):
    registry.folder.mkdir()
    for number in range(1, 3000):
        registry.path(f"{number:05d}").touch()
    assert len(registry.versions()) < 100
    assert registry.install(make(1), "test") == "3000"
    assert read_with(registry) == "3000"


def test_the_last_number_does_not_end_installing(registry, make):
    registry.folder.mkdir()
    registry.path("999999999").touch()
    assert registry.install(make(1), "test") == "0001"
    assert registry.install(make(2), "test") == "0002"
    assert read_with(registry) == "0002"


def test_files_that_were_set_aside_are_kept_up_to_five_and_their_numbers_for_good(three, make):
    for number in range(10, 18):
        (three.folder / f"00{number}.npz.damaged").touch()
    assert three.install(make(4), "test") == "0018"
    assert three.set_aside() == ["0013", "0014", "0015", "0016", "0017"]


def test_models_beyond_the_size_of_models_are_refused(registry):
    with pytest.raises(ModelFormatError, match="f: is larger than 32 MiB; not installed"):
        registry.install(bytes(LARGEST + 1), "f")


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
