"""``python -m tools.fetch_fonts``."""

from __future__ import annotations

from tools.fetch_fonts.__main__ import main


def test_what_cannot_be_had_is_one_line(tmp_path, capsys):
    code = main(["--source", str(tmp_path), "--to", str(tmp_path / "to")])
    error = capsys.readouterr().err
    assert code == 3
    assert "fetch_fonts: error: " in error
    assert "--source FOLDER" in error
