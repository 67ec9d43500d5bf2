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

"""The first question, what the policy looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attention_mapper_ros.attention.simultaneous import Intervals, simultaneous_means
from attention_mapper_ros.reports.comparison import enough
from attention_mapper_ros.reports.run import Run


@dataclass(frozen=True)
class GroupShare:
    """The share of one token group, the mean over episodes; bounds None for too few of them."""

    group: str
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PeakPlace:
    """
    The cell of a camera on which the peak lies most often.

    ``share``: of the steps. ``x``, ``y``: pixels of the camera's picture, ``at``: the same as
    parts of its width and height.
    """

    camera: str
    row: int
    col: int
    share: float
    x: float
    y: float
    at: tuple[float, float]


@dataclass(frozen=True)
class Looks:
    """Shares with intervals that hold together, greatest first, and the most frequent peaks."""

    shares: tuple[GroupShare, ...]
    peaks: tuple[PeakPlace, ...]

    def of(self, group: str) -> GroupShare:
        """Return a group's share."""
        return next(share for share in self.shares if share.group == group)


def looks(run: Run) -> Looks:
    """Return what a run's policy looks at; every episode counts the same."""
    means = np.stack([episode.shares.mean(axis=0) for episode in run.episodes])  # (episode, group)
    intervals = simultaneous_means(means) if enough(len(means)) else None
    shares = [
        GroupShare(group, float(means[:, place].mean()), *_bounds(intervals, place))
        for place, group in enumerate(run.groups)
    ]
    return Looks(
        tuple(sorted(shares, key=lambda share: -share.mean)),
        tuple(_peak(run, place) for place in range(len(run.cameras))),
    )


def _bounds(intervals: Intervals | None, place: int) -> tuple[float | None, float | None]:
    """Return a share's bounds; none lies below 0 or above 1."""
    if intervals is None:
        return None, None
    return max(float(intervals.low[place]), 0.0), min(float(intervals.high[place]), 1.0)


def _peak(run: Run, place: int) -> PeakPlace:
    camera = run.cameras[place]
    counts = sum(episode.cameras[camera.name].peaks for episode in run.episodes)
    row, col = np.unravel_index(int(np.argmax(counts)), np.shape(counts))
    x, y = camera.cells.centre(int(row), int(col))
    return PeakPlace(
        camera=camera.name,
        row=int(row),
        col=int(col),
        share=float(np.max(counts) / run.steps),
        x=x,
        y=y,
        at=((x + 0.5) / camera.width, (y + 0.5) / camera.height),
    )
