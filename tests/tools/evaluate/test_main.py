"""The command of the measures: wrong usage, errors of one line, Ctrl-C."""

from __future__ import annotations

import pytest

from tools.evaluate.__main__ import main


def test_a_model_that_is_not_there(tmp_path, evaluate):
    code, _, err = evaluate("photos", tmp_path, "--model", tmp_path / "no.npz")
    assert code == 3
    assert err.startswith(f"evaluate: error: {tmp_path}/no.npz: cannot be read")
    assert err.count("\n") == 1


def test_interrupted(folder, evaluate, monkeypatch, reader, four):
    def interrupt(frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(reader, "read", interrupt)
    assert evaluate("photos", folder(*four))[0] == 130


def test_no_measure_is_wrong_usage():
    with pytest.raises(SystemExit, match="2"):
        main([])


@pytest.mark.parametrize("option", ["--sheet", "--confusion"])
def test_a_picture_without_a_folder_is_missed_at_once(folder, evaluate, tmp_path, option):
    code, out, err = evaluate("photos", folder, option, tmp_path / "none" / "out.png")
    assert code == 3
    assert not out
    assert err.count("\n") == 1
    assert "there is no folder" in err


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_limit_is_a_whole_number_from_one(limit, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["corrupted", "--limit", limit])
    assert "whole number" in capsys.readouterr().err or limit == "-1"
