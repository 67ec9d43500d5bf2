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

"""Two runs on the same frames: two policies, or one policy explained in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.simultaneous import Intervals, simultaneous_means
from attention_mapper_ros.reports.comparison import Comparison, enough
from attention_mapper_ros.reports.contrast import paired_contrast
from attention_mapper_ros.reports.episode import EpisodeTrend, has_maps, map_blocks
from attention_mapper_ros.reports.map_contrast import map_contrasts, MapContrast
from attention_mapper_ros.reports.run import Run


@dataclass(frozen=True)
class Distance:
    """
    How far two runs are apart on the same step, the mean over episodes.

    ``of``: a camera, whose maps' total variation distance it is, 0 to 1, each map taken as parts
    of its own sum; or ``action``, the mean absolute difference of what the forwards say to do now.
    Bounds are None for too few episodes.
    """

    of: str
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Pair:
    """
    ``first`` and ``second`` on the same episodes, as two runs that hold only these.

    ``shares``: second minus first, None where their token groups differ or episodes are too few.
    ``maps``: the same of the mean maps, empty where their cells differ or were not kept.
    """

    first: Run
    second: Run
    shares: Comparison | None
    maps: tuple[MapContrast, ...]
    distances: tuple[Distance, ...]


def pair(first: Run, second: Run) -> Pair | None:
    """Compare two runs; None where they are not of the same frames."""
    if first.result.settings.get('source') != second.result.settings.get('source'):
        return None
    one = {each.summary.number: each for each in first.episodes}
    other = {each.summary.number: each for each in second.episodes}
    common = [
        number
        for number, episode in one.items()
        if number in other and len(other[number].time_s) == len(episode.time_s)
    ]
    if not common:
        return None
    here, there = [one[number] for number in common], [other[number] for number in common]
    alike = first.groups == second.groups
    same_cells = first.cameras == second.cameras
    return Pair(
        first=first.of_episodes(here),
        second=second.of_episodes(there),
        shares=paired_contrast(there, here) if alike and enough(len(common)) else None,
        maps=tuple(map_contrasts(there, here, paired=True)) if same_cells else (),
        distances=tuple(_distances(first, here, there, same_cells)),
    )


def _distances(
    run: Run, here: Sequence[EpisodeTrend], there: Sequence[EpisodeTrend], same_cells: bool
) -> list[Distance]:
    columns: dict[str, list[float]] = {}
    for one, other in zip(here, there, strict=True):
        if same_cells and has_maps(one.result) and has_maps(other.result):
            for camera in run.cameras:
                columns.setdefault(camera.name, []).append(
                    _map_distance(one, other, run, camera.name)
                )
        action = _action_distance(one, other)
        if action is not None:
            columns.setdefault('action', []).append(action)
    columns = {name: values for name, values in columns.items() if len(values) == len(here)}
    if not columns:
        return []
    table = np.stack(list(columns.values()), axis=1)  # (episode, distance)
    intervals: Intervals | None = simultaneous_means(table) if enough(len(table)) else None
    return [
        Distance(
            name,
            float(table[:, place].mean()),
            None if intervals is None else max(float(intervals.low[place]), 0.0),
            None if intervals is None else float(intervals.high[place]),
        )
        for place, name in enumerate(columns)
    ]


def _map_distance(one: EpisodeTrend, other: EpisodeTrend, run: Run, name: str) -> float:
    """Return the mean total variation distance of a camera's maps over an episode."""
    camera = next(camera for camera in run.cameras if camera.name == name)
    steps = len(one.time_s)
    total = 0.0
    for (_, first), (_, second) in zip(
        map_blocks(one.result, camera, steps),
        map_blocks(other.result, camera, steps),
        strict=True,
    ):
        total += float(np.abs(_parts(first) - _parts(second)).sum()) / 2
    return total / steps


def _parts(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each map as parts of its sum, (step, cell); even where there is nothing on it."""
    cells = np.maximum(maps, 0.0).reshape(len(maps), -1)
    total = cells.sum(axis=1, keepdims=True)
    even = 1.0 / cells.shape[1]
    parts: NDArray[np.float64] = np.where(total > 0, cells / np.maximum(total, 1e-12), even)
    return parts


def _action_distance(one: EpisodeTrend, other: EpisodeTrend) -> float | None:
    first, second = (each.result.table()['predicted_action'] for each in (one, other))
    sizes = {len(action) for column in (first, second) for action in column}
    if len(sizes) != 1:  # policies with actions of other sizes
        return None
    return float(np.abs(np.stack(first.to_list()) - np.stack(second.to_list())).mean())
