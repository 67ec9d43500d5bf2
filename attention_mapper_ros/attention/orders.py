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
Orders in which cells are blurred: by a map, and by chance or place to compare with.

A method that is no better than a random order tells nothing; one that is no better than
"the middle of the picture first" tells nothing about this frame. An order is (cell,) cell
numbers, most relevant first, counted camera by camera in the layout's order, row-major.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.cells import cell_count, cell_values
from attention_mapper_ros.attention.layout import CameraTokens, TokenLayout
from attention_mapper_ros.attention.maps import AttentionMaps

# Distances that differ by less than this part of the picture are equal but for rounding.
_DECIMALS = 9


def order_of(maps: AttentionMaps, rng: np.random.Generator | None = None) -> NDArray[np.intp]:
    """
    Return the cells with the highest numbers first, over all cameras together.

    Cells with the same number come in random order (from a fixed seed, if no generator is
    given). By position, the top left of the first camera would win every tie: a flat map
    would be scored as that order of places, which may be a good or a bad one, and not as the
    ignorance that it is. Raises ValueError for maps that are not finite.
    """
    return _sorted(-cell_values(maps).astype(np.float64), rng)


def random_order(layout: TokenLayout, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the cells of all cameras in random order."""
    return rng.permutation(cell_count(layout))


def centre_order(
    layout: TokenLayout,
    sizes: Mapping[str, tuple[int, int]],
    rng: np.random.Generator | None = None,
) -> NDArray[np.intp]:
    """
    Return the cells nearest to their picture's centre first.

    ``sizes``: (height, width) of each camera's picture, as the policy gets it. Distances
    count in parts of the picture's half diagonal, so that cameras take turns whatever the
    sizes of picture and grid. Cells equally far away come in random order, see ``order_of``.
    """
    distances = [_from_centre(camera, *sizes[camera.feature]) for camera in layout.cameras]
    return _sorted(np.concatenate([*distances, np.empty(0)]).round(_DECIMALS), rng)


def _from_centre(camera: CameraTokens, height: int, width: int) -> NDArray[np.float64]:
    """Return each cell's distance from the picture's centre, (cell,), corners at 1."""
    cells = camera.geometry
    x = cells.origin_x + cells.stride_x * np.arange(cells.cols) - (width - 1) / 2
    y = cells.origin_y + cells.stride_y * np.arange(cells.rows) - (height - 1) / 2
    half_diagonal = np.hypot(height, width) / 2
    distance: NDArray[np.float64] = np.hypot(y[:, None], x).reshape(-1) / half_diagonal
    return distance


def _sorted(keys: NDArray[np.float64], rng: np.random.Generator | None) -> NDArray[np.intp]:
    """Return the indices of the lowest keys first, ties in random order."""
    rng = rng or np.random.default_rng(0)
    order: NDArray[np.intp] = np.lexsort((rng.random(len(keys)), keys))
    return order
