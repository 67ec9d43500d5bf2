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
Take out of a map what it shows for every picture: the position prior.

An attention that is drawn to the same cells whatever the camera sees says something about the
policy, and nothing about the scene. The same request on a picture without content shows it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.request import Baseline

# Dividing by less than a tenth of uniform would let noise in dark corners outshine everything.
_FLOOR = 0.1


def without_baseline(
    tokens: NDArray[np.float32], baseline_tokens: NDArray[np.float32], baseline: Baseline
) -> NDArray[np.float32]:
    """
    Return what is left, (token,) float32, non-negative, made to sum to 1.

    ``tokens``, ``baseline_tokens``: (token,) each summing to 1, of the frame and of the
    baseline's picture. ``subtract`` keeps where the frame draws more than the baseline does;
    ``divide`` says how many times as much, over at least a tenth of uniform. Where nothing
    is left (the frame is the baseline), the result is uniform.
    """
    if baseline.operation == 'subtract':
        left = np.maximum(tokens - baseline_tokens, 0)
    else:
        left = tokens / np.maximum(baseline_tokens, _FLOOR / tokens.size)
    total = left.sum(dtype=np.float64)
    if total == 0:
        return np.full_like(tokens, 1.0 / tokens.size)
    result: NDArray[np.float32] = (left / total).astype(np.float32)
    return result
