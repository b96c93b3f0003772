"""New weights for the running service: noticed in time, loaded beside it, handed over once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pi import config
from pi.models.loaded import load_weights
from pi.models.registry import SHIPPED
from pi.models.watcher import POLL_S, WeightsWatcher, in_a_thread


@pytest.fixture
def watcher_of(tmp_path):
    """A watcher of the weights of a folder, or of the settings, that loads at once."""

    def of(load=load_weights, **settings):
        folders = {"samples.folder": str(tmp_path), "service.run_folder": str(tmp_path)}
        settings = folders | settings
        return WeightsWatcher(
            config.load(overrides=settings), 0.0, load, beside=lambda work: work()
        )

    return of


def polled(watcher, now):
    """What the watcher hands over after the poll at ``now``, or at the next one."""
    return watcher.poll(now) or watcher.poll(now)


def test_new_weights_are_handed_over_once(three, watcher_of, make):
    watcher = watcher_of()
    assert watcher.load(None).version == "0003"
    assert polled(watcher, POLL_S) is None
    three.install(make(4), "test")
    assert polled(watcher, POLL_S + 0.1) is None
    assert watcher.poll(2 * POLL_S) is None
    assert watcher.poll(2 * POLL_S + 0.1).version == "0004"
    assert polled(watcher, 3 * POLL_S) is None
    three.roll_back()
    assert polled(watcher, 4 * POLL_S).version == "0003"


def test_the_first_ones_ever_are_taken(registry, watcher_of, make):
    watcher = watcher_of()
    assert watcher.load(None).version == SHIPPED
    registry.install(make(1), "test")
    assert polled(watcher, POLL_S).version == "0001"


def test_those_in_use_stay_when_nothing_can_be_loaded(three, watcher_of, caplog, make):
    short = []

    def load(path, data=None):
        if short:
            raise MemoryError
        return load_weights(path, data)

    watcher = watcher_of(load)
    watcher.load(None)
    three.roll_back()
    short.append(True)
    assert polled(watcher, POLL_S) is None
    assert "those in use stay: " in caplog.text
    assert "not enough memory to load it" in caplog.text
    # It is not over for good.
    short.clear()
    three.install(make(4), "test")
    assert polled(watcher, 2 * POLL_S).version == "0004"


def test_new_ones_that_fail_leave_those_in_use_and_are_set_aside(
    three, watcher_of, make, caplog
):
    loaded = []

    def load(path, data=None):
        loaded.append(path)
        return load_weights(path, data)

    watcher = watcher_of(load)
    watcher.load(None)
    three.install(make(4), "test")
    three.path("0004").write_bytes(b"PK")
    assert polled(watcher, POLL_S) is None
    assert "0004.npz" in caplog.text
    assert (three.order()[0], three.set_aside()) == ("0003", ["0004"])
    # What reads is not loaded a second time, now or when the order is seen to have changed.
    assert polled(watcher, 2 * POLL_S) is None
    assert [Path(path).stem for path in loaded] == ["0003", "0004"]


def test_a_fifo_in_place_of_the_pointer_holds_nobody_up(three, watcher_of):
    watcher = watcher_of()
    watcher.load(None)
    (three.folder / "current").unlink()
    os.mkfifo(three.folder / "current")
    assert polled(watcher, POLL_S) is None


def test_without_a_thread_to_load_in_the_next_look_tries_again(three, tmp_path, caplog):
    busy = [True]

    def beside(work):
        if busy:
            raise RuntimeError("can't start new thread")
        work()

    folders = {"samples.folder": str(tmp_path), "service.run_folder": str(tmp_path)}
    watcher = WeightsWatcher(config.load(overrides=folders), 0.0, beside=beside)
    watcher.load(None)
    three.roll_back()
    assert polled(watcher, POLL_S) is None
    assert "no new weights yet, those in use stay: can't start new thread" in caplog.text
    busy.clear()
    assert polled(watcher, 2 * POLL_S).version == "0002"


def test_what_ends_the_process_while_it_is_loaded_is_known_at_the_next_start(
    three, watcher_of, caplog
):
    def load(path, data=None):
        if "0003" in path:
            raise SystemExit
        return load_weights(path, data)

    for _ in range(2):
        with pytest.raises(SystemExit):
            watcher_of(load).load(None)
    assert watcher_of(load).load(None).version == "0002"
    assert "the service twice ended or ran out of memory while loading it" in caplog.text


def test_a_file_that_the_settings_name_is_left_alone(three, watcher_of, tmp_path, make):
    (tmp_path / "mine.npz").write_bytes(make(7))
    watcher = watcher_of(**{"service.weights": str(tmp_path / "mine.npz")})
    assert watcher.load(None).version == ""
    three.roll_back()
    assert polled(watcher, 100 * POLL_S) is None


def test_loading_has_a_thread_of_its_own():
    done = threading.Event()
    names = []

    def work():
        names.append(threading.current_thread().name)
        done.set()

    in_a_thread(work)
    assert done.wait(60)
    assert names == ["zerodigit-weights"]
