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
Episodes of different lengths laid over each other: by phase, 0 at the start and 1 at the end.

Each step takes up an equal part of its episode, and a bin gets what lies in it, so that the mean
over the bins is the mean over the steps whatever the length.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BINS = 20  # 5 % of an episode each: finer than what most policies change in
BIN_PERCENT = 100 // BINS


def phase_profile(values: NDArray[np.floating], bins: int = BINS) -> NDArray[np.float64]:
    """
    Return the mean of the values in each part of the episode, (bin, *quantity).

    ``values``: (step, *quantity), at least one step. Raises ValueError without any.
    """
    steps = np.asarray(values, np.float64)
    if not len(steps):
        raise ValueError('an episode without steps has no course: leave it out')
    return np.asarray(np.tensordot(_overlaps(len(steps), bins), steps, axes=1), np.float64)


def bin_centres(bins: int = BINS) -> NDArray[np.float64]:
    """Return where the bins lie, (bin,), in per cent of the episode."""
    return 100.0 * (np.arange(bins) + 0.5) / bins


@lru_cache(maxsize=64)
def _overlaps(steps: int, bins: int) -> NDArray[np.float64]:
    """Return which part of each bin each step fills, (bin, step); rows sum to 1."""
    bin_edges, step_edges = np.linspace(0, 1, bins + 1), np.linspace(0, 1, steps + 1)
    starts = np.maximum(bin_edges[:-1, None], step_edges[None, :-1])
    ends = np.minimum(bin_edges[1:, None], step_edges[None, 1:])
    filled = np.maximum(ends - starts, 0.0)
    parts: NDArray[np.float64] = filled / filled.sum(axis=1, keepdims=True)
    parts.setflags(write=False)
    return parts
