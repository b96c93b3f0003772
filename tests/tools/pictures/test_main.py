"""The command that draws the pages' pictures."""

from __future__ import annotations

from PIL import Image

from core.reading.reader import Reader
from tools.pictures import __main__ as picture


def test_the_command_draws_all_of_them(monkeypatch, tmp_path, capsys):
    blank = Image.new("RGB", (4, 4))
    monkeypatch.setattr(picture, "DRAWN", {"a.png": lambda reader, seed: blank})
    assert picture.main(["--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'a.png'}\n"
    assert picture.main(["--out", str(tmp_path / "no")]) == 3
    assert capsys.readouterr().err.startswith("pictures: error: ")
    assert picture.main(["--model", str(tmp_path / "no.npz")]) == 3


def test_pictures_of_shipped_weights_are_drawn():
    reader = Reader.default()
    assert picture.draw_reads(reader, 0).height > 200
    assert picture.draw_explain(reader, 0).height > 800
