# Copyright 2026 attention_mapper_ros contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
The pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016).

Does the peak of a map lie on the object that matters? Needs frames in which it is known what
every pixel shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CameraTokens
from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.faithfulness.sample import Sample

ELSEWHERE = 'elsewhere'


@dataclass(frozen=True)
class Pointing:
    """
    Where the peaks of one explanation lie in one camera.

    Only frames in which the first class, the target, is visible: ``frames`` holds their places
    in the samples. ``hits``, ``near``: class to (frame,) bool: a pixel of it lies in the peak's
    cell; in it or in one of the eight around. Classes may share a cell; ``elsewhere`` is where
    none is. ``chance_hits``, ``chance_near``: class to (frame,), what a cell drawn at random
    would get.
    """

    explanation: str
    camera: str
    frames: NDArray[np.int64]
    hits: Mapping[str, NDArray[np.bool_]]
    near: Mapping[str, NDArray[np.bool_]]
    chance_hits: Mapping[str, NDArray[np.float64]]
    chance_near: Mapping[str, NDArray[np.float64]]


def point(
    samples: Sequence[Sample],
    maps: Sequence[Mapping[str, AttentionMaps]],
    classes: Sequence[str],
) -> list[Pointing]:
    """
    Play the game for every explanation and camera.

    ``classes``: names of the numbers 1, 2, ... in ``Sample.classes``, the target first. Raises
    ValueError for samples without them.
    """
    return [
        _point(samples, maps, classes, name, camera)
        for name in maps[0]
        for camera in maps[0][name].layout.cameras
    ]


def shown_in_cells(
    classes: NDArray[np.uint8], camera: CameraTokens, size: tuple[int, int], count: int
) -> NDArray[np.bool_]:
    """
    Return which cells hold a pixel of which class, (class, row, col).

    ``classes``: (row, col) numbers 0 to ``count``, in any resolution of a picture whose ``size``,
    (height, width), the cells are given in. A pixel belongs to the cell with the nearest centre.
    """
    scale_y, scale_x = classes.shape[0] / size[0], classes.shape[1] / size[1]
    rows, cols = camera.geometry.scaled(scale_x, scale_y).nearest(*classes.shape)
    shown = np.zeros((count, camera.geometry.rows, camera.geometry.cols), np.bool_)
    for number in range(count):
        pixel_rows, pixel_cols = np.nonzero(classes == number + 1)
        shown[number, rows[pixel_rows], cols[pixel_cols]] = True
    return shown


def _point(
    samples: Sequence[Sample],
    maps: Sequence[Mapping[str, AttentionMaps]],
    classes: Sequence[str],
    name: str,
    camera: CameraTokens,
) -> Pointing:
    frames: list[int] = []
    shown: list[NDArray[np.bool_]] = []
    peaks: list[tuple[int, int]] = []
    for number, sample in enumerate(samples):
        if sample.classes is None:
            raise ValueError('the pointing game needs frames in which the truth is known')
        size = sample.observation.images[camera.feature].shape
        cells = shown_in_cells(
            sample.classes[camera.feature], camera, (size[0], size[1]), len(classes)
        )
        if not cells[0].any():
            continue
        frames.append(number)
        shown.append(cells)
        heat = maps[number][name].cameras[camera.feature]
        row, col = np.unravel_index(int(np.argmax(heat)), heat.shape)
        peaks.append((int(row), int(col)))
    hits, chance_hits = _tally(shown, peaks, classes)
    near, chance_near = _tally([_grown(cells) for cells in shown], peaks, classes)
    return Pointing(
        name,
        camera.feature,
        np.array(frames, np.int64),
        hits,
        near,
        chance_hits,
        chance_near,
    )


def _tally(
    shown: Sequence[NDArray[np.bool_]],
    peaks: Sequence[tuple[int, int]],
    classes: Sequence[str],
) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.float64]]]:
    """Return for each class whether the peak is in one of its cells, and its share of cells."""
    hits, chance = {}, {}
    for number, name in enumerate((*classes, ELSEWHERE)):
        of_class = [_cells_of(cells, number) for cells in shown]
        at_peak = [cells[peak] for cells, peak in zip(of_class, peaks, strict=True)]
        hits[name] = np.array(at_peak, np.bool_)
        chance[name] = np.array([cells.mean() for cells in of_class], np.float64)
    return hits, chance


def _cells_of(cells: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """Return the cells (row, col) of one class; of the number after the last, those of none."""
    return cells[number] if number < len(cells) else np.asarray(~cells.any(axis=0))


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Add the eight neighbours of every cell, (class, row, col)."""
    padded = np.pad(cells, ((0, 0), (1, 1), (1, 1)))
    rows, cols = cells.shape[1:]
    grown = np.zeros_like(cells)
    for row in range(3):
        for col in range(3):
            grown |= padded[:, row : row + rows, col : col + cols]
    return grown
