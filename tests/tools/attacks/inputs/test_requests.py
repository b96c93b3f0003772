from __future__ import annotations

from tools.attacks.inputs import LARGEST
from tools.attacks.inputs.requests import requests


def test_there_are_enough_and_none_is_too_large():
    found = requests()
    assert len(found) > 20
    assert max(map(len, found.values())) <= LARGEST
