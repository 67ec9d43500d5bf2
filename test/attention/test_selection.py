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

"""Which weights are wanted, and what they become."""

import pytest
import torch

from attention_mapper_ros.attention.reduction import reduce_weights
from attention_mapper_ros.attention.selection import Selection

LAYERS, HEADS, QUERIES, TOKENS = 2, 4, 8, 10


@pytest.mark.parametrize(
    ('selection', 'label'),
    [
        (Selection(), 'last layer, mean of heads, query 0'),
        (Selection(queries_executed=8), 'last layer, mean of heads, queries 0-7'),
        (Selection(layer=1, head=3, query=5), 'layer 1, head 3, query 5'),
    ],
)
def test_selection_reads_as_a_label(selection, label):
    assert str(selection) == label


@pytest.mark.parametrize(
    ('selection', 'message'),
    [
        (Selection(layer=2), 'layer 2 .* choose -2 to 1'),
        (Selection(layer=-3), 'layer -3 .* choose -2 to 1'),
        (Selection(head=4), 'head 4 .* choose 0 to 3'),
        (Selection(head=-1), 'head -1 .* choose 0 to 3'),
        (Selection(query=8), 'query 8 .* choose 0 to 7'),
        (Selection(query=-1), 'query -1 .* choose 0 to 7'),
        (Selection(queries_executed=9), '9 executed queries .* choose 1 to 8'),
        (Selection(queries_executed=0), '0 executed queries .* choose 1 to 8'),
    ],
)
def test_selection_outside_the_model_is_refused_with_the_valid_range(selection, message):
    with pytest.raises(ValueError, match=message):
        selection.check(LAYERS, HEADS, QUERIES)


def test_selection_at_the_ends_of_the_ranges_is_accepted():
    for layer in (-LAYERS, LAYERS - 1):
        Selection(layer, HEADS - 1, QUERIES - 1, QUERIES).check(LAYERS, HEADS, QUERIES)


def weights_per_head() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(1, HEADS, QUERIES, TOKENS).softmax(dim=-1)


def test_reduction_takes_the_mean_of_the_executed_queries():
    averaged = weights_per_head().mean(dim=1)  # (1, query, token)
    reduced = reduce_weights(averaged, Selection(queries_executed=3))
    torch.testing.assert_close(reduced, averaged[0, :3].mean(dim=0))
    assert reduced.sum() == pytest.approx(1.0)


def test_reduction_takes_one_query_of_one_head_as_it_is():
    weights = weights_per_head()
    reduced = reduce_weights(weights, Selection(head=2, query=5))
    assert torch.equal(reduced, weights[0, 2, 5])


def test_reduction_of_half_precision_weights_is_float32():
    averaged = weights_per_head().mean(dim=1).to(torch.bfloat16)
    assert reduce_weights(averaged, Selection()).dtype == torch.float32


def test_missing_weights_are_an_error():
    with pytest.raises(RuntimeError, match='need_weights'):
        reduce_weights(None, Selection())
