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

"""Relevance is that of the paper's equations, written out in full here."""

import pytest
import torch

from attention_mapper_ros.attention.gradient import (
    action_scalar,
    gradient,
    gradient_places,
    normalised,
    relevance,
    relevant_attention,
)
from attention_mapper_ros.attention.places import Place
from attention_mapper_ros.attention.selection import Selection

HEADS, QUERIES, TOKENS = 3, 4, 6


def positive(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=generator, dtype=torch.float64)


def by_the_paper(encoder, decoder_self, decoder_cross) -> torch.Tensor:
    """Equations 6 to 10 with every matrix built, for one observation."""

    def bar(matrix):  # equations 8 and 9
        rest = matrix - torch.eye(len(matrix), dtype=matrix.dtype)
        return rest / rest.sum(dim=-1, keepdim=True) + torch.eye(len(matrix), dtype=matrix.dtype)

    inputs = torch.eye(TOKENS, dtype=torch.float64)
    for attention in encoder:
        inputs = inputs + attention @ inputs  # 6
    queries = torch.eye(QUERIES, dtype=torch.float64)
    crossed = torch.zeros(QUERIES, TOKENS, dtype=torch.float64)
    for mixing, looking in zip(decoder_self, decoder_cross, strict=True):
        crossed = crossed + mixing @ crossed  # 7
        queries = queries + mixing @ queries  # 6
        crossed = crossed + bar(queries).T @ looking @ bar(inputs)  # 10
    return crossed


@pytest.mark.parametrize(('encoder_layers', 'decoder_layers'), [(1, 1), (4, 1), (3, 3)])
def test_relevance_equals_the_equations_written_out(encoder_layers, decoder_layers):
    encoder = [positive(2, TOKENS, TOKENS, seed=i) for i in range(encoder_layers)]
    decoder_self = [positive(2, QUERIES, QUERIES, seed=9 + i) for i in range(decoder_layers)]
    cross = [positive(2, QUERIES, TOKENS, seed=19 + i) for i in range(decoder_layers)]
    result = relevance(encoder, decoder_self, cross)
    assert len(result) == decoder_layers
    for batch in range(2):
        expected = by_the_paper(
            *([a[batch] for a in part] for part in (encoder, decoder_self, cross))
        )
        torch.testing.assert_close(result[-1][batch], expected)


def test_where_nothing_is_relevant_nothing_becomes_nan():
    nothing = [torch.zeros(1, TOKENS, TOKENS)]
    cross = positive(1, QUERIES, TOKENS, seed=1).float()
    result = relevance(nothing, [torch.zeros(1, QUERIES, QUERIES)], [cross])
    torch.testing.assert_close(result[0], cross)
    assert torch.isfinite(normalised(torch.eye(4)[None])).all()


def test_only_what_pushes_the_scalar_up_is_relevant():
    attention = torch.full((1, 2, 1, 3), 0.5)
    change = torch.tensor([[[[2.0, -4.0, 0.0]], [[0.0, 2.0, 0.0]]]])
    result = relevant_attention(attention, change, 'mean')
    torch.testing.assert_close(result, torch.tensor([[[0.5, 0.5, 0.0]]]))
    torch.testing.assert_close(
        relevant_attention(attention, change, 0), torch.tensor([[[1.0, 0.0, 0.0]]])
    )


def test_gradients_of_one_observation_do_not_mix_with_those_of_another():
    selection = Selection(queries_executed=QUERIES)
    places = gradient_places(selection, 1, 1)
    values = positive(2, 1, TOKENS, 1, seed=5).float()

    def run(batch: slice) -> torch.Tensor:
        weights = {
            place: keep(
                positive(
                    2,
                    HEADS,
                    TOKENS if place.module == 'encoder_self' else QUERIES,
                    QUERIES if place.module == 'decoder_self' else TOKENS,
                    seed=len(place.module),
                ).float()[batch]
            )
            for place, keep in places.items()
        }
        encoded = weights[Place('encoder_self', 0)] @ values[batch]
        seen = weights[Place('decoder_cross', 0)] @ encoded
        actions = (weights[Place('decoder_self', 0)] @ seen).sum(dim=1)
        scalar = action_scalar(actions, selection, None)
        return gradient(weights, scalar, selection, 1, 1)

    both = run(slice(0, 2))
    torch.testing.assert_close(both[:1], run(slice(0, 1)))
    torch.testing.assert_close(both[1:], run(slice(1, 2)))


def test_scalar_is_the_norm_of_the_rows_and_the_column_that_are_asked_for():
    actions = torch.arange(24.0).view(1, 4, 6)
    norm = torch.linalg.vector_norm
    cases = [
        (Selection(queries_executed=2), None, actions[0, :2]),
        (Selection(queries='max', queries_executed=3), None, actions[0, :3]),
        (Selection(queries=3), None, actions[0, 3]),
        (Selection(queries=-1), 2, actions[0, 3, 2]),
        (Selection(queries=(0, 2)), 5, actions[0, [0, 2], 5]),
    ]
    for selection, target, expected in cases:
        torch.testing.assert_close(
            action_scalar(actions, selection, target), norm(expected).reshape(1)
        )


def test_scalar_of_an_action_of_zeros_has_a_gradient():
    actions = torch.zeros(1, 4, 6, requires_grad=True)
    (change,) = torch.autograd.grad(action_scalar(actions, Selection(), None).sum(), actions)
    assert torch.isfinite(change).all()
