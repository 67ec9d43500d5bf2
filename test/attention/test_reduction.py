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

"""What a selection makes of an attention's weights."""

from itertools import product

import pytest
import torch

from attention_mapper_ros.attention.places import ENCODER_SELF
from attention_mapper_ros.attention.reduction import (
    as_distribution,
    executed,
    mixed_heads,
    pick,
    pick_queries,
)
from attention_mapper_ros.attention.selection import Selection

BATCH, HEADS, QUERIES, TOKENS = 2, 4, 8, 10
PICKS = (0, -1, 2, (0, 2), (3, 1), 'mean', 'max')


def weights() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(BATCH, HEADS, QUERIES, TOKENS, generator=generator).softmax(dim=-1)


@pytest.mark.parametrize('dimension', [0, 1, -2])
def test_index_keeps_that_one_and_a_list_those_apart(dimension):
    made = weights()
    assert torch.equal(pick(made, dimension, -1).squeeze(dimension), made.select(dimension, -1))
    assert torch.equal(
        pick(made, dimension, (1, 0)),
        torch.stack([made.select(dimension, 1), made.select(dimension, 0)], dim=dimension),
    )


def test_mean_and_max_reduce_and_leave_the_dimension():
    made = weights()
    torch.testing.assert_close(pick(made, 1, 'mean'), made.mean(dim=1, keepdim=True))
    assert torch.equal(pick(made, 1, 'max'), made.max(dim=1, keepdim=True).values)


def test_mean_and_max_run_over_the_executed_queries_alone():
    made = weights()
    for reduction in ('mean', 'max'):
        selection = Selection(queries=reduction, queries_executed=3)
        changed = made.clone()
        changed[:, :, 3:] = 1.0
        assert torch.equal(pick_queries(made, selection), pick_queries(changed, selection))


def test_query_behind_the_executed_ones_can_be_picked():
    made = weights()
    picked = pick_queries(made, Selection(queries=7, queries_executed=3))
    assert torch.equal(picked[:, :, 0], made[:, :, 7])


def test_mean_of_the_encoder_runs_over_all_its_tokens():
    made = weights()
    picked = pick_queries(made, Selection(module=ENCODER_SELF, queries_executed=3))
    torch.testing.assert_close(picked[:, :, 0], made.mean(dim=2))


def test_single_queries_are_picked_of_all_of_them():
    made = weights()
    assert executed(made, Selection(queries=7, queries_executed=3)) is made
    assert executed(made, Selection(queries=(1, 7), queries_executed=3)) is made
    assert executed(made, Selection(queries_executed=3)).shape[-2] == 3


@pytest.mark.parametrize('heads', PICKS)
def test_mixed_heads_are_one_attention_matrix(heads):
    made = weights()
    mixed = mixed_heads(made, heads)
    assert mixed.shape == (BATCH, QUERIES, TOKENS)
    torch.testing.assert_close(mixed.sum(dim=-1), torch.ones(BATCH, QUERIES))
    if heads != 'max':
        torch.testing.assert_close(mixed, pick(made, 1, heads).mean(dim=1))


@pytest.mark.parametrize(('heads', 'queries'), list(product(PICKS, PICKS)))
def test_every_pick_ends_in_a_distribution_for_every_picture_of_the_batch(heads, queries):
    selection = Selection(heads=heads, queries=queries, queries_executed=QUERIES)
    made = weights()

    def tokens(some: torch.Tensor) -> torch.Tensor:
        return as_distribution(pick_queries(pick(some, 1, heads), selection))

    assert tokens(made).shape == (BATCH, TOKENS)
    torch.testing.assert_close(tokens(made).sum(dim=-1), torch.ones(BATCH))
    torch.testing.assert_close(tokens(made)[1:], tokens(made[1:]))


def test_one_query_of_one_head_stays_as_it_is():
    made = weights()
    tokens = as_distribution(pick_queries(pick(made, 1, 2), Selection(queries=5)))
    torch.testing.assert_close(tokens, made[:, 2, 5])


def test_relevance_that_is_nowhere_is_uniform_and_nan_stays_nan():
    nowhere = as_distribution(torch.zeros(1, 2, 3, TOKENS))
    torch.testing.assert_close(nowhere, torch.full((1, TOKENS), 1 / TOKENS))
    assert as_distribution(torch.full((1, 2, 3, TOKENS), torch.nan)).isnan().all()
