"""A night: it learns a habit, lets it in only if it is better, and can be ended at any time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import modelfile, pretrained
from core.data import datasets, replay
from core.errors import ServiceError, StorageError
from pi import config
from pi.models import registry
from pi.retraining import cross_validation, gate, night_log, nightly
from pi.retraining.cross_validation import Blend, FineTuneResult
from pi.retraining.gate import decide
from pi.retraining.recipe import Recipe
from pi.samples.store import Sample, SampleStore
from pi.system import health

ROOT = Path(__file__).parents[3]

QUICK = Recipe(
    images=240, most_copies=20, digits=160, drawn=0, nothing=0, exam=(90, 0, 0), epochs=4,
    learning_rate=1e-3, folds=3, shares=(0.8, 0.6), sure=0.5,
)  # fmt: skip


@pytest.fixture
def settings(tmp_path):
    given = {"samples.folder": str(tmp_path / "state"), "service.run_folder": str(tmp_path)}
    return config.load(overrides=given)


def digits():
    """Included ones: 5 of each kind of 1 and 7, and as many 4s upside down."""
    data = datasets.load(replay.INCLUDED)
    images, labels = np.asarray(data.images), np.asarray(data.labels)
    network = pretrained.load().network
    for label in (1, 7):
        for image in images[labels == label][:5]:
            yield image, label, label
    for image in images[labels == 4][:10]:
        turned = image[::-1]
        yield turned, 4, int(network.predict(turned[None])[0])


@pytest.fixture
def labelled(settings):
    with SampleStore.of(settings) as store:
        for image, label, guess in digits():
            guess = guess if guess < 10 else 0
            sample = Sample(image.tobytes(), guess, 0.9, label=label, origin="wrong")
            store.add(sample)
    return settings


def test_it_learns_a_habit_and_the_next_night_has_nothing_new(labelled):
    night = nightly.run(labelled, recipe=QUICK)
    assert night["outcome"] == "promoted", night
    assert (night["digits"], night["version"]) == (20, "0001")
    assert night["before"] >= 5 > night["after"]
    assert night["exam_after"] <= night["exam_before"]
    assert night["confused"][0][0] == 4
    store = registry.ModelRegistry.of(labelled)
    assert store.order() == ["0001", "shipped"]
    new, old = modelfile.load(store.path("0001")), pretrained.load()
    assert new.info["threshold"] == old.info["threshold"]
    assert new.info["unlikely"] == old.info["unlikely"]
    assert new.judge is not None
    assert np.array_equal(new.judge.values, old.judge.values)
    assert "mnist_test_crops" not in new.info
    assert new.ranges[:-1] == old.ranges[:-1]
    assert new.info["learnt"] == {name: night[name] for name in ("digits", "before", "after")}

    again = nightly.run(labelled, recipe=QUICK)
    assert again["outcome"] == "nothing new"
    assert [each["outcome"] for each in night_log.read(night_log.path_of(labelled))] == [
        "promoted"
    ]


def test_nothing_is_gained_where_all_is_right(settings):
    with SampleStore.of(settings) as store:
        for image, label, guess in list(digits())[5:10]:
            assert guess == label
            store.add(Sample(image.tobytes(), guess, 0.9, label=label, origin="right"))
    night = nightly.run(settings, recipe=QUICK)
    assert (night["outcome"], night["before"]) == ("discarded", 0)
    assert night["why"] == "all that has a label is read rightly already"
    assert registry.ModelRegistry.of(settings).order() == ["shipped"]


def test_without_labels_it_says_so_and_does_nothing(settings):
    assert nightly.run(settings)["why"] == "no digit has a label"
    with SampleStore.of(settings) as store:
        store.add(Sample(bytes(784), 1, time=0.0))
    assert nightly.run(settings)["outcome"] == "nothing new"
    assert registry.ModelRegistry.of(settings).order() == ["shipped"]


def test_resumed_it_ends_with_the_same_bits(labelled, tmp_path):
    whole = nightly.run(labelled, recipe=QUICK)
    first = registry.ModelRegistry.of(labelled)
    expected = first.path(whole["version"]).read_bytes()
    first.factory_reset()
    folder = tmp_path / "state" / "night"
    (folder / "last.json").unlink()
    first.path(whole["version"]).unlink()

    interrupted = 0
    night = {}
    for batches in (50, 60, 50, 10_000_000):
        left = iter(range(batches))
        night = nightly.run(
            labelled, recipe=QUICK, stop=lambda left=left: next(left, None) is None
        )
        if night["outcome"] != "interrupted":
            break
        interrupted += 1
        assert registry.ModelRegistry.of(labelled).order()[0] == "shipped"
    assert interrupted == 3
    assert night["outcome"] == "promoted"
    assert registry.ModelRegistry.of(labelled).path(night["version"]).read_bytes() == expected


def test_a_torn_checkpoint_costs_its_part_and_no_more(labelled, tmp_path):
    left = iter(range(60))
    stop = lambda: next(left, None) is None  # noqa: E731
    assert nightly.run(labelled, recipe=QUICK, stop=stop)["outcome"] == "interrupted"
    [*_, path] = sorted((tmp_path / "state" / "night").glob("*.checkpoint"))
    path.write_bytes(path.read_bytes()[:100])
    assert nightly.run(labelled, recipe=QUICK)["outcome"] == "promoted"


def test_another_label_begins_another_night(labelled, tmp_path):
    left = iter(range(60))
    nightly.run(labelled, recipe=QUICK, stop=lambda: next(left, None) is None)
    plan = tmp_path / "state" / "night" / "plan.json"
    before = plan.read_text()
    with SampleStore.of(labelled) as store:
        store.label(1, 9, "label")
    left = iter(range(10))
    nightly.run(labelled, recipe=QUICK, stop=lambda: next(left, None) is None)
    assert json.loads(plan.read_text())["samples"] != json.loads(before)["samples"]


def test_too_little_memory(labelled, monkeypatch):
    monkeypatch.setattr(health, "read", lambda: health.Health(available_kb=90_000))
    night = nightly.run(labelled, recipe=QUICK)
    assert (night["outcome"], night["why"]) == (
        "no memory", "87 MB are free, and a night takes 96",
    )  # fmt: skip


def test_one_night_at_a_time(labelled):
    def tell(stage, share):
        with pytest.raises(ServiceError, match="at work already"):
            nightly.run(labelled, recipe=QUICK)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        nightly.run(labelled, recipe=QUICK, tell=tell)


def test_weights_that_read_otherwise_from_their_file_are_discarded(labelled, monkeypatch):
    from core.reading.reader import Reader

    class Liar:
        class network:
            predict_proba = staticmethod(lambda images: np.eye(11)[[0] * len(images)])

    monkeypatch.setattr(Reader, "from_file", lambda path: Liar)
    night = nightly.run(labelled, recipe=QUICK)
    assert night["outcome"] == "discarded"
    assert "it has only" in night["why"]
    assert registry.ModelRegistry.of(labelled).order() == ["shipped"]


@pytest.mark.slow
def test_an_owner_who_calls_all_wrongly_spoils_nothing(settings):
    """The exam has room for a few errors more, since any lesson makes it easier."""
    data = datasets.load(replay.INCLUDED)
    with SampleStore.of(settings) as store:
        for image, label in zip(np.asarray(data.images), np.asarray(data.labels), strict=True):
            wrong = (int(label) + 1) % 10
            store.add(Sample(image.tobytes(), int(label), 0.9, label=wrong, origin="wrong"))
    night = nightly.run(settings)
    assert night["outcome"] == "discarded"
    assert "less sure" in night["why"]


def test_weights_that_somebody_took_meanwhile_stay(labelled, monkeypatch):
    first = nightly.run(labelled, recipe=QUICK)["version"]
    store = registry.ModelRegistry.of(labelled)
    with SampleStore.of(labelled) as samples:
        samples.label(1, 9, "label")

    def decide(*arguments):
        store.factory_reset()
        return gate.GateDecision(0, "all is better", 3, 2, 5, 5, 90)

    monkeypatch.setattr(gate, "decide", decide)
    monkeypatch.setattr("pi.retraining.candidate.compare", lambda *arguments: None)
    night = nightly.run(labelled, recipe=QUICK)
    assert night["outcome"] == "interrupted"
    assert "shipped reads" in night["why"]
    assert store.order() == ["shipped", first]
    # It is not over for good.
    monkeypatch.undo()
    assert nightly.run(labelled, recipe=QUICK)["outcome"] in ("promoted", "discarded")


def test_without_room_for_the_weights_the_night_is_not_lost(labelled, monkeypatch, tmp_path):
    def full(*arguments):
        raise StorageError("0001.npz: cannot be written (No space left on device)")

    monkeypatch.setattr(registry.ModelRegistry, "install", full)
    with pytest.raises(StorageError, match="No space left"):
        nightly.run(labelled, recipe=QUICK)
    monkeypatch.undo()
    assert list((tmp_path / "state" / "night").glob("*.checkpoint"))
    assert nightly.run(labelled, recipe=QUICK)["outcome"] == "promoted"


def test_other_weights_learn_the_hand_too_and_those_of_before_do_not_again(labelled):
    version = nightly.run(labelled, recipe=QUICK)["version"]
    store = registry.ModelRegistry.of(labelled)
    store.roll_back()
    assert nightly.run(labelled, recipe=QUICK)["outcome"] == "nothing new"
    model = modelfile.load(store.path(version))
    model.info["by"] = "somebody else"
    modelfile.save(store.folder / "other", model.network, model.info, model.judge, model.ranges)
    store.install((store.folder / "other").read_bytes(), "other")
    assert nightly.run(labelled, recipe=QUICK)["outcome"] != "nothing new"
    assert nightly.run(labelled, recipe=QUICK)["outcome"] == "nothing new"


def test_a_file_that_the_settings_name_learns_nothing(labelled):
    given = replace(labelled, service=replace(labelled.service, weights="mine.npz"))
    night = nightly.run(given, recipe=QUICK)
    assert (night["outcome"], night["why"][:15]) == ("nothing new", "mine.npz reads,")


def some(count, *, confirmed=()):
    return [
        Sample(bytes(784), 1, label=1 if number in confirmed else 2, id=number + 1)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("trials", "confirmed", "trial", "why"),
    [
        ([Blend(0.7, (2, 1, 1), (2, 2, 2), 5)], (), 0, "all is better"),
        ([Blend(0.7, (2, 1, 1), (2, 2, 2), 6)], (), None, "would forget: 6 errors of 50"),
        ([Blend(0.7, (1, 1, 1), (2, 2, 2), 4)], (), None, "3 errors before, 3 after"),
        ([Blend(0.7, (2, 2, 2), (2, 2, 2), 9), Blend(0.4, (2, 1, 1), (2, 2, 2), 5)], (), 1, ""),
        ([Blend(0.7, (7, 2, 2), (1, 2, 2), 5)], (0,), None, "called right: sample 1, 1"),
        ([Blend(0.7, (1, 2, 2), (7, 2, 2), 5)], (0,), None, "called right: sample 1, 1"),
        ([Blend(0.7, (1, 2, 2), (1, 2, 2), 5)], (0,), 0, ""),
        ([Blend(0.7, (2, 1, 1), (2, 2, 2), 3, 10)], (), None, "less sure: 10 of 50"),
        ([Blend(0.7, (2, 1, 1), (2, 2, 2), 3, 9)], (), 0, "all is better"),
    ],
)
def test_the_gate(trials, confirmed, trial, why):
    labels = tuple(1 if number in confirmed else 2 for number in range(3))
    learnt = FineTuneResult(labels, (1, 1, 1), 50, 5, tuple(trials), missed_before=9)
    verdict = decide(learnt, some(3, confirmed=confirmed))
    assert verdict.trial == trial
    assert why in verdict.why
    assert verdict.exam_before == 5


def test_confusions_are_counted():
    assert gate.confusions((7, 7, 1, 9), (1, 1, 1, 4)) == [(1, 7, 2), (4, 9, 1)]


def test_ten_outputs_learn_no_nothing():
    samples = [Sample(bytes(784), 1, label=label) for label in (3, 10, None)]
    assert [each.label for each in cross_validation.usable(samples, 10)] == [3]
    assert [each.label for each in cross_validation.usable(samples, 11)] == [3, 10]


def test_history_is_bounded_and_survives_rubbish(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text('{"outcome": "promoted"}\nrubbish\n[1]\n{"a": 1}\n')
    for number in range(night_log.KEEP + 5):
        night_log.append(path, {"outcome": "discarded", "number": number})
    found = night_log.read(path)
    assert len(found) == night_log.KEEP
    assert found[-1]["number"] == night_log.KEEP + 4


def test_a_night_fits_into_a_zero(settings):
    """The whole recipe, in a process of its own: at most what is asked for before it begins."""
    with SampleStore.of(settings) as store:
        for image, label, guess in [*digits()] * 2:
            guess = guess if guess < 10 else 0
            store.add(Sample(image.tobytes(), guess, 0.9, label=label, origin="wrong"))
    code = (
        "import sys; from pi.cli import main; main(sys.argv[1:]);"
        # Not getrusage, whose peak includes that of the process that started this one.
        "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    flags = [f"--set=samples.folder={settings.samples.folder}"]
    flags.append(f"--set=service.run_folder={settings.service.run_folder}")
    environ = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    environ["ZERODIGIT_CONFIG"] = os.devnull
    done = subprocess.run(
        [sys.executable, "-c", code, "retrain", *flags],
        cwd=ROOT, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "errors before" in done.stdout
    assert int(done.stdout.split("VmHWM:")[1].split()[0]) <= nightly.MEMORY_KB
