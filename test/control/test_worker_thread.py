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

"""The thread behind a mailbox: newest item, orderly end, no silent death."""

import threading
import time

import pytest

from attention_mapper_ros.control.worker_thread import WorkerThread


def test_items_are_handled_on_another_thread():
    handled = []
    done = threading.Event()

    def handle(item):
        handled.append((item, threading.current_thread().name))
        done.set()

    worker = WorkerThread('painter', handle)
    worker.start()
    worker.put(7)
    assert done.wait(5)
    assert worker.close(5)
    assert handled == [(7, 'painter')]


def test_item_that_waits_is_replaced_and_returned():
    begun, go_on = threading.Event(), threading.Event()
    handled = []

    def handle(item):
        handled.append(item)
        begun.set()
        go_on.wait(5)

    worker = WorkerThread('slow', handle)
    worker.start()
    worker.put(1)
    assert begun.wait(5)
    assert worker.put(2) is None
    assert worker.put(3) == 2
    go_on.set()
    deadline = time.monotonic() + 5
    while handled != [1, 3] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert worker.close(5)
    assert handled == [1, 3]


def test_close_says_when_the_item_at_hand_takes_longer():
    begun, go_on = threading.Event(), threading.Event()

    def handle(item):
        begun.set()
        go_on.wait(5)

    worker = WorkerThread('stuck', handle)
    worker.start()
    worker.put(1)
    assert begun.wait(5)
    assert not worker.close(0.05)
    go_on.set()
    assert worker.close(5)


@pytest.mark.filterwarnings('ignore::pytest.PytestUnhandledThreadExceptionWarning')
def test_death_is_announced_and_the_next_check_raises():
    died = threading.Event()

    def handle(item):
        raise KeyError(item)

    worker = WorkerThread('painter', handle, on_death=died.set)
    worker.start()
    worker.check()
    worker.put('missing')
    assert died.wait(5)
    with pytest.raises(RuntimeError, match='the painter thread has ended'):
        worker.check()
    assert worker.close(5)


def test_thread_that_was_never_started_can_be_closed():
    assert WorkerThread('idle', print).close(1)
