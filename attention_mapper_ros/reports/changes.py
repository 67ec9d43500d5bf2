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
The second question, when it changes.

For every moment of the episode, the fifth of the episode before it is compared with the fifth
after it, and the first fifth with the last; for the share of every token group and for the centre
of the attention in every camera's picture. All intervals hold together, so the greatest change
may be named with its moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.reports.comparison import (
    compare_paired,
    Compared,
    Comparison,
    enough,
    Quantity,
    Unit,
)
from attention_mapper_ros.reports.episode import EpisodeTrend
from attention_mapper_ros.reports.phase import BIN_PERCENT, BINS, phase_profile
from attention_mapper_ros.reports.run import Run
from attention_mapper_ros.reports.words import group_words

WINDOW = BINS // 5  # bins: a fifth of the episode
WINDOW_PERCENT = WINDOW * BIN_PERCENT
_GRADUAL = 1.25  # from end to end it is so many times what it is at any moment


@dataclass(frozen=True)
class Change:
    """
    A change of one quantity.

    ``at``: the moment in per cent of the episode, None for one from the first to the last fifth.
    ``found``: ``value`` is after it, ``reference`` before it.
    """

    at: int | None
    found: Compared


@dataclass(frozen=True)
class Changes:
    """
    All that were looked at; None of them are sure where ``level`` does not allow it.

    ``each``: in the order quantity, moment, the ends last. ``family``: the intervals as such.
    """

    each: tuple[Change, ...]
    family: Comparison

    def of_unit(self, unit: Unit) -> tuple[Change, ...]:
        """Return the changes of shares, or those of places."""
        return tuple(each for each in self.each if each.found.quantity.unit is unit)

    def greatest(self, unit: Unit) -> tuple[Change, ...]:
        """
        Return the greatest sure change of each quantity, the greatest quantity first.

        One from end to end is taken only where no moment has about as much of it.
        """
        best = []
        for group in dict.fromkeys(each.found.quantity for each in self.of_unit(unit)):
            sure = [
                each
                for each in self.of_unit(unit)
                if each.found.quantity == group and each.found.sure
            ]
            if sure:
                best.append(max(sure, key=_weight))
        return tuple(sorted(best, key=lambda each: -abs(each.found.difference)))


def changes(run: Run) -> Changes | None:
    """Return the changes over the episodes; None for fewer than three, or of one step each."""
    if not enough(len(run.episodes)) or all(len(each.time_s) < 2 for each in run.episodes):
        return None
    courses, quantities = _courses(run)
    splits = range(WINDOW, BINS - WINDOW + 1)
    # (episode, quantity, moment): the moments, then from end to end
    before = np.stack(
        [courses[:, :, split - WINDOW : split].mean(axis=2) for split in splits]
        + [courses[:, :, :WINDOW].mean(axis=2)],
        axis=2,
    )
    after = np.stack(
        [courses[:, :, split : split + WINDOW].mean(axis=2) for split in splits]
        + [courses[:, :, -WINDOW:].mean(axis=2)],
        axis=2,
    )
    moments: list[int | None] = [*(split * BIN_PERCENT for split in splits), None]
    episodes = len(courses)
    family = compare_paired(
        [quantity for quantity in quantities for _ in moments],
        after.reshape(episodes, -1),
        before.reshape(episodes, -1),
    )
    at = moments * len(quantities)
    each = tuple(Change(when, found) for when, found in zip(at, family.each, strict=True))
    return Changes(each, family)


def _courses(run: Run) -> tuple[NDArray[np.float64], list[Quantity]]:
    """Return what may change, (episode, quantity, bin), and the names of it."""
    names = [camera.name for camera in run.cameras]
    quantities = [
        Quantity(group_words(group, names), Unit.SHARE, group=group) for group in run.groups
    ]
    with_centres = all(_has_centres(episode) for episode in run.episodes)
    if with_centres:
        quantities += [
            Quantity(axis, Unit.PICTURE, group=name) for name in names for axis in ('x', 'y')
        ]
    rows = []
    for episode in run.episodes:
        columns = [episode.shares]
        if with_centres:
            columns += [_centre(episode, name) for name in names]
        rows.append(phase_profile(np.concatenate(columns, axis=1)).T)  # (quantity, bin)
    return np.stack(rows), quantities


def _has_centres(episode: EpisodeTrend) -> bool:
    return all(camera.centre is not None for camera in episode.cameras.values())


def _centre(episode: EpisodeTrend, camera: str) -> NDArray[np.float64]:
    centre = episode.cameras[camera].centre
    assert centre is not None  # asked before
    return centre


def _weight(change: Change) -> float:
    size = abs(change.found.difference)
    return size / _GRADUAL if change.at is None else size
