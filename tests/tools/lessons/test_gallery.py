from __future__ import annotations

import pytest

from tools.lessons import LESSONS, gallery
from tools.lessons.__main__ import main
from tools.plotting.optional import MissingExtraError
from tools.plotting.panels import Pictures


def test_a_picture_of_each_lesson_and_a_page_of_them(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(gallery, "LESSONS", ("predictor", "digit"))
    gallery.make_gallery(tmp_path / "made", short=True)
    names = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert names == ["README.md", "digit.png", "predictor.png"]
    page = (tmp_path / "made" / "README.md").read_text(encoding="utf-8")
    assert "![predictor](predictor.png)" in page


def test_a_lesson_whose_library_is_missing_is_left_out(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(gallery, "LESSONS", ("digits8", "predictor"))
    whole = gallery.run

    def run(name, page):
        if name == "digits8":
            raise MissingExtraError("sklearn is not installed")
        return whole(name, page)

    monkeypatch.setattr(gallery, "run", run)
    gallery.make_gallery(tmp_path, short=True)
    assert not (tmp_path / "digits8.png").exists()
    assert (tmp_path / "predictor.png").exists()
    assert "digits8: left out" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_one_line(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    assert main(["--gallery", str(tmp_path / "file" / "in it")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_no_photographs_of_others_are_in_it(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    given = []

    def run(name, page):
        given.append((name, page.photos))
        page.show(Pictures(name, [[[0, 1]]]))

    monkeypatch.setattr(gallery, "run", run)
    gallery.make_gallery(tmp_path)
    assert given == [(name, None) for name in LESSONS]
