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

"""Which moments of a recording are looked at."""

from collections import Counter
from itertools import pairwise

import pytest

from attention_mapper_ros.recordings.sampling import spread

LENGTHS = {0: 10, 1: 40, 4: 25, 7: 10}


def test_every_episode_gives_as_many_frames_as_the_others():
    counted = Counter(episode for episode, _ in spread(LENGTHS, 10))
    assert set(counted) == set(LENGTHS)
    assert max(counted.values()) - min(counted.values()) <= 1


def test_few_frames_come_from_episodes_far_apart():
    lengths = dict.fromkeys(range(100), 30)
    assert [episode for episode, _ in spread(lengths, 4)] == [0, 25, 50, 75]


def test_neighbouring_episodes_are_seen_in_different_phases():
    lengths = dict.fromkeys(range(10), 100)
    indices = sorted(index for _, index in spread(lengths, 10))
    # Spread over the whole episode: no tenth of it is left out twice in a row.
    assert indices[0] < 20
    assert indices[-1] >= 80
    assert max(b - a for a, b in pairwise(indices)) <= 30


@pytest.mark.parametrize('count', [1, 3, 4, 17, 84, 85])
def test_no_frame_is_taken_twice_or_from_behind_the_end(count):
    places = spread(LENGTHS, count)
    assert len(set(places)) == count
    assert all(0 <= index < LENGTHS[episode] for episode, index in places)
    assert places == sorted(places)


@pytest.mark.parametrize('count', [0, 86])
def test_more_frames_than_there_are_is_refused_with_the_range(count):
    with pytest.raises(ValueError, match=f'{count} frames .* choose 1 to 85'):
        spread(LENGTHS, count)
