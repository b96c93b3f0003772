from __future__ import annotations

import pytest

from tools.attacks.appliance import Stopped
from tools.attacks.lost import labels_after


def test_a_sheet_is_read_labelled_and_taken_away(appliance):
    appliance.start()
    appliance.show(3)
    labelled = appliance.command("label", "--last", "8")
    assert labelled.end(60) == 0, labelled.said
    appliance.darken()
    appliance.until_frames(1)
    assert appliance.stop() == 0
    assert labels_after(appliance.state / "samples.db") == {8: 1}
    assert "stopped: SIGTERM" in appliance.log


def test_a_service_that_ends_or_does_not_come_has_stopped(appliance):
    (appliance.folder / "log").touch()
    with pytest.raises(Stopped, match="it ended"):
        appliance.until_frames(1)
    appliance.settings.write_text("[nonsense]\n")
    appliance.start()
    with pytest.raises(Stopped, match="nonsense"):
        appliance.until_frames(1)
