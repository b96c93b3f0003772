"""A backup put back: whole, beside what is there, or not at all."""

from __future__ import annotations

import os

import pytest

from core import pretrained
from core.errors import StorageError, WeightsError
from pi import config
from pi.backup.archive import Backup
from pi.backup.restoring import restore
from pi.models.registry import ModelRegistry
from pi.retraining import night_log
from pi.samples.store import Sample, SampleStore

NEW = b"[camera]\nrotate = 180\n"
WEIGHTS = pretrained.PATH.read_bytes()


def night(version):
    return {"outcome": "promoted", "version": version}


def of(number, **more):
    return Sample(bytes([number]) * 784, time=1e9, **more)


BACKUP = Backup(
    NEW, [night("0001")], ["0001", "shipped"], {"0001": WEIGHTS}, [of(1), of(2, label=7)]
)


@pytest.fixture
def machine(tmp_path):
    """A folder of a machine that is new: settings, and one sample seen already."""
    (tmp_path / "etc").mkdir()
    path = tmp_path / "etc/zerodigit.toml"
    path.write_text("# begun\n")
    settings = config.load([], {"samples.folder": str(tmp_path / "state")})
    with SampleStore.of(settings) as store:
        store.add(of(9))

    class Machine:
        folder = tmp_path
        file = path
        loaded = settings

        def restore(self, backup=BACKUP):
            return restore(backup, settings, path)

        def samples(self):
            with SampleStore.of(settings) as store:
                return [(each.image[0], each.label) for each in store.select()]

        def files(self):
            found = (each for each in tmp_path.rglob("*") if each.is_file())
            return {str(each): each.read_bytes() for each in found if each.suffix != ".db"}

    return Machine()


def test_all_is_put_back_and_what_is_there_stays(machine):
    done = machine.restore()
    assert machine.samples() == [(9, None), (1, None), (2, 7)]
    assert machine.file.read_bytes() == NEW
    assert done.kept.read_text() == "# begun\n"
    assert ModelRegistry.of(machine.loaded).order() == ["0001", "shipped"]
    assert night_log.read(night_log.path_of(machine.loaded)) == [night("0001")]
    assert (done.added, done.there, done.pruned, done.version, done.nights) == (
        2,
        0,
        0,
        "0001",
        1,
    )


def test_a_second_time_changes_nothing(machine):
    machine.restore()
    before = machine.files(), machine.samples()
    done = machine.restore()
    assert (machine.files(), machine.samples()) == before
    assert (done.added, done.there, done.kept) == (0, 2, None)


def test_nights_of_this_machine_stay(machine):
    path = night_log.path_of(machine.loaded)
    path.parent.mkdir()
    night_log.append(path, night("0003"))
    machine.restore()
    assert night_log.read(path) == [night("0001"), night("0003")]


def test_other_weights_of_the_same_name_are_not_replaced(machine, tmp_path):
    folder = ModelRegistry.of(machine.loaded).folder
    folder.mkdir()
    (folder / "0001.npz").write_bytes(b"mine")
    before = machine.files()
    with pytest.raises(WeightsError, match="is another version 0001"):
        machine.restore()
    assert machine.files() == before
    assert machine.samples() == [(9, None)]


def test_weights_that_do_not_read_are_refused_first(machine):
    before = machine.files()
    torn = Backup(NEW, [], ["0001"], {"0001": WEIGHTS[:-1]}, [])
    with pytest.raises(Exception, match="nothing was changed"):
        machine.restore(torn)
    assert machine.files() == before


def test_if_the_samples_cannot_be_written_nothing_is(machine):
    """As on a card that gets full at the last of the parts."""
    (machine.folder / "state/night").mkdir()
    before = machine.files()
    (machine.folder / "state/samples.db").unlink()
    (machine.folder / "state/samples.db").mkdir()
    with pytest.raises(StorageError):
        machine.restore()
    after = machine.files()
    # Where there was no history there is an empty one, and a word on which weights read.
    assert after.pop(str(night_log.path_of(machine.loaded))) == b""
    assert after.pop(str(machine.folder / "state/weights/current")) == b"shipped\n"
    assert after == before


def test_settings_behind_a_link_stay_behind_it(machine):
    real = machine.folder / "mine.toml"
    os.replace(machine.file, real)
    machine.file.symlink_to(real)
    machine.restore()
    assert machine.file.is_symlink()
    assert real.read_bytes() == NEW


def test_settings_stay_where_the_backup_has_none(machine):
    done = machine.restore(Backup(None, [], ["shipped"], {}, []))
    assert machine.file.read_text() == "# begun\n"
    assert done.kept is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_root_leaves_the_files_to_the_owner_of_the_folder(foreign):
    settings = config.load([], {"samples.folder": str(foreign / "state")})
    restore(BACKUP, settings, foreign / "mine.toml")
    owner = (foreign / "state").stat().st_uid
    made = [path for path in (foreign / "state").rglob("*") if path.is_file()]
    assert len(made) == 5
    assert {path.stat().st_uid for path in made} == {owner}
    assert (foreign / "mine.toml").stat().st_uid == 0
