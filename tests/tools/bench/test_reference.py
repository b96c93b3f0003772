from __future__ import annotations

import json

from tools.bench import reference
from tools.bench.measures import DEVICE, Result


def test_more_than_a_tenth_worse_is_told_with_the_remedy():
    accepted = {"frame_digit": 20.0, "network": 4.0}
    values = {"frame_digit": 21.9, "network": 4.5, "load": 9.0}
    results = [Result(key, (value,)) for key, value in values.items()]
    (line,) = reference.worse(results, accepted)
    assert "the network alone, one crop: 4.50 ms, 4.00 was accepted" in line
    assert "--emulated --accept" in line


def test_what_is_accepted_is_read_again(tmp_path):
    path = tmp_path / "reference.json"
    assert reference.read(path) == {}
    results = [Result("network", (3.0, 3.25, 9.0)), Result("network_gain", (9.0,))]
    reference.write(results, {"numpy": "1.24"}, path)
    assert reference.read(path) == {"network": 3.25}
    assert json.loads(path.read_text())["about"] == {"numpy": "1.24"}
    assert reference.worse(results, reference.read(path)) == []


def test_what_is_committed_is_of_the_devices_measures():
    assert set(reference.read()) <= set(DEVICE)
