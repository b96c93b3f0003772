from __future__ import annotations

import argparse

from tools.attacks import planted


def test_without_root_it_is_skipped_and_said(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (row,) = planted.measure(argparse.Namespace())
    assert row.held is None
    assert "root" in row.result


def test_by_default_it_takes_ten_minutes():
    parser = argparse.ArgumentParser()
    planted.add_arguments(parser)
    arguments = parser.parse_args([])
    assert arguments.only == ""
    assert arguments.most == planted.MOST
