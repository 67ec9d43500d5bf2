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

"""Timers keep their phase, guards wake, tasks end, groups exclude, nothing polls."""

import contextlib
import threading
import time

import pytest

from attention_mapper_ros.ros.client import (
    ExternalShutdownException,
    Future,
    MultiThreadedExecutor,
    MutuallyExclusiveCallbackGroup,
    ReentrantCallbackGroup,
    SingleThreadedExecutor,
)
from attention_mapper_ros.ros.interfaces import String


def test_a_timer_keeps_its_phase_over_slow_callbacks(node, spin_until):
    times = []

    def slow():
        times.append(time.monotonic())
        time.sleep(0.02)

    node.create_timer(0.05, slow)
    spin_until(node, lambda: len(times) == 12)
    drift = times[-1] - times[0] - 11 * 0.05
    assert abs(drift) < 0.04


def test_missed_periods_are_skipped_not_made_up(node, spin_until):
    times = []

    def sometimes_slow():
        times.append(time.monotonic())
        if len(times) == 1:
            time.sleep(0.22)

    node.create_timer(0.1, sometimes_slow)
    spin_until(node, lambda: len(times) == 3)
    # Due at 0, 0.1, 0.2 and 0.3: the one at 0.2 comes late at 0.22, then 0.3; not two at once.
    assert times[2] - times[1] > 0.05


def test_a_canceled_timer_rests_until_reset(node, spin_until):
    calls = []
    timer = node.create_timer(0.02, lambda: calls.append(1))
    spin_until(node, lambda: len(calls) == 2)
    timer.cancel()
    assert timer.is_canceled()
    end = time.monotonic() + 0.2
    spin_until(node, lambda: time.monotonic() > end)
    assert len(calls) == 2
    timer.reset()
    spin_until(node, lambda: len(calls) == 3)
    assert node.destroy_timer(timer)


def test_a_guard_condition_wakes_the_executor_from_another_thread(ros, node):
    woken = []
    guard = node.create_guard_condition(lambda: woken.append(time.monotonic()))
    threading.Timer(0.3, guard.trigger).start()
    begin = time.monotonic()
    while not woken:
        ros.spin_once(node, timeout_sec=10.0)
        assert time.monotonic() - begin < 8.0
    assert 0.25 < woken[0] - begin < 3.0


def test_spin_once_waits_no_longer_than_told(ros, node):
    begin = time.monotonic()
    end = begin + 0.25
    while time.monotonic() < end:
        ros.spin_once(node, timeout_sec=max(0.0, end - time.monotonic()))
    assert time.monotonic() - begin < 2.0


def test_spinning_a_quiet_node_costs_next_to_nothing(ros, node):
    node.create_timer(0.5, lambda: None)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    time.sleep(0.3)
    begin = time.process_time()
    time.sleep(1.5)
    used = time.process_time() - begin
    executor.shutdown()
    thread.join()
    assert used < 0.15


def test_spinning_ends_when_the_future_is_done(ros, node):
    future = Future()
    threading.Timer(0.2, lambda: future.set_result(7)).start()
    begin = time.monotonic()
    ros.spin_until_future_complete(node, future, timeout_sec=10.0)
    assert future.result() == 7
    assert time.monotonic() - begin < 5.0


def test_spinning_for_a_future_ends_with_the_timeout(ros, node):
    begin = time.monotonic()
    ros.spin_until_future_complete(node, Future(), timeout_sec=0.2)
    assert 0.15 < time.monotonic() - begin < 5.0


def test_a_task_runs_in_the_executor_and_calls_back(ros, node):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    told = []
    task = executor.create_task(lambda a, b: a + b, 3, b=4)
    task.add_done_callback(lambda done: told.append(done.result()))
    executor.spin_until_future_complete(task, timeout_sec=5.0)
    assert task.result() == 7
    for _ in range(20):
        if told:
            break
        executor.spin_once(timeout_sec=0.1)
    assert told == [7]
    executor.shutdown()


def test_a_coroutine_waits_for_a_future(ros, node, spin_until):
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    future = Future(executor=executor)

    async def wait():
        return await future + 1

    task = executor.create_task(wait)
    node.create_timer(0.05, lambda: future.done() or future.set_result(1))
    executor.spin_until_future_complete(task, timeout_sec=5.0)
    assert task.result() == 2
    executor.shutdown()


def test_an_exception_of_a_callback_comes_out_of_spin(ros, node):
    def fail():
        raise ValueError('in the callback')

    node.create_timer(0.01, fail)
    with pytest.raises(ValueError, match='in the callback'):
        ros.spin(node)


def test_shutdown_from_another_thread_ends_spin(ros, node):
    threading.Timer(0.2, ros.shutdown).start()
    begin = time.monotonic()
    with contextlib.suppress(ExternalShutdownException):
        ros.spin(node)
    assert time.monotonic() - begin < 5.0
    assert not ros.ok()


def test_init_and_shutdown_may_be_repeated(ros_environment):
    from attention_mapper_ros.ros.client import Node, rclpy

    for number in range(3):
        rclpy.init(args=[])
        assert rclpy.ok()
        node = Node(f'life{number}', start_parameter_services=False)
        node.create_publisher(String, 'text', 1).publish(String(data='x'))
        node.destroy_node()
        rclpy.shutdown()
        assert not rclpy.ok()
    rclpy.try_shutdown()


@pytest.mark.parametrize('group', [MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup])
def test_groups_decide_what_runs_side_by_side(ros, node, group):
    shared = group()
    inside, most = [], []

    def work():
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.1)
        inside.pop()

    for _ in range(2):
        node.create_timer(0.05, work, callback_group=shared)
    executor = MultiThreadedExecutor(num_threads=4)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    time.sleep(0.8)
    executor.shutdown()
    thread.join()
    if group is MutuallyExclusiveCallbackGroup:
        assert max(most) == 1
    else:
        assert max(most) >= 2
