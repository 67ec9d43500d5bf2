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

"""From the weights of one attention module to one distribution over tokens."""

from __future__ import annotations

import torch

from attention_mapper_ros.attention.selection import Selection


def reduce_weights(weights: torch.Tensor | None, selection: Selection) -> torch.Tensor:
    """
    Return the selected head and queries as (token,) float32, on the device of the weights.

    ``weights``: what MultiheadAttention returns for a batch of one: (1, query, token), the mean
    over heads, when ``selection.head`` is None, else (1, head, query, token). Each row sums
    to 1, and so does the result. Raises RuntimeError when the module returned no weights.
    """
    if weights is None:
        raise RuntimeError(
            'the attention module returned no weights: it was called with need_weights=False, '
            'which the LeRobot versions that this package knows never do'
        )
    rows = weights[0]  # ([head,] query, token)
    if selection.head is not None:
        rows = rows[selection.head]  # (query, token)
    first, stop = selection.queries
    return rows[first:stop].to(torch.float32).mean(dim=0)  # (token,)
