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

"""From the weights of attention modules to what a selection keeps of them."""

from __future__ import annotations

import torch

from attention_mapper_ros.attention.places import ENCODER_SELF
from attention_mapper_ros.attention.selection import indices, Pick, Selection


def pick(weights: torch.Tensor, dimension: int, chosen: Pick) -> torch.Tensor:
    """Keep or reduce one dimension, which stays, with size one after mean and max."""
    if chosen == 'mean':
        return weights.mean(dim=dimension, keepdim=True)
    if chosen == 'max':
        return weights.amax(dim=dimension, keepdim=True)
    kept = indices(chosen, weights.shape[dimension])
    # Narrow and join: an index tensor would have to travel to the device.
    return torch.cat([weights.narrow(dimension, index, 1) for index in kept], dim=dimension)


def pick_queries(weights: torch.Tensor, selection: Selection) -> torch.Tensor:
    """Keep or reduce (..., query, token) as the selection says."""
    return pick(executed(weights, selection), -2, selection.queries)


def executed(weights: torch.Tensor, selection: Selection) -> torch.Tensor:
    """Cut (..., query, token) down to the queries over which mean and max run."""
    if isinstance(selection.queries, str) and selection.module != ENCODER_SELF:
        return weights.narrow(-2, 0, selection.queries_executed)
    return weights


def mixed_heads(weights: torch.Tensor, chosen: Pick) -> torch.Tensor:
    """
    Return one attention matrix, (batch, query, token), for (batch, head, query, token).

    The mean over the chosen heads; of ``max``, whose rows sum to more than 1, the rows made
    to sum to 1 again.
    """
    mixed = pick(weights, 1, chosen).mean(dim=1)
    return mixed / mixed.sum(dim=-1, keepdim=True) if chosen == 'max' else mixed


def as_distribution(weights: torch.Tensor) -> torch.Tensor:
    """
    Return the mean over everything between batch and token, (batch, token), made to sum to 1.

    A row of zeros (relevance that is nowhere positive) says nothing about any token and
    becomes uniform. NaN stays NaN.
    """
    tokens = weights.flatten(1, -2).mean(dim=1)  # (batch, token)
    total = tokens.sum(dim=-1, keepdim=True)
    uniform = torch.full_like(tokens, 1.0 / tokens.shape[-1])
    return torch.where(total == 0, uniform, tokens / total)
