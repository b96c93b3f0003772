"""The steps of ``core.vision.digitise`` with scipy.ndimage; it runs in the rivals' environment.

Paper by a closing, ink as a share of the light, printed lines by openings, three thresholds,
labelled components with their fragments, and MNIST's centring, as one would write it who has
scipy. It finds about what ours finds; it is here to be timed.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

ndimage: Any = importlib.import_module("scipy.ndimage")

Frame = NDArray[np.uint8]
LIMIT = 8
Box = tuple[int, int, int, int]


def find_digits(frame: Frame) -> list[NDArray[np.float32]]:
    """Candidates, the largest first: float32 (28, 28) each."""
    amount = _ink(frame)
    noise = max(0.5, 1.2533 / 1.4142 * float(np.abs(np.diff(amount.astype(np.int16))).mean()))
    smooth = ndimage.uniform_filter(amount, 3)
    plain = _without_lines(smooth)
    found: list[tuple[float, Box, NDArray[np.bool_]]] = []
    for view in [smooth] if plain is None else [smooth, plain]:
        for level in _levels(view, noise):
            found += _components(view >= level)
    found.sort(key=lambda each: -each[0])
    kept: list[tuple[float, Box, NDArray[np.bool_]]] = []
    for each in found:
        if not any(_overlap(each[1], other[1]) > 0.92 for other in kept):
            kept.append(each)
    return [_crop(amount, box, mask) for _, box, mask in kept[:LIMIT]]


def _ink(frame: Frame) -> Frame:
    step = max(1, round(max(frame.shape) / 40))
    thumb = ndimage.uniform_filter(frame, step)[::step, ::step]
    detail = ndimage.uniform_filter(frame, 3).astype(np.float32)
    detail -= ndimage.uniform_filter(frame, 25)
    if float((detail**3).sum()) > 0:
        frame, thumb = 255 - frame, 255 - thumb
    paper = ndimage.uniform_filter(ndimage.grey_closing(thumb, 9), 3).astype(np.float32)
    zoom = [side / small for side, small in zip(frame.shape, thumb.shape, strict=True)]
    ground = np.maximum(ndimage.zoom(paper, zoom, order=1), 24)
    return np.clip(255 - frame * (255 / ground), 0, 255).astype(np.uint8)


def _without_lines(smooth: Frame) -> Frame | None:
    """Openings with long level and upright lines leave nothing but printed ones."""
    lines = np.zeros_like(smooth)
    for size in ((1, smooth.shape[1] // 3), (smooth.shape[0] // 3, 1)):
        np.maximum(lines, ndimage.grey_opening(smooth, size), out=lines)
    if int(lines.max()) < 12:
        return None
    plain: Frame = np.where(ndimage.grey_dilation(lines, 3) >= smooth, 0, smooth)
    return plain


def _levels(view: Frame, noise: float) -> list[int]:
    floor = max(6, round(3 * noise))
    counts = np.bincount(view.ravel(), minlength=256).astype(np.float64)
    counts[:floor] = 0
    if not counts.any():
        return []
    weight, mass = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (mass[-1] * weight / weight[-1] - mass) ** 2
        between /= weight * (weight[-1] - weight)
    high = int(np.nanargmax(np.where(np.isfinite(between), between, 0))) + 1
    levels = [high]
    for level in (round((floor * high) ** 0.5), floor):
        if level < 0.8 * levels[-1]:
            levels.append(level)
    return levels


def _components(mask: NDArray[np.bool_]) -> list[tuple[float, Box, NDArray[np.bool_]]]:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    if not count:
        return []
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    places = ndimage.find_objects(labels)
    boxes = np.array([(x.start, y.start, x.stop, y.stop) for y, x in places])
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    found = []
    for seed in np.argsort(-sizes)[:12]:
        size = sizes[seed]
        if size < 0.09 * min(mask.shape):
            break
        left, top, right, bottom = boxes[seed]
        dx = np.maximum(np.maximum(boxes[:, 0] - right, left - boxes[:, 2]), 0)
        dy = np.maximum(np.maximum(boxes[:, 1] - bottom, top - boxes[:, 3]), 0)
        near = (areas >= 0.015 * areas[seed]) & (sizes <= 1.2 * size)
        near &= (dx <= 0.08 * size) & (dy <= 0.16 * size)
        near[seed] = True
        corner, end = boxes[near, :2].min(axis=0), boxes[near, 2:].max(axis=0)
        box = (int(corner[0]), int(corner[1]), int(end[0]), int(end[1]))
        chosen = np.concatenate([[False], near])
        own = chosen[labels[box[1] : box[3], box[0] : box[2]]]
        found.append((float(size), box, own))
    return found


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)


def _crop(amount: Frame, box: Box, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    ink = np.pad(amount[box[1] : box[3], box[0] : box[2]], 1)
    own = np.pad(mask, 1)
    full = max(1.0, float(np.percentile(ink[own], 75)))
    soft = np.clip((ink - 0.25 * full) / (0.75 * full), 0, 1)
    soft *= ndimage.binary_dilation(own, np.ones((3, 3)))
    inside = soft > 0.5
    edges = np.count_nonzero(np.diff(inside, axis=0)) + np.count_nonzero(np.diff(inside))
    width = 2.55 * np.count_nonzero(inside) / max(1, edges)
    grow = round((2.2 * max(soft.shape) / 20 - width) / 2)
    if grow > 0:
        soft = ndimage.grey_dilation(np.pad(soft, grow), 2 * min(grow, 12) + 1)
    small = ndimage.zoom(soft, 20 / max(soft.shape), order=1)
    picture = np.zeros((28, 28), np.float32)
    height, across = min(28, small.shape[0]), min(28, small.shape[1])
    top, left = (28 - height) // 2, (28 - across) // 2
    picture[top : top + height, left : left + across] = small[:height, :across]
    if not picture.any():
        return picture
    y, x = ndimage.center_of_mass(picture)
    by = round(13.5 - y), round(13.5 - x)
    shifted: NDArray[np.float32] = ndimage.shift(picture, by, order=0)
    return shifted
