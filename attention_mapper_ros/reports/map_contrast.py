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
    LEVEL,
    simultaneous_differences,
    simultaneous_means,
)
from attention_mapper_ros.recordings.records import AnalysedCamera
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

    ``low``, ``high``: bounds of each cell, which hold together over all cells of all cameras;
    None for too few episodes.
    """

    camera: AnalysedCamera
    difference: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None

    @property
    def sure(self) -> NDArray[np.bool_]:
        """Which cells leave out 0, (row, col); none for too few episodes."""
        if self.low is None or self.high is None:
            return np.zeros(self.difference.shape, bool)
        found: NDArray[np.bool_] = (self.low > 0) | (self.high < 0)
        return found


def map_contrasts(
    first: Sequence[EpisodeTrend],
    second: Sequence[EpisodeTrend],
    paired: bool = False,
    families: int = 1,
) -> list[MapContrast]:
    """
    Return the difference of the mean maps of each camera; none where no maps were kept.

    ``paired``: both are the same episodes, in the same order, and their cells are the same.
    ``families``: of how many families of intervals these are one; all then hold together.
    """
    cameras = first[0].summary.cameras
    one, other = _cells(first), _cells(second)
    if one is None or other is None:
        return []
    level = 1 - (1 - LEVEL) / families  # Bonferroni
    intervals: Intervals | None = None
    if paired and enough(len(one)):
        intervals = simultaneous_means(one - other, level)
    elif not paired and enough(len(one), len(other)):
        intervals = simultaneous_differences(one, other, level)
    contrasts = []
    start = 0
    for camera in cameras:
        stop = start + camera.cells.rows * camera.cells.cols
        cut = _Cut(slice(start, stop), (camera.cells.rows, camera.cells.cols))
        contrasts.append(
            MapContrast(
                camera,
                cut.grid(one.mean(axis=0) - other.mean(axis=0)),
                None if intervals is None else cut.grid(intervals.low),
                None if intervals is None else cut.grid(intervals.high),
            )
        )
        start = stop
    return contrasts


@dataclass(frozen=True)
class _Cut:
    """The place of one camera's cells in the row of all."""

    cells: slice
    shape: tuple[int, int]

    def grid(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        return row[self.cells].reshape(self.shape)


def _cells(episodes: Sequence[EpisodeTrend]) -> NDArray[np.float64] | None:
    """Return the mean maps of each episode as one row, (episode, cell); None without maps."""
    rows = []
    for episode in episodes:
        maps = [each.mean_map for each in episode.cameras.values()]
        kept = [each.reshape(-1) for each in maps if each is not None]
        if not maps or len(kept) < len(maps):
            return None
        rows.append(np.concatenate(kept))
    return np.stack(rows)
