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
One picture of one tick: a tile per layer and head, the camera frames with that head's map.

Takes plain arrays, knows neither ROS nor policies. All tiles are on the one fixed colour scale
(see ``colour_scale``), cells lie at their true centres (see ``placement``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.heads import head_statistics, HeadStatistics
from attention_mapper_ros.attention.layout import CameraTokens, CellGeometry, TokenLayout
from attention_mapper_ros.rendering.grid_page import GridPage, HeadRows, LARGE, SMALL, TileCamera
from attention_mapper_ros.rendering.overlay import OverlayStyle
from attention_mapper_ros.rendering.palette import DIM, INK, percent
from attention_mapper_ros.rendering.placement import Placement
from attention_mapper_ros.rendering.text import draw_text, fitted, text_width


@dataclass(frozen=True)
class CameraFrame:
    """
    What one camera of the policy saw.

    ``feature``: its token group. ``name``: what people call it. ``picture``: (row, col, RGB)
    uint8, at any size. ``geometry``: centres of its cells in pixels of ``picture``.
    """

    feature: str
    name: str
    picture: NDArray[np.uint8]
    geometry: CellGeometry


class HeadGridAnnotator:
    """
    Draws head grids in one style, of which scale, strip and badge do not matter here.

    Keeps what depends on sizes, geometry and names only. Belongs to one thread. Pictures that
    it returned are never touched again.
    """

    def __init__(self, style: OverlayStyle | None = None) -> None:
        self.style = style or OverlayStyle()
        self._colours = self.style.colours()
        self._page = lru_cache(maxsize=4)(self._make_page)
        self._placement = lru_cache(maxsize=16)(Placement)

    def annotate(
        self,
        cameras: Sequence[CameraFrame],
        head_weights: Mapping[str, NDArray[np.float32]],
        layout: TokenLayout,
        title: str = '',
    ) -> NDArray[np.uint8]:
        """
        Return a new (row, col, RGB) uint8 picture of every layer and head.

        ``cameras``: those of the layout, in any order. ``head_weights``: module to (layer, head,
        token) float32, each row a distribution over the layout's tokens, as in ``Inference``.
        ``title``: one line, ``tick 123 · queries 0-15``. The picture's size follows from the
        shapes and names alone. Raises ValueError for cameras, frames or weights that do not
        fit.
        """
        ordered = in_layout_order(cameras, layout)
        if not head_weights:
            raise ValueError('no weights of heads to draw: ask infer() for head_weights')
        statistics = head_statistics(head_weights, layout)
        page = self._page(
            tuple(HeadRows(name, *weights.shape[:2]) for name, weights in head_weights.items()),
            tuple(TileCamera(frame.name, *frame.picture.shape[:2]) for frame in ordered),
            tuple(group.name for group in layout.groups),
        )
        out = page.still.copy()
        title = fitted(title, LARGE, page.title.width, bold=True)
        draw_text(out, title, page.title.x, page.title.y, LARGE, INK, bold=True)
        for index, (frame, tokens) in enumerate(zip(ordered, layout.cameras, strict=True)):
            self._draw_camera(out, page, index, frame, tokens, head_weights, layout.size)
        seen = [camera.feature for camera in layout.cameras]
        for head in statistics:
            _draw_share_bar(out, page, head)
            _draw_numbers(out, page, head, seen)
        return out

    def _make_page(
        self,
        modules: tuple[HeadRows, ...],
        cameras: tuple[TileCamera, ...],
        groups: tuple[str, ...],
    ) -> GridPage:
        return GridPage(modules, cameras, groups, self._colours)

    def _draw_camera(
        self,
        out: NDArray[np.uint8],
        page: GridPage,
        index: int,
        frame: CameraFrame,
        tokens: CameraTokens,
        head_weights: Mapping[str, NDArray[np.float32]],
        token_count: int,
    ) -> None:
        """Draw one camera into every tile, all in one strip of tiles, which is then cut up."""
        height, width = page.frame_height, page.frame_widths[index]
        small, geometry = _resized(frame, height, width)
        placement = self._placement(geometry, height, width, 1, self.style.interpolation)
        heads = [
            (module, layer, head)
            for module, weights in head_weights.items()
            for layer, head in np.ndindex(*weights.shape[:2])
        ]
        levels = np.empty((len(heads) * height, width), np.uint8)
        to_levels = np.float32(token_count * self._colours.levels_per_ratio)
        for tile, (module, layer, head) in enumerate(heads):
            grid = tokens.grid(head_weights[module][layer, head]) * to_levels
            field = placement.spread(grid.astype(np.float32, copy=False))
            cv2.convertScaleAbs(field, dst=levels[tile * height : (tile + 1) * height])
        drawn = self._colours.blend(np.tile(small, (len(heads), 1, 1)), levels)
        for tile, place in enumerate(heads):
            box = page.frame(*place, index)
            out[box.y : box.y + height, box.x : box.x + width] = drawn[
                tile * height : (tile + 1) * height
            ]


def in_layout_order(cameras: Sequence[CameraFrame], layout: TokenLayout) -> list[CameraFrame]:
    """Return the frames in the order of the layout, checked."""
    by_feature = {camera.feature: camera for camera in cameras}
    wanted = [camera.feature for camera in layout.cameras]
    if sorted(by_feature) != sorted(wanted) or len(by_feature) != len(cameras):
        raise ValueError(
            f'frames of {", ".join(camera.feature for camera in cameras) or "no camera"} given, '
            f'the token layout has {", ".join(wanted) or "no camera"}: give one of each'
        )
    for frame, tokens in zip((by_feature[name] for name in wanted), layout.cameras, strict=True):
        picture, cells = frame.picture, (frame.geometry.rows, frame.geometry.cols)
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ValueError(
                f'frame of {frame.feature} has shape {picture.shape} and type {picture.dtype}, '
                'expected (height, width, 3) uint8 RGB'
            )
        if cells != (tokens.geometry.rows, tokens.geometry.cols):
            raise ValueError(
                f'geometry of {frame.feature} describes {cells[0]} rows and {cells[1]} columns, '
                f'the token layout {tokens.geometry.rows} and {tokens.geometry.cols}'
            )
    return [by_feature[name] for name in wanted]


def _resized(
    frame: CameraFrame, height: int, width: int
) -> tuple[NDArray[np.uint8], CellGeometry]:
    """Return the frame at the size that it has in a tile, and where its cells are then."""
    rows, cols = frame.picture.shape[:2]
    if (rows, cols) == (height, width):
        return frame.picture, frame.geometry
    how = cv2.INTER_AREA if rows > height else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(frame.picture, (width, height), interpolation=how), np.uint8)
    return picture, frame.geometry.scaled(width / cols, height / rows)


def _draw_share_bar(out: NDArray[np.uint8], page: GridPage, head: HeadStatistics) -> None:
    bar = page.bar(head.module, head.layer, head.head)
    total, edge = sum(head.shares.values()), 0.0
    for group, share in head.shares.items():
        start = bar.x + round(bar.width * edge)
        edge += share / total if total > 0 else 0.0
        stop = bar.x + round(bar.width * edge)
        out[bar.y : bar.y + bar.height, start:stop] = page.colours[group]


def _draw_numbers(
    out: NDArray[np.uint8], page: GridPage, head: HeadStatistics, cameras: Sequence[str]
) -> None:
    box = page.numbers(head.module, head.layer, head.head)
    to_cameras = percent(sum(head.shares[camera] for camera in cameras))
    text = f'entropy {head.entropy:.2f} · cameras {to_cameras}'
    # By the room of the longest numbers, so that no tile writes otherwise than its neighbour.
    if text_width('entropy 0.00 · cameras 100 %', SMALL) > box.width:
        text = f'{head.entropy:.2f} · {to_cameras}'
    draw_text(out, text, box.x, box.y, SMALL, DIM)
