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

"""Mean maps of some episodes against those of others, cell by cell, in intervals that hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.simultaneous import (
    Intervals,
    simultaneous_differences,
    simultaneous_means,
)
from attention_mapper_ros.reports.comparison import enough
from attention_mapper_ros.reports.episode import EpisodeTrend

CELLS_READING = (
    'Mean maps of either, and their difference on the mean picture; a dot marks cells whose 95 % '
    'interval leaves out 0, all cells of all cameras together.'
)


@dataclass(frozen=True)
class MapContrast:
    """
    First minus second mean map of a camera, (row, col), in multiples of uniform attention.

    ``sure``: the cells whose interval leaves out 0, all cells of all cameras together; None for
    too few episodes.
    """

    camera: str
    difference: NDArray[np.float64]
    sure: NDArray[np.bool_] | None


def map_contrasts(
    first: Sequence[EpisodeTrend], second: Sequence[EpisodeTrend], paired: bool = False
) -> list[MapContrast]:
    """
    Return the difference of the mean maps of each camera; none where no maps were kept.

    ``paired``: both are the same episodes, in the same order, and their cells are the same.
    """
    cameras = list(first[0].cameras)
    shapes = [first[0].cameras[camera].peaks.shape for camera in cameras]
    rows = [_cells(first, cameras), _cells(second, cameras)]
    if rows[0] is None or rows[1] is None:
        return []
    one, other = rows[0], rows[1]
    intervals: Intervals | None = None
    if paired and enough(len(one)):
        intervals = simultaneous_means(one - other)
    elif not paired and enough(len(one), len(other)):
        intervals = simultaneous_differences(one, other)
    difference = one.mean(axis=0) - other.mean(axis=0)
    edges = np.cumsum([0, *(rows * cols for rows, cols in shapes)])
    return [
        MapContrast(
            camera,
            difference[start:stop].reshape(shape),
            None if intervals is None else intervals.sure[start:stop].reshape(shape),
        )
        for camera, shape, start, stop in zip(cameras, shapes, edges[:-1], edges[1:], strict=True)
    ]


def _cells(episodes: Sequence[EpisodeTrend], cameras: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the mean maps of each episode as one row, (episode, cell)."""
    rows = []
    for episode in episodes:
        maps = [episode.cameras[camera].mean_map for camera in cameras]
        if not maps or any(each is None for each in maps):
            return None
        rows.append(np.concatenate([each.reshape(-1) for each in maps if each is not None]))
    return np.stack(rows)
