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

"""Time points, durations, and the clock that /clock may drive."""

import pytest

from attention_mapper_ros.ros.client import Clock, ClockType, Duration, Parameter, Time
from attention_mapper_ros.ros.interfaces import Clock as ClockMessage
from attention_mapper_ros.ros.interfaces import Time as TimeMessage


def test_times_and_durations_calculate():
    one = Time(seconds=1, nanoseconds=5)
    assert one.nanoseconds == 1_000_000_005
    assert one.seconds_nanoseconds() == (1, 5)
    assert one + Duration(seconds=0.5) == Time(nanoseconds=1_500_000_005)
    assert (one - Time(seconds=1)).nanoseconds == 5
    assert one - Duration(nanoseconds=5) == Time(seconds=1)
    assert Duration(seconds=1) > Duration(nanoseconds=1)
    with pytest.raises(ValueError, match='negative'):
        Time(seconds=1) - Duration(seconds=2)


def test_times_go_into_messages_and_back():
    time = Time(seconds=3, nanoseconds=4, clock_type=ClockType.ROS_TIME)
    assert time.to_msg() == TimeMessage(sec=3, nanosec=4)
    assert Time.from_msg(TimeMessage(sec=3, nanosec=4)) == time
    assert Duration(seconds=-1, nanoseconds=1).to_msg().sec == -1


def test_times_of_different_clocks_do_not_compare():
    with pytest.raises(TypeError):
        _ = Time(clock_type=ClockType.ROS_TIME) < Time(clock_type=ClockType.STEADY_TIME)


def test_a_steady_clock_goes_forward():
    clock = Clock(clock_type=ClockType.STEADY_TIME)
    assert clock.now() <= clock.now()


def test_the_nodes_clock_follows_the_clock_topic_and_so_do_timers(node, spin_until):
    calls = []
    publisher = node.create_publisher(ClockMessage, '/clock', 1)
    node.set_parameters([Parameter('use_sim_time', value=True)])
    timer = node.create_timer(1.0, lambda: calls.append(node.get_clock().now().nanoseconds))
    assert timer.clock is node.get_clock()
    spin_until(node, lambda: publisher.get_subscription_count() == 1)

    def show(seconds):
        publisher.publish(ClockMessage(clock=TimeMessage(sec=seconds, nanosec=0)))
        spin_until(node, lambda: node.get_clock().now().nanoseconds == seconds * 10**9)

    show(100)
    show(101)
    timer.reset()
    calls.clear()
    show(102)
    spin_until(node, lambda: len(calls) == 1)
    assert calls == [102 * 10**9]
    node.set_parameters([Parameter('use_sim_time', value=False)])
    assert node.get_clock().now().nanoseconds > 10**18
