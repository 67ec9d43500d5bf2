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

"""Missed ticks: counted right, from a grid that does not drift."""

from hypothesis import given, settings, strategies
import numpy as np
import pytest

from attention_mapper_ros.control.tick_clock import EARLY, TickClock

PERIOD_S = 0.1
START_NS = 1_700_000_000_000_000_000  # as large as the time of today

# The same examples every time: a failure must be found again.
thorough = settings(max_examples=200, deadline=None, derandomize=True, database=None)

# Of a period; as late as a tick can be without being taken for the next one.
lateness = strategies.floats(0, 1 - EARLY - 0.01)


def time_of(tick: int, late: float = 0.0, period_s: float = PERIOD_S) -> int:
    return START_NS + round((tick + late) * period_s * 1e9)


def test_punctual_ticks_miss_nothing():
    clock = TickClock(PERIOD_S)
    assert [clock.tick(time_of(tick)) for tick in range(100)] == [0] * 100


@pytest.mark.parametrize('period_s', [1 / 30, 0.1, 1 / 7, 0.002])
def test_hour_of_jittered_ticks_drifts_not_at_all(period_s):
    random = np.random.default_rng(0)
    ticks = 36_000
    late = random.uniform(0, 0.85, ticks)
    dropped = random.random(ticks) < 0.01
    dropped[:100] = False  # until the earliest has come
    clock = TickClock(period_s)
    missed = {
        tick: clock.tick(time_of(tick, late[tick], period_s))
        for tick in range(ticks)
        if not dropped[tick]
    }
    assert dropped[:-1].sum() > 300
    assert sum(missed.values()) == dropped[: max(missed)].sum()
    assert all(missed[tick] == 0 for tick in missed if tick and not dropped[tick - 1])


@thorough
@given(strategies.lists(strategies.tuples(strategies.booleans(), lateness), max_size=60))
def test_each_tick_is_told_how_many_were_missed_before_it(ticks):
    clock = TickClock(PERIOD_S)
    clock.tick(time_of(0))
    missed = 0
    for index, (came, late) in enumerate(ticks, start=1):
        if came:
            assert clock.tick(time_of(index, late)) == missed
        missed = 0 if came else missed + 1


@thorough
@given(strategies.lists(lateness, min_size=1))
def test_late_ticks_miss_nothing_even_if_the_first_is_the_latest(late):
    clock = TickClock(PERIOD_S)
    assert [clock.tick(time_of(tick, late[tick])) for tick in range(len(late))] == [0] * len(late)


def test_lateness_does_not_move_the_grid():
    clock = TickClock(PERIOD_S)
    clock.tick(time_of(0))
    assert clock.tick(time_of(1, 0.8)) == 0
    assert clock.tick(time_of(2)) == 0
    # three ticks after the last, two of them missed, however late the one before them was
    assert clock.tick(time_of(3, 0.8)) == 0
    assert clock.tick(time_of(6)) == 2


def test_misses_are_counted_although_the_first_tick_was_a_little_late():
    clock = TickClock(PERIOD_S)
    clock.tick(time_of(0, 0.08))
    assert clock.tick(time_of(3)) == 2
    assert clock.tick(time_of(5)) == 1


def test_restarted_clock_begins_with_the_next_tick():
    clock = TickClock(PERIOD_S)
    clock.tick(time_of(0))
    clock.restart()
    assert clock.tick(time_of(500, 0.4)) == 0
    assert clock.tick(time_of(501, 0.4)) == 0
    assert clock.tick(time_of(503, 0.4)) == 1


def test_time_that_jumps_back_misses_nothing_then_or_later():
    clock = TickClock(PERIOD_S)
    clock.tick(time_of(500))
    assert [clock.tick(time_of(tick)) for tick in range(10)] == [0] * 10
    assert clock.tick(time_of(12)) == 2


@pytest.mark.parametrize('period_s', [0.0, -0.1, float('nan')])
def test_period_that_is_not_positive_is_refused(period_s):
    with pytest.raises(ValueError, match=f'period_s is {period_s}'):
        TickClock(period_s)
