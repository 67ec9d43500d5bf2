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
How a policy's token sequence is laid out, and where its image cells lie.

Plain data, shared by every policy family. Nothing here runs a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CellGeometry:
    """
    Where the cells of a token grid are centred, in pixels of the image given to the policy.

    Pixel coordinates put (0, 0) at the centre of the top left pixel, x to the right, y down.
    The centre of cell (row, col) is ``(origin_x + col * stride_x, origin_y + row * stride_y)``.
    """

    rows: int
    cols: int
    origin_x: float
    origin_y: float
    stride_x: float
    stride_y: float

    def centre(self, row: float, col: float) -> tuple[float, float]:
        """Return the pixel (x, y) on which the cell (row, col) is centred."""
        return self.origin_x + col * self.stride_x, self.origin_y + row * self.stride_y

    def nearest(self, height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """
        Return the nearest cells of pixels: (height,) the row, (width,) the col of each.

        Half way between two cells it is the later one; beyond the outermost, those.
        """
        return (
            _nearest(height, self.origin_y, self.stride_y, self.rows),
            _nearest(width, self.origin_x, self.stride_x, self.cols),
        )

    def scaled(self, scale_x: float, scale_y: float) -> CellGeometry:
        """
        Return the same cells in pixels of an image scaled by these factors.

        Scaling keeps the image's outer edges, which lie half a pixel outside the centres of
        the outermost pixels: x becomes ``(x + 0.5) * scale_x - 0.5``.
        """
        return CellGeometry(
            self.rows,
            self.cols,
            (self.origin_x + 0.5) * scale_x - 0.5,
            (self.origin_y + 0.5) * scale_y - 0.5,
            self.stride_x * scale_x,
            self.stride_y * scale_y,
        )


@dataclass(frozen=True)
class TokenGroup:
    """Tokens ``start`` to ``stop`` (exclusive), named for what they carry."""

    name: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self.stop - self.start


@dataclass(frozen=True)
class CameraTokens:
    """The tokens of one camera: a row-major grid of cells from token ``start`` on."""

    feature: str
    start: int
    geometry: CellGeometry

    @property
    def stop(self) -> int:
        """First token after this camera."""
        return self.start + self.geometry.rows * self.geometry.cols

    def grid(self, tokens: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut this camera's cells out of one row of token weights, as (row, col)."""
        cells = tokens[self.start : self.stop]
        return cells.reshape(self.geometry.rows, self.geometry.cols)


@dataclass(frozen=True)
class TokenLayout:
    """
    The token sequence that a policy attends to, in order.

    ``groups`` covers every token exactly once; a camera is a group whose name is its feature
    (``observation.images.front``). Other names: ``latent``, ``joints``, ``environment``,
    ``language``.
    """

    groups: tuple[TokenGroup, ...]
    cameras: tuple[CameraTokens, ...]

    def __post_init__(self) -> None:
        """Refuse gaps and overlaps, over which shares would not sum to one, and lost cameras."""
        position = 0
        for group in self.groups:
            if group.start != position or group.stop <= group.start:
                raise ValueError(
                    f'token group {group.name!r} covers tokens {group.start} to {group.stop}, '
                    f'expected it to start at {position}: groups must be in order, without gaps'
                )
            position = group.stop
        for camera in self.cameras:
            if TokenGroup(camera.feature, camera.start, camera.stop) not in self.groups:
                raise ValueError(
                    f'camera {camera.feature!r} covers tokens {camera.start} to {camera.stop}, '
                    'but no token group of that name does'
                )

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self.groups[-1].stop if self.groups else 0


def _nearest(pixels: int, origin: float, stride: float, cells: int) -> NDArray[np.intp]:
    cell = np.floor((np.arange(pixels) - origin) / stride + 0.5)
    inside: NDArray[np.intp] = np.clip(cell, 0, cells - 1).astype(np.intp)
    return inside
