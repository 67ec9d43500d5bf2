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
Pictures in which the regions of chosen cells are replaced by a blurred version of themselves.

Blur takes away what is where in a region and leaves its brightness and colour, so that the
policy sees a picture of the kind that it knows. Black or grey patches would bring edges and
colours that no camera delivers, and a policy's reaction to those says little about what was
under them (Fong and Vedaldi, "Interpretable Explanations of Black Boxes by Meaningful
Perturbation", ICCV 2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.cells import cell_count
from attention_mapper_ros.attention.layout import TokenLayout

# Camera feature to picture, (height, width, 3) uint8.
Images: TypeAlias = Mapping[str, NDArray[np.uint8]]
# How blurred pixels of one axis are made of the picture's, (blurred, pixel).
Weights: TypeAlias = NDArray[np.float32]

# A Gaussian cut at three deviations has lost 0.3 % of its mass.
_REACH = 3.0


class Infill:
    """
    What belongs to which cell, and how wide the blur is, for pictures of given sizes.

    A cell's region is the pixels nearest to its centre, so that every pixel belongs to exactly
    one cell. It is far smaller than what the cell can see: regions divide the picture, they do
    not say which pixels a cell depends on. Made once for a policy, it serves every frame.
    """

    def __init__(
        self,
        layout: TokenLayout,
        sizes: Mapping[str, tuple[int, int]],
        sigma: float | None = None,
    ) -> None:
        """
        Find each pixel's cell.

        ``sizes``: (height, width) of each camera's picture, as the policy gets it. ``sigma``:
        the blur's standard deviation in pixels. Without it one stride of the cells along each
        axis. An object as large as a cell, the smallest that its token can tell apart, then
        keeps 15 % of its contrast, and 47 % with half a stride, which leaves it plain to see.
        A wider blur takes little more away, but brings the colours of more distant things
        into every region.

        Raises ValueError for a layout without cameras, for sizes that are not those of its
        cameras, and for a sigma that is not above zero.
        """
        if not layout.cameras:
            raise ValueError('the policy has no cameras: there are no cells to blur')
        if sigma is not None and not sigma > 0:
            raise ValueError(f'the blur has a sigma of {sigma} pixels: choose one above 0')
        names = [camera.feature for camera in layout.cameras]
        _check_names(names, sizes)
        self.cells = cell_count(layout)
        self._sizes = {name: tuple(sizes[name]) for name in names}
        self._weights = {
            camera.feature: (
                _gaussian(sigma or camera.geometry.stride_y, sizes[camera.feature][0]),
                _gaussian(sigma or camera.geometry.stride_x, sizes[camera.feature][1]),
            )
            for camera in layout.cameras
        }
        self._cell_of_pixel: dict[str, NDArray[np.intp]] = {}
        first = 0
        for camera in layout.cameras:
            row, col = camera.geometry.nearest(*sizes[camera.feature])
            nearest = row[:, None] * camera.geometry.cols + col  # (height, width)
            self._cell_of_pixel[camera.feature] = first + nearest
            first += camera.geometry.rows * camera.geometry.cols

    @classmethod
    def of_images(cls, layout: TokenLayout, images: Images, sigma: float | None = None) -> Infill:
        """Return the infill for pictures of the same sizes as these."""
        sizes = {name: (image.shape[0], image.shape[1]) for name, image in images.items()}
        return cls(layout, sizes, sigma)

    def blurred(self, images: Images) -> dict[str, NDArray[np.uint8]]:
        """Return every picture blurred as a whole. Raises ValueError for other sizes."""
        self._check(images)
        return {name: _blur(images[name], *self._weights[name]) for name in self._cell_of_pixel}

    def with_cells(
        self, images: Images, others: Images, cells: NDArray[np.bool_]
    ) -> dict[str, NDArray[np.uint8]]:
        """
        Return ``images`` with the regions of the cells that are True taken from ``others``.

        ``cells``: (cell,), counted camera by camera, row-major. Nothing is written to; a
        picture of which no cell is taken is the very array that was given. Raises ValueError
        for pictures or cells that do not fit.
        """
        self._check(images)
        self._check(others)
        if cells.shape != (self.cells,) or cells.dtype != np.bool_:
            raise ValueError(
                f'cells to replace have shape {cells.shape} and type {cells.dtype}, the cameras '
                f'have {self.cells} cells: give one bool for each'
            )
        composed = {}
        for name, cell_of_pixel in self._cell_of_pixel.items():
            taken = cells[cell_of_pixel]  # (height, width)
            composed[name] = (
                np.where(taken[..., None], others[name], images[name])
                if taken.any()
                else images[name]
            )
        return composed

    def _check(self, images: Images) -> None:
        _check_names(list(self._sizes), images)
        for name, size in self._sizes.items():
            if images[name].shape != (*size, 3) or images[name].dtype != np.uint8:
                raise ValueError(
                    f'picture {name} has shape {images[name].shape} and type '
                    f'{images[name].dtype}, expected {(*size, 3)} and uint8'
                )


def _check_names(names: list[str], given: Mapping[str, object]) -> None:
    if set(names) != set(given):
        raise ValueError(
            f'pictures of {", ".join(sorted(given)) or "no camera"} do not fit the cameras of '
            f'the token layout: give exactly {", ".join(names)}'
        )


def _blur(image: NDArray[np.uint8], along_y: Weights, along_x: Weights) -> NDArray[np.uint8]:
    """Blur one picture (height, width, 3) along one axis after the other."""
    channels = np.ascontiguousarray(image.transpose(2, 0, 1), np.float32)  # (3, height, width)
    smooth = np.clip(np.rint(along_y @ (channels @ along_x.T)), 0, 255)
    return np.ascontiguousarray(smooth.astype(np.uint8).transpose(1, 2, 0))


def _gaussian(sigma: float, pixels: int) -> Weights:
    """
    Return what each pixel of a row gives to each blurred one, (blurred, pixel), rows sum to 1.

    As a matrix, because kernels are as long as a good part of the picture: products of matrices
    are then much faster than convolutions, and the kernel may be longer than the picture.
    """
    reach = int(np.ceil(_REACH * sigma))
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    # Reflected at the border: what lies outside is unknown, black would darken the rim.
    period = max(2 * (pixels - 1), 1)
    source = np.abs(np.arange(pixels)[:, None] + offsets) % period
    source = np.minimum(source, period - source) if pixels > 1 else np.zeros_like(source)
    weights = np.zeros((pixels, pixels))
    np.add.at(weights, (np.arange(pixels)[:, None], source), kernel / kernel.sum())
    return weights.astype(np.float32)
