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
The cells of all cameras as one row: camera by camera in the layout's order, row-major.

What is done to cells of an image (blurring them, ordering them, comparing maps) counts them
this way; tokens that belong to no image are not in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.maps import AttentionMaps


def cell_count(layout: TokenLayout) -> int:
    """Return the number of cells of all cameras."""
    return sum(camera.stop - camera.start for camera in layout.cameras)


def cell_tokens(layout: TokenLayout) -> NDArray[np.intp]:
    """Return the token of each cell, (cell,)."""
    ranges = [np.arange(camera.start, camera.stop) for camera in layout.cameras]
    tokens: NDArray[np.intp] = np.concatenate([*ranges, np.empty(0)]).astype(np.intp)
    return tokens


def cell_values(maps: AttentionMaps) -> NDArray[np.float32]:
    """
    Return the maps' numbers, (cell,).

    Raises ValueError when a map has NaN or infinity, by which no cell can be ranked.
    """
    for feature, grid in maps.cameras.items():
        if not np.isfinite(grid).all():
            raise ValueError(
                f'the map of {feature} by {maps.method!r} has values that are not finite: does '
                'the policy compute NaN, or does the baseline divide by zero?'
            )
    grids = [maps.cameras[camera.feature].reshape(-1) for camera in maps.layout.cameras]
    values: NDArray[np.float32] = np.concatenate([*grids, np.empty(0)]).astype(np.float32)
    return values
