from __future__ import annotations

import numpy as np

from core.reading.reader import Reader
from core.vision.digitise import find_digits
from tools.bench import device
from tools.bench.measures import DEVICE
from tools.digests import photograph


def test_a_device_measures_all_that_is_promised():
    results = {result.key: result for result in device.measure(1)}
    assert set(results) == set(DEVICE)
    # What the memory costs is less than what a busy computer's times differ by.
    assert all(r.value > 0 for key, r in results.items() if key != "frame_memory")
    gain = results["network_float"].value / results["network"].value
    assert results["network_gain"].value == gain
    # Reading takes longer than seeing that there is nothing new.
    assert results["frame_digit"].value > 5 * results["frame_same"].value


def test_in_some_of_the_rooms_places_are_looked_at_and_nothing_is_read():
    reader = Reader.default()
    readings = [reader.read(device.room(number)) for number in range(device.ROOMS)]
    assert all(reading.digit is None for reading in readings)
    looked = [any(each.place for each in reading.candidates) for reading in readings]
    assert set(looked) == {True, False}


def test_a_full_memory_reads_the_sheets_as_without_it():
    reader = Reader.default()
    memory = device.full_memory(reader)
    assert len(memory) == len(memory.numbers) == 512
    for number in device.SHEETS:
        sheet = photograph(number)
        reader.memory = None
        alone = reader.read(sheet)
        reader.memory = memory
        beside = reader.read(sheet)
        assert np.array_equal(alone.probabilities, beside.probabilities)


def test_the_empty_page_is_empty():
    page = device.empty_page()
    assert page.shape == (240, 320)
    assert np.ptp(page) == 6
    assert find_digits(page) == []
