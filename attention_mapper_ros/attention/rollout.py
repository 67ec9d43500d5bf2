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
The method ``rollout``: the cross-attention carried back through the encoder to its input.

Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020), section 3: the
attention of a layer is mixed half and half with its residual connection, and the layers are
multiplied. The cross-attention of the first decoder layer has no residual term here, because
what its residual connection carries, the decoder's input, knows nothing of the observation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from attention_mapper_ros.attention.capture import Keep
from attention_mapper_ros.attention.places import DECODER_CROSS, DECODER_SELF, ENCODER_SELF, Place
from attention_mapper_ros.attention.reduction import mixed_heads, pick, pick_queries
from attention_mapper_ros.attention.selection import indices, Selection


def rollout_places(
    selection: Selection, encoder_layers: int, decoder_layers: int
) -> dict[Place, Keep]:
    """Return what to keep: of every layer that the selected one builds on, the heads mixed."""

    def keep(weights: torch.Tensor) -> torch.Tensor:
        return mixed_heads(weights, selection.heads)  # (batch, query, token)

    last = max(indices(selection.layers, decoder_layers))
    places = [Place(ENCODER_SELF, layer) for layer in range(encoder_layers)]
    places += [Place(DECODER_SELF, layer) for layer in range(1, last + 1)]
    places += [Place(DECODER_CROSS, layer) for layer in range(last + 1)]
    return dict.fromkeys(places, keep)


def rollout(
    records: Mapping[Place, torch.Tensor],
    selection: Selection,
    encoder_layers: int,
    decoder_layers: int,
) -> torch.Tensor:
    """
    Return (batch, layer', query', token), rows that sum to 1 over the encoder's input tokens.

    ``records``: as ``rollout_places`` keeps them, (batch, query, token) of each place, rows
    summing to 1. A layer of the selection is the decoder layer at which the rollout begins.
    """
    chosen = indices(selection.layers, decoder_layers)
    decoder = decoder_rollout(
        [records[Place(DECODER_CROSS, layer)] for layer in range(max(chosen) + 1)],
        [records[Place(DECODER_SELF, layer)] for layer in range(1, max(chosen) + 1)],
    )
    rows = torch.stack([decoder[layer] for layer in chosen], dim=1)
    linear = selection.queries != 'max'
    if linear:  # so the product can be taken of the mean instead of every query
        rows = pick_queries(rows, selection)  # (batch, layer, query', token)
    encoder = [records[Place(ENCODER_SELF, layer)] for layer in range(encoder_layers)]
    rows = through_encoder(rows, encoder)
    if not linear:
        rows = pick_queries(rows, selection)
    return pick(rows, 1, selection.layers) if isinstance(selection.layers, str) else rows


def decoder_rollout(
    cross: Sequence[torch.Tensor], self_attention: Sequence[torch.Tensor]
) -> list[torch.Tensor]:
    """
    Return after each decoder layer what its queries take from the encoder's output tokens.

    ``cross``: (batch, query, token) of layers 0, 1, ...; ``self_attention``: (batch, query,
    query) of layers 1, 2, ...: that of layer 0 mixes queries which carry nothing yet.
    """
    rolled = [cross[0]]
    for mixing, looking in zip(self_attention, cross[1:], strict=True):
        carried = (mixing @ rolled[-1] + rolled[-1]) / 2
        rolled.append((looking + carried) / 2)
    return rolled


def through_encoder(rows: torch.Tensor, encoder: Sequence[torch.Tensor]) -> torch.Tensor:
    """
    Return rows @ prod over layers, last to first, of (A / 2 + I / 2).

    ``rows``: (batch, layer, query, token); ``encoder``: A of each layer, (batch, token, token).
    Row by row: a full product of the layers would cost token / query times as much.
    """
    for attention in reversed(encoder):
        rows = (rows @ attention[:, None] + rows) / 2
    return rows
