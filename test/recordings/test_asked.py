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

"""From the words of a command line to what is asked of a policy's attention."""

import pytest

from attention_mapper_ros.attention.request import AttentionRequest, Baseline
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.recordings.asked import attention_request, request_in_words
from attention_mapper_ros.recordings.options import AttentionOptions

NAMES = ('pan', 'lift')


def asked(**options):
    return attention_request(AttentionOptions(**options), NAMES, 4)


def test_without_a_word_it_is_the_live_nodes_default():
    assert asked() == AttentionRequest('rollout', Selection(queries_executed=4))


@pytest.mark.parametrize(
    ('word', 'baseline'),
    [
        ('none', Baseline()),
        ('mean', Baseline('mean', 'subtract')),
        ('mean/', Baseline('mean', 'divide')),
        ('blank', Baseline('blank', 'subtract')),
        ('blank/', Baseline('blank', 'divide')),
    ],
)
def test_baseline_is_subtracted_or_divided_by(word, baseline):
    assert asked(baseline=word).baseline == baseline


@pytest.mark.parametrize(('word', 'number'), [('lift', 1), ('0', 0), ('action', None)])
def test_target_is_a_name_a_number_or_the_whole_action(word, number):
    assert asked(method='gradient', target=word).target == number


def test_several_layers_and_heads_can_be_named():
    selection = asked(method='raw', layer='0,2', head='max', query='3').selection
    assert (selection.layers, selection.heads, selection.queries) == ((0, 2), 'max', 3)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'baseline': 'median'}, "baseline 'median' is unknown: choose none, blank"),
        ({'method': 'gradient', 'target': 'elbow'}, "target 'elbow' is unknown: .* pan, lift"),
        ({'method': 'raw', 'target': 'lift'}, 'explains no single action'),
        ({'layer': 'first'}, 'attention layer'),
        ({'module': 'encoder_self'}, 'cannot start at'),
    ],
)
def test_words_that_mean_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        asked(**options)


def test_unknown_method_is_refused_before_anything_is_loaded():
    with pytest.raises(ValueError, match="method 'magic' is unknown"):
        AttentionOptions(method='magic')


def test_label_names_the_target():
    request = asked(method='gradient', target='lift')
    assert request_in_words(request, NAMES).startswith('gradient of lift')
    assert request_in_words(request, ()).startswith('gradient of action 1')
