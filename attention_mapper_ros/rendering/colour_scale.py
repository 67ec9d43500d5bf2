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
The fixed scale of attention: which colour a ratio gets, and how much of the picture it covers.

A ratio is attention divided by what uniform attention would give: 1.0 is indifferent. The
scale never depends on the frame, so equal colours mean equal attention everywhere. Ratios
are quantised to 255 steps between 0 and ``max_ratio``; a legend drawn with the same scale
shows exactly what the picture shows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Perceptually uniform only: equal steps of attention look like equal steps.
COLOUR_MAPS = {
    'plasma': cv2.COLORMAP_PLASMA,
    'inferno': cv2.COLORMAP_INFERNO,
    'magma': cv2.COLORMAP_MAGMA,
    'viridis': cv2.COLORMAP_VIRIDIS,
    'cividis': cv2.COLORMAP_CIVIDIS,
}

TOP_LEVEL = 255

# Above 1, so that what gets uniform attention is hardly tinted and what gets more stands out.
_OPACITY_EXPONENT = 1.5


class ColourScale:
    """
    Colours and opacities of the ratios from 0 to ``max_ratio``; greater ratios look like it.

    ``opacity_low`` covers ratio 0, ``opacity_high`` covers ``max_ratio``, rising between.
    With the dark end of the colour map at ratio 0, a low opacity there only dims the picture:
    what is not attended stays readable, what is attended glows.
    """

    def __init__(
        self, colour_map: str, max_ratio: float, opacity_low: float, opacity_high: float
    ) -> None:
        if colour_map not in COLOUR_MAPS:
            raise ValueError(
                f'colour map {colour_map!r} is unknown, choose one of {", ".join(COLOUR_MAPS)}'
            )
        if not max_ratio > 1.0:
            raise ValueError(
                f'max_ratio is {max_ratio}, it must be above 1: 1 is uniform attention, '
                'a scale that ends there shows nothing'
            )
        if not 0.0 <= opacity_low <= opacity_high <= 1.0:
            raise ValueError(
                f'opacities are {opacity_low} to {opacity_high}, '
                'they must lie between 0 and 1, the lower one first'
            )
        self.max_ratio = max_ratio
        ramp = np.arange(TOP_LEVEL + 1, dtype=np.uint8).reshape(-1, 1)
        colours = cv2.applyColorMap(ramp, COLOUR_MAPS[colour_map])[:, :, ::-1]  # (256, 1, RGB)
        rise = np.linspace(0.0, 1.0, TOP_LEVEL + 1).reshape(-1, 1, 1) ** _OPACITY_EXPONENT
        opacity = opacity_low + (opacity_high - opacity_low) * rise  # (256, 1, 1)
        # The blend of level q over a pixel p is p * keep[q] / 255 + glow[q].
        self._glow = np.round(colours * opacity).astype(np.uint8)  # (256, 1, 3)
        self._keep = np.repeat(np.round(255 * (1 - opacity)), 3, axis=2).astype(np.uint8)

    @property
    def levels_per_ratio(self) -> float:
        """Factor from a ratio to its level (0 to 255) on the scale."""
        return TOP_LEVEL / self.max_ratio

    def blend(self, picture: NDArray[np.uint8], levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Lay the colours of ``levels``, (row, col), over a (row, col, RGB) picture's copy."""
        out = np.empty_like(picture)
        self.blend_into(out, picture, levels, np.empty_like(picture))
        return out

    def blend_into(
        self,
        out: NDArray[np.uint8],
        picture: NDArray[np.uint8],
        levels: NDArray[np.uint8],
        scratch: NDArray[np.uint8],
    ) -> None:
        """Like ``blend``, into ``out``; ``scratch`` has the shape of ``picture``."""
        cv2.applyColorMap(levels, self._keep, dst=scratch)
        cv2.multiply(picture, scratch, dst=out, scale=1.0 / 255.0)
        cv2.applyColorMap(levels, self._glow, dst=scratch)
        cv2.add(out, scratch, dst=out)
