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
Outlines and labels of the regions that get the most attention, drawn on finished overlays.

A label says which region it is, the same as in the frame before, and its share of all attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CellGeometry
from attention_mapper_ros.rendering.legend import Box
from attention_mapper_ros.rendering.overlay import OverlayStyle
from attention_mapper_ros.rendering.palette import Colour, GROUND, INK, percent, REGION_COLOURS
from attention_mapper_ros.rendering.placement import Placement
from attention_mapper_ros.rendering.region_tracker import RegionTracker
from attention_mapper_ros.rendering.regions import find_regions, Region
from attention_mapper_ros.rendering.strip import text_size
from attention_mapper_ros.rendering.text import draw_text, text_width

QUANTILE = 0.9  # the upper tenth of a picture: what stands out, in few regions


class RegionAnnotator:
    """
    Draws the regions of one camera through one episode, so that each keeps its number and colour.

    ``style``: that of the overlays. ``quantile``: a region is where the map is above this
    quantile of its values over the picture. Belongs to one thread. Raises ValueError for a
    quantile that is not between 0 and 1.
    """

    def __init__(self, style: OverlayStyle | None = None, quantile: float = QUANTILE) -> None:
        if not 0.0 < quantile < 1.0:
            raise ValueError(f'quantile is {quantile}, it must lie above 0 and below 1, 0.9 say')
        self.style = style or OverlayStyle()
        self.quantile = quantile
        self._tracker = RegionTracker()
        self._placement = lru_cache(maxsize=4)(Placement)

    def annotate(
        self,
        overlay: NDArray[np.uint8],
        frame_size: tuple[int, int],
        attention_map: NDArray[np.float32],
        geometry: CellGeometry,
        tokens: int,
    ) -> tuple[NDArray[np.uint8], tuple[tuple[int, Region], ...]]:
        """
        Return a new picture, the overlay with its regions, and the regions with their numbers.

        ``overlay``: (row, col, RGB) uint8 as ``OverlayAnnotator.annotate`` made it of the frame,
        with the same style; ``frame_size``: (height, width) of that frame. ``attention_map``,
        ``geometry``: as given there. ``tokens``: size of the token layout. The regions lie in
        pixels of the overlay, the greatest share first. Call it once per step, in order. Raises
        ValueError for an overlay that is not of such a frame.
        """
        height, width = frame_size
        scale = self.style.enlargement(width)
        if overlay.shape[1] != width * scale or overlay.shape[0] < height * scale:
            raise ValueError(
                f'the overlay has {overlay.shape[1]}x{overlay.shape[0]} pixels, one of a frame of '
                f'{width}x{height} has {width * scale}x{height * scale} and the strip: give the '
                'size of the frame, and the style that the overlay was made with'
            )
        placement = self._placement(geometry, height, width, scale, self.style.interpolation)
        spread = placement.spread(np.maximum(attention_map, 0).astype(np.float32, copy=False))
        centres = geometry.scaled(scale, scale)
        regions = find_regions(spread, attention_map, centres, tokens, self.quantile)
        identities = self._tracker.update([region.box for region in regions])
        numbered = tuple(zip(identities, regions, strict=True))
        out = overlay.copy()
        draw_regions(out[: height * scale], numbered)
        return out, numbered


def draw_regions(
    picture: NDArray[np.uint8], numbered: Sequence[tuple[int, Region]]
) -> tuple[Box, ...]:
    """
    Draw outlines and labels into ``picture``, (row, col, RGB) uint8, in place.

    ``numbered``: identity and region. Returns where the labels are, in the same order: inside the
    picture, and clear of each other where there is room.
    """
    size = text_size(picture.shape[1])
    for identity, region in numbered:
        _draw_outline(picture, region, _colour(identity), size)
    labels: list[Box] = []
    for identity, region in numbered:
        text = f'#{identity} · {percent(region.share)}'
        label = _label_box(region.box, text, size, picture.shape, labels)
        labels.append(label)
        picture[label.y : label.y + label.height, label.x : label.x + label.width] = GROUND
        edge = max(2, size // 4)
        picture[label.y : label.y + label.height, label.x : label.x + edge] = _colour(identity)
        draw_text(picture, text, label.x + edge + size // 2, label.y + size // 4, size, INK, True)
    return tuple(labels)


def _colour(identity: int) -> Colour:
    return REGION_COLOURS[(identity - 1) % len(REGION_COLOURS)]


def _draw_outline(picture: NDArray[np.uint8], region: Region, colour: Colour, size: int) -> None:
    """Draw the box, and the contour over a darker, wider one: it stands out anywhere."""
    line = max(1, round(size / 7))
    box = region.box
    corners = (box.x, box.y), (box.x + box.width - 1, box.y + box.height - 1)
    cv2.rectangle(picture, *corners, colour, 1)
    for ink, thickness in ((GROUND, line + 2), (colour, line)):
        cv2.polylines(picture, region.contours, True, ink, thickness, cv2.LINE_AA)


def _label_box(
    region: Box, text: str, size: int, shape: tuple[int, ...], taken: Sequence[Box]
) -> Box:
    """Return where a label goes: above its region, else below or in it, never over another."""
    height = size + 2 * (size // 4)
    width = text_width(text, size, True) + size + max(2, size // 4)
    below, right = region.y + region.height, region.x + region.width
    places = [
        (region.x, region.y - height - 2),
        (region.x, below + 2),
        (right - width, region.y - height - 2),
        (right - width, below + 2),
        (region.x + 2, region.y + 2),
        (region.x + 2, below - height - 2),
    ]
    inside = [
        Box(min(max(x, 0), max(shape[1] - width, 0)), y, width, height)
        for x, y in places
        if 0 <= y <= shape[0] - height
    ]
    free = [box for box in inside if not any(_touch(box, other) for other in taken)]
    if free or inside:
        return (free or inside)[0]
    top = min(max(region.y, 0), max(shape[0] - height, 0))
    return Box(min(max(region.x, 0), max(shape[1] - width, 0)), top, width, height)


def _touch(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
