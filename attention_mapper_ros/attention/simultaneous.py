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
Intervals that hold together: many means, or many differences of means, over episodes.

Who looks at forty intervals and names the one that leaves out 0 finds one that does so by chance.
These are wide enough that all of a family hold at once with the stated confidence: Welch's t
interval per quantity (Welch, "The generalization of Student's problem", Biometrika 1947) with
Šidák's critical value for the family (Šidák, "Rectangular confidence regions", JASA 1967), which
also holds where the quantities depend on each other. The unit is the episode, as in
``confidence``: one row per episode, however many steps it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.confidence import MINIMUM_CLUSTERS

LEVEL = 0.95
# Critical values are drawn: so many draws give them to about one per cent.
_DRAWS = 20_000
_SEED = 0


@dataclass(frozen=True)
class Intervals:
    """
    A family of means with intervals that hold together; arrays (*quantity,) float64.

    ``level``: the confidence of the whole family. ``episodes``: from how many, of the first and,
    for an unpaired difference, of the second group.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    level: float
    episodes: tuple[int, ...]

    @property
    def sure(self) -> NDArray[np.bool_]:
        """Which of them leave out 0, (*quantity,)."""
        found: NDArray[np.bool_] = (self.low > 0) | (self.high < 0)
        return found

    @property
    def bound(self) -> NDArray[np.float64]:
        """How far from 0 each may be at most, (*quantity,)."""
        farthest: NDArray[np.float64] = np.maximum(np.abs(self.low), np.abs(self.high))
        return farthest


def simultaneous_means(values: NDArray[np.floating], level: float = LEVEL) -> Intervals:
    """
    Return the means over episodes with intervals that hold together.

    ``values``: (episode, *quantity), one row per episode; for paired differences, the difference
    in each episode. Means over many steps are near normal, which the intervals assume; with fewer
    than about ten episodes and skewed values they come out somewhat too narrow.

    Raises ValueError for fewer than three episodes, for values that are not finite and for a
    level outside 0 to 1.
    """
    rows = _checked(values, 'episodes')
    _check_level(level)
    count = len(rows)
    mean = _mean(rows)
    error = _standard_error(rows)
    freedom = np.full(mean.shape, count - 1.0)
    reach = _critical(freedom, level) * error
    return Intervals(mean, mean - reach, mean + reach, level, (count,))


def simultaneous_differences(
    first: NDArray[np.floating], second: NDArray[np.floating], level: float = LEVEL
) -> Intervals:
    """
    Return mean ``first`` minus mean ``second`` of different episodes, holding together.

    ``first``: (episode, *quantity), ``second``: (other episode, *quantity), of one quantity shape;
    the groups may differ in size and in spread. Raises ValueError as ``simultaneous_means`` does,
    for either group, and for shapes that differ.
    """
    one, other = _checked(first, 'episodes in the first group'), _checked(second, 'in the second')
    _check_level(level)
    if one.shape[1:] != other.shape[1:]:
        raise ValueError(
            f'quantities of shapes {one.shape[1:]} and {other.shape[1:]} cannot be compared: '
            'measure the same ones in both groups'
        )
    parts = [_standard_error(rows) ** 2 for rows in (one, other)]
    error = np.sqrt(parts[0] + parts[1])
    # Welch and Satterthwaite's degrees of freedom.
    weighed = parts[0] ** 2 / (len(one) - 1) + parts[1] ** 2 / (len(other) - 1)
    fewest = float(min(len(one), len(other)) - 1)
    freedom = np.divide(error**4, weighed, out=np.full(error.shape, fewest), where=weighed > 0)
    mean = _mean(one) - _mean(other)
    reach = _critical(freedom, level) * error
    return Intervals(mean, mean - reach, mean + reach, level, (len(one), len(other)))


def _checked(values: NDArray[np.floating], what: str) -> NDArray[np.float64]:
    rows = np.asarray(values, np.float64)
    if rows.ndim < 1 or len(rows) < MINIMUM_CLUSTERS:
        raise ValueError(
            f'{len(rows) if rows.ndim else 0} {what} do not make a confidence interval: '
            f'{MINIMUM_CLUSTERS} or more are needed'
        )
    if not np.isfinite(rows).all():
        raise ValueError('a mean over values that are not finite says nothing: leave them out')
    return rows


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f'level {level}: choose one between 0 and 1, 0.95 say')


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means, (*quantity,); exactly the value where all are equal."""
    varies = rows.max(axis=0) > rows.min(axis=0)
    exact: NDArray[np.float64] = np.where(varies, rows.mean(axis=0), rows[0])
    return exact


def _standard_error(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the mean, (*quantity,); exactly 0 where all are equal."""
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    varies = rows.max(axis=0) > rows.min(axis=0)
    exact: NDArray[np.float64] = np.where(varies, error, 0.0)
    return exact


def _critical(freedom: NDArray[np.float64], level: float) -> float:
    """
    Return what the greatest of so many independent absolute t values stays below at this level.

    ``freedom``: degrees of freedom of each. Independence is the worst case (Šidák).
    """
    return _drawn_critical(tuple(np.round(freedom.reshape(-1), 1).tolist()), level)


@lru_cache(maxsize=256)
def _drawn_critical(freedom: tuple[float, ...], level: float) -> float:
    if not freedom:
        return 0.0
    rng = np.random.default_rng(_SEED)
    greatest = np.zeros(_DRAWS)
    for each in freedom:
        np.maximum(greatest, np.abs(rng.standard_t(max(each, 1.0), _DRAWS)), out=greatest)
    return float(np.quantile(greatest, level))
