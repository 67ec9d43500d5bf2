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
The page of the action traces: where each joint's plot lies, and everything that no step changes.

Kept apart from the drawing of the traces because it depends on sizes and names only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.legend import Box
from attention_mapper_ros.rendering.palette import Colour, DIM, GROUND, INK, PREDICTED, RECORDED
from attention_mapper_ros.rendering.text import draw_text, fitted, text_width

WIDEST_NUMBER = '-00.00'

_PLOT_GROUND: Colour = (30, 33, 42)
_LINE_COLOUR: Colour = (56, 61, 73)
_CAPTION = 'action'
_KEYS = (('predicted by the policy', PREDICTED), ('recorded', RECORDED))
_NARROWEST = 17  # width of a plot with its name and numbers, in line heights
_LINE = 1.35  # height of the line over a plot, in line heights
_PLOT = 3.4  # height of a plot, in line heights
_GAP = 0.8  # below a plot and between two, in line heights
_TOP = 2.3  # height of the caption's line with what is around it, in line heights
_SMALLEST = 10  # height of a line that can still be read, pixels
_KEY_LINE = 2  # length of the sample of a trace in the legend, in line heights


class ActionPage:
    """
    Places the plots and draws what stays the same: ``still``, (``height``, width, RGB).

    ``size``: height of a line of text, pixels. ``axis``: what the time axis shows, in words.
    """

    def __init__(self, width: int, size: int, names: Sequence[str], axis: str) -> None:
        self.size = size
        self.small = max(_SMALLEST, round(size * 0.75))
        self._limits_width = text_width(WIDEST_NUMBER, self.small) + size // 3
        self.plots = self._place(width, len(names))
        self.height = self.plots[-1].y + self.plots[-1].height + round(size * _GAP)
        self._keys: list[tuple[int, str, Colour]] = []  # x of every trace in the legend
        self.still = self._draw(width, names, axis)

    def numbers_y(self, plot: Box) -> int:
        """Top of the line of text over a plot: its name and the newest numbers."""
        return plot.y - round(self.size * (_LINE - 0.1))

    def draw_key(self, out: NDArray[np.uint8], key: int) -> None:
        """Draw the legend of one trace, 0 the predicted and 1 the recorded one, into ``out``."""
        x, name, colour = self._keys[key]
        thickness = (2 + 2 * key) * max(1, round(self.size / 16))
        top = round(self.size * 1.2) - thickness // 2
        out[top : top + thickness, x : x + _KEY_LINE * self.size] = colour
        left = x + round((_KEY_LINE + 0.5) * self.size)
        draw_text(out, name, left, round(self.size * 0.7), self.size, colour)

    def write_limits(self, out: NDArray[np.uint8], plot: Box, low: float, high: float) -> None:
        """Write the least and the most of a joint left of its plot, at the rows where they lie."""
        for value, y in ((high, plot.y), (low, plot.y + plot.height - self.small)):
            text = in_words(value)
            x = plot.x - self.size // 3 - text_width(text, self.small)
            draw_text(out, text, x, y, self.small, DIM)

    def _place(self, width: int, count: int) -> tuple[Box, ...]:
        em = self.size
        margin, gap = round(em * 0.6), round(em * _GAP)
        inner = width - 2 * margin
        cols = max(1, min(count, (inner + gap) // (_NARROWEST * em + gap)))
        rows = -(-count // cols)
        cols = -(-count // rows)  # rows equally long, where that works out
        cell = (inner + gap) // cols
        top, pitch = round(em * (_TOP + _LINE)), round(em * (_LINE + _PLOT + _GAP))
        return tuple(
            Box(
                margin + self._limits_width + (index % cols) * cell,
                top + (index // cols) * pitch,
                cell - gap - self._limits_width,
                round(em * _PLOT),
            )
            for index in range(count)
        )

    def _draw(self, width: int, names: Sequence[str], axis: str) -> NDArray[np.uint8]:
        em, margin = self.size, round(self.size * 0.6)
        still = np.empty((self.height, width, 3), np.uint8)
        still[:] = GROUND
        still[round(em * 0.2), margin : width - margin] = _LINE_COLOUR
        y = round(em * 0.7)
        draw_text(still, _CAPTION, margin, y, em, DIM)
        x = margin + text_width(_CAPTION, em) + em
        for name, colour in _KEYS:
            self._keys.append((x, name, colour))
            x += round((_KEY_LINE + 2) * em) + text_width(name, em)
        draw_text(still, axis, width - margin - text_width(axis, em), y, em, DIM)
        numbers = 2 * (text_width(WIDEST_NUMBER, em) + em // 2)
        for name, plot in zip(names, self.plots, strict=True):
            bottom, right = plot.y + plot.height, plot.x + plot.width
            still[plot.y : bottom, plot.x : right] = _PLOT_GROUND
            still[plot.y + plot.height // 2, plot.x : right] = _LINE_COLOUR
            left = plot.x - self._limits_width
            shown = fitted(name, em, right - left - numbers)
            draw_text(still, shown, left, self.numbers_y(plot), em, INK)
        return still


def in_words(value: float) -> str:
    """Write a number of an action in the room of ``-00.00``."""
    digits = 2 if abs(value) < 99.995 else 1 if abs(value) < 999.95 else 0
    return f'{value:.{digits}f}'
