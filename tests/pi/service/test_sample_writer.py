"""Samples written in a thread: in order, labelled again, whatever happens to the file."""

from __future__ import annotations

import threading
import time

from pi.samples.store import Sample, SampleStore
from pi.service.sample_writer import SampleWriter

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
