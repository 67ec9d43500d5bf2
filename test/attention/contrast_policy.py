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
A policy small enough to know its answers: actions are sums over regions of the pictures.

Not a stand-in for a policy under test: the functions tested with it take any ``predict``, and
with this one their results can be worked out by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from attention_mapper_ros.attention.infill import Images
from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
# As a ResNet makes it of 80x96 pixels: centres on every 32nd pixel from the corner on.
GRID = CellGeometry(rows=3, cols=3, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)
LAYOUT = TokenLayout(
    groups=(
        TokenGroup('latent', 0, 1),
        TokenGroup('joints', 1, 2),
        TokenGroup(FRONT, 2, 11),
        TokenGroup(WRIST, 11, 20),
    ),
    cameras=(CameraTokens(FRONT, 2, GRID), CameraTokens(WRIST, 11, GRID)),
)
CELLS = 18
HEIGHT, WIDTH = 80, 96
SIZES = {FRONT: (HEIGHT, WIDTH), WRIST: (HEIGHT, WIDTH)}


def checkered(seed: int = 0) -> dict[str, np.ndarray]:
    """Return pictures of black and white pixels at random: blurred, each is evenly grey."""
    random = np.random.default_rng(seed)
    return {
        name: np.repeat(random.integers(0, 2, (height, width, 1), np.uint8) * 255, 3, axis=2)
        for name, (height, width) in SIZES.items()
    }


def region(cell: int) -> tuple[str, slice, slice]:
    """Return the camera and the pixels of a cell, worked out by hand for ``GRID``."""
    camera, inside = (FRONT, cell) if cell < 9 else (WRIST, cell - 9)
    edges = (0, 16, 48, 96)  # half way between centres; the last cell also has what is left
    row, col = divmod(inside, 3)
    return camera, slice(edges[row], edges[row + 1]), slice(edges[col], edges[col + 1])


class ContrastPolicy:
    """
    Joint j is the weighted sum of the contrast (standard deviation) of regions, in degrees.

    Chunks of two executed actions, the second twice the first. Counts its calls and pictures.
    """

    def __init__(self, *joints: Mapping[int, float]) -> None:
        """Take for each joint what a cell's contrast is worth in degrees, 0 if not named."""
        self.joints = joints
        self.batches: list[int] = []

    def __call__(self, pictures: Sequence[Images]) -> np.ndarray:
        self.batches.append(len(pictures))
        first = np.array(
            [[self._joint(images, joint) for joint in self.joints] for images in pictures]
        )
        return np.stack([first, 2 * first], axis=1).astype(np.float32)

    @staticmethod
    def _joint(images: Images, weights: Mapping[int, float]) -> float:
        return sum(weight * contrast(images, cell) for cell, weight in weights.items())


def contrast(images: Images, cell: int) -> float:
    """Return the standard deviation of a cell's region, 1.0 for black and white in equal parts."""
    camera, rows, cols = region(cell)
    return float(images[camera][rows, cols].std() / 127.5)
