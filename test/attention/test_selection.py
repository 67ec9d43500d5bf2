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

"""Which weights are wanted, how they are asked for and how they are named."""

from array import array

import pytest

from attention_mapper_ros.attention.places import DECODER_SELF, ENCODER_SELF
from attention_mapper_ros.attention.selection import indices, parse_pick, Selection

LAYERS, HEADS, QUERIES = 2, 4, 8


@pytest.mark.parametrize(
    ('selection', 'label'),
    [
        (Selection(), 'last layer, mean of heads, query 0'),
        (Selection(queries_executed=8), 'last layer, mean of heads, queries 0-7'),
        (
            Selection(queries='max', queries_executed=8),
            'last layer, mean of heads, max of queries 0-7',
        ),
        (Selection(queries='max'), 'last layer, mean of heads, query 0'),
        (Selection(layers=1, heads=3, queries=5), 'layer 1, head 3, query 5'),
        (Selection('mean', 'max', (0, 7)), 'mean of layers, max of heads, queries 0+7'),
        (Selection((0, 1), (1, 2), -1), 'layers 0+1, heads 1+2, last query'),
        (
            Selection(module=ENCODER_SELF),
            'encoder self, last layer, mean of heads, mean of tokens',
        ),
        (Selection(module=DECODER_SELF), 'decoder self, last layer, mean of heads, query 0'),
    ],
)
def test_selection_reads_as_a_label(selection, label):
    assert str(selection) == label


@pytest.mark.parametrize(
    ('selection', 'message'),
    [
        (Selection(layers=2), 'layer 2 .* choose -2 to 1'),
        (Selection(layers=-3), 'layer -3 .* choose -2 to 1'),
        (Selection(heads=4), 'head 4 .* choose -4 to 3'),
        (Selection(heads=(0, 9)), 'head 9 .* choose -4 to 3'),
        (Selection(queries=8), 'query 8 .* choose -8 to 7'),
        (Selection(queries=-9), 'query -9 .* choose -8 to 7'),
        (Selection(heads='median'), "head 'median' .* mean or max"),
        (Selection(heads=()), 'head .* at least one'),
        (Selection(heads=(3, -1)), 'head .* only once'),
        (Selection(module='decoder'), "module 'decoder' .* encoder_self, decoder_self"),
        (Selection(queries_executed=9), '9 executed queries .* choose 1 to 8'),
        (Selection(queries_executed=0), '0 executed queries .* choose 1 to 8'),
    ],
)
def test_selection_outside_the_model_is_refused_with_the_valid_range(selection, message):
    with pytest.raises(ValueError, match=message):
        selection.check(LAYERS, HEADS, QUERIES)


def test_selection_at_the_ends_of_the_ranges_is_accepted():
    for layer in (-LAYERS, LAYERS - 1):
        for head in (-HEADS, HEADS - 1, tuple(range(HEADS))):
            selection = Selection(layer, head, QUERIES - 1, queries_executed=QUERIES)
            selection.check(LAYERS, HEADS, QUERIES)


def test_encoder_has_no_executed_queries_to_run_out_of():
    Selection(module=ENCODER_SELF, queries_executed=100).check(LAYERS, HEADS, queries=10)


@pytest.mark.parametrize(
    ('said', 'pick'),
    [
        ('mean', 'mean'),
        (' max ', 'max'),
        ('last', -1),
        (3, 3),
        ('3', 3),
        (-1, -1),
        ('0,2', (0, 2)),
        ('0, 2', (0, 2)),
        ([0, 2], (0, 2)),
        (array('q', [5, 1]), (5, 1)),  # what rclpy gives for an integer array
        ([4], 4),
    ],
)
def test_picks_are_read_from_words_indices_and_lists(said, pick):
    assert parse_pick(said, 'attention.head') == pick


@pytest.mark.parametrize(
    'said', ['', 'median', '1.5', '0,,2', 1.5, True, [], [0, 0], [0.5], ['mean', 1], None]
)
def test_anything_else_is_refused_with_its_name_and_the_choice(said):
    with pytest.raises(ValueError, match=r'attention\.head.*(mean|at least one index)'):
        parse_pick(said, 'attention.head')


def test_indices_count_from_the_first():
    assert indices(-1, 4) == (3,)
    assert indices((0, -2), 4) == (0, 2)
    assert indices('mean', 3) == indices('max', 3) == (0, 1, 2)
