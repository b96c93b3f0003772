"""Steps: integers and float32 give the same, as does plain Python."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.integer.step import BoundLayer, LayerRuntime, Step

INT32, FLOAT32 = np.dtype(np.int32), np.dtype(np.float32)


def dense(weights, *, offset=0, low=0, high=1 << 22, factor=256, shift=8):
    weights = np.asarray(weights, np.int8)
    inputs, channels = weights.shape

    def each(value):
        return np.full(channels, value, np.int32)

    return Step(
        weights=weights,
        offset=each(offset),
        low=each(low),
        high=each(high),
        factor=each(factor),
        shift=shift,
        input_shape=(inputs,),
        output_shape=(channels,),
    )


def result(step, x, products):
    ready = BoundLayer(LayerRuntime(step, products), len(x))
    ready.input[...] = x
    out = np.empty((len(x), *step.output_shape), np.int32)
    ready.forward(out)
    return out


def reference(step, x):
    """The step's definition, in Python's own whole numbers."""
    if step.kernel:
        p, k, s = step.padding, step.kernel, step.stride
        x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))
        rows, columns, _ = step.output_shape
        patches = [
            x[:, r * s : r * s + k, c * s : c * s + k].reshape(len(x), -1)
            for r in range(rows)
            for c in range(columns)
        ]
        x = np.stack(patches, axis=1)
    sums = x.astype(object) @ step.weights.astype(object) + step.offset.astype(object)
    clipped = np.minimum(np.maximum(sums, step.low.astype(object)), step.high.astype(object))
    return (clipped * step.factor.astype(object) >> step.shift).reshape(-1, *step.output_shape)


@pytest.mark.parametrize("products", [INT32, FLOAT32], ids=str)
def test_a_dense_step_worked_by_hand(products):
    """(1, 2) times ((3, -3), (5, 0)) is (13, -3); with 10 (23, 7), clipped to 8 .. 20 it is
    (20, 8), times 6 (120, 48), shifted by 2 (30, 12)."""
    step = dense([[3, -3], [5, 0]], offset=10, low=8, high=20, factor=6, shift=2)
    assert result(step, [[1, 2]], products).tolist() == [[30, 12]]


@pytest.mark.parametrize("products", [INT32, FLOAT32], ids=str)
def test_negative_results_are_rounded_downwards(products):
    step = dense([[-1]], low=-100, factor=1, shift=1)
    assert result(step, [[3], [4]], products).tolist() == [[-2], [-2]]


@pytest.mark.parametrize("products", [INT32, FLOAT32], ids=str)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_a_convolution_is_as_it_is_defined(rng, products, stride, padding):
    rows = (9 + 2 * padding - 3) // stride + 1
    step = dataclasses.replace(
        dense(rng.integers(-127, 128, (3 * 3 * 2, 5)), offset=77, factor=12_345, shift=12),
        input_shape=(9, 9, 2),
        output_shape=(rows, rows, 5),
        kernel=3,
        stride=stride,
        padding=padding,
        high=np.full(5, 100_000, np.int32),
    )
    x = rng.integers(0, 256, (4, 9, 9, 2))
    assert (result(step, x, products) == reference(step, x)).all()


def test_sums_beyond_floats_whole_numbers_are_exact_too(rng):
    """Rows of 127 and 255: half a block more and float32 would lose the last bit."""
    weights = np.full((2000, 3), 127, np.int8)
    weights[:, 1] = -127
    weights[:, 2] = rng.integers(-127, 128, 2000)
    step = dense(weights, low=-(1 << 30), high=1 << 30, factor=1, shift=0)
    x = np.full((2, 2000), 255)
    x[1, -1] = 254
    assert len(step.exact_blocks()) > 1
    got = result(step, x, FLOAT32)
    assert (got == reference(step, x)).all()
    assert (got == result(step, x, INT32)).all()


def test_blocks_cover_all_rows_and_none_reaches_what_float32_cannot_hold(rng):
    step = dense(rng.integers(100, 128, (3000, 2)))
    blocks = step.exact_blocks()
    assert [block.start for block in blocks] == [0, *(block.stop for block in blocks[:-1])]
    assert blocks[-1].stop == 3000
    for block in blocks:
        assert (255 * step.weights[block].astype(int).sum(axis=0) < 1 << 24).all()
    longer = step.weights[blocks[0].start : blocks[0].stop + 1].astype(int)
    assert (255 * longer.sum(axis=0) >= 1 << 24).any()


def test_a_small_step_is_one_block():
    assert dense(np.full((500, 4), 127)).exact_blocks() == [slice(0, 500)]


def test_buffers_are_kept_and_the_border_stays_empty(rng):
    step = dataclasses.replace(
        dense(rng.integers(-9, 9, (9, 2)), factor=1, shift=0, low=-(1 << 20)),
        input_shape=(4, 4, 1),
        output_shape=(4, 4, 2),
        kernel=3,
        padding=1,
    )
    run = LayerRuntime(step, INT32)
    ready, out = BoundLayer(run, 3), np.empty((3, 4, 4, 2), np.int32)
    for _ in range(2):
        x = rng.integers(0, 256, (3, 4, 4, 1))
        ready.input[...] = x
        ready.forward(out)
        assert (out == reference(step, x)).all()
    assert np.shares_memory(BoundLayer(run, 2).sums, ready.sums)
