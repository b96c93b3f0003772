"""Libraries that are an extra."""

from __future__ import annotations

import pytest

from tools.plotting.optional import load_optional


def test_a_library_that_lacks_something_itself_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "zd_broken.py").write_text("import zd_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="zd_not_there"):
        load_optional("zd_broken", "plots")
