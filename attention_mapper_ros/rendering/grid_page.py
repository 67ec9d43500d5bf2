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
The page of a head grid: where its tiles lie, and everything that no frame changes.

Kept apart from the drawing of the tiles because it depends on sizes and names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.legend import Box, draw_legend
from attention_mapper_ros.rendering.palette import DIM, GROUND, group_colours, INK, short_name
from attention_mapper_ros.rendering.text import draw_text, fitted, text_width

SMALL, MIDDLE, LARGE = 12, 14, 18  # heights of lines, pixels

# What a row of tiles shows, for people who do not know the names of the modules.
HEADINGS = {
    'encoder_self': 'encoder self-attention: what the tokens look at (mean of all tokens)',
    'decoder_cross': 'decoder cross-attention: what the actions look at',
}
SHARES_CAPTION = 'bar under a tile, share of:'
NUMBERS_CAPTION = 'entropy: 0 is one single token, 1 is all tokens alike'

_MARGIN = 16
_GAP = 12  # between tiles
_SEAM = 2  # between the cameras of one tile
_WIDTH = 1760  # of all tiles of a row together, where heads and cameras are not too many
_TALLEST, _LOWEST = 144, 48  # heights of the frames in a tile
_LEGEND_WIDTH = 300
_BAR = 6  # height of a tile's share bar


@dataclass(frozen=True)
class HeadRows:
    """The heads of one attention module: a row of tiles per layer, a column per head."""

    module: str
    layers: int
    heads: int


@dataclass(frozen=True)
class TileCamera:
    """One camera of every tile: what people call it, and the size of its frames, pixels."""

    name: str
    height: int
    width: int


class GridPage:
    """
    Places the tiles and draws what stays the same: ``still``, (row, col, RGB).

    A tile is the cameras side by side, equally high, the share bar below them and a line of
    numbers below that.
    """

    def __init__(
        self,
        modules: Sequence[HeadRows],
        cameras: Sequence[TileCamera],
        groups: Sequence[str],
        scale: ColourScale,
    ) -> None:
        self._modules = tuple(modules)
        self._cameras = tuple(cameras)
        self.colours = group_colours(groups)
        self._columns = max(rows.heads for rows in modules)
        self.frame_height, self.frame_widths = self._frame_sizes()
        seams = _SEAM * max(len(cameras) - 1, 0)
        self.tile_width = max(sum(self.frame_widths) + seams, text_width('0.00 · 100 %', SMALL))
        deepest = max(rows.layers for rows in modules)
        self._left = _MARGIN + text_width(f'layer {deepest}', SMALL) + _GAP
        self._legend = Box(
            _MARGIN + text_width('attention', SMALL) + SMALL,
            _MARGIN + round(1.8 * LARGE),
            _LEGEND_WIDTH,
            SMALL,
        )
        self._notes_x = self._legend.x + self._legend.width + 3 * _GAP
        right = max(self._column_x(self._columns) - _GAP, self._notes_x + self._notes_width())
        self.title = Box(_MARGIN, _MARGIN, right - _MARGIN, LARGE)
        self._first_row = self._legend.y + round(3.3 * SMALL)
        bottom = max(self._row_y(rows, rows.layers) for rows in modules)
        self.still: NDArray[np.uint8] = np.empty((bottom, right + _MARGIN, 3), np.uint8)
        self.still[:] = GROUND
        self._draw_legend(scale)
        self._draw_names()

    def frame(self, module: str, layer: int, head: int, camera: int) -> Box:
        """Return where one camera's frame lies in a tile."""
        x, y = self._tile(module, layer, head)
        x += sum(self.frame_widths[:camera]) + _SEAM * camera
        return Box(x, y, self.frame_widths[camera], self.frame_height)

    def bar(self, module: str, layer: int, head: int) -> Box:
        """Return where a tile's share bar lies."""
        x, y = self._tile(module, layer, head)
        return Box(x, y + self.frame_height + _SEAM, self.tile_width, _BAR)

    def numbers(self, module: str, layer: int, head: int) -> Box:
        """Return where a tile's numbers lie."""
        bar = self.bar(module, layer, head)
        return Box(bar.x, bar.y + bar.height + 2 * _SEAM, bar.width, SMALL)

    def _frame_sizes(self) -> tuple[int, tuple[int, ...]]:
        """Height and widths of the frames: as large as a row of them may be wide."""
        if not self._cameras:
            return 0, ()
        aspects = [camera.width / camera.height for camera in self._cameras]
        room = _WIDTH / self._columns - _GAP - _SEAM * (len(aspects) - 1)
        height = round(min(max(room / sum(aspects), _LOWEST), _TALLEST))
        return height, tuple(max(1, round(height * aspect)) for aspect in aspects)

    def _column_x(self, head: int) -> int:
        return self._left + head * (self.tile_width + _GAP)

    @property
    def _row_height(self) -> int:
        return self.frame_height + _BAR + 3 * _SEAM + SMALL + _GAP

    @property
    def _heading_height(self) -> int:
        return round(1.7 * MIDDLE) + round(1.4 * SMALL)

    def _heading_y(self, module: str) -> int:
        y = self._first_row
        for rows in self._modules:
            if rows.module == module:
                return y
            y += self._heading_height + rows.layers * self._row_height + _GAP // 2
        raise KeyError(module)

    def _row_y(self, rows: HeadRows, layer: int) -> int:
        return self._heading_y(rows.module) + self._heading_height + layer * self._row_height

    def _tile(self, module: str, layer: int, head: int) -> tuple[int, int]:
        rows = next(rows for rows in self._modules if rows.module == module)
        return self._column_x(head), self._row_y(rows, layer)

    # -- what no frame changes

    def _notes_width(self) -> int:
        chips = sum(width for _, width in self._chips())
        shares = text_width(SHARES_CAPTION, SMALL) + SMALL + chips
        return max(shares, text_width(NUMBERS_CAPTION, SMALL))

    def _chips(self) -> Iterator[tuple[str, int]]:
        """Each token group with the room that its colour and name take."""
        for group in self.colours:
            yield group, text_width(short_name(group), SMALL) + 2 * SMALL

    def _draw_legend(self, scale: ColourScale) -> None:
        draw_text(self.still, 'attention', _MARGIN, self._legend.y, SMALL, DIM)
        draw_legend(self.still, self._legend, SMALL, scale)
        x, y = self._notes_x, self._legend.y
        draw_text(self.still, SHARES_CAPTION, x, y, SMALL, DIM)
        x += text_width(SHARES_CAPTION, SMALL) + SMALL
        for group, width in self._chips():
            self.still[y + 2 : y + SMALL - 2, x : x + SMALL - 4] = self.colours[group]
            draw_text(self.still, short_name(group), x + SMALL, y, SMALL, INK)
            x += width
        y += round(1.4 * SMALL)
        draw_text(self.still, NUMBERS_CAPTION, self._notes_x, y, SMALL, DIM)

    def _draw_names(self) -> None:
        for rows in self._modules:
            y = self._heading_y(rows.module)
            heading = HEADINGS.get(rows.module, rows.module.replace('_', ' '))
            draw_text(self.still, heading, _MARGIN, y, MIDDLE, INK, bold=True)
            y += round(1.7 * MIDDLE)
            for head in range(rows.heads):
                self._draw_column_name(rows, head, y)
            for layer in range(rows.layers):
                y = self._row_y(rows, layer) + (self.frame_height - SMALL) // 2
                draw_text(self.still, f'layer {layer}', _MARGIN, max(y, 0), SMALL, INK)

    def _draw_column_name(self, rows: HeadRows, head: int, y: int) -> None:
        """Write the head's name over the tile, and each camera's over its frame."""
        name = f'head {head} '
        draw_text(self.still, name, self._column_x(head), y, SMALL, INK)
        taken = text_width(name, SMALL) + SMALL // 2
        for index, camera in enumerate(self._cameras):
            box = self.frame(rows.module, 0, head, index)
            indent = 0 if index else taken
            text = fitted(camera.name, SMALL, box.width - indent)
            draw_text(self.still, text, box.x + indent, y, SMALL, DIM)
