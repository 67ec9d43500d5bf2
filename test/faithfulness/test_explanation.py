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

"""How maps are called on the command line, and what is refused."""

import pytest

from attention_mapper_ros.faithfulness.explanation import default_names, explanation


@pytest.mark.parametrize(
    ('word', 'name', 'label'),
    [
        ('raw', 'raw', 'raw, last layer'),
        (' rollout-mean', 'rollout - mean', 'minus mean picture'),
        ('gradient - blank', 'gradient - blank', 'minus blank picture'),
        ('raw/mean', 'raw / mean', 'over mean picture'),
    ],
)
def test_words_name_a_method_and_its_baseline(adapter, score, word, name, label):
    read = explanation(word, adapter, score)
    assert read.name == name
    assert label in str(read.request)
    assert read.live


def test_occlusion_needs_no_attention(adapter, score):
    assert explanation('occlusion', adapter, score).request is None


@pytest.mark.parametrize('word', ['rawr', 'raw-grey', 'raw*mean', '', 'occlusion-mean'])
def test_unknown_words_are_refused_with_the_known_ones(adapter, score, word):
    with pytest.raises(ValueError, match='choose raw, rollout, gradient or occlusion'):
        explanation(word, adapter, score)


def test_all_methods_are_tried_with_and_without_the_mean_picture(adapter):
    assert default_names(adapter) == (
        'raw',
        'raw - mean',
        'rollout',
        'rollout - mean',
        'gradient',
        'gradient - mean',
        'occlusion',
    )
