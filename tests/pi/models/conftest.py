"""Small model files, and registries that hold some of them."""

from __future__ import annotations

import pytest

from core import modelfile
from core.network import Network
from pi.models.registry import ModelRegistry


@pytest.fixture
def make(tmp_path):
    """A function that gives the bytes of a model file with a small network of its own."""

    def make(seed, outputs=11):
        path = tmp_path / f"made{seed}.npz"
        network = Network.from_spec(f"784-4-{outputs}", seed=seed)
        modelfile.save(path, network, {"score": seed / 10})
        return path.read_bytes()

    return make


@pytest.fixture
def registry(tmp_path):
    """An empty registry."""
    return ModelRegistry(tmp_path / "weights")


@pytest.fixture
def three(registry, make):
    """A registry with three versions, the last one in service."""
    for seed in (1, 2, 3):
        registry.install(make(seed), "test")
    return registry
