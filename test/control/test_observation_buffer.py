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

import math

import pytest

from attention_mapper_ros.control.observation_buffer import ObservationBuffer, Refusal


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


def test_kinds_of_refusal_come_in_the_order_of_the_streams(buffer, clock):
    assert buffer.newest().kind == 'missing'
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    buffer.reject('joint_states', 'nan')
    assert buffer.newest().kind == 'unusable'
    clock.step(1.0)
    refusal = buffer.newest()
    assert (refusal.kind, refusal.stream) == ('stale', 'front')


def test_stream_that_no_tick_waits_for_is_kept_and_counted(buffer):
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    buffer.put('gripper', 'open')
    buffer.reject('gripper', 'nan')
    assert buffer.newest() == {'front': 'frame', 'joint_states': 'joints'}
    assert 'gripper' not in buffer.ages_s()
    assert (buffer.received()['gripper'], buffer.unusable()['gripper']) == (2, 1)


# Counts and rates


def test_messages_are_counted_by_stream_good_or_not(buffer):
    for _ in range(3):
        buffer.put('front', 'frame')
    buffer.reject('front', 'encoding is unknown')
    assert buffer.received() == {'front': 4, 'joint_states': 0}
    assert buffer.unusable() == {'front': 1, 'joint_states': 0}


def test_reason_stands_while_the_newest_message_is_unusable(buffer):
    buffer.reject('front', 'encoding is unknown')
    assert buffer.reasons() == {'front': 'encoding is unknown', 'joint_states': ''}
    buffer.put('front', 'frame')
    assert buffer.reasons() == {'front': '', 'joint_states': ''}


def test_blocked_stream_is_refused_without_counting_a_message(buffer):
    buffer.block('front', 'topic carries CompressedImage')
    assert buffer.newest() == Refusal('unusable', 'front', 'topic carries CompressedImage')
    assert buffer.received()['front'] == buffer.unusable()['front'] == 0
    assert buffer.reasons()['front'] == 'topic carries CompressedImage'


def test_rate_counts_usable_messages(buffer, clock):
    for _ in range(20):
        clock.step(0.1)
        buffer.put('front', 'frame')
        buffer.reject('front', 'encoding is unknown')
    rates = buffer.rates_hz(clock.now_ns)
    assert rates == {'front': pytest.approx(10.0), 'joint_states': 0.0}


def test_clear_keeps_the_counts_and_forgets_reasons_and_rates(buffer, clock):
    for _ in range(3):
        clock.step(0.1)
        buffer.put('front', 'frame')
    buffer.reject('front', 'encoding is unknown')
    buffer.clear()
    assert buffer.received()['front'] == 4
    assert buffer.unusable()['front'] == 1
    assert buffer.newest().kind == 'missing'
    assert buffer.rates_hz(clock.now_ns)['front'] == 0.0


# Spread between stamps


def skewed_buffer(clock, max_skew_s: float = 0.05) -> ObservationBuffer:
    return ObservationBuffer({'front': 9.0, 'wrist': 9.0, 'arm': 9.0}, clock, max_skew_s)


def test_stamps_too_far_apart_are_refused_with_both_streams_and_the_spread(clock):
    buffer = skewed_buffer(clock)
    buffer.put('front', 'frame', stamp_ns=1_000_000_000)
    buffer.put('wrist', 'frame', stamp_ns=1_080_000_000)
    buffer.put('arm', 'joints', stamp_ns=1_040_000_000)
    refusal = buffer.newest()
    assert (refusal.kind, refusal.stream) == ('skew', 'front')
    assert 'on front is stamped 0.08 s before that on wrist' in refusal.reason
    assert 'max_skew_s of 0.05 s' in refusal.reason
    buffer.put('front', 'newer frame', stamp_ns=1_050_000_000)
    assert buffer.newest()['front'] == 'newer frame'


def test_spread_of_exactly_max_skew_is_allowed(clock):
    buffer = skewed_buffer(clock)
    for stream, stamp_ns in (('front', 0), ('wrist', 50_000_000), ('arm', 25_000_000)):
        buffer.put(stream, 'sample', stamp_ns)
    assert not isinstance(buffer.newest(), Refusal)


def test_samples_without_stamp_are_judged_by_receive_time(clock):
    buffer = skewed_buffer(clock)
    buffer.put('front', 'frame')
    clock.step(0.06)
    buffer.put('wrist', 'frame')
    buffer.put('arm', 'joints', stamp_ns=clock.now_ns)
    assert buffer.newest().kind == 'skew'
    buffer.put('front', 'frame')
    assert not isinstance(buffer.newest(), Refusal)


@pytest.mark.parametrize('max_skew_s', [0.0, math.inf])
def test_spread_can_be_left_unjudged(clock, max_skew_s):
    buffer = skewed_buffer(clock, max_skew_s)
    for index, stream in enumerate(('front', 'wrist', 'arm')):
        buffer.put(stream, 'sample', stamp_ns=index * 10**12)
    assert not isinstance(buffer.newest(), Refusal)


# Frozen streams


@pytest.fixture
def watched(clock):
    return ObservationBuffer(
        {'front': 0.5, 'joint_states': 0.5}, clock, max_frozen_s={'front': 1.0}
    )


def feed(buffer, clock, seconds: float, repeated: bool) -> None:
    """Send both streams at 10 Hz; ``repeated`` is said of both."""
    for _ in range(round(seconds * 10)):
        clock.step(0.1)
        buffer.put('front', 'frame', repeated=repeated)
        buffer.put('joint_states', 'joints', repeated=repeated)


def test_stream_that_repeats_itself_for_too_long_is_frozen(watched, clock):
    feed(watched, clock, 0.1, repeated=False)
    feed(watched, clock, 1.0, repeated=True)
    assert not isinstance(watched.newest(), Refusal)
    feed(watched, clock, 0.1, repeated=True)
    refusal = watched.newest()
    assert (refusal.kind, refusal.stream) == ('frozen', 'front')
    assert 'the same content for 1.10 s' in refusal.reason
    assert 'max_frozen_s of 1.00 s' in refusal.reason


def test_one_changed_sample_thaws_a_stream(watched, clock):
    feed(watched, clock, 2.0, repeated=True)
    assert watched.newest().kind == 'frozen'
    feed(watched, clock, 0.1, repeated=False)
    feed(watched, clock, 1.0, repeated=True)
    assert not isinstance(watched.newest(), Refusal)


def test_stream_that_is_not_watched_may_repeat_itself(watched, clock):
    for _ in range(40):
        feed(watched, clock, 0.1, repeated=True)
        watched.put('front', 'new frame')
        assert not isinstance(watched.newest(), Refusal)


def test_slow_stream_is_not_a_frozen_one(clock):
    buffer = ObservationBuffer({'front': 5.0}, clock, max_frozen_s={'front': 1.0})
    for _ in range(3):
        clock.step(4.0)
        buffer.put('front', 'frame')
        clock.step(2.0)
        assert not isinstance(buffer.newest(), Refusal)


def test_first_sample_after_clear_repeats_nothing(watched, clock):
    feed(watched, clock, 2.0, repeated=True)
    watched.clear()
    feed(watched, clock, 1.0, repeated=True)
    assert not isinstance(watched.newest(), Refusal)


def test_max_frozen_of_zero_judges_nothing(clock):
    buffer = ObservationBuffer(
        {'front': 0.5, 'joint_states': 0.5}, clock, max_frozen_s={'front': 0.0}
    )
    feed(buffer, clock, 5.0, repeated=True)
    assert not isinstance(buffer.newest(), Refusal)


def test_max_frozen_of_an_unknown_stream_is_refused(clock):
    with pytest.raises(ValueError, match="names the stream 'back', the streams are front"):
        ObservationBuffer({'front': 0.5}, clock, max_frozen_s={'back': 1.0})


# A clock that jumps back


def test_age_is_never_negative_and_counted_from_the_jump_on(buffer, clock):
    clock.now_ns = 10**12
    buffer.put('front', 'frame')
    clock.now_ns = 0
    assert buffer.ages_s()['front'] == 0.0
    clock.step(0.25)
    assert buffer.ages_s()['front'] == 0.25


def test_dead_stream_becomes_stale_although_the_clock_has_jumped_back(buffer, clock):
    clock.now_ns = 10**12
    buffer.put('front', 'frame')
    buffer.put('joint_states', 'joints')
    clock.now_ns = 0
    for _ in range(10):
        buffer.put('joint_states', 'joints')
        clock.step(0.1)
    refusal = buffer.newest()
    assert (refusal.kind, refusal.stream) == ('stale', 'front')


def test_stream_that_freezes_after_the_clock_has_jumped_back_is_refused(watched, clock):
    clock.now_ns = 10**12
    feed(watched, clock, 0.1, repeated=False)
    clock.now_ns = 0
    feed(watched, clock, 1.0, repeated=True)
    assert not isinstance(watched.newest(), Refusal)
    feed(watched, clock, 0.2, repeated=True)
    assert watched.newest().kind == 'frozen'


def test_rate_is_right_again_soon_after_a_jump(buffer, clock):
    clock.now_ns = 10**12
    feed(buffer, clock, 3.0, repeated=False)
    clock.now_ns = 0
    feed(buffer, clock, 0.5, repeated=False)
    assert buffer.rates_hz(clock.now_ns)['front'] == pytest.approx(10.0)
