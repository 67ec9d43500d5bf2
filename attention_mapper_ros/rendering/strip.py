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
The strip of a picture that says how to read it: label, legend of the colours, share bar.

The legend is drawn with the scale of the picture, over a grey ground. The share bar says how
the policy's attention is divided between cameras, joints and the rest, so that a bright spot
in a camera to which it pays 3 % does not look important.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.legend import Box, draw_legend
from attention_mapper_ros.rendering.palette import (
    DIM,
    GROUND,
    group_colours,
    INK,
    percent,
    short_name,
)
from attention_mapper_ros.rendering.text import draw_text, fitted, text_width

_LINE = 1.3  # from one label line to the next, in line heights
_SHARE = 'share'  # caption of the share bar
_SMALLEST = 10  # height of a line that can still be read, pixels


class Strip:
    """
    The strip for one width, camera, set of token groups, number of label lines and quantity.

    What stays the same is drawn once; ``paint`` copies that and adds the label and the shares.
    Nothing moves when numbers change: every number has the room of ``100 %``.
    """

    def __init__(
        self,
        width: int,
        camera: str,
        groups: Sequence[str],
        scale: ColourScale,
        label_lines: int = 1,
        quantity: str = 'attention',
    ) -> None:
        if camera not in groups:
            raise ValueError(
                f'camera {camera!r} is not among the token groups {", ".join(groups)}: '
                'pass the feature name under which its share is given'
            )
        self._camera = camera
        self._colours = group_colours(groups)
        self._size = text_size(width)
        em = self._size
        self._margin = round(em * 0.6)
        inner = width - 2 * self._margin
        # Where there is no room for words beside the bars, the bars take the whole width.
        self._captions = inner >= 20 * em
        self._quantity = quantity
        captions = max(text_width(caption, em) for caption in (quantity, _SHARE))
        indent = captions + em if self._captions else 0
        left, bar_width = self._margin + indent, inner - indent
        self._labels = tuple(
            Box(self._margin, round(em * (0.45 + _LINE * line)), inner, em)
            for line in range(label_lines)
        )
        legend_y = self._labels[-1].y + round(em * 1.35)
        self._legend = Box(left, legend_y, bar_width, em)
        self._bar = Box(left, self._legend.y + round(em * 2.6), bar_width, em)
        self._chips = self._place_chips(
            self._chip_widths(groups), self._bar, self._bar.y + round(em * 1.25)
        )
        self.height = max(y for _, y in self._chips.values()) + round(em * 1.4)
        self._still = self._draw_still(width, scale)

    @property
    def legend(self) -> Box:
        """Where the legend's colours lie: ratio 0 at its left edge, the greatest at its right."""
        return self._legend

    @property
    def bar(self) -> Box:
        """Where the share bar lies."""
        return self._bar

    def paint(self, out: NDArray[np.uint8], shares: Mapping[str, float], label: str) -> None:
        """
        Draw the strip over ``out``, (``height``, width, RGB).

        ``label`` has as many lines as the strip was made for; what is too long for its line is
        written a little smaller, then cut with an ellipsis.
        """
        np.copyto(out, self._still)
        em = self._size
        text = f'{short_name(self._camera)} · {label}' if label else short_name(self._camera)
        for box, line in zip(self._labels, text.split('\n'), strict=True):
            ink = INK if box is self._labels[0] else DIM
            size = _shrunk(line, em, box.width)
            draw_text(out, fitted(line, size, box.width), box.x, box.y, size, ink)
        self._paint_shares(out, shares)

    def _paint_shares(self, out: NDArray[np.uint8], shares: Mapping[str, float]) -> None:
        em, bar = self._size, self._bar
        total = sum(shares.values())
        edge = 0.0
        for group, (x, y) in self._chips.items():
            share = shares[group]
            start = bar.x + round(bar.width * edge)
            edge += share / total if total > 0 else 0.0
            stop = bar.x + round(bar.width * edge)
            out[bar.y : bar.y + bar.height, start:stop] = self._colours[group]
            here = group == self._camera
            if here and stop > start:
                line = max(1, em // 8)
                corner = (stop - 1, bar.y + bar.height - 1)
                cv2.rectangle(out, (start, bar.y), corner, INK, line)
            name = round(em * 0.95) + text_width(short_name(group) + ' ', em, here)
            draw_text(out, percent(share), x + name, y, em, INK if here else DIM, here)

    def _draw_still(self, width: int, scale: ColourScale) -> NDArray[np.uint8]:
        """Draw what no frame changes: ground, captions, legend, names of the groups."""
        em, legend, bar = self._size, self._legend, self._bar
        still = np.empty((self.height, width, 3), np.uint8)
        still[:] = GROUND
        if self._captions:
            draw_text(still, self._quantity, self._margin, legend.y, em, DIM)
            draw_text(still, _SHARE, self._margin, bar.y, em, DIM)
        draw_legend(still, legend, em, scale)
        still[bar.y : bar.y + bar.height, bar.x : bar.x + bar.width] = (44, 48, 58)
        for group, (x, y) in self._chips.items():
            here = group == self._camera
            chip = round(em * 0.62)
            drop = round(em * 0.24)
            still[y + drop : y + drop + chip, x : x + chip] = self._colours[group]
            name_ink = INK if here else DIM
            draw_text(still, short_name(group), x + round(em * 0.95), y, em, name_ink, here)
        return still

    def _chip_widths(self, groups: Sequence[str]) -> dict[str, int]:
        """Room of each group's colour, name and number, with the gap to the next."""
        em = self._size
        return {
            group: round(em * 1.9) + text_width(short_name(group) + ' 100 %', em, True)
            for group in groups
        }

    def _place_chips(
        self, widths: Mapping[str, int], bar: Box, y: int
    ) -> dict[str, tuple[int, int]]:
        """Set the groups in lines under the bar, in order."""
        places: dict[str, tuple[int, int]] = {}
        x = bar.x
        for group, width in widths.items():
            if x > bar.x and x + width - self._size > bar.x + bar.width:
                x, y = bar.x, y + round(self._size * 1.35)
            places[group] = (x, y)
            x += width
        return places


def _shrunk(text: str, size: int, width: int) -> int:
    """Size at which a line fits, no smaller than can be read."""
    while size > _SMALLEST and text_width(text, size) > width:
        size -= 1
    return size


def text_size(width: int) -> int:
    """Height of a line on a picture of this width: readable, in proportion, in pixels."""
    return min(max(11, round(width / 44)), 36)
