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

from attention_mapper_ros.attention.capture import ENCODER_SELF
from attention_mapper_ros.attention.selection import indices, Pick, Selection


def pick(weights: torch.Tensor, dimension: int, chosen: Pick) -> torch.Tensor:
    """Keep or reduce one dimension, which stays, with size one after mean and max."""
    if chosen == 'mean':
        return weights.mean(dim=dimension, keepdim=True)
    if chosen == 'max':
        return weights.amax(dim=dimension, keepdim=True)
    kept = indices(chosen, weights.shape[dimension])
    if len(kept) == 1:
        return weights.narrow(dimension, kept[0], 1)
    return weights.index_select(dimension, torch.tensor(kept, device=weights.device))


def pick_queries(weights: torch.Tensor, selection: Selection) -> torch.Tensor:
    """Keep or reduce (..., query, token) as the selection says."""
    if isinstance(selection.queries, str) and selection.module != ENCODER_SELF:
        weights = weights.narrow(-2, 0, selection.queries_executed)
    return pick(weights, -2, selection.queries)


def pick_heads_and_queries(weights: torch.Tensor, selection: Selection) -> torch.Tensor:
    """
    Cut (batch, head, query, token) down to the selected heads and queries, float32.

    Queries first, so that a mean over heads never runs over queries that nobody wants. The
    order does not matter for the result unless both are reduced and one of them by ``max``:
    then it is the reduction over heads of the reduction over queries.
    """
    chosen = pick_queries(weights.to(torch.float32), selection)  # (batch, head, query', token)
    return pick(chosen, 1, selection.heads)  # (batch, head', query', token)


def as_distribution(weights: torch.Tensor) -> torch.Tensor:
    """
    Return the mean over everything between batch and token, (batch, token), made to sum to 1.

    ``max`` gives rows that sum to more than 1. A row of zeros (relevance that is nowhere
    positive) says nothing about any token and becomes uniform.
    """
    tokens = weights.flatten(1, -2).mean(dim=1)  # (batch, token)
    total = tokens.sum(dim=-1, keepdim=True)
    uniform = torch.full_like(tokens, 1.0 / tokens.shape[-1])
    return torch.where(total == 0, uniform, tokens / total)  # NaN stays NaN
