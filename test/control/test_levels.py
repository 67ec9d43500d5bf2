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

"""Levels that get worse at once, better after a while, and do not flicker."""

from hypothesis import given, settings, strategies
import pytest

from attention_mapper_ros.control.levels import LevelHysteresis

OK, WARN, ERROR = 0, 1, 2

# The same examples every time: a failure must be found again.
thorough = settings(max_examples=200, deadline=None, derandomize=True, database=None)

updates = strategies.integers(1, 5)
levels = strategies.lists(strategies.sampled_from([OK, WARN, ERROR]), max_size=40)


def follow(hysteresis: LevelHysteresis, given_levels: list[int]) -> list[int]:
    return [hysteresis.update(level) for level in given_levels]


def test_worse_level_is_reported_at_once_and_a_better_one_after_three():
    reported = follow(LevelHysteresis(), [OK, ERROR, OK, OK, OK, OK])
    assert reported == [OK, ERROR, ERROR, ERROR, OK, OK]


def test_relapse_begins_the_wait_anew():
    reported = follow(LevelHysteresis(), [WARN, OK, OK, WARN, OK, OK, OK])
    assert reported == [WARN] * 6 + [OK]


def test_recovery_goes_to_the_worst_of_the_better_levels():
    assert follow(LevelHysteresis(), [ERROR, OK, WARN, OK])[-1] == WARN


def test_single_bad_update_can_be_overlooked():
    hysteresis = LevelHysteresis(worse_after=2)
    assert follow(hysteresis, [OK, ERROR, OK, WARN, ERROR]) == [OK, OK, OK, OK, WARN]
    assert hysteresis.update(ERROR) == ERROR


def test_first_level_is_taken_as_it_is():
    assert LevelHysteresis(worse_after=3).update(ERROR) == ERROR


@thorough
@given(updates, updates, levels)
def test_level_that_lasts_is_reported(worse_after, better_after, given_levels):
    for last in (OK, WARN, ERROR):
        hysteresis = LevelHysteresis(worse_after, better_after)
        follow(hysteresis, given_levels)
        assert follow(hysteresis, [last] * max(worse_after, better_after))[-1] == last


@thorough
@given(updates, updates, levels)
def test_reported_level_changes_only_after_that_many_updates_on_one_side_of_it(
    worse_after, better_after, given_levels
):
    reported = follow(LevelHysteresis(worse_after, better_after), given_levels)
    for index in range(1, len(reported)):
        before, now = reported[index - 1 : index + 1]
        if now > before:
            assert min(given_levels[index + 1 - worse_after : index + 1]) == now
            assert index + 1 >= worse_after
        elif now < before:
            assert max(given_levels[index + 1 - better_after : index + 1]) == now
            assert index + 1 >= better_after


@pytest.mark.parametrize(('worse_after', 'better_after'), [(0, 3), (1, 0)])
def test_numbers_of_updates_below_one_are_refused(worse_after, better_after):
    with pytest.raises(ValueError, match=f'{worse_after} and better_after {better_after}'):
        LevelHysteresis(worse_after, better_after)
