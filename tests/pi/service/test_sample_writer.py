"""Samples written in a thread: in order, labelled again, whatever happens to the file."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ServiceError, StorageError
from pi.config.schema import MemorySection
from pi.samples.database import BusyError, DamagedError, FullError, ReadOnlyError
from pi.samples.store import Sample, SampleStore, path_of
from pi.service import sample_writer
from pi.service.sample_writer import (
    COUNT_S,
    IDLE_RETRY_S,
    MOST_UNLABELLED,
    RETRY_S,
    SampleWriter,
)
from pi.service.tickets import MOST_WAITING

PATIENCE_S = 60.0


def test_the_writer_writes_in_order_and_relabels(settings):
    writer = SampleWriter(settings, trusted=lambda: True)
    writer.start()
    writer.write(1, Sample(bytes(784), 7, label=7, origin="right"))
    writer.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    writer.write(2, Sample(bytes(784), 3))
    writer.close()
    with SampleStore.of(settings) as store:
        found = store.select()
    assert [(each.label, each.origin) for each in found] == [(1, "wrong"), (None, None)]
    assert all(each.trusted and each.time > 1e9 for each in found)
    assert writer.counts == {"all": 2, "labelled": 1, "corrected": 1}


def test_the_writer_adds_anew_what_was_deleted_meanwhile(settings, caplog):
    writer = SampleWriter(settings)
    writer.start()
    writer.write(1, Sample(bytes(784), 7, label=7, origin="right"))
    deadline = time.monotonic() + PATIENCE_S
    while not (writer.counts and writer.counts["all"]):
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)
    with SampleStore.of(settings) as store:
        store.delete([each.id for each in store.select()])
    writer.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    writer.close()
    with SampleStore.of(settings) as store:
        assert [(each.label, each.origin) for each in store.select()] == [(1, "wrong")]
    assert caplog.text == ""


def test_the_writer_sets_a_damaged_file_aside_and_goes_on(settings, tmp_path, caplog):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "samples.db").write_bytes(b"no database" * 100)
    writer = SampleWriter(settings)
    writer.start()
    writer.write(1, Sample(bytes(784), 7, label=7))
    writer.close()
    assert writer.counts["all"] == 1
    assert "set aside" in caplog.text


class FailingStore:
    """A store in memory whose next writes fail with these errors, one each."""

    path = Path("samples.db")

    def __init__(self, *errors):
        self.errors = list(errors)
        self.samples = []
        self.opened = 0

    def __call__(self, config):
        self.opened += 1
        return self

    def fail(self):
        if self.errors:
            raise self.errors.pop(0)

    def add(self, sample):
        self.fail()
        self.samples.append(sample)
        return len(self.samples)

    def label(self, number, label, origin):
        self.fail()
        self.samples[number - 1] = replace(self.samples[number - 1], label=label)

    def select(self, where, values, last):
        known = [(each.time, each.image) for each in self.samples]
        return [replace(self.samples[-1], id=len(known))] if values in known else []

    def counts(self):
        return {"all": len(self.samples), "labelled": 0, "corrected": 0}

    def close(self):
        pass

    @property
    def labels(self):
        return [sample.label for sample in self.samples]


def labelled(label, origin="label"):
    return Sample(bytes([label] * 784), 7, label=label, origin=origin)


LOCKED, FULL = BusyError("held"), FullError("no room")


@pytest.mark.parametrize(
    ("errors", "why"),
    [
        ([LOCKED] * 5, "another process holds the samples"),
        ([FULL] * 5, "the card is full"),
        ([ReadOnlyError("ro")] * 5, "the card is read-only"),
        ([StorageError("written by a newer zerodigit")] * 5, "written by a newer zerodigit"),
        ([MemoryError()] * 5, "not enough memory"),
    ],
)
def test_a_label_is_tried_again_until_it_is_stored(settings, errors, why):
    store = FailingStore(*errors)
    writer = SampleWriter(settings, open_store=store)
    ticket = writer.write(1, labelled(3))
    for _ in range(5):
        assert writer.work() >= RETRY_S
        assert (ticket.waits, writer.why) == (True, why)
        assert writer.status()["waiting"] == 1
        assert writer.status()["why"] == why
    assert writer.work() == COUNT_S
    assert (ticket.sample, writer.why) == (1, "")
    assert store.labels == [3]
    assert writer.status() == {
        "all": 1, "labelled": 0, "corrected": 0, "waiting": 0, "why": None,
    }  # fmt: skip


def test_what_waits_keeps_its_order_and_another_label_comes_after(settings):
    store = FailingStore(LOCKED, FULL)
    writer = SampleWriter(settings, open_store=store)
    tickets = [writer.write(*each) for each in ((1, labelled(3)), (2, Sample(bytes(784), 5)))]
    writer.work()
    tickets += [writer.write(2, labelled(4)), writer.write(3, labelled(8))]
    writer.work()
    writer.work()
    assert store.labels == [3, 4, 8]
    assert [each and each.sample for each in tickets] == [1, None, 2, 3]


def test_waiting_is_said_once_and_so_is_its_end(settings, caplog):
    caplog.set_level("INFO")
    writer = SampleWriter(settings, open_store=FailingStore(LOCKED, FULL, LOCKED))
    writer.write(1, labelled(3))
    for _ in range(4):
        writer.work()
    assert [each.getMessage() for each in caplog.records] == [
        "labels are not yet on the card, and tried again until they are: "
        "another process holds the samples",
        "all labels that waited are on the card",
    ]


def test_a_sample_without_a_label_waits_too_and_eight_at_most(settings, caplog):
    caplog.set_level("INFO")
    store = FailingStore(FULL)
    writer = SampleWriter(settings, open_store=store)
    for number in range(MOST_UNLABELLED + 3):
        assert writer.write(number, Sample(bytes(784), 5)) is None
    ticket = writer.write(99, labelled(3))
    assert writer.work() == RETRY_S
    writer.work()
    assert store.labels == [None] * MOST_UNLABELLED + [3]
    assert ticket.sample == MOST_UNLABELLED + 1
    said = [each.getMessage() for each in caplog.records]
    assert said[0].startswith("samples without a label are lost")
    assert said[-1] == "samples without a label lost meanwhile: 3"
    assert len(said) == 4


def test_without_labels_it_is_tried_less_often(settings):
    writer = SampleWriter(settings, open_store=FailingStore(LOCKED))
    writer.write(1, Sample(bytes(784), 5))
    assert writer.work() == IDLE_RETRY_S


def test_one_label_too_many_is_refused_and_none_is_lost(settings):
    store = FailingStore(*[LOCKED] * 2)
    writer = SampleWriter(settings, open_store=store)
    for number in range(MOST_WAITING):
        writer.write(number, labelled(number % 10))
    writer.work()
    with pytest.raises(ServiceError, match="64 labels wait"):
        writer.write(99, labelled(1))
    writer.work()
    writer.work()
    assert len(store.samples) == MOST_WAITING
    assert writer.write(100, labelled(1)) is not None


def test_a_label_that_waited_goes_into_the_new_file(settings, caplog):
    tries = [LOCKED]

    def open_store(config):
        if tries:
            raise tries.pop()
        return sample_writer.open_store(config)

    path = Path(settings.samples.folder) / "samples.db"
    path.parent.mkdir()
    path.write_bytes(b"no database" * 100)
    writer = SampleWriter(settings, open_store=open_store)
    ticket = writer.write(1, labelled(3))
    writer.work()
    assert ticket.waits
    writer.work()
    assert ticket.sample == 1
    assert "set aside" in caplog.text
    with SampleStore.of(settings) as store:
        assert store.get(1).label == 3


def test_a_file_that_turns_out_damaged_takes_the_label_at_once(settings):
    store = FailingStore()
    writer = SampleWriter(settings, open_store=store)
    writer.write(1, labelled(3))
    writer.work()
    store.errors.append(DamagedError("is damaged"))
    # Not as another label for a sample that the new file does not have.
    ticket = writer.write(1, labelled(4))
    writer.work()
    assert (ticket.sample, store.labels, store.opened) == (2, [3, 4], 2)


def test_a_commit_that_failed_and_was_made_is_not_made_twice(settings):
    class Torn(FailingStore):
        def add(self, sample):
            number = super().add(sample)
            if number == 1:
                raise StorageError("disk I/O error")
            return number

    store = Torn()
    writer = SampleWriter(settings, open_store=store)
    ticket = writer.write(1, labelled(3))
    writer.work()
    assert ticket.waits
    writer.work()
    assert (ticket.sample, store.labels) == (1, [3])


def test_an_error_of_our_own_loses_that_label_and_no_other(settings, caplog):
    writer = SampleWriter(settings, open_store=FailingStore(TypeError("a bug")))
    one, other = writer.write(1, labelled(3)), writer.write(2, labelled(4))
    writer.work()
    assert "an error of zerodigit itself" in one.lost
    assert other.sample == 1
    assert "a bug" in caplog.text


def test_the_file_is_opened_again_unless_it_is_only_held_or_full(settings):
    store = FailingStore(LOCKED, FULL, ReadOnlyError("ro"))
    writer = SampleWriter(settings, open_store=store)
    writer.write(1, labelled(3))
    opened = []
    for _ in range(4):
        writer.work()
        opened.append(store.opened)
    assert opened == [1, 1, 1, 2]


def test_a_lock_of_another_process_has_its_words_within_a_second(settings, monkeypatch):
    import sqlite3

    monkeypatch.setattr(sample_writer, "LOCK_S", 0.0)
    SampleStore.of(settings).close()
    path = Path(settings.samples.folder) / "samples.db"
    writer = SampleWriter(settings)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ticket = writer.write(1, labelled(3))
    assert writer.work() == RETRY_S
    assert writer.why == "another process holds the samples"
    other.execute("ROLLBACK")
    other.close()
    writer.work()
    assert ticket.sample == 1


def test_the_thread_tries_at_once_when_another_comes_and_until_the_end(settings, caplog):
    store = FailingStore(LOCKED)
    writer = SampleWriter(settings, open_store=store)
    one = writer.write(1, labelled(3))
    writer.start()
    writer.write(2, labelled(4))
    writer.close()
    assert (one.sample, store.labels) == (1, [3, 4])
    assert "lost" not in caplog.text


def test_what_cannot_be_stored_until_the_end_is_an_error(settings, caplog):
    writer = SampleWriter(settings, open_store=FailingStore(*[FULL] * 99), close_s=0.0)
    writer.start()
    tickets = [writer.write(1, labelled(3)), writer.write(2, labelled(4))]
    writer.close()
    writer.close()
    assert [each.lost for each in tickets] == ["the card is full"] * 2
    errors = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
    assert errors == ["labels lost at the end: 2 (the card is full)"]


def test_other_settings_take_what_waits_along(settings, tmp_path):
    other = replace(settings, samples=replace(settings.samples, folder=str(tmp_path / "b")))
    writer = SampleWriter(settings)
    writer.write(1, labelled(3))
    writer.work()
    writer.configure(other)
    # In the other file this presentation has no sample yet.
    ticket = writer.write(1, labelled(4))
    writer.work()
    with SampleStore.of(other) as store:
        assert [(each.id, each.label) for each in store.select()] == [(ticket.sample, 4)]
    with SampleStore.of(settings) as store:
        assert [each.label for each in store.select()] == [3]


def given(writer):
    """What it gives of the labelled samples, as numbers and labels."""
    taken = writer.take_labelled()
    return taken and list(zip(taken.numbers, taken.labels, strict=True))


def test_labelled_samples_are_given_once_and_again_when_others_have_written(settings):
    writer = SampleWriter(settings)
    writer.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    writer.write(2, Sample(bytes(784), 3))
    writer.work()
    assert given(writer) == [(1, 1)]
    assert given(writer) is None
    with SampleStore.of(settings) as store:
        store.label(2, 3, "label")
    writer.work()
    assert given(writer) == [(1, 1), (2, 3)]
    with SampleStore.of(settings) as store:
        store.label(1, None)
        store.delete([2])
    writer.work()
    assert given(writer) == []


def test_a_file_that_is_as_it_was_is_not_read_again_but_when_asked(settings):
    writer = SampleWriter(settings)
    writer.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    writer.work()
    long_ago = time.time() - 100
    os.utime(path_of(settings), (long_ago, long_ago))
    writer.work()
    assert given(writer) == [(1, 1)]
    writer.work()
    assert given(writer) is None
    writer.read_again()
    writer.work()
    assert given(writer) == [(1, 1)]


def test_the_writer_is_woken_when_the_file_was_written_to(settings):
    writer = SampleWriter(settings)
    writer.start()
    with SampleStore.of(settings) as store:
        store.add(Sample(bytes(784), 7, label=1, origin="label"))
    found, now = None, 0.0
    deadline = time.monotonic() + PATIENCE_S
    while found != [(1, 1)]:
        assert time.monotonic() < deadline
        writer.check(now)
        now += 1
        threading.Event().wait(0.005)
        found = given(writer) or found
    writer.close()


def test_without_a_memory_nothing_is_read(settings):
    writer = SampleWriter(replace(settings, memory=MemorySection(enabled=False)))
    writer.write(1, Sample(bytes(784), 7, label=1, origin="wrong"))
    writer.work()
    assert given(writer) is None
    writer.configure(settings)
    writer.work()
    assert given(writer) == [(1, 1)]
