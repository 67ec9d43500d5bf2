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
One attention distribution in a few numbers, for tables and trends: entropy, peaks, distance.

Nothing here runs a model or draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CameraTokens, TokenLayout


@dataclass(frozen=True)
class Peak:
    """The cell of a camera with the most attention, and how many times its fair share it has."""

    row: int
    col: int
    ratio: float


@dataclass(frozen=True)
class AttentionSummary:
    """
    What one step looked at.

    ``entropy``: over all tokens, ``camera_entropy``: over one camera's cells alone, by feature;
    both divided by that of a uniform distribution, so 0 is one single token and 1 is everywhere
    alike. ``shares``: token group to its share, they sum to 1. ``peaks``: by feature.
    """

    shares: Mapping[str, float]
    entropy: float
    camera_entropy: Mapping[str, float]
    peaks: Mapping[str, Peak]


def summarise(tokens: NDArray[np.float32], layout: TokenLayout) -> AttentionSummary:
    """
    Summarise one distribution over tokens.

    ``tokens``: (token,) non-negative, summing to 1. A camera without any attention has entropy
    1: it is everywhere alike. Raises ValueError for another length than the layout's.
    """
    if tokens.shape != (layout.size,):
        raise ValueError(
            f'attention has shape {tokens.shape}, the token layout has {layout.size} tokens'
        )
    exact = tokens.astype(np.float64)
    return AttentionSummary(
        shares={
            group.name: float(exact[group.start : group.stop].sum()) for group in layout.groups
        },
        entropy=relative_entropy(exact),
        camera_entropy={
            camera.feature: relative_entropy(exact[camera.start : camera.stop])
            for camera in layout.cameras
        },
        peaks={camera.feature: _peak(tokens, camera, layout.size) for camera in layout.cameras},
    )


def relative_entropy(weights: NDArray[np.float64]) -> float:
    """
    Return Shannon's entropy over that of the uniform distribution, 0 to 1.

    ``weights``: (token,) non-negative, of any sum; 0 for a single token, 1 where all are zero.
    """
    if weights.size < 2:
        return 0.0
    total = weights.sum()
    if total <= 0.0:
        return 1.0
    positive = weights[weights > 0.0] / total
    entropy = float(-(positive * np.log(positive)).sum() / np.log(weights.size))
    return max(0.0, min(entropy, 1.0))  # rounding, and no -0.0


def total_variation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """
    Return the total variation distance of two distributions: half the sum of the differences.

    0 is the same, 1 is nothing in common: the part of the attention that lies elsewhere.
    """
    difference = first.astype(np.float64) - second.astype(np.float64)
    return 0.5 * float(np.abs(difference).sum())


def _peak(tokens: NDArray[np.float32], camera: CameraTokens, size: int) -> Peak:
    grid = camera.grid(tokens)
    row, col = np.unravel_index(int(grid.argmax()), grid.shape)
    return Peak(int(row), int(col), float(grid[row, col]) * size)
