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
From attention weights to one map per camera and one share per token group.

A number on a map is attention divided by what uniform attention would give that token: 1.0
is indifferent, 4.0 is four times its fair share. Nothing is fitted to a frame, so frames,
cameras and runs can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout

# Softmax in half precision loses about 1e-3 over a thousand tokens.
_SUM_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Scale:
    """
    What the numbers on a map are.

    ``quantity``: ``attention``, ``relevance`` (attention times gradient) or ``change of the
    action``. ``one``: how much of it, per token and in its own unit, 1.0 on a map stands for.
    """

    quantity: str
    one: float


@dataclass(frozen=True)
class AttentionMaps:
    """
    What one forward looked at.

    ``cameras``: feature name to map, (row, col) float32, relative to uniform attention.
    ``shares``: token group to its share of the attention; they sum to 1.
    ``method``, ``selection``: how they were made, in words for a label (``raw``,
    ``last layer, mean of heads, queries 0-15``). ``scale``: what 1.0 on a map stands for.
    """

    layout: TokenLayout
    cameras: Mapping[str, NDArray[np.float32]]
    shares: Mapping[str, float]
    method: str
    selection: str
    scale: Scale

    def named_shares(self, cameras: Mapping[str, str]) -> dict[str, float]:
        """Return the shares by what people call the groups; ``cameras``: feature to name."""
        return {cameras.get(group, group): share for group, share in self.shares.items()}


def fold(
    tokens: NDArray[np.float32],
    layout: TokenLayout,
    method: str,
    selection: str,
    scale: Scale | None = None,
) -> AttentionMaps:
    """
    Fold one attention distribution over tokens into maps and shares.

    ``tokens``: (token,) non-negative weights that sum to 1 (a mean over heads and queries).
    ``scale``: what one is; without it, attention, of which each token's fair share is one.
    Raises ValueError when its length is not the layout's, or its sum not 1 (NaN, say).
    """
    if tokens.shape != (layout.size,):
        raise ValueError(
            f'attention has shape {tokens.shape}, the token layout has {layout.size} tokens: '
            'the policy adapter must describe the sequence that its attention runs over'
        )
    total = float(tokens.sum(dtype=np.float64))
    if not abs(total - 1.0) < _SUM_TOLERANCE:
        raise ValueError(
            f'attention sums to {total}, expected 1: a share of it would mean nothing; does the '
            'policy compute NaN, or was the attention cut or scaled?'
        )
    relative = tokens * np.float32(layout.size)
    return AttentionMaps(
        layout=layout,
        cameras={camera.feature: camera.grid(relative) for camera in layout.cameras},
        shares={
            group.name: float(tokens[group.start : group.stop].sum(dtype=np.float64))
            for group in layout.groups
        },
        method=method,
        selection=selection,
        scale=scale or Scale('attention', 1.0 / layout.size),
    )
