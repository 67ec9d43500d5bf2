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
The regions of a picture that get the most attention, and how much of it lies in each.

A region is a connected part of the picture in which the interpolated map is above a quantile of
its values over the picture. Shares are counted in whole cells, never in pixels: they are what the
policy pays to tokens, and the interpolation between two of them is for the eye only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.legend import Box
from attention_mapper_ros.rendering.placement import CellPlaces

_CONNECTIVITY = 8  # diagonal neighbours are connected
_SAMPLES = 40_000  # values that a quantile is taken of; the map is smooth between them
_LEAST_AREA = 1 / 400  # of the picture; smaller parts are specks at the edge of the quantile


@dataclass(frozen=True)
class Region:
    """
    A connected part of a picture, in pixels of it.

    ``box``: the smallest that holds it. ``share``: the part of the attention to all tokens, those
    of other cameras and of the joints included, that goes to cells whose centre lies in it; a
    cell counts for one region or for none. ``of_camera``: the same, as part of what goes to the
    cells of this camera. ``contours``: its outer edges, (point, 1, 2) int32 each, x and y.
    """

    box: Box
    share: float
    of_camera: float
    contours: tuple[NDArray[np.int32], ...] = field(compare=False, repr=False)


def find_regions(
    spread: NDArray[np.float32],
    attention_map: NDArray[np.float32],
    centres: CellPlaces,
    tokens: int,
    quantile: float,
) -> tuple[Region, ...]:
    """
    Return the regions above the quantile, the one with the greatest share first.

    ``spread``: (pixel row, pixel col), the map on the picture's pixels (``Placement.spread``).
    ``attention_map``: (row, col) relative to uniform attention. ``centres``: of its cells, in
    pixels of that same picture. ``tokens``: number of tokens of the whole layout. ``quantile``:
    above 0 and below 1; 0.9 takes the upper tenth of the picture. A map that is the same
    everywhere has no region. Raises ValueError for another quantile.
    """
    if not 0.0 < quantile < 1.0:
        raise ValueError(f'quantile is {quantile}, it must lie above 0 and below 1, 0.9 say')
    above = _above(spread, quantile)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        above, connectivity=_CONNECTIVITY, ltype=cv2.CV_32S
    )
    regions = []
    owners = _owners(labels, centres)
    whole = float(attention_map.sum(dtype=np.float64))
    for label in range(1, count):  # 0 is what lies below
        if stats[label, cv2.CC_STAT_AREA] < _LEAST_AREA * above.size:
            continue
        box = Box(*(int(value) for value in stats[label, : cv2.CC_STAT_AREA]))
        inside = float(attention_map[owners == label].sum(dtype=np.float64))
        regions.append(
            Region(
                box=box,
                share=inside / tokens,
                of_camera=inside / whole if whole > 0 else 0.0,
                contours=_contours(labels, label, box),
            )
        )
    return tuple(sorted(regions, key=lambda one: (-one.share, one.box.y, one.box.x)))


def _above(spread: NDArray[np.float32], quantile: float) -> NDArray[np.uint8]:
    """Return 1 where the map is above its quantile, (pixel row, pixel col)."""
    step = max(1, int(np.sqrt(spread.size / _SAMPLES)))
    threshold = np.float32(np.quantile(spread[::step, ::step], quantile))
    above = spread > threshold
    if not above.any() and threshold > spread.min():
        above = spread >= threshold  # a plateau, as cells without interpolation have them
    return above.astype(np.uint8)


def _owners(labels: NDArray[np.int32], centres: CellPlaces) -> NDArray[np.int32]:
    """Return the label on every cell's centre, (row, col); 0 beyond the picture, in padding."""
    height, width = labels.shape
    rows = np.rint(centres.origin_y + centres.stride_y * np.arange(centres.rows)).astype(int)
    cols = np.rint(centres.origin_x + centres.stride_x * np.arange(centres.cols)).astype(int)
    seen = ((rows >= 0) & (rows < height))[:, None] & ((cols >= 0) & (cols < width))[None, :]
    owners = labels[np.ix_(rows.clip(0, height - 1), cols.clip(0, width - 1))]
    return np.where(seen, owners, 0)


def _contours(labels: NDArray[np.int32], label: int, box: Box) -> tuple[NDArray[np.int32], ...]:
    part = labels[box.y : box.y + box.height, box.x : box.x + box.width] == label
    contours, _ = cv2.findContours(
        part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(box.x, box.y)
    )
    return tuple(np.asarray(contour, np.int32) for contour in contours)
