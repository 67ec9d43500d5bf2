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

"""What a parameter's description says in words is what the page makes its controls of."""

import pytest

from attention_mapper_ros.nodes.valid_values import one_of, pick_of, sizes_of, words_of


def test_words_that_were_listed_are_read_back():
    assert words_of(one_of(['raw', 'rollout'])) == ('raw', 'rollout')


def test_sizes_that_were_described_are_read_back_and_readable():
    sizes = {'decoder_cross': 1, 'encoder_self': 4}
    assert sizes_of(pick_of(sizes)) == sizes
    assert pick_of(sizes) == (
        '0 to 0 of decoder_cross, 0 to 3 of encoder_self; last, mean, max, or several (0,2)'
    )


@pytest.mark.parametrize('text', ['', 'anything from 0 to 3 of it', 'one or the other'])
def test_other_words_are_left_to_people(text):
    assert words_of(text) == ()
    assert sizes_of(text) == {}
