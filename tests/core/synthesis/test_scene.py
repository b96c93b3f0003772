"""Simulated photographs: labels and boxes are true, and every choice of style shows."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from core.synthesis.pen import Pen
from core.synthesis.scene import Scene, Style, presentation, sample_scene, sample_size

QUIET = Style(noise=0.0, tooth=0.0, lamp=0.0, blur=0.0)


def scene(style: Style, seed: int = 0, **options: Any) -> Scene:
    options.setdefault("digit", 3)
    return sample_scene(np.random.default_rng(seed), style=style, **options)


def darkness(frame: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """How much darker the box is, on average, than the frame's median."""
    left, top, right, bottom = box
    return float(np.median(frame)) - float(frame[top:bottom, left:right].mean())


@pytest.mark.parametrize("seed", range(12))
def test_a_sampled_scene_is_a_frame_with_a_label_and_a_box(seed: int) -> None:
    shot = sample_scene(np.random.default_rng(seed), size=None)
    assert shot.frame.dtype == np.uint8
    assert shot.frame.ndim == 2
    assert min(shot.frame.shape) >= 40
    assert max(shot.frame.shape) <= 640
    assert shot.label in range(10)
    assert shot.box is not None
    left, top, right, bottom = shot.box
    assert 0 <= left < right <= shot.frame.shape[1]
    assert 0 <= top < bottom <= shot.frame.shape[0]
    assert shot.note


def test_same_seed_same_frame_and_no_global_state() -> None:
    first = sample_scene(np.random.default_rng(5))
    np.random.default_rng(0).random(1000)
    again = sample_scene(np.random.default_rng(5))
    np.testing.assert_array_equal(first.frame, again.frame)
    assert (first.label, first.box) == (again.label, again.box)
    assert (first.frame != sample_scene(np.random.default_rng(6)).frame).any()


@pytest.mark.parametrize("digit", range(10))
def test_the_box_holds_all_the_ink_and_not_much_else(digit: int) -> None:
    shot = scene(QUIET, seed=digit, digit=digit)
    assert shot.label == digit
    assert shot.box is not None
    left, top, right, bottom = shot.box
    dark = shot.frame < 150
    outside = dark.copy()
    outside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
    assert not outside.any()
    rows, columns = np.nonzero(dark)
    assert abs(rows.min() - top) <= 2
    assert abs(rows.max() + 1 - bottom) <= 2
    assert abs(columns.min() - left) <= 2
    assert abs(columns.max() + 1 - right) <= 2


def test_paper_alone_has_neither_label_nor_box() -> None:
    shot = scene(QUIET, digit=None)
    assert shot.label is None
    assert shot.box is None
    assert shot.frame.min() > 190


@pytest.mark.parametrize("size", [(40, 40), (240, 320), (640, 480), (61, 300)])
def test_frames_have_the_size_asked_for(size: tuple[int, int]) -> None:
    for seed in range(4):
        assert sample_scene(np.random.default_rng(seed), size=size).frame.shape == size


def test_sampled_sizes_of_crops_range_from_small_to_large() -> None:
    rng = np.random.default_rng(0)
    crops = [sample_size(rng, Style(crop=True)) for _ in range(300)]
    assert min(min(size) for size in crops) == 40
    assert max(max(size) for size in crops) >= 400
    assert {sample_size(rng, Style()) for _ in range(40)} >= {(240, 320), (640, 480)}


def test_a_digit_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="use 0 to 9"):
        scene(QUIET, digit=10)


def test_a_bitmap_is_written_with_its_label() -> None:
    bitmap = np.zeros((28, 28), np.uint8)
    bitmap[4:24, 13:16] = 255
    for seed in range(6):
        shot = scene(QUIET, seed=seed, digit=1, ink=bitmap)
        assert shot.label == 1
        assert shot.box is not None
        left, top, right, bottom = shot.box
        assert bottom - top > 2 * (right - left)
        assert darkness(shot.frame, shot.box) > 40


@pytest.mark.parametrize("height", [0.2, 0.5, 0.9])
def test_the_digit_is_as_high_as_asked(height: float) -> None:
    shot = scene(replace(QUIET, height=height), digit=8)
    assert shot.box is not None
    assert (shot.box[3] - shot.box[1]) / 240 == pytest.approx(height, abs=0.06)


def test_the_place_moves_the_digit_and_keeps_it_inside() -> None:
    left = scene(replace(QUIET, place=(0.0, 0.5))).box
    right = scene(replace(QUIET, place=(1.0, 0.5))).box
    assert left is not None
    assert right is not None
    assert left[0] < 12
    assert right[2] > 308


def _contrast(frame: np.ndarray) -> float:
    return float(np.percentile(frame, 98)) - float(frame.min())


def _roughness(frame: np.ndarray) -> float:
    return float(np.abs(np.diff(frame.astype(np.float32), axis=1)).mean())


def _slope(frame: np.ndarray) -> float:
    coarse = frame.reshape(6, 40, 8, 40).astype(np.float32).mean(axis=(1, 3))
    return float(coarse.max() - coarse.min())


def _dark(frame: np.ndarray) -> float:
    return float((frame < np.median(frame) - 25).mean())


EFFECTS = {
    "paper ruled": ({"paper": "ruled", "line_ink": 0.6}, _dark, 1),
    "paper squared": ({"paper": "squared", "line_ink": 0.6}, _dark, 1),
    "paper dotted": ({"paper": "dotted", "line_ink": 0.6}, _dark, 1),
    "margin_line": ({"margin_line": True, "line_ink": 0.6}, _dark, 1),
    "shade": ({"shade": 0.5}, np.mean, -1),
    "tooth": ({"tooth": 0.06}, _roughness, 1),
    "inverted": ({"inverted": True, "shade": 0.15}, np.median, -1),
    "bleed": ({"bleed": 0.25}, _dark, 1),
    "crease": ({"crease": 0.3}, _dark, 1),
    "specks": ({"specks": 40}, _dark, 1),
    "underline": ({"underline": True}, _dark, 1),
    "frame": ({"frame": True, "height": 0.4}, _dark, 1),
    "neighbours": ({"neighbours": 4, "height": 0.3}, _dark, 1),
    "pen": ({"pen": Pen(width=0.15)}, _dark, 1),
    "ink": ({"ink": 0.3}, _contrast, -1),
    "edge": ({"edge": 0.7}, _dark, 1),
    "binding": ({"edge": 0.7, "binding": True, "background": "light"}, _dark, 1),
    "lamp": ({"lamp": 0.6}, _slope, 1),
    "vignette": ({"vignette": 0.6}, _slope, 1),
    "shadow": ({"shadow": 0.6}, np.mean, -1),
    "thumb": ({"thumb": True, "height": 0.3}, _dark, 1),
    "exposure": ({"exposure": 0.5}, np.mean, -1),
    "contrast": ({"contrast": 0.4}, _contrast, -1),
    "blur": ({"blur": 4.0}, _contrast, -1),
    "motion": ({"motion": 9.0}, _roughness, -1),
    "noise": ({"noise": 8.0}, _roughness, 1),
    "jpeg": ({"jpeg": 12}, None, 0),
    "rotation": ({"rotation": 15.0}, None, 0),
    "tilt": ({"tilt": 0.4, "paper": "squared"}, None, 0),
    "spacing": ({"spacing": 0.3, "paper": "squared"}, _dark, 1),
    "background": ({"edge": 0.6, "background": "light"}, None, 0),
}


def test_every_choice_of_style_is_tested_here() -> None:
    named = {name for changes, _, _ in EFFECTS.values() for name in changes}
    assert {field.name for field in fields(Style)} - named == {"place", "crop"}


@pytest.mark.parametrize("name", EFFECTS)
def test_every_choice_of_style_shows_in_the_picture(name: str) -> None:
    changes, measure, sign = EFFECTS[name]
    before, after = QUIET, replace(QUIET, **changes)
    if name in ("tilt", "spacing"):
        before = replace(QUIET, paper="squared")
    if name == "background":
        before = replace(QUIET, edge=0.6)
    differences = []
    for seed in range(4):
        plain, changed = scene(before, seed).frame, scene(after, seed).frame
        assert plain.shape == changed.shape
        if measure is None:
            differences.append(float(np.abs(plain.astype(int) - changed).max()))
            assert differences[-1] >= 8
        else:
            differences.append(sign * (float(measure(changed)) - float(measure(plain))))
    assert np.mean(differences) > 0


def test_sampled_styles_are_legible() -> None:
    rng = np.random.default_rng(0)
    faint = 0
    for _ in range(60):
        shot = sample_scene(rng)
        assert shot.box is not None
        left, top, right, bottom = shot.box
        part = shot.frame[top:bottom, left:right].astype(np.float32)
        faint += int(np.percentile(part, 97) - np.percentile(part, 3) < 10)
    assert faint <= 3


def test_chalk_is_lighter_than_the_board() -> None:
    shot = scene(replace(QUIET, inverted=True, shade=0.15))
    assert shot.box is not None
    assert darkness(shot.frame, shot.box) < -20


def test_a_presentation_comes_stays_and_goes() -> None:
    shots = list(presentation(np.random.default_rng(2), 4, 24, style=QUIET))
    assert len(shots) == 24
    labels = [shot.label for shot in shots]
    assert labels[:3] == [None] * 3
    assert labels[-3:] == [None] * 3
    assert labels[8:16] == [4] * 8
    assert all((shot.label is None) == (shot.box is None) for shot in shots)
    held = [shot.box for shot in shots[8:16] if shot.box]
    drift = np.ptp(np.array(held), axis=0).max()
    assert 0 < drift < 24
    again = list(presentation(np.random.default_rng(2), 4, 24, style=QUIET))
    assert all((a.frame == b.frame).all() for a, b in zip(shots, again, strict=True))
