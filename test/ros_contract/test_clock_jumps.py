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

"""What happens when simulated time starts, jumps or ends: callbacks of the clock, and timers."""

import pytest

from attention_mapper_ros.ros.client import (
    ClockChange,
    ClockType,
    Duration,
    JumpThreshold,
    Parameter,
    Time,
    TimeJump,
)

SECOND = 10**9


def show(node, seconds):
    """Set the simulated time."""
    time = Time(nanoseconds=round(seconds * SECOND), clock_type=ClockType.ROS_TIME)
    node.get_clock().set_ros_time_override(time)


def simulate(node, on=True):
    node.set_parameters([Parameter('use_sim_time', value=on)])


@pytest.fixture
def simulated(node):
    simulate(node)
    show(node, 100.0)
    return node


def watch(node, **threshold):
    """Note the jumps that pass a threshold, and keep the handle alive on the node."""
    jumps = []
    kept = {'min_forward': None, 'min_backward': None, 'on_clock_change': False} | threshold
    node.jump_handle = node.get_clock().create_jump_callback(
        JumpThreshold(**kept), post_callback=jumps.append
    )
    return jumps


def test_a_jump_forward_calls_back_from_its_threshold_on(simulated):
    jumps = watch(simulated, min_forward=Duration(seconds=2))
    show(simulated, 101.9)
    show(simulated, 50.0)
    assert jumps == []
    show(simulated, 52.0)
    assert [jump.delta.nanoseconds for jump in jumps] == [2 * SECOND]
    assert isinstance(jumps[0], TimeJump)
    assert jumps[0].clock_change == ClockChange.ROS_TIME_NO_CHANGE


def test_a_jump_back_calls_back_from_its_threshold_on(simulated):
    jumps = watch(simulated, min_backward=Duration(seconds=-2))
    show(simulated, 98.1)
    show(simulated, 200.0)
    assert jumps == []
    show(simulated, 20.0)
    assert [jump.delta.nanoseconds for jump in jumps] == [-180 * SECOND]


def test_switching_simulated_time_on_and_off_calls_back_without_a_distance(node):
    jumps = watch(node, on_clock_change=True)
    simulate(node)
    show(node, 100.0)
    simulate(node, on=False)
    changes = [(jump.clock_change, jump.delta.nanoseconds) for jump in jumps]
    assert changes == [
        (ClockChange.ROS_TIME_ACTIVATED, 0),
        (ClockChange.ROS_TIME_DEACTIVATED, 0),
    ]


def test_the_time_before_a_jump_is_seen_before_it_and_the_time_after_it_after(simulated):
    seen = []
    clock = simulated.get_clock()
    threshold = JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1))
    handle = clock.create_jump_callback(
        threshold,
        pre_callback=lambda: seen.append(clock.now().nanoseconds // SECOND),
        post_callback=lambda jump: seen.append(clock.now().nanoseconds // SECOND),
    )
    show(simulated, 40.0)
    assert seen == [100, 40]
    handle.unregister()
    handle.unregister()
    show(simulated, 30.0)
    assert seen == [100, 40]


def test_a_threshold_that_nothing_passes_and_a_handle_without_callbacks_are_refused(node):
    with pytest.raises(ValueError, match='min_forward'):
        JumpThreshold(min_forward=Duration(seconds=-1), min_backward=None)
    with pytest.raises(ValueError, match='min_backward'):
        JumpThreshold(min_forward=None, min_backward=Duration(seconds=1))
    with pytest.raises(ValueError, match='At least one'):
        JumpThreshold(min_forward=None, min_backward=None, on_clock_change=False)
    with pytest.raises(ValueError, match='must be callable'):
        node.get_clock().create_jump_callback(
            JumpThreshold(min_forward=None, min_backward=None, on_clock_change=True)
        )


@pytest.fixture
def ticks(simulated, ros):
    """Start a timer of one second; what it returns tells at which times it calls."""
    calls = []
    clock = simulated.get_clock()
    simulated.create_timer(1.0, lambda: calls.append(clock.now().nanoseconds / SECOND))

    def at(seconds):
        calls.clear()
        show(simulated, seconds)
        for _ in range(5):
            ros.spin_once(simulated, timeout_sec=0.0)
        return len(calls)

    return at


def test_a_late_timer_keeps_its_phase_and_skips_what_it_missed(ticks):
    assert ticks(100.9) == 0
    assert ticks(101.3) == 1
    assert ticks(101.9) == 0
    assert ticks(102.0) == 1
    assert ticks(106.5) == 1
    assert ticks(106.9) == 0
    assert ticks(107.0) == 1


def test_after_a_jump_to_before_its_last_call_a_timer_waits_one_period(ticks):
    assert ticks(101.0) == 1
    assert ticks(50.5) == 0
    assert ticks(51.4) == 0
    assert ticks(51.5) == 1
    assert ticks(52.5) == 1


def test_after_a_small_jump_back_a_timer_calls_when_it_would_have(ticks):
    assert ticks(101.0) == 1
    assert ticks(101.8) == 0
    assert ticks(101.2) == 0
    assert ticks(101.9) == 0
    assert ticks(102.0) == 1


def test_a_timer_of_system_time_begins_anew_with_the_first_simulated_time(node, ros):
    calls = []
    node.create_timer(5.0, lambda: calls.append(1))
    simulate(node)
    for seconds, expected in ((100.0, 0), (104.9, 0), (105.0, 1), (110.0, 2)):
        show(node, seconds)
        for _ in range(5):
            ros.spin_once(node, timeout_sec=0.0)
        assert len(calls) == expected, seconds
