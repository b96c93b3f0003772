"""A night: it learns a habit, lets it in only if it is better, and can be ended at any time."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import modelfile, pretrained
from core.data import datasets, replay
from core.errors import DivergedError, ServiceError, StorageError
from core.files import archive
from core.network import Network
from pi import config
from pi.models.registry import ModelRegistry
from pi.retraining import cross_validation, gate, night_log, nightly
from pi.retraining.recipe import Recipe
from pi.samples.store import Sample, SampleStore
from pi.system import health

ROOT = Path(__file__).parents[3]


def stop_after(batches):
    """A stop that says so after so many batches."""
    left = iter(range(batches))
    return lambda: next(left, None) is None


@pytest.fixture(scope="module")
def first_night(owner, quick, tmp_path_factory):
    """What a night came to that nobody disturbed, and the folder that it left."""
    folder = tmp_path_factory.mktemp("first")
    settings = config.load(overrides={"samples.folder": str(folder)})
    with SampleStore.of(settings) as store:
        for sample in owner:
            store.add(sample)
    return nightly.run(settings, recipe=quick), folder


@pytest.fixture
def after_a_night(first_night, settings):
    """Settings whose folder is a copy of the one that the first night left."""
    shutil.copytree(first_night[1], settings.samples.folder)
    return settings


def test_it_learns_a_habit(first_night, after_a_night):
    night, _ = first_night
    assert night["outcome"] == "promoted", night
    assert (night["digits"], night["version"]) == (20, "0001")
    assert night["before"] >= 5 > night["after"]
    assert night["read_before"] <= 15 < night["read_after"]
    assert night["exam_after"] <= night["exam_before"] + gate.LOST
    assert night["suspects"] == []
    assert night["confused"][0][0] == 4
    registry = ModelRegistry.of(after_a_night)
    assert registry.order() == ["0001", "shipped"]
    new, old = modelfile.load(registry.path("0001")), pretrained.load()
    assert new.info["threshold"] == old.info["threshold"]
    assert new.info["unlikely"] == old.info["unlikely"]
    assert new.judge is not None
    assert np.array_equal(new.judge.values, old.judge.values)
    assert np.array_equal(new.place_judge.values, old.place_judge.values)
    assert "mnist_test_crops" not in new.info
    assert new.ranges[:-1] == old.ranges[:-1]
    names = ("digits", "before", "after", "read_before", "read_after", "clock_trusted")
    assert new.info["learnt"].items() >= {name: night[name] for name in names}.items()
    assert new.info["learnt"]["at"][:4] == night["at"][:4]
    assert new.info["base"] == "shipped"


def test_the_next_night_has_nothing_new(after_a_night, quick):
    assert nightly.run(after_a_night, recipe=quick)["outcome"] == "nothing new"
    found = night_log.read(night_log.path_of(after_a_night))
    assert [each["outcome"] for each in found] == ["promoted"]


def test_the_history_has_the_names_that_it_has_always_had(first_night):
    assert set(first_night[0]) == {
        "outcome", "why", "digits", "corrected", "before", "after", "exam_before", "exam_after",
        "exam_count", "share", "confused", "still_confused", "base", "version", "at",
        "clock_trusted", "seconds", "read_before", "read_after", "suspects",
    }  # fmt: skip


def test_nothing_is_gained_where_all_is_right(settings, owner, quick):
    with SampleStore.of(settings) as store:
        for sample in owner[5:10]:
            assert sample.confirmed
            store.add(sample)
    night = nightly.run(settings, recipe=quick)
    assert (night["outcome"], night["before"]) == ("discarded", 0)
    assert night["why"] == "all that has a label is read rightly already"
    assert ModelRegistry.of(settings).order() == ["shipped"]


def test_without_labels_it_says_so_and_does_nothing(settings):
    assert nightly.run(settings)["why"] == "no digit has a label"
    with SampleStore.of(settings) as store:
        store.add(Sample(bytes(784), 1, time=0.0))
    assert nightly.run(settings)["outcome"] == "nothing new"
    assert ModelRegistry.of(settings).order() == ["shipped"]


def test_resumed_it_ends_with_the_same_bits(labelled, first_night, quick):
    for batches in (30, 40, 30):
        night = nightly.run(labelled, recipe=quick, stop=stop_after(batches))
        assert night["outcome"] == "interrupted"
        assert ModelRegistry.of(labelled).order()[0] == "shipped"
    night = nightly.run(labelled, recipe=quick)
    assert night["outcome"] == "promoted"
    expected = modelfile.load(first_night[1] / "weights" / "0001.npz")
    found = modelfile.load(ModelRegistry.of(labelled).path(night["version"]))
    assert np.array_equal(found.network.values, expected.network.values)
    assert found.ranges == expected.ranges


def test_a_torn_checkpoint_costs_its_part_and_no_more(labelled, tmp_path, quick):
    night = nightly.run(labelled, recipe=quick, stop=stop_after(60))
    assert night["outcome"] == "interrupted"
    [*_, path] = sorted((tmp_path / "state" / "night").glob("*.checkpoint"))
    path.write_bytes(path.read_bytes()[:100])
    assert nightly.run(labelled, recipe=quick)["outcome"] == "promoted"


PLANTS = {
    "folder": lambda path: (path / "full").mkdir(parents=True),
    "fifo": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "deep": lambda path: path.write_bytes(b'{"a":' * 9000),
    "huge": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 33),
    "other": lambda path: path.write_text('{"samples": [], "versions": 5, "recipe": NaN}'),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_what_a_member_of_the_group_laid_does_not_end_a_night(
    labelled, tmp_path, quick, plant, caplog
):
    folder = tmp_path / "state" / "night"
    folder.mkdir()
    folder.chmod(0o2770)
    names = ("plan.json", "last.json", "000.pieces", "all.checkpoint", "x.pieces", ".x.tmp")
    for name in (*names, "candidate.npz", night_log.FILE):
        PLANTS[plant](folder / name)
    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody else's")
    (folder / "y.checkpoint").symlink_to(victim)
    assert nightly.run(labelled, recipe=quick)["outcome"] == "promoted"
    assert "plan.json: passed over" in caplog.text or plant == "other"
    assert nightly.run(labelled, recipe=quick)["outcome"] == "nothing new"
    assert victim.read_bytes() == b"somebody else's"
    found = night_log.read(night_log.path_of(labelled))
    assert [each["outcome"] for each in found] == ["promoted"]


@pytest.mark.parametrize("value", [1e38, np.nan, 1e6])
def test_features_that_somebody_made_up_do_not_end_a_night(labelled, tmp_path, quick, value):
    nightly.run(labelled, recipe=quick, stop=stop_after(60))
    for path in (tmp_path / "state" / "night").glob("*.pieces"):
        about, arrays = archive.load(path)
        for array in arrays.values():
            array[...] = 200 if array.dtype == np.uint8 else value
        archive.save(path, about, arrays)
    assert nightly.run(labelled, recipe=quick)["outcome"] in ("discarded", "promoted")


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: modelfile.save(path, Network.from_spec("100-10"), {}),
        lambda path: path.symlink_to("/dev/zero"),
        os.mkfifo,
        os.mkdir,
    ],
)
def test_weights_that_somebody_laid_there_are_passed_over(after_a_night, quick, plant, caplog):
    path = ModelRegistry.of(after_a_night).path("0001")
    path.unlink()
    plant(path)
    night = nightly.run(after_a_night, recipe=quick, anew=True, stop=stop_after(1))
    assert night["outcome"] == "interrupted"
    assert f"{path}: " in caplog.text
    assert "learning from the version before it" in caplog.text


def test_a_night_that_leads_nowhere_is_begun_anew(labelled, tmp_path, quick, monkeypatch):
    nightly.run(labelled, recipe=quick, stop=stop_after(60))

    def diverge(*arguments):
        raise DivergedError("the loss is nan")

    monkeypatch.setattr(cross_validation, "run", diverge)
    night = nightly.run(labelled, recipe=quick)
    assert (night["outcome"], "nan; the next night begins anew" in night["why"]) == (
        "interrupted",
        True,
    )
    assert not list((tmp_path / "state" / "night").glob("*.*"))
    monkeypatch.undo()
    assert nightly.run(labelled, recipe=quick)["outcome"] == "promoted"


def test_another_label_begins_another_night(labelled, tmp_path, quick):
    nightly.run(labelled, recipe=quick, stop=stop_after(60))
    plan = tmp_path / "state" / "night" / "plan.json"
    before = plan.read_text()
    with SampleStore.of(labelled) as store:
        store.label(1, 9, "label")
    nightly.run(labelled, recipe=quick, stop=stop_after(10))
    assert json.loads(plan.read_text())["samples"] != json.loads(before)["samples"]


def test_too_little_memory(labelled, monkeypatch, quick):
    monkeypatch.setattr(health, "read", lambda: health.Health(available_kb=90_000))
    night = nightly.run(labelled, recipe=quick)
    assert (night["outcome"], night["why"]) == (
        "no memory", "87 MB are free, and a night takes 96",
    )  # fmt: skip


def test_one_night_at_a_time(labelled, quick):
    def report(stage, share):
        with pytest.raises(ServiceError, match="at work already"):
            nightly.run(labelled, recipe=quick)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        nightly.run(labelled, recipe=quick, report=report)


def test_weights_that_read_otherwise_from_their_file_are_discarded(
    labelled, monkeypatch, quick
):
    pack = modelfile.pack

    def spoilt(network, *others):
        network.values[...] = 0
        return pack(network, *others)

    monkeypatch.setattr(modelfile, "pack", spoilt)
    night = nightly.run(labelled, recipe=quick)
    assert night["outcome"] == "discarded"
    assert "would read 0 more" in night["why"]
    assert ModelRegistry.of(labelled).order() == ["shipped"]


@pytest.mark.slow
def test_an_owner_who_calls_all_wrongly_spoils_nothing(settings):
    """What a hundred wrong labels say is not what a blend comes to read."""
    data = datasets.load(replay.INCLUDED)
    with SampleStore.of(settings) as store:
        for image, label in zip(np.asarray(data.images), np.asarray(data.labels), strict=True):
            wrong = (int(label) + 1) % 10
            store.add(Sample(image.tobytes(), int(label), 0.9, label=wrong, origin="wrong"))
    # Fewer folds than usual: what counts here is the head that is trained on all.
    night = nightly.run(settings, recipe=Recipe(folds=2))
    assert night["outcome"] == "discarded"
    assert "it learns nothing" in night["why"]


def test_weights_that_somebody_took_meanwhile_stay(after_a_night, monkeypatch, quick):
    registry = ModelRegistry.of(after_a_night)
    with SampleStore.of(after_a_night) as samples:
        samples.label(1, 9, "label")

    def complaint(*arguments):
        registry.factory_reset()
        return ""

    monkeypatch.setattr(gate, "complaint", complaint)
    night = nightly.run(after_a_night, recipe=quick)
    assert night["outcome"] == "interrupted"
    assert "shipped reads" in night["why"]
    assert registry.order() == ["shipped", "0001"]
    # It is not over for good.
    monkeypatch.undo()
    assert nightly.run(after_a_night, recipe=quick)["outcome"] in ("promoted", "discarded")


def test_without_room_for_the_weights_the_night_is_not_lost(
    labelled, monkeypatch, tmp_path, quick
):
    def full(*arguments):
        raise StorageError("0001.npz: cannot be written (No space left on device)")

    monkeypatch.setattr(ModelRegistry, "install", full)
    with pytest.raises(StorageError, match="No space left"):
        nightly.run(labelled, recipe=quick)
    monkeypatch.undo()
    assert list((tmp_path / "state" / "night").glob("*.checkpoint"))
    assert nightly.run(labelled, recipe=quick)["outcome"] == "promoted"


@pytest.mark.parametrize(
    ("name", "said"),
    [("last.json", "learns from the same digits"), ("history.jsonl", "over: .* let in")],
)
def test_a_promotion_is_told_though_the_card_is_full_since(
    labelled, monkeypatch, quick, caplog, name, said
):
    replace_file = os.replace

    def full(source, target):
        if str(target).endswith(name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", full)
    if name == "last.json":
        assert nightly.run(labelled, recipe=quick)["outcome"] == "promoted"
        assert said in caplog.text
    else:
        with pytest.raises(StorageError, match=f"No space left on device.*{said}.*0001"):
            nightly.run(labelled, recipe=quick)
    assert ModelRegistry.of(labelled).order()[0] == "0001"


class KilledError(BaseException):
    """The power goes out."""


@pytest.fixture(scope="module")
def at_the_end(first_night, owner, quick, tmp_path_factory):
    """The folder of a night of which only the judging is left."""
    folder = tmp_path_factory.mktemp("end")
    settings = config.load(overrides={"samples.folder": str(folder)})
    with SampleStore.of(settings) as store:
        for sample in owner:
            store.add(sample)

    def report(stage, share):
        if stage == "judging":
            raise KilledError

    with pytest.raises(KilledError):
        nightly.run(settings, recipe=quick, report=report)
    return folder


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("step", range(5))
def test_killed_at_any_step_of_promoting_nothing_is_lost(
    settings, at_the_end, owner, quick, monkeypatch, step, done
):
    shutil.copytree(at_the_end, settings.samples.folder)
    replace_file, left = os.replace, iter(range(step))

    def kill(source, target):
        if next(left, None) is not None:
            return replace_file(source, target)
        if done:
            replace_file(source, target)
        raise KilledError

    def report(stage, share):
        if stage == "judging":
            monkeypatch.setattr(os, "replace", kill)

    with pytest.raises(KilledError):
        nightly.run(settings, recipe=quick, report=report)
    monkeypatch.undo()
    registry = ModelRegistry.of(settings)
    assert registry.order()[0] in ("shipped", "0001")
    registry.model(registry.order()[0])
    nightly.run(settings, recipe=quick)
    # As if nothing had been: one version, one night, no label less.
    assert (registry.order(), registry.names()) == (["0001", "shipped"], ["0001"])
    found = night_log.read(night_log.path_of(settings))
    assert [(each["outcome"], each["version"]) for each in found] == [("promoted", "0001")]
    assert found[0]["read_after"] > found[0]["read_before"]
    with SampleStore.of(settings) as store:
        assert [each.label for each in store.labelled()] == [each.label for each in owner]
    assert nightly.run(settings, recipe=quick)["outcome"] == "nothing new"
    night = Path(settings.samples.folder) / "night"
    assert {path.name for path in night.iterdir()} == {"history.jsonl", "last.json"}


def test_a_record_that_somebody_laid_there_is_no_night(after_a_night, quick):
    path = Path(after_a_night.samples.folder) / "night" / "promoting.json"
    digest = hashlib.sha256(ModelRegistry.of(after_a_night).read("0001")).hexdigest()
    for record in (
        {"sha256": digest, "night": {"outcome": 5, "at": "2026"}, "last": {}},
        {"sha256": digest, "night": [], "last": 5},
        {"sha256": 5},
        {"sha256": "0" * 64, "night": {"outcome": "promoted", "at": "x"}, "last": {}},
    ):
        path.write_text(json.dumps(record))
        assert nightly.run(after_a_night, recipe=quick)["outcome"] == "nothing new"
        assert len(night_log.read(night_log.path_of(after_a_night))) == 1
        assert not path.exists()


def test_other_weights_learn_the_hand_too_and_those_of_before_do_not_again(
    after_a_night, quick
):
    registry = ModelRegistry.of(after_a_night)
    registry.roll_back()
    assert nightly.run(after_a_night, recipe=quick)["outcome"] == "nothing new"
    model = modelfile.load(registry.path("0001"))
    other = registry.folder / "other"
    modelfile.save(
        other, model.network, model.info | {"by": "somebody else"}, model.judge, model.ranges
    )
    registry.install(other.read_bytes(), "other")
    assert nightly.run(after_a_night, recipe=quick)["outcome"] != "nothing new"
    assert nightly.run(after_a_night, recipe=quick)["outcome"] == "nothing new"


def test_a_file_that_the_settings_name_learns_nothing(labelled, quick):
    given = replace(labelled, service=replace(labelled.service, weights="mine.npz"))
    night = nightly.run(given, recipe=quick)
    assert (night["outcome"], night["why"][:15]) == ("nothing new", "mine.npz reads,")


@pytest.mark.slow
def test_a_night_fits_into_a_zero(labelled, owner):
    """A whole recipe but for its time, in a process of its own: it takes what it asks for."""
    with SampleStore.of(labelled) as store:
        for sample in owner:
            store.add(sample)
    code = (
        "import sys; from pi import config; from pi.cli import main;"
        "from pi.retraining import nightly; from pi.retraining.recipe import Recipe;"
        "settings = config.load([], dict(each.split('=') for each in sys.argv[1:]));"
        "print(nightly.run(settings, recipe=Recipe(epochs=2, folds=2)));"
        # Not getrusage, whose peak includes that of the process that started this one.
        "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    flags = [f"samples.folder={labelled.samples.folder}"]
    flags.append(f"service.run_folder={labelled.service.run_folder}")
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *flags],
        cwd=ROOT, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "'digits': 40" in done.stdout
    assert int(done.stdout.split("VmHWM:")[1].split()[0]) <= nightly.MEMORY_KB


def test_it_learns_from_no_version_that_does_not_read(settings, owner, caplog):
    weights = Path(settings.samples.folder) / "weights"
    weights.mkdir(parents=True)
    modelfile.save(weights / "0001.npz", Network.from_spec("100-11"), {})
    (weights / "current").write_text("0001\n")
    with SampleStore.of(settings) as store:
        store.add(owner[0])
    assert nightly.run(settings)["why"] == "one digit is too few to learn from"
    assert "0001.npz: a network that reads digits has 28x28 inputs" in caplog.text
    assert "learning from the version before it" in caplog.text
