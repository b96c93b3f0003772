from __future__ import annotations

from pi.samples import import_export
from pi.samples.store import FILE, SampleStore
from tools.attacks import plants
from tools.attacks.inputs import HONEST, samples


def test_one_folder_to_import_is_as_it_should_be(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "SIDE", 20)
    samples.make_imports(tmp_path)
    assert len(list(tmp_path.iterdir())) > 20
    assert len(import_export.read(tmp_path / HONEST)) == 1


def test_one_state_folder_is_as_it_should_be(tmp_path, monkeypatch):
    # The others are tested where they are, and two of them write many megabytes.
    few = {"another table": plants.DATABASE["another table"]}
    monkeypatch.setattr(plants, "DATABASE", few)
    samples.make_states(tmp_path)
    assert len(list(tmp_path.iterdir())) > 20
    with SampleStore(tmp_path / HONEST / FILE) as store:
        assert store.counts()["all"] == 20
