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

"""One line of text on a band of ground: what a picture is of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.rendering.palette import GROUND, INK
from attention_mapper_ros.rendering.text import draw_text, fitted


def title_height(size: int) -> int:
    """Height in pixels of the band for a line that is ``size`` pixels high."""
    return round(size * 1.9)


def draw_title(out: NDArray[np.uint8], text: str, size: int) -> None:
    """
    Fill ``out``, (``title_height(size)``, width, RGB), in place, with one bold line.

    What is too long ends with an ellipsis.
    """
    out[:] = GROUND
    margin = round(size * 0.6)
    line = fitted(text, size, out.shape[1] - 2 * margin, bold=True)
    draw_text(out, line, margin, round(size * 0.5), size, INK, bold=True)
