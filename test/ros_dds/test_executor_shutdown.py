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

"""A shutdown is heard by whoever spins, however the threads are scheduled."""

import threading
import time

import pytest

from attention_mapper_ros.ros.dds.executors import MultiThreadedExecutor, SingleThreadedExecutor


@pytest.mark.parametrize('threads', [1, 2])
def test_who_wakes_while_shutdown_is_not_through_yet_ends_all_the_same(node, monkeypatch, threads):
    executor = SingleThreadedExecutor() if threads == 1 else MultiThreadedExecutor(threads)
    executor.add_node(node)
    rounds = threading.Semaphore(0)
    # Leaves the other thread as much time as it needs to wait again.
    trigger = executor._guard.trigger
    monkeypatch.setattr(executor._guard, 'trigger', lambda: (trigger(), time.sleep(0.3)))
    spinning = threading.Thread(target=executor.spin, daemon=True)
    spinning.start()
    executor.create_task(rounds.release)
    assert rounds.acquire(timeout=10)
    executor.shutdown()
    spinning.join(10)
    assert not spinning.is_alive()
