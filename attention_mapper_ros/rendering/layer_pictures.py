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
Pictures of single layers and heads: what each of them looks at in one step, a file each.

The head grid shows all of them small on one page; these are full overlays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.rendering.grid_page import HEADINGS
from attention_mapper_ros.rendering.head_grid import CameraFrame, in_layout_order
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.strip import text_size
from attention_mapper_ros.rendering.title import draw_title, title_height
from attention_mapper_ros.rendering.video import set_side_by_side, side_by_side_size


@dataclass(frozen=True)
class NamedPicture:
    """A (row, col, RGB) uint8 picture and the name of its file, ``step_0000_layer_0.png``."""

    name: str
    picture: NDArray[np.uint8]


class LayerPictures:
    """Draws layers and heads in one style, that of the overlays. Belongs to one thread."""

    def __init__(self, style: OverlayStyle | None = None) -> None:
        self._annotator = OverlayAnnotator(style)

    def draw(
        self,
        step: int,
        module: str,
        cameras: Sequence[CameraFrame],
        weights: NDArray[np.float32],
        layout: TokenLayout,
        heads: bool = False,
    ) -> Iterator[NamedPicture]:
        """
        Yield one picture per layer, the mean of its heads, and with ``heads`` one per head too.

        ``step``: its index in the episode. ``module``: whose weights they are, as in
        ``Inference.head_weights``. ``cameras``: those of the layout, in any order. ``weights``:
        (layer, head, token) float32, each row a distribution over the layout's tokens. Raises
        ValueError for cameras or weights that do not fit the layout.
        """
        frames = in_layout_order(cameras, layout)
        if weights.ndim != 3:
            raise ValueError(
                f'weights of {module} have shape {weights.shape}, expected (layer, head, token)'
            )
        for layer, of_heads in enumerate(weights):  # (head, token)
            name = f'step_{step:04d}_layer_{layer}'
            mean = of_heads.mean(axis=0, dtype=np.float32)  # (token,)
            words = f'layer {layer}, mean of {len(of_heads)} heads'
            yield NamedPicture(
                f'{name}.png', self._draw(step, module, words, frames, mean, layout)
            )
            for head, tokens in enumerate(of_heads if heads else ()):
                words = f'layer {layer}, head {head}'
                picture = self._draw(step, module, words, frames, tokens, layout)
                yield NamedPicture(f'{name}_head_{head}.png', picture)

    def _draw(
        self,
        step: int,
        module: str,
        words: str,
        frames: Sequence[CameraFrame],
        tokens: NDArray[np.float32],
        layout: TokenLayout,
    ) -> NDArray[np.uint8]:
        maps = fold(tokens, layout, 'raw', words)
        overlays = [
            self._annotator.annotate(
                frame.picture,
                maps.cameras[frame.feature],
                frame.geometry,
                maps.shares,
                frame.feature,
                words,
            )
            for frame in frames
        ]
        shapes = [overlay.shape for overlay in overlays]
        height, width = side_by_side_size(shapes)
        size = text_size(max(shape[1] for shape in shapes))
        top = title_height(size)
        out = np.empty((top + height, width, 3), np.uint8)
        draw_title(out[:top], f'step {step} · {words} · {HEADINGS.get(module, module)}', size)
        set_side_by_side(out[top:], overlays)
        return out
