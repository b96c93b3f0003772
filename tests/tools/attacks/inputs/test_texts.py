from __future__ import annotations

import tomllib

import pytest

from core.data import datasets
from tools.attacks.inputs import HONEST, LARGEST, texts


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(texts, "LARGE", 784_000)


def test_one_data_set_is_as_it_should_be(tmp_path):
    texts.make_data(tmp_path)
    assert len(datasets.load(tmp_path / f"{HONEST}.csv")) == 200
    assert (tmp_path / "zip-images-idx3-ubyte.gz").stat().st_size <= LARGEST


def test_one_file_of_settings_is_as_it_should_be(tmp_path):
    texts.make_settings(tmp_path)
    assert tomllib.loads((tmp_path / f"{HONEST}.toml").read_text()) == {
        "camera": {"rotate": 180}
    }


@pytest.mark.parametrize("make", [texts.make_data, texts.make_settings, texts.make_logs])
def test_there_are_enough_of_each_and_none_is_too_large(tmp_path, make):
    make(tmp_path)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert len(files) > 20
    assert max(path.stat().st_size for path in files) <= LARGEST
