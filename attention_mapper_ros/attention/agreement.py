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

"""Whether two maps put the cells into the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.cells import cell_values
from attention_mapper_ros.attention.maps import AttentionMaps


def rank_correlation(first: AttentionMaps, second: AttentionMaps) -> float:
    """
    Return Spearman's rank correlation over the cells of all cameras together, -1 to 1.

    Ties get the mean of their ranks. A map that is the same everywhere orders nothing: its
    correlation with any map is 0.0, also with itself. Ranks do not depend on a map's scale, so
    that maps of different methods can be compared (Adebayo et al., "Sanity Checks for Saliency
    Maps", NeurIPS 2018, compare maps of one method on trained and on random weights).

    Raises ValueError for maps of different layouts and for ones that are not finite.
    """
    if first.layout != second.layout:
        raise ValueError(
            f'maps by {first.method!r} and {second.method!r} have different token layouts: '
            'compare maps of one policy, or of policies with the same cameras and sizes'
        )
    return spearman(cell_values(first), cell_values(second))


def spearman(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the rank correlation of two rows of numbers, 0.0 if either is constant."""
    one, other = _centred_ranks(first), _centred_ranks(second)
    spread = np.sqrt((one @ one) * (other @ other))
    return float(np.clip(one @ other / spread, -1.0, 1.0)) if spread > 0 else 0.0


def _centred_ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return each value's rank minus the mean rank; equal values get their mean rank."""
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)  # (distinct value,) rank of the last of its kind, from 1
    mean = last - (count - 1) / 2
    ranks: NDArray[np.float64] = mean[position.reshape(-1)] - (len(values) + 1) / 2
    return ranks
