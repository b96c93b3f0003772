"""Shared by the tests of the attacks: an appliance with a state folder, stopped in the end."""

from __future__ import annotations

import pytest

from tools.attacks.appliance import Appliance


@pytest.fixture
def appliance(tmp_path):
    made = Appliance(tmp_path)
    made.state.mkdir()
    yield made
    made.stop()
