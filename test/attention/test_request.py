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

"""What is asked of a policy's attention, and how it is named."""

from dataclasses import replace

import pytest

from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF
from attention_mapper_ros.attention.request import (
    AttentionRequest,
    Baseline,
    GRADIENT,
    METHODS,
    RAW,
    ROLLOUT,
)
from attention_mapper_ros.attention.selection import Selection

EXECUTED = Selection(queries_executed=16)
WORDS = 'last layer, mean of heads, queries 0-15'


@pytest.mark.parametrize(
    ('request_', 'label'),
    [
        (AttentionRequest(selection=EXECUTED), f'raw, {WORDS}'),
        (
            AttentionRequest(ROLLOUT, EXECUTED, Baseline('blank')),
            f'rollout, {WORDS}, minus blank picture',
        ),
        (
            AttentionRequest(GRADIENT, EXECUTED, Baseline('mean', 'divide'), target=3),
            f'gradient of action 3, {WORDS}, over mean picture',
        ),
        (AttentionRequest(GRADIENT, EXECUTED), f'gradient, {WORDS}'),
        (AttentionRequest(GRADIENT, EXECUTED, target=0), f'gradient of action 0, {WORDS}'),
        # A target is a gradient's alone.
        (AttentionRequest(RAW, EXECUTED, target=3), f'raw, {WORDS}'),
    ],
)
def test_request_reads_as_a_label(request_, label):
    assert str(request_) == label


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: AttentionRequest('grad'), "'grad' is unknown: choose raw, rollout, gradient"),
        (lambda: Baseline('grey'), "'grey' is unknown: choose none, blank, mean"),
        (lambda: Baseline('mean', 'minus'), "'minus' is unknown: choose subtract, divide"),
    ],
)
def test_unknown_words_are_refused_with_the_known_ones(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize('method', [method for method in METHODS if method != RAW])
def test_methods_that_go_back_to_the_input_start_at_the_cross_attention(method):
    inside = Selection(module=ENCODER_SELF)
    with pytest.raises(ValueError, match=f'{method}.*{ENCODER_SELF}.*{DECODER_CROSS}'):
        AttentionRequest(method, inside)
    AttentionRequest(RAW, inside)
    AttentionRequest(method, Selection(module=DECODER_CROSS))


def test_the_baseline_is_asked_for_the_same_without_a_baseline_and_without_heads():
    asked = AttentionRequest(GRADIENT, EXECUTED, Baseline('mean'), target=2, head_weights=True)
    plain = asked.without_baseline()
    assert plain == replace(asked, baseline=Baseline(), head_weights=False)
    assert str(plain) == f'gradient of action 2, {WORDS}'
    assert asked.baseline == Baseline('mean')
