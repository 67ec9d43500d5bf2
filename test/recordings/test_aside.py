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

"""Calls aside happen in order, in bounds, and their errors reach whoever asked for them."""

import threading
import time

import pytest

from attention_mapper_ros.recordings.aside import Aside


def test_calls_happen_in_order_on_another_thread():
    seen = []
    aside = Aside(2, 'aside')
    for number in range(20):
        aside.call(lambda n: seen.append((n, threading.current_thread().name)), number)
    aside.close()
    assert [number for number, _ in seen] == list(range(20))
    assert {name for _, name in seen} == {'aside_0'}


def test_no_more_than_the_depth_is_behind():
    go_on, begun = threading.Semaphore(0), []
    aside = Aside(3, 'aside')

    def wait(number):
        begun.append(number)
        go_on.acquire()

    for number in range(3):
        aside.call(wait, number)
    fourth = threading.Thread(target=aside.call, args=(wait, 3))
    fourth.start()
    fourth.join(0.2)
    assert fourth.is_alive(), 'a fourth call was taken while three were not done'
    go_on.release(4)
    fourth.join()
    aside.close()
    assert begun == [0, 1, 2, 3]


def fail():
    raise OSError('no room')


def test_an_error_is_raised_by_a_later_call():
    aside = Aside(1, 'aside')
    aside.call(fail)
    with pytest.raises(OSError, match='no room'):
        aside.call(print)
    aside.abort()


def test_an_error_of_the_last_call_is_raised_at_the_end():
    aside = Aside(4, 'aside')
    aside.call(fail)
    with pytest.raises(OSError, match='no room'):
        aside.close()


def test_given_up_it_does_not_do_what_waits():
    held, done = threading.Event(), []
    aside = Aside(3, 'aside')
    aside.call(held.wait)
    aside.call(done.append, 1)
    threading.Timer(0.1, held.set).start()
    aside.abort()
    assert not done


def test_an_interrupt_while_the_thread_starts_leaves_no_call_at_work(monkeypatch):
    begun, ended = threading.Event(), threading.Event()
    start = threading.Thread.start

    def interrupted(thread):
        start(thread)
        begun.wait(0.5)
        raise KeyboardInterrupt

    def work():
        begun.set()
        time.sleep(0.3)
        ended.set()

    def use():
        aside = Aside(1, 'aside')
        try:
            aside.call(work)
        finally:
            aside.abort()

    monkeypatch.setattr(threading.Thread, 'start', interrupted)
    with pytest.raises(KeyboardInterrupt):
        use()
    assert begun.is_set() == ended.is_set()
