from __future__ import annotations

import pytest

from tools.attacks import __main__ as attacks
from tools.attacks import planted


def test_a_floor_that_is_missed_is_exit_code_1(monkeypatch, capsys):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert attacks.main(["planted"]) == 0
    assert "SKIPPED: only root" in capsys.readouterr().out


def test_each_measure_explains_itself(capsys):
    with pytest.raises(SystemExit):
        attacks.main(["planted", "--help"])
    assert (planted.__doc__ or "").splitlines()[0] in capsys.readouterr().out
