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

"""Rollout is the product of the paper, whichever way it is computed."""

import pytest
import torch

from attention_mapper_ros.attention.places import Place
from attention_mapper_ros.attention.rollout import (
    decoder_rollout,
    rollout,
    rollout_places,
    through_encoder,
)
from attention_mapper_ros.attention.selection import Selection

ENCODER, DECODER, HEADS, QUERIES, TOKENS = 3, 3, 4, 5, 7


def attention(*shape: int, seed: int = 0) -> torch.Tensor:
    """Return rows that sum to 1, sharp enough to tell tokens apart."""
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(shape, generator=generator)).softmax(dim=-1)


@pytest.fixture
def weights():
    """(batch, head, query, token) of every attention of a deep model, two observations."""
    found = {
        Place('encoder_self', layer): attention(2, HEADS, TOKENS, TOKENS, seed=layer)
        for layer in range(ENCODER)
    }
    for layer in range(DECODER):
        found[Place('decoder_self', layer)] = attention(2, HEADS, QUERIES, QUERIES, seed=9 + layer)
        found[Place('decoder_cross', layer)] = attention(
            2, HEADS, QUERIES, TOKENS, seed=19 + layer
        )
    return found


def rolled(weights, selection: Selection) -> torch.Tensor:
    places = rollout_places(selection, ENCODER, DECODER)
    records = {place: keep(weights[place]) for place, keep in places.items()}
    return rollout(records, selection, ENCODER, DECODER)


def full_encoder_product(weights, mix) -> torch.Tensor:
    """Return the matrix of the paper, (batch, token, token), the first layer rightmost."""
    product = torch.eye(TOKENS)
    for layer in range(ENCODER):
        mixed = mix(weights[Place('encoder_self', layer)])
        product = (mixed + torch.eye(TOKENS)) / 2 @ product
    return product


def mean_heads(weights: torch.Tensor) -> torch.Tensor:
    return weights.mean(dim=1)


def one_head(weights: torch.Tensor) -> torch.Tensor:
    return weights[:, 2]


def two_heads(weights: torch.Tensor) -> torch.Tensor:
    return weights[:, [0, 3]].mean(dim=1)


def strongest_head(weights: torch.Tensor) -> torch.Tensor:
    strongest = weights.amax(dim=1)
    return strongest / strongest.sum(dim=-1, keepdim=True)


@pytest.mark.parametrize(
    ('heads', 'mix'),
    [('mean', mean_heads), (2, one_head), ((0, 3), two_heads), ('max', strongest_head)],
)
def test_first_decoder_layer_is_cross_attention_times_the_full_product(weights, heads, mix):
    result = rolled(weights, Selection(layers=0, heads=heads, queries=3))
    cross = mix(weights[Place('decoder_cross', 0)])
    expected = (cross @ full_encoder_product(weights, mix))[:, 3]
    torch.testing.assert_close(result[:, 0, 0], expected)


def test_deeper_decoder_layers_compose_self_attention_and_residuals(weights):
    result = rolled(weights, Selection(layers=-1, queries=(0, 4)))
    seen = mean_heads(weights[Place('decoder_cross', 0)])
    for layer in (1, 2):
        mixing = mean_heads(weights[Place('decoder_self', layer)])
        carried = (mixing + torch.eye(QUERIES)) / 2 @ seen
        seen = (mean_heads(weights[Place('decoder_cross', layer)]) + carried) / 2
    expected = seen @ full_encoder_product(weights, mean_heads)
    torch.testing.assert_close(result[:, 0], expected[:, [0, 4]])


@pytest.mark.parametrize('queries', ['mean', 'max', 1, (0, 2)])
@pytest.mark.parametrize('layers', [-1, 0, (0, 2), 'mean', 'max'])
def test_reducing_early_gives_what_reducing_the_full_result_gives(weights, layers, queries):
    result = rolled(weights, Selection(layers=layers, queries=queries, queries_executed=4))
    each = rolled(weights, Selection(layers=(0, 1, 2), queries=(0, 1, 2, 3, 4)))
    picked = {-1: each[:, 2:], 0: each[:, :1], (0, 2): each[:, [0, 2]]}.get(layers, each)
    if queries == 'mean':
        picked = picked[:, :, :4].mean(dim=2, keepdim=True)
    elif queries == 'max':
        picked = picked[:, :, :4].amax(dim=2, keepdim=True)
    else:
        picked = picked[:, :, [queries] if isinstance(queries, int) else list(queries)]
    if layers == 'mean':
        picked = picked.mean(dim=1, keepdim=True)
    elif layers == 'max':
        picked = picked.amax(dim=1, keepdim=True)
    torch.testing.assert_close(result, picked)


def test_rows_sum_to_one(weights):
    for selection in (Selection(queries_executed=5), Selection(heads='max', queries=2)):
        torch.testing.assert_close(rolled(weights, selection).sum(dim=-1), torch.ones(2, 1, 1))


def test_identity_attention_changes_nothing():
    rows = attention(1, 1, 2, TOKENS)
    torch.testing.assert_close(through_encoder(rows, [torch.eye(TOKENS)[None]] * 4), rows)


def test_what_a_token_copied_from_another_goes_to_that_one_by_half():
    copies = torch.eye(TOKENS)
    copies[0] = torch.eye(TOKENS)[5]  # token 0 looks at token 5 alone
    looks_at_0 = torch.eye(TOKENS)[None, None, :1]
    result = through_encoder(looks_at_0, [copies[None]])
    torch.testing.assert_close(result[0, 0, 0, [0, 5]], torch.tensor([0.5, 0.5]))


def test_only_layers_below_the_selected_one_are_wanted():
    places = rollout_places(Selection(layers=1), ENCODER, DECODER)
    assert Place('decoder_cross', 1) in places
    assert Place('decoder_cross', 2) not in places
    assert Place('decoder_self', 0) not in places  # it mixes queries that carry nothing yet
    assert Place('decoder_self', 1) in places


def test_one_decoder_layer_needs_no_decoder_self_attention():
    cross = attention(1, QUERIES, TOKENS)
    assert decoder_rollout([cross], []) == [cross]
