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

"""Intervals of many quantities at once, which all have to hold."""

import numpy as np
import pytest

from attention_mapper_ros.attention.confidence import bootstrap_mean
from attention_mapper_ros.attention.simultaneous import (
    simultaneous_differences,
    simultaneous_means,
)


def all_hold(intervals, truth=0.0):
    return bool(((intervals.low <= truth) & (truth <= intervals.high)).all())


def correlated(random, episodes, quantities):
    return random.normal(0, 1, (episodes, quantities)) + random.normal(0, 1, (episodes, 1))


@pytest.mark.parametrize('episodes', [3, 5, 20])
def test_a_family_of_means_holds_together_as_often_as_it_says(episodes):
    random = np.random.default_rng(0)
    hits = [all_hold(simultaneous_means(correlated(random, episodes, 12))) for _ in range(300)]
    assert np.mean(hits) >= 0.92


@pytest.mark.parametrize(('failed', 'succeeded'), [(3, 3), (4, 16), (10, 10)])
def test_differences_of_groups_that_differ_in_size_and_spread_hold_together(failed, succeeded):
    random = np.random.default_rng(1)
    hits = [
        all_hold(
            simultaneous_differences(
                2.0 * correlated(random, failed, 12), correlated(random, succeeded, 12)
            )
        )
        for _ in range(300)
    ]
    assert np.mean(hits) >= 0.92


def test_a_single_mean_has_student_s_interval():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    intervals = simultaneous_means(values)
    half = 2.776 * values.std(ddof=1) / np.sqrt(5)  # Student's t, 4 degrees of freedom
    assert intervals.mean == pytest.approx(3.0)
    assert intervals.high - 3.0 == pytest.approx(half, rel=0.03)


def test_a_single_difference_has_welch_s_interval():
    first, second = np.array([20.1, 22.4, 19.8, 25.0]), np.array([10.0, 10.4, 9.9, 10.2, 10.1])
    intervals = simultaneous_differences(first, second)
    error = np.sqrt(first.var(ddof=1) / 4 + second.var(ddof=1) / 5)
    assert intervals.episodes == (4, 5)
    assert intervals.mean == pytest.approx(first.mean() - second.mean())
    assert (intervals.high - intervals.low) / 2 == pytest.approx(3.16 * error, rel=0.04)


def test_more_quantities_make_each_interval_wider():
    values = np.random.default_rng(2).normal(0, 1, (8, 40))
    few, many = simultaneous_means(values[:, :2]), simultaneous_means(values)
    assert (many.high[:2] - many.low[:2] > 1.3 * (few.high - few.low)).all()


def test_it_agrees_with_the_bootstrap_where_there_are_many_episodes():
    values = np.random.default_rng(3).gamma(2.0, 1.0, 200)
    student = simultaneous_means(values)
    drawn = bootstrap_mean(values, range(200), np.random.default_rng(0))
    assert float(student.low) == pytest.approx(drawn.low, rel=0.02)
    assert float(student.high) == pytest.approx(drawn.high, rel=0.02)


def test_the_quantities_keep_their_shape():
    values = np.random.default_rng(4).normal(0, 1, (6, 5, 3))
    assert simultaneous_means(values).low.shape == (5, 3)
    assert simultaneous_differences(values, values[:4]).sure.shape == (5, 3)


def test_only_what_leaves_out_zero_is_sure():
    random = np.random.default_rng(5)
    values = random.normal(0, 1, (12, 3)) + np.array([10.0, 0.0, -10.0])
    intervals = simultaneous_means(values)
    assert intervals.sure.tolist() == [True, False, True]
    assert (intervals.bound >= np.abs(intervals.mean)).all()


def test_a_constant_leaves_no_doubt_and_makes_nothing_of_rounding():
    values = np.full((4, 2), 0.1 + 0.2)
    intervals = simultaneous_differences(values, values[:3])
    assert (intervals.low == intervals.high).all()
    assert not intervals.sure.any()


@pytest.mark.parametrize(
    ('values', 'level', 'message'),
    [
        (np.zeros((2, 4)), 0.95, '2 episodes do not make .* 3 or more are needed'),
        (np.array([0.0, np.nan, 1.0]), 0.95, 'not finite'),
        (np.zeros(5), 95, 'level 95'),
    ],
)
def test_what_makes_no_interval_is_refused(values, level, message):
    with pytest.raises(ValueError, match=message):
        simultaneous_means(values, level)


def test_groups_of_other_quantities_are_refused():
    with pytest.raises(ValueError, match=r'shapes \(2,\) and \(3,\) cannot be compared'):
        simultaneous_differences(np.zeros((3, 2)), np.zeros((3, 3)))
