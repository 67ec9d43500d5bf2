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
What is compared with what, and how sure the difference is: plain numbers for words and figures.

All comparisons of one family hold together (``attention.simultaneous``), so that the greatest of
them may be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.confidence import MINIMUM_CLUSTERS
from attention_mapper_ros.attention.simultaneous import (
    Intervals,
    LEVEL,
    simultaneous_differences,
    simultaneous_means,
)

_CLEARLY = 1.25  # a part of the episode has so many times the difference of the whole


class Unit(Enum):
    """What a number is measured in."""

    SHARE = 'share'
    """Of the attention, 0 to 1; written in per cent, its differences in percentage points."""
    ENTROPY = 'entropy'
    """Divided by that of uniform attention, 0 to 1."""
    DISTANCE = 'distance'
    """Total variation, 0 to 1."""
    PICTURE = 'picture'
    """Part of a picture's width or height, 0 to 1."""
    ACTION = 'action'
    """Mean absolute difference of actions, in the policy's units."""
    STEPS = 'steps'


@dataclass(frozen=True)
class Quantity:
    """
    One thing that is measured once per episode.

    ``group``: the token group or camera it belongs to, '' for none. ``what``: in words, ``when``:
    in which part of the episode, in words, '' for all of it.
    """

    what: str
    unit: Unit
    group: str = ''
    when: str = ''


@dataclass(frozen=True)
class Compared:
    """
    One quantity here and there; ``low`` and ``high`` bound the difference.

    ``difference`` is ``value`` minus ``reference``, means over episodes.
    """

    quantity: Quantity
    value: float
    reference: float
    difference: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def bound(self) -> float:
        """How far from 0 the difference may be at most."""
        return max(abs(self.low), abs(self.high))


@dataclass(frozen=True)
class Comparison:
    """A family of comparisons that hold together at ``level``, over so many ``episodes``."""

    each: tuple[Compared, ...]
    level: float
    episodes: tuple[int, ...]

    @property
    def sure(self) -> tuple[Compared, ...]:
        """Those whose interval leaves out 0, the greatest difference first, within each unit."""
        found = [each for each in self.each if each.sure]
        return tuple(sorted(found, key=lambda each: -abs(each.difference)))

    def of_unit(self, unit: Unit) -> tuple[Compared, ...]:
        """Return those of one unit, which alone may be compared with each other."""
        return tuple(each for each in self.each if each.quantity.unit is unit)

    def told(self, unit: Unit) -> tuple[Compared, ...]:
        """
        Return one sure difference of each group, of one unit, the greatest first.

        That over the whole episode stands for all, unless a part of it has clearly more.
        """
        sure = [each for each in self.sure if each.quantity.unit is unit]
        kept = []
        for group in dict.fromkeys(each.quantity.group for each in sure):
            of_group = [each for each in sure if each.quantity.group == group]
            whole = [each for each in of_group if not each.quantity.when]
            stands = whole and abs(of_group[0].difference) < _CLEARLY * abs(whole[0].difference)
            kept.append(whole[0] if stands else of_group[0])
        return tuple(kept)


def enough(*groups: int) -> bool:
    """Return whether so many episodes in each group make an interval."""
    return min(groups) >= MINIMUM_CLUSTERS


def compare_paired(
    quantities: Sequence[Quantity], values: NDArray[np.float64], references: NDArray[np.float64]
) -> Comparison:
    """
    Compare the same episodes here and there, both (episode, quantity).

    Raises ValueError as ``simultaneous_means`` does.
    """
    intervals = simultaneous_means(values - references)
    return _comparison(quantities, values, references, intervals)


def compare_groups(
    quantities: Sequence[Quantity],
    values: NDArray[np.float64],
    references: NDArray[np.float64],
    level: float = LEVEL,
) -> Comparison:
    """
    Compare different episodes, (episode, quantity) and (other episode, quantity).

    Raises ValueError as ``simultaneous_differences`` does.
    """
    intervals = simultaneous_differences(values, references, level)
    return _comparison(quantities, values, references, intervals)


def _comparison(
    quantities: Sequence[Quantity],
    values: NDArray[np.float64],
    references: NDArray[np.float64],
    intervals: Intervals,
) -> Comparison:
    here, there = values.mean(axis=0), references.mean(axis=0)
    each = tuple(
        Compared(
            quantity,
            float(here[place]),
            float(there[place]),
            float(intervals.mean[place]),
            float(intervals.low[place]),
            float(intervals.high[place]),
        )
        for place, quantity in enumerate(quantities)
    )
    return Comparison(each, intervals.level, intervals.episodes)
