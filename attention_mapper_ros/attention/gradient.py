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
The method ``gradient``: relevance of input tokens for one scalar of the action.

Chefer, Gur and Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and
Encoder-Decoder Transformers" (ICCV 2021). Equation numbers are those of the paper; s are the
decoder's queries, q the encoder's tokens. Gradients are exact: automatic differentiation with
respect to the very weights that the forward multiplied its values with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from attention_mapper_ros.attention.capture import Keep
from attention_mapper_ros.attention.places import DECODER_CROSS, DECODER_SELF, ENCODER_SELF, Place
from attention_mapper_ros.attention.reduction import executed, pick, pick_queries
from attention_mapper_ros.attention.selection import indices, Pick, Selection


def gradient_places(
    selection: Selection, encoder_layers: int, decoder_layers: int
) -> dict[Place, Keep]:
    """Return what to keep: the whole weights of every layer that the selected one builds on."""
    last = max(indices(selection.layers, decoder_layers))
    places = [Place(ENCODER_SELF, layer) for layer in range(encoder_layers)]
    places += [Place(DECODER_SELF, layer) for layer in range(last + 1)]
    places += [Place(DECODER_CROSS, layer) for layer in range(last + 1)]
    return dict.fromkeys(places, begin_graph)


def begin_graph(weights: torch.Tensor) -> torch.Tensor:
    """Keep the weights themselves; the first ones of a forward are where its graph begins."""
    return weights if weights.requires_grad else weights.requires_grad_()


def action_scalar(actions: torch.Tensor, selection: Selection, target: int | None) -> torch.Tensor:
    """
    Return what is explained: the Euclidean norm of the selected actions, (batch,).

    ``actions``: (batch, chunk, action) as the model puts them out, in units of the training
    data's deviation, so that joints of different units weigh alike. The queries of the
    selection are the rows, all those executed for ``mean`` and ``max``; ``target`` is one
    column, None all of them.
    """
    chosen = executed(actions, selection)
    if not isinstance(selection.queries, str):
        chosen = pick(chosen, 1, selection.queries)
    if target is not None:
        chosen = chosen[..., target : target + 1]
    norm: torch.Tensor = torch.linalg.vector_norm(chosen, dim=(1, 2))
    return norm


def gradient(
    records: Mapping[Place, torch.Tensor],
    scalar: torch.Tensor,
    selection: Selection,
    encoder_layers: int,
    decoder_layers: int,
) -> torch.Tensor:
    """
    Return the relevance (batch, layer', query', token) of the encoder's input tokens.

    ``records``: as ``gradient_places`` keeps them, (batch, head, query, token) of each place,
    with the graph that leads to ``scalar`` (batch,). Non-negative; rows do not sum to 1.
    """
    places = list(records)
    # Nothing depends on what another observation of the batch did: one sum differentiates all.
    gradients = torch.autograd.grad(scalar.sum(), [records[place] for place in places])
    with torch.no_grad():
        relevant = {
            place: relevant_attention(records[place].detach(), change, selection.heads)
            for place, change in zip(places, gradients, strict=True)
        }
        chosen = indices(selection.layers, decoder_layers)
        depth = range(max(chosen) + 1)
        layers = relevance(
            encoder=[relevant[Place(ENCODER_SELF, layer)] for layer in range(encoder_layers)],
            decoder_self=[relevant[Place(DECODER_SELF, layer)] for layer in depth],
            decoder_cross=[relevant[Place(DECODER_CROSS, layer)] for layer in depth],
        )
        rows = pick_queries(torch.stack([layers[layer] for layer in chosen], dim=1), selection)
        return pick(rows, 1, selection.layers) if isinstance(selection.layers, str) else rows


def relevant_attention(
    attention: torch.Tensor, gradients: torch.Tensor, heads: Pick
) -> torch.Tensor:
    """Return equation 5, the mean over heads of (gradient * A)+, (batch, query, token)."""
    return pick((gradients * attention).clamp_(min=0), 1, heads).mean(dim=1)


def relevance(
    encoder: Sequence[torch.Tensor],
    decoder_self: Sequence[torch.Tensor],
    decoder_cross: Sequence[torch.Tensor],
) -> list[torch.Tensor]:
    """
    Return R^sq, (batch, query, token), after each decoder layer.

    The arguments are equation 5 of each layer: (batch, token, token), (batch, query, query)
    and (batch, query, token).
    """
    queries = decoder_cross[0].shape[-2]
    query_relevance = torch.eye(queries).to(decoder_cross[0])[None]  # R^ss
    layers = []
    input_relevance = torch.zeros_like(decoder_cross[0])  # R^sq
    for self_attention, cross in zip(decoder_self, decoder_cross, strict=True):
        input_relevance = input_relevance + self_attention @ input_relevance  # equation 7
        query_relevance = query_relevance + self_attention @ query_relevance  # equation 6
        mixed = normalised(query_relevance).transpose(-1, -2) @ cross
        input_relevance = input_relevance + through_encoder(mixed, encoder)  # equation 10
        layers.append(input_relevance)
    return layers


def through_encoder(rows: torch.Tensor, encoder: Sequence[torch.Tensor]) -> torch.Tensor:
    """
    Return rows @ R^qq, normalised by equations 8 and 9, without building R^qq.

    ``rows``: (batch, query, token). R^qq is the product over layers, last to first, of (I + A),
    by equation 6. Its off-identity part is divided by its row sums, which are found by
    multiplying a vector of ones through the layers.
    """
    ones = torch.ones_like(rows[:, :1]).transpose(-1, -2)  # (batch, token, 1)
    sums = ones
    for attention in encoder:
        sums = sums + attention @ sums
    scaled = _divide(rows, (sums - ones).transpose(-1, -2))
    carried = scaled
    for attention in reversed(encoder):
        carried = carried + carried @ attention
    return carried - scaled + rows


def normalised(relevance_matrix: torch.Tensor) -> torch.Tensor:
    """Return equations 8 and 9: the part beside the identity, its rows made to sum to 1."""
    identity = torch.eye(relevance_matrix.shape[-1]).to(relevance_matrix)
    rest = relevance_matrix - identity
    return _divide(rest, rest.sum(dim=-1, keepdim=True)) + identity


def _divide(values: torch.Tensor, sums: torch.Tensor) -> torch.Tensor:
    """Divide; where nothing is relevant, 0 / 0 is 0."""
    return torch.where(sums > 0, values / sums.clamp_min(torch.finfo(sums.dtype).tiny), 0.0)
