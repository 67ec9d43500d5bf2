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
A cell grid brought onto the pixels of a picture, every cell at its true centre.

Stretching a grid over the picture would be wrong: the cells of a convolutional backbone are
centred on multiples of its stride, half a cell off where stretching puts them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray


class CellPlaces(Protocol):
    """
    Centres of a grid's cells in pixels: (origin_x + col * stride_x, origin_y + row * stride_y).

    (0, 0) is the centre of the top left pixel. ``attention.layout.CellGeometry`` fits.
    """

    @property
    def rows(self) -> int: ...
    @property
    def cols(self) -> int: ...
    @property
    def origin_x(self) -> float: ...
    @property
    def origin_y(self) -> float: ...
    @property
    def stride_x(self) -> float: ...
    @property
    def stride_y(self) -> float: ...
    def __hash__(self) -> int: ...


INTERPOLATIONS = ('smooth', 'linear', 'cells')


class Placement:
    """
    Interpolates one cell grid onto one picture size; make it once, use it on every frame.

    Interpolation is separable, so it is two small matrix products. Beyond the outermost
    centres the border cells are continued. Every kind gives a cell's own value at its centre
    and nothing outside the range of its neighbours: ``smooth`` eases from centre to centre
    (round spots on coarse grids), ``linear`` goes straight, ``cells`` shows every cell as a
    rectangle around its centre.
    """

    def __init__(
        self, places: CellPlaces, height: int, width: int, scale: int, interpolation: str
    ) -> None:
        """Place onto a picture of ``height`` x ``width`` enlarged by ``scale``."""
        offset = (scale - 1) / 2  # enlarging keeps outer edges, not pixel centres
        self._down = _weights(
            places.rows,
            places.origin_y * scale + offset,
            places.stride_y * scale,
            height * scale,
            interpolation,
        )  # (pixel row, row)
        self._across = _weights(
            places.cols,
            places.origin_x * scale + offset,
            places.stride_x * scale,
            width * scale,
            interpolation,
        ).T.copy()  # (col, pixel col)

    def spread(
        self, grid: NDArray[np.float32], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return the (pixel row, pixel col) values of a (row, col) grid."""
        # Not numpy's product: its threads wait for processors that a forward keeps busy.
        if grid.shape[0] < grid.shape[1]:  # the shorter axis last, that is where the pixels are
            across = cv2.gemm(grid, self._across, 1.0, None, 0.0)  # (row, pixel col)
            field = cv2.gemm(self._down, across, 1.0, None, 0.0, dst=out)
        else:
            down = cv2.gemm(self._down, grid, 1.0, None, 0.0)  # (pixel row, col)
            field = cv2.gemm(down, self._across, 1.0, None, 0.0, dst=out)
        return np.asarray(field, np.float32)


@lru_cache(maxsize=64)
def _weights(
    cells: int, origin: float, stride: float, pixels: int, interpolation: str
) -> NDArray[np.float32]:
    """Weight of every cell at every pixel along one axis, (pixel, cell); rows sum to 1."""
    if stride <= 0:
        raise ValueError(f'cells lie {stride} pixels apart, the stride must be above 0')
    position = np.clip((np.arange(pixels) - origin) / stride, 0, cells - 1)
    if interpolation == 'cells':
        position = np.floor(position + 0.5)
    lower = np.clip(np.floor(position).astype(int), 0, max(cells - 2, 0))
    upper = np.minimum(lower + 1, cells - 1)
    fraction = (position - lower).astype(np.float32)
    if interpolation == 'smooth':
        fraction = fraction * fraction * (3 - 2 * fraction)
    weights = np.zeros((pixels, cells), np.float32)
    index = np.arange(pixels)
    weights[index, lower] += 1 - fraction
    weights[index, upper] += fraction
    weights.setflags(write=False)
    return weights
