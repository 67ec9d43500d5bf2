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

"""The newest of every stream, its age on the given clock, and why a tick cannot run."""

import pytest

from attention_mapper_ros.control.observation_buffer import ObservationBuffer, Refusal


class SteppedClock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def buffer(clock):
    return ObservationBuffer({'front': 0.5, 'joint_states': 0.1}, clock)


def test_newest_sample_of_every_stream(buffer):
    buffer.put('front', 'old frame')
    buffer.put('front', 'new frame')
    buffer.put('joint_states', 'joints')
    assert buffer.newest() == {'front': 'new frame', 'joint_states': 'joints'}


def test_stream_without_any_sample_is_named(buffer):
    buffer.put('front', 'frame')
    refusal = buffer.newest()
    assert isinstance(refusal, Refusal)
    assert refusal.stream == 'joint_states'
    assert 'nothing received yet' in refusal.reason


def test_sample_older_than_its_stream_allows_is_refused(buffer, clock):
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    clock.now_ns = 100_000_000
    assert not isinstance(buffer.newest(), Refusal)
    clock.now_ns = 150_000_000
    refusal = buffer.newest()
    assert isinstance(refusal, Refusal)
    assert refusal.stream == 'joint_states'
    assert '0.15 s old' in refusal.reason
    assert '0.10 s' in refusal.reason


def test_rejected_message_stops_the_tick_until_a_good_one_comes(buffer):
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    buffer.reject('front', 'encoding is unknown')
    assert buffer.newest() == Refusal('unusable', 'front', 'encoding is unknown')
    buffer.put('front', 'good frame')
    assert buffer.newest() == {'front': 'good frame', 'joint_states': 'joints'}


def test_ages(buffer, clock):
    buffer.put('front', 'frame')
    clock.now_ns = 250_000_000
    assert buffer.ages_s() == {'front': 0.25, 'joint_states': None}


def test_cleared_buffer_has_nothing(buffer):
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    buffer.clear()
    assert isinstance(buffer.newest(), Refusal)
