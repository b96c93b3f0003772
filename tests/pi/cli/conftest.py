"""What the tests of commands share: a machine without settings and without a service."""

from __future__ import annotations

import pytest


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No settings but the built-in ones, with a folder for samples and weights, and one to run
    in, that are empty and our own."""
    settings = tmp_path / "zerodigit.toml"
    settings.write_text(f'[samples]\nfolder = "{tmp_path}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(settings))
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    return tmp_path
