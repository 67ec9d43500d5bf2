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
Early against late in the chunk: actions planned just now against those planned a while ago.

Position 0 is a step whose action its own forward planned; at position p the action is p steps
old, and so is the attention that belongs to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.simultaneous import LEVEL, simultaneous_means
from attention_mapper_ros.reports.comparison import (
    compare_paired,
    Comparison,
    enough,
    Quantity,
    Unit,
)
from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.words import group_words

_BINS = 10


@dataclass(frozen=True)
class ChunkCurve:
    """
    A quantity by position in the chunk; all (bin,), nan where fewer than three episodes have any.

    ``first``, ``last``: the positions of each bin. The intervals hold together.
    """

    name: str
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


@dataclass(frozen=True)
class ChunkTrend:
    """
    ``positions``: how many there are, ``late_from``: the first of the late half.

    ``late``: late minus early, of the episodes that have both. ``curves``: by position.
    """

    positions: int
    late_from: int
    late: Comparison | None
    curves: tuple[ChunkCurve, ...]


def chunk_trend(run: Run) -> ChunkTrend | None:
    """Return what depends on the position in the chunk; None where every step planned anew."""
    positions = 1 + max(int(episode.chunk_position.max()) for episode in run.episodes)
    if positions < 2:
        return None
    late_from = (positions + 1) // 2
    curves = [
        _curve(run.episodes, positions, name, attribute)
        for name, attribute in (
            ('action planned then', 'planned_error'),
            ('action predicted now', 'predicted_error'),
            ('attention moved since', 'attention_shift'),
        )
    ]
    return ChunkTrend(
        positions, late_from, _late(run, late_from), tuple(curve for curve in curves if curve)
    )


def _late(run: Run, late_from: int) -> Comparison | None:
    """Compare late with early positions in the episodes that have both."""
    both = [
        each
        for each in run.episodes
        if (each.chunk_position >= late_from).any() and (each.chunk_position < late_from).any()
    ]
    if not enough(len(both)):
        return None
    quantities = _quantities(run)
    halves = np.stack([_halves(each, late_from) for each in both])  # (episode, half, quantity)
    # Only what every such episode has: a recording may lack actions.
    there = np.flatnonzero(np.isfinite(halves.reshape(-1, len(quantities))).all(axis=0))
    kept = [quantities[place] for place in there]
    return compare_paired(kept, halves[:, 1, there], halves[:, 0, there]) if kept else None


def _quantities(run: Run) -> list[Quantity]:
    cameras = [camera.name for camera in run.cameras]
    return [
        Quantity('error of the planned action', Unit.ACTION),
        Quantity('attention moved since', Unit.DISTANCE),
        *(Quantity(group_words(group, cameras), Unit.SHARE, group) for group in run.groups),
    ]


def _halves(episode: EpisodeTrend, late_from: int) -> NDArray[np.float64]:
    """Return the means early and late in the chunk, (half, quantity), nan where nothing is."""
    columns = [episode.planned_error, episode.attention_shift, *episode.shares.T]
    late = episode.chunk_position >= late_from
    return np.array([[_mean(column[half]) for column in columns] for half in (~late, late)])


def _curve(
    episodes: Sequence[EpisodeTrend], positions: int, name: str, attribute: str
) -> ChunkCurve | None:
    edges = np.unique(np.linspace(0, positions, min(positions, _BINS) + 1).round().astype(int))
    first, last = edges[:-1], edges[1:] - 1
    bounds = np.full((3, len(first)), np.nan)
    for place, (start, stop) in enumerate(zip(first, last, strict=True)):
        means = np.array(
            [
                _mean(
                    getattr(each, attribute)[
                        (each.chunk_position >= start) & (each.chunk_position <= stop)
                    ]
                )
                for each in episodes
            ]
        )
        means = means[np.isfinite(means)]
        if enough(len(means)):
            # Bonferroni over the bins: not all have the same episodes.
            found = simultaneous_means(means, 1 - (1 - LEVEL) / len(first))
            bounds[:, place] = float(found.mean), float(found.low), float(found.high)
    if not np.isfinite(bounds).any():
        return None
    return ChunkCurve(name, first, last, *bounds)


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of what is there, nan for nothing."""
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float('nan')
