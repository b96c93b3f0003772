from __future__ import annotations

import pytest

from core import modelfile
from core.errors import ModelFormatError
from tools.attacks.inputs import HONEST, LARGEST, models


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "LARGE", 1000)
    models.make(tmp_path)
    return tmp_path


def test_one_model_is_as_it_should_be_and_there_are_enough_others(folder):
    assert modelfile.load(folder / f"{HONEST}.npz").judge is not None
    assert len(list(folder.iterdir())) > 30
    files = [path for path in folder.iterdir() if path.is_file() and path.stem != HONEST]
    assert max(path.stat().st_size for path in files) <= LARGEST


@pytest.mark.parametrize("name", ["overlapping", "deep", "promised array", "many members"])
def test_a_checksum_keeps_none_of_them_out(folder, name):
    with pytest.raises(ModelFormatError) as error:
        modelfile.load(folder / f"{name}.npz")
    assert "its checksum" not in str(error.value)
