"""The rivals' process, without the rivals: it runs in this environment here."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tools.bench import rivals
from tools.bench.rivals import Rivals


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Rivals whose environment is this one."""
    packages = {"numpy": "numpy==2.0", "no_such_module": "no-such"}
    monkeypatch.setattr(rivals, "PACKAGES", packages)
    monkeypatch.setattr(Rivals, "python", Path(sys.executable))
    # What pip would say, offline.
    run = rivals.subprocess.run

    def offline(command, **options):
        if "pip" in command:
            code = "import sys; sys.exit('Looking\\nERROR: no way out')"
            return run([sys.executable, "-c", code], **options)
        return run(command, **options)

    monkeypatch.setattr(rivals.subprocess, "run", offline)

    def make(*names):
        made.append(Rivals(tmp_path / "environment", list(names), tmp_path, said.append))
        return made[-1]

    made, said = [], []
    yield make
    for each in made:
        each.close()


def test_what_is_there_is_named_with_its_version(here):
    found = here("numpy")
    assert found.versions == {"numpy": np.__version__}
    assert found.missing("numpy") == ""


def test_what_cannot_be_installed_is_missing_with_the_reason(here):
    found = here("no_such_module")
    assert found.missing("no_such_module") == "no-such cannot be installed: ERROR: no way out"
    assert found.missing("numpy") == "not asked for"


def test_a_task_fails_with_its_name_and_the_process_stays(here, tmp_path):
    found = here("numpy")
    with pytest.raises(RuntimeError, match=r"scipy_digitise: .*Error"):
        found.contestant("scipy_digitise", {"frames": str(tmp_path / "none.npy")})()
    with pytest.raises(RuntimeError, match="no_task: KeyError"):
        found.ask({"task": "no_task"})


def test_arrays_reach_the_process(here):
    found = here("numpy")
    path = found.keep("x", np.arange(3))
    np.testing.assert_array_equal(np.load(path), [0, 1, 2])


def test_a_process_that_ends_is_an_error(here):
    found = here("numpy")
    with pytest.raises(RuntimeError, match="KeyError"):
        found.ask({"task": "no_task"})
    found._process.kill()
    with pytest.raises(RuntimeError, match="ended with -9"):
        found.ask({"task": "no_task"})


def test_the_environment_is_kept_outside_the_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert rivals.cache() == tmp_path / "zerodigit" / "rivals"
