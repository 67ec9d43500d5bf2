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
Attention drawn on the very frame that the policy saw.

Takes plain arrays, knows neither ROS nor policies. Colours are on a fixed scale (see
``colour_scale``), cells lie at their true centres (see ``placement``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.palette import GROUND, GROUP_COLOURS, INK, percent
from attention_mapper_ros.rendering.placement import CellPlaces, INTERPOLATIONS, Placement
from attention_mapper_ros.rendering.strip import Strip, text_size
from attention_mapper_ros.rendering.text import draw_text, text_width

STRIPS = ('below', 'inside', 'none')
READABLE_WIDTH = 480  # pixels: narrower pictures have no room for the strip's words


@dataclass(frozen=True)
class OverlayStyle:
    """
    How overlays look; the same for all frames and cameras that are to be compared.

    ``max_ratio``: attention relative to uniform at the bright end of the scale.
    ``colour_map``: one of ``COLOUR_MAPS``. ``opacity_low``, ``opacity_high``: how much of the
    frame the colours of ratio 0 and of ``max_ratio`` cover, 0 to 1.
    ``strip``: label, legend and share bar ``below`` the picture (which keeps its pixels and
    gets higher), ``inside`` over its lower edge (size unchanged; left out where it would
    cover half), or ``none``.
    ``scale``: enlarge the frame so many times; 0 takes the least with which it is
    ``READABLE_WIDTH`` wide. Size and pixels are the camera's own with ``scale=1``,
    ``strip='none'``.
    ``interpolation``: between cell centres, ``smooth``, ``linear`` or ``cells``.
    ``joint_badge``: also write the joints' share into the picture's upper right corner.
    """

    max_ratio: float = 4.0
    colour_map: str = 'inferno'
    opacity_low: float = 0.4
    opacity_high: float = 0.7
    strip: str = 'below'
    scale: int = 0
    interpolation: str = 'smooth'
    joint_badge: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn; colours and opacities are checked by ColourScale."""
        for name, value, known in (
            ('strip', self.strip, STRIPS),
            ('interpolation', self.interpolation, INTERPOLATIONS),
        ):
            if value not in known:
                raise ValueError(f'{name} is {value!r}, choose one of {", ".join(known)}')
        if not 0 <= self.scale <= 16:
            raise ValueError(f'scale is {self.scale}, it must lie between 0 (automatic) and 16')
        self.colours()

    def colours(self) -> ColourScale:
        """Return the colours of this style. Raises ValueError for values that make none."""
        return ColourScale(self.colour_map, self.max_ratio, self.opacity_low, self.opacity_high)

    def enlargement(self, width: int) -> int:
        """Return how many times a frame of this width in pixels is enlarged."""
        return self.scale or max(1, -(-READABLE_WIDTH // width))


class OverlayAnnotator:
    """
    Draws overlays in one style.

    Keeps what depends on sizes and geometry only, so the first frame of a camera costs more
    than the next. Belongs to one thread: the buffers between steps are reused. Pictures that
    it returned are never touched again.
    """

    def __init__(self, style: OverlayStyle | None = None) -> None:
        self.style = style or OverlayStyle()
        self._colours = self.style.colours()
        self._placement = lru_cache(maxsize=16)(Placement)
        self._strip = lru_cache(maxsize=16)(self._make_strip)
        self._buffers = lru_cache(maxsize=4)(_Buffers)

    def annotate(
        self,
        frame: NDArray[np.uint8],
        attention_map: NDArray[np.float32],
        geometry: CellPlaces,
        shares: Mapping[str, float],
        camera: str,
        label: str = '',
        quantity: str = 'attention',
    ) -> NDArray[np.uint8]:
        """
        Return a new (row, col, RGB) uint8 picture: the frame with its attention on it.

        ``frame``: (row, col, RGB) uint8, what the policy saw, at the camera's size.
        ``attention_map``: (row, col) of the cell grid, relative to uniform attention (1.0).
        ``geometry``: centres of the cells in pixels of ``frame``; must be hashable.
        ``shares``: token group to its share; ``camera`` is the group of this frame.
        ``label``: what to say about it, ``tick 123 · age 42 ms``. A line break begins a second
        line and makes the strip higher: that is where the long words of a method belong.
        ``quantity``: what the map is of, the legend's caption; ``AttentionMaps.scale`` knows.
        """
        _check(frame, attention_map, geometry)
        height, width = frame.shape[:2]
        scale = self.style.enlargement(width)
        size = (width * scale, height * scale)
        strip = None
        if self.style.strip != 'none':
            lines = 1 + label.count('\n')
            strip = self._strip(size[0], camera, tuple(shares), lines, quantity)
            if self.style.strip == 'inside' and 2 * strip.height > size[1]:
                strip = None
        below = strip.height if strip and self.style.strip == 'below' else 0

        buffers = self._buffers(size[1], size[0])
        placement = self._placement(geometry, height, width, scale, self.style.interpolation)
        # Negative values would wrap; there is nothing below no attention.
        grid = np.maximum(attention_map, 0) * np.float32(self._colours.levels_per_ratio)
        field = placement.spread(grid.astype(np.float32, copy=False), buffers.field)
        cv2.convertScaleAbs(field, dst=buffers.levels)  # rounds and saturates

        out = np.empty((size[1] + below, size[0], 3), np.uint8)
        picture = out[: size[1]]
        if scale == 1:
            enlarged = frame
        else:
            enlarged = buffers.frame
            cv2.resize(frame, size, dst=enlarged, interpolation=cv2.INTER_LINEAR)
        self._colours.blend_into(picture, enlarged, buffers.levels, buffers.colours)
        if self.style.joint_badge and 'joints' in shares:
            _draw_badge(picture, f'joints {percent(shares["joints"])}')
        if strip is not None:
            strip.paint(out[out.shape[0] - strip.height :], shares, label)
        return out

    def _make_strip(
        self, width: int, camera: str, groups: tuple[str, ...], label_lines: int, quantity: str
    ) -> Strip:
        return Strip(width, camera, groups, self._colours, label_lines, quantity)


class _Buffers:
    """Arrays between the steps, for one picture size."""

    def __init__(self, height: int, width: int) -> None:
        self.field = np.empty((height, width), np.float32)
        self.levels = np.empty((height, width), np.uint8)
        self.frame = np.empty((height, width, 3), np.uint8)
        self.colours = np.empty((height, width, 3), np.uint8)


def _draw_badge(picture: NDArray[np.uint8], text: str) -> None:
    size = text_size(picture.shape[1])
    width = text_width(text, size, True) + 2 * size
    right, top = picture.shape[1] - size // 2, size // 2
    picture[top : top + round(1.6 * size), right - width : right] = GROUND
    picture[top : top + round(1.6 * size), right - width : right - width + size // 3] = (
        GROUP_COLOURS['joints']
    )
    draw_text(picture, text, right - width + size, top + round(0.3 * size), size, INK, True)


def _check(
    frame: NDArray[np.uint8], attention_map: NDArray[np.float32], geometry: CellPlaces
) -> None:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(
            f'frame has shape {frame.shape} and type {frame.dtype}, '
            'expected (height, width, 3) uint8 RGB'
        )
    if attention_map.shape != (geometry.rows, geometry.cols):
        raise ValueError(
            f'attention map has shape {attention_map.shape}, '
            f'the geometry describes {geometry.rows} rows and {geometry.cols} columns'
        )
