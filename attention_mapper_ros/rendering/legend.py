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

"""The legend of the fixed colour scale: its colours over grey, and the ratios they stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.palette import DIM
from attention_mapper_ros.rendering.text import draw_text, text_width

LEGEND_GROUND = 128  # grey level under the legend's colours


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels."""

    x: int
    y: int
    width: int
    height: int


def draw_legend(picture: NDArray[np.uint8], legend: Box, size: int, scale: ColourScale) -> None:
    """Draw the colours of ``scale`` into the box, in place, and their ratios below it."""
    ground = np.full((legend.height, legend.width, 3), LEGEND_GROUND, np.uint8)
    ramp = np.round(np.linspace(0, 255, legend.width)).astype(np.uint8)
    levels = np.ascontiguousarray(np.broadcast_to(ramp, ground.shape[:2]))
    picture[legend.y : legend.y + legend.height, legend.x : legend.x + legend.width] = scale.blend(
        ground, levels
    )
    _draw_ticks(picture, legend, size, scale.max_ratio)


def _draw_ticks(picture: NDArray[np.uint8], legend: Box, em: int, max_ratio: float) -> None:
    """Write the numbers under the legend: 0, 1 = uniform, ... and the last with a plus."""
    y = legend.y + legend.height
    ticks = [float(value) for value in range(int(max_ratio) + 1)]
    if max_ratio - ticks[-1] > 1e-6:
        ticks.append(max_ratio)
    taken: list[tuple[int, int]] = []
    # The ends and 1 first: where room is short, the numbers between go without.
    for value in sorted(ticks, key=lambda tick: (tick not in (0.0, 1.0, max_ratio), tick)):
        x = legend.x + round((legend.width - 1) * value / max_ratio)
        picture[y : y + max(2, em // 4), x - (x > legend.x) : x + 1] = DIM
        names = [f'{value:g}×']
        if value == 1.0:
            names = ['1× uniform', '1×']
        elif value == max_ratio:
            names = [f'{value:g}×+']
        for name in names:
            width = text_width(name, em)
            left = min(max(x - width // 2, legend.x), legend.x + legend.width - width)
            if value == 1.0 and name != '1×':
                left = x - text_width('1×', em) // 2
            if all(left > end + em // 3 or left + width < start - em // 3 for start, end in taken):
                draw_text(picture, name, left, y + round(em * 0.3), em, DIM)
                taken.append((left, left + width))
                break
