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
Numbers for every head: how wide it looks, at what, and how much it differs from the others.

Nothing here runs a model: the weights come out of ``Inference.head_weights``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.summary import relative_entropy

# Softmax in half precision loses about 1e-3 over a thousand tokens.
_SUM_TOLERANCE = 1e-2


@dataclass(frozen=True)
class HeadStatistics:
    """
    One head of one layer.

    ``entropy``: of its attention over tokens, divided by that of uniform attention: 0 is one
    single token, 1 is everywhere alike. ``shares``: token group to its share, they sum to 1.
    ``distance``: total variation distance to the mean over the layer's heads: 0 is the same,
    1 is nothing in common. ``camera``: the feature that it looks at most per token, None for a
    policy without cameras.
    """

    module: str
    layer: int
    head: int
    entropy: float
    shares: Mapping[str, float]
    distance: float
    camera: str | None


def head_statistics(
    head_weights: Mapping[str, NDArray[np.float32]], layout: TokenLayout
) -> tuple[HeadStatistics, ...]:
    """
    Return the numbers of every head, in the order of modules, layers and heads.

    ``head_weights``: module to (layer, head, token), each row a distribution over the
    layout's tokens. Raises ValueError for weights of another number of tokens, and for rows
    that are no distribution (NaN, say).
    """
    return tuple(
        statistics
        for module, weights in head_weights.items()
        for statistics in _of_module(module, weights, layout)
    )


def _of_module(
    module: str, weights: NDArray[np.float32], layout: TokenLayout
) -> Iterator[HeadStatistics]:
    if weights.ndim != 3 or weights.shape[-1] != layout.size:
        raise ValueError(
            f'weights of {module} have shape {weights.shape}, expected (layer, head, token) with '
            f'{layout.size} tokens'
        )
    totals = weights.sum(axis=-1, dtype=np.float64)
    if not (np.abs(totals - 1.0) < _SUM_TOLERANCE).all():
        raise ValueError(
            f'weights of {module} sum to {totals.min():.3g} to {totals.max():.3g} per head, '
            'expected 1: does the policy compute NaN, or were the weights cut or scaled?'
        )
    distances = 0.5 * np.abs(weights - weights.mean(axis=1, keepdims=True)).sum(axis=-1)
    for layer, head in np.ndindex(*weights.shape[:2]):
        row = weights[layer, head].astype(np.float64)
        shares = {
            group.name: float(row[group.start : group.stop].sum()) for group in layout.groups
        }
        yield HeadStatistics(
            module=module,
            layer=layer,
            head=head,
            entropy=relative_entropy(row),
            shares=shares,
            distance=float(distances[layer, head]),
            camera=_favourite(shares, layout),
        )


def _favourite(shares: Mapping[str, float], layout: TokenLayout) -> str | None:
    per_token = {
        camera.feature: shares[camera.feature] / (camera.stop - camera.start)
        for camera in layout.cameras
    }
    return max(per_token, key=per_token.__getitem__) if per_token else None
