"""What a promotion leaves when the power goes out; whole nights are in ``test_nightly``."""

from __future__ import annotations

import hashlib

import pytest

from core import pretrained
from core.errors import WeightsError
from pi.models.registry import ModelRegistry
from pi.retraining import night_log, promotion

NIGHT = {"outcome": "promoted", "at": "2026-12-02T03:41:07+01:00"}


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "night").mkdir()
    return ModelRegistry(tmp_path / "weights")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "night"


def promote(registry, folder, order=None):
    data = pretrained.PATH.read_bytes()
    return promotion.promote(
        registry, folder, data, NIGHT, "digest", registry.order() if order is None else order
    )


def finish(registry, folder):
    finished = promotion.finish(registry, folder, folder / night_log.FILE)
    return finished, [each.get("version") for each in night_log.read(folder / night_log.FILE)]


def test_where_nothing_was_begun_there_is_nothing_to_do(registry, folder):
    assert finish(registry, folder) == (False, [])
    assert not list(folder.iterdir())


def test_what_was_not_told_yet_is(registry, folder):
    assert promote(registry, folder) == "0001"
    assert finish(registry, folder) == (True, ["0001"])
    last = promotion.read_json(folder / promotion.LAST)
    assert last == {"samples": "digest", "versions": ["shipped", "0001"]}
    # Once only.
    assert finish(registry, folder) == (False, ["0001"])
    assert not (folder / promotion.RECORD).exists()


def test_what_was_told_is_not_told_again(registry, folder):
    promote(registry, folder)
    night_log.append(folder / night_log.FILE, NIGHT | {"version": "0001"})
    assert finish(registry, folder) == (True, ["0001"])


def test_what_was_stored_is_put_in_service(registry, folder):
    promote(registry, folder)
    (registry.folder / "current").unlink()
    assert registry.order() == ["shipped"]
    assert finish(registry, folder) == (True, ["0001"])
    assert registry.order() == ["0001", "shipped"]


def test_what_somebody_has_put_in_service_meanwhile_stays(registry, folder):
    promote(registry, folder)
    record = promotion.read_json(folder / promotion.RECORD)
    promotion.write_json(folder / promotion.RECORD, record | {"order": ["0007", "shipped"]})
    (registry.folder / "current").unlink()
    assert finish(registry, folder) == (False, [])
    assert registry.order() == ["shipped"]


def test_what_was_not_stored_is_forgotten(registry, folder):
    with pytest.raises(WeightsError):
        promote(registry, folder, order=["0007"])
    assert finish(registry, folder) == (False, [])
    assert not (folder / promotion.RECORD).exists()


def test_a_version_that_does_not_read_is_not_put_in_service(registry, folder, caplog):
    registry.folder.mkdir()
    (registry.folder / "0001.npz").write_bytes(b"PK")
    digest = hashlib.sha256(b"PK").hexdigest()
    record = {"sha256": digest, "night": NIGHT, "order": ["shipped"]}
    promotion.write_json(folder / promotion.RECORD, record)
    assert finish(registry, folder) == (False, [])
    assert registry.order() == ["shipped"]
    assert "0001.npz" in caplog.text
