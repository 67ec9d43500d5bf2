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

"""Forwards that hang, that fail, and when it is enough."""

import pytest

from attention_mapper_ros.control.watchdog import ForwardWatchdog


@pytest.fixture
def watchdog(clock):
    return ForwardWatchdog(timeout_s=2.0, max_failures=3, clock=clock)


def fail(watchdog, times: int = 1) -> None:
    for _ in range(times):
        watchdog.begin()
        watchdog.fail()


def test_forward_is_overdue_only_beyond_its_time(watchdog, clock):
    assert watchdog.overdue_s() is None
    watchdog.begin()
    clock.step(2.0)
    assert watchdog.overdue_s() is None
    clock.step(0.5)
    assert watchdog.overdue_s() == pytest.approx(2.5)


def test_nothing_is_overdue_between_forwards(watchdog, clock):
    watchdog.begin()
    watchdog.succeed()
    clock.step(60.0)
    assert watchdog.overdue_s() is None
    assert watchdog.failures_in_a_row == 0


def test_failures_in_a_row_exhaust_it(watchdog):
    fail(watchdog, 2)
    assert (watchdog.failures_in_a_row, watchdog.exhausted) == (2, False)
    fail(watchdog)
    assert (watchdog.failures_in_a_row, watchdog.exhausted) == (3, True)


def test_success_ends_a_row_of_failures(watchdog):
    fail(watchdog, 2)
    watchdog.begin()
    watchdog.succeed()
    assert watchdog.failures_in_a_row == 0
    fail(watchdog, 2)
    assert not watchdog.exhausted


def test_hang_is_one_failure_however_often_it_is_looked_at(watchdog, clock):
    watchdog.begin()
    for _ in range(5):
        clock.step(2.0)
        watchdog.overdue_s()
    assert watchdog.failures_in_a_row == 1


@pytest.mark.parametrize('end', ['succeed', 'fail'])
def test_hang_stays_one_failure_when_it_returns(watchdog, clock, end):
    fail(watchdog)
    watchdog.begin()
    clock.step(10.0)
    assert watchdog.failures_in_a_row == 2
    getattr(watchdog, end)()
    assert watchdog.overdue_s() is None
    assert watchdog.failures_in_a_row == 2
    watchdog.begin()
    watchdog.succeed()
    assert watchdog.failures_in_a_row == 0


def test_forwards_that_all_return_too_late_exhaust_it(watchdog, clock):
    for _ in range(3):
        assert not watchdog.exhausted
        watchdog.begin()
        clock.step(3.0)
        watchdog.succeed()
    assert watchdog.exhausted


def test_hang_alone_can_exhaust_it_before_it_returns(clock):
    watchdog = ForwardWatchdog(2.0, 1, clock)
    watchdog.begin()
    clock.step(3.0)
    assert watchdog.exhausted


def test_hang_of_a_forward_that_began_before_the_last_was_collected_is_noticed(watchdog, clock):
    watchdog.begin()
    clock.step(0.5)
    watchdog.begin()
    watchdog.succeed()
    assert watchdog.overdue_s() is None
    clock.step(2.5)
    assert watchdog.overdue_s() == pytest.approx(2.5)


def test_forgiven_watchdog_starts_from_zero_and_still_watches_what_runs(watchdog, clock):
    fail(watchdog, 3)
    watchdog.begin()
    watchdog.forgive()
    assert (watchdog.failures_in_a_row, watchdog.exhausted) == (0, False)
    clock.step(3.0)
    assert watchdog.overdue_s() == pytest.approx(3.0)
    assert watchdog.failures_in_a_row == 1


def test_no_number_of_failures_exhausts_it_with_max_failures_zero(clock):
    watchdog = ForwardWatchdog(2.0, 0, clock)
    fail(watchdog, 100)
    assert not watchdog.exhausted


def test_clock_that_jumps_back_makes_nothing_overdue(watchdog, clock):
    clock.step(100.0)
    watchdog.begin()
    clock.now_ns = 0
    assert watchdog.overdue_s() is None


@pytest.mark.parametrize(
    ('timeout_s', 'max_failures', 'message'),
    [(0.0, 3, 'timeout_s is 0.0'), (float('nan'), 3, 'timeout_s is nan'), (1.0, -1, 'is -1')],
)
def test_settings_that_make_no_sense_are_refused(clock, timeout_s, max_failures, message):
    with pytest.raises(ValueError, match=message):
        ForwardWatchdog(timeout_s, max_failures, clock)
