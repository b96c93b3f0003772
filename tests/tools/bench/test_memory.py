"""The peak memory of training, measured in processes of its own."""

from __future__ import annotations

from tools.bench import memory


def test_memory_is_beyond_bare_numpy(small_mnist):
    result = memory.training(small_mnist)
    assert 0 < result.value < 60
