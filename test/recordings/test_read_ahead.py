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

"""A thread that makes items ahead of whoever uses them, and ends when nobody does."""

import threading
import time

import pytest

from attention_mapper_ros.recordings.read_ahead import batches, read_ahead


def thread_is_gone(name):
    deadline = time.monotonic() + 10
    while any(thread.name == name for thread in threading.enumerate()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_items_come_in_order_from_another_thread():
    def items():
        for number in range(50):
            yield number, threading.current_thread().name

    got = list(read_ahead(items(), 3, 'maker'))
    assert [number for number, _ in got] == list(range(50))
    assert {name for _, name in got} == {'maker'}
    assert thread_is_gone('maker')


def test_no_more_is_made_ahead_than_asked_for():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    ahead = read_ahead(items(), 2, 'maker')
    assert next(ahead) == 0
    time.sleep(0.3)  # all the time in the world
    assert len(made) <= 1 + 2 + 1  # used, waiting, and the one that does not fit
    ahead.close()
    assert len(made) <= 1 + 2 + 1 + 1


def test_error_comes_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise OSError('the disk is gone')

    ahead = read_ahead(items(), 5, 'maker')
    assert [next(ahead), next(ahead)] == [1, 2]
    with pytest.raises(OSError, match='the disk is gone'):
        next(ahead)
    assert thread_is_gone('maker')


def test_giving_up_closes_what_makes_the_items_and_ends_its_thread():
    closed = threading.Event()

    def items():
        try:
            number = 0
            while True:
                yield number
                number += 1
        finally:
            closed.set()

    ahead = read_ahead(items(), 2, 'maker')
    assert next(ahead) == 0
    ahead.close()
    assert closed.is_set()
    assert thread_is_gone('maker')


def test_giving_up_reaches_through_a_chain_of_two():
    def items():
        yield from range(1_000_000)

    second = read_ahead(read_ahead(items(), 2, 'first'), 2, 'second')
    assert next(second) == 0
    second.close()
    assert thread_is_gone('second')
    assert thread_is_gone('first')


@pytest.mark.parametrize(('count', 'sizes'), [(0, []), (3, [3]), (4, [4]), (9, [4, 4, 1])])
def test_batches_hold_everything_in_order(count, sizes):
    made = list(batches(range(count), 4))
    assert [len(batch) for batch in made] == sizes
    assert [item for batch in made for item in batch] == list(range(count))


def test_an_interrupt_while_the_thread_starts_ends_it_and_what_it_reads(monkeypatch):
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    start = threading.Thread.start

    def interrupted(thread):
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, 'start', interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(read_ahead(items(), 1, 'interrupted maker'))
    assert thread_is_gone('interrupted maker')
    assert closed.is_set()
