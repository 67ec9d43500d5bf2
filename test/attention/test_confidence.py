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

"""Confidence intervals of a mean over frames of episodes."""

import numpy as np
import pytest

from attention_mapper_ros.attention.confidence import bootstrap_difference, bootstrap_mean


def episodes(
    random: np.random.Generator, count: int, frames: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return values around 7 whose episodes differ far more than the frames of one do."""
    values = 7.0 + random.normal(0, 2, (count, 1)) + random.normal(0, 0.5, (count, frames))
    return values.reshape(-1), np.repeat(np.arange(count), frames)


def test_intervals_hold_the_true_mean_about_as_often_as_they_say():
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        values, labels = episodes(random, 30, 8)
        interval = bootstrap_mean(values, labels, random, resamples=500)
        hits += interval.low <= 7.0 <= interval.high
    assert 0.89 <= hits / 300 <= 0.98


def test_frames_of_one_episode_are_not_taken_for_independent():
    random = np.random.default_rng(1)
    values, labels = episodes(random, 30, 8)
    by_episode = bootstrap_mean(values, labels, random)
    by_frame = bootstrap_mean(values, range(len(values)), random)
    assert by_episode.high - by_episode.low > 2 * (by_frame.high - by_frame.low)


def test_width_is_that_of_the_normal_distribution_for_independent_values():
    random = np.random.default_rng(2)
    values = random.normal(0, 3, 400)
    interval = bootstrap_mean(values, range(400), random)
    half = 1.96 * values.std() / np.sqrt(400)
    assert interval.high - interval.mean == pytest.approx(half, rel=0.1)
    assert interval.mean - interval.low == pytest.approx(half, rel=0.1)


def test_every_frame_counts_the_same():
    values, labels = [1.0, 1.0, 1.0, 1.0, 6.0, 8.0], ['a', 'a', 'a', 'a', 'b', 'c']
    interval = bootstrap_mean(values, labels, np.random.default_rng(0))
    assert interval.mean == pytest.approx(3.0)
    assert (interval.samples, interval.clusters) == (6, 3)
    assert 1.0 <= interval.low < interval.mean < interval.high <= 8.0


def test_a_higher_level_is_wider():
    values, labels = episodes(np.random.default_rng(3), 20, 4)
    narrow = bootstrap_mean(values, labels, np.random.default_rng(0), level=0.5)
    wide = bootstrap_mean(values, labels, np.random.default_rng(0), level=0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_same_generator_gives_the_same_interval():
    values, labels = episodes(np.random.default_rng(3), 20, 4)
    first = bootstrap_mean(values, labels, np.random.default_rng(5))
    assert first == bootstrap_mean(values, labels, np.random.default_rng(5))
    assert first != bootstrap_mean(values, labels, np.random.default_rng(6))


def test_equal_values_leave_no_doubt_however_long_the_episodes():
    interval = bootstrap_mean([2.5] * 9, [0, 0, 0, 0, 0, 1, 1, 1, 2], np.random.default_rng(0))
    assert (interval.low, interval.mean, interval.high) == (2.5, 2.5, 2.5)


def test_a_paired_difference_is_found_that_separate_intervals_do_not_show():
    random = np.random.default_rng(4)
    hard, labels = episodes(random, 30, 8)
    better = hard + 0.3 + random.normal(0, 0.2, len(hard))
    apart = bootstrap_mean(better, labels, random).low - bootstrap_mean(hard, labels, random).high
    assert apart < 0
    difference = bootstrap_difference(better, hard, labels, random)
    assert 0.2 < difference.low < 0.3 < difference.high < 0.4


@pytest.mark.parametrize(
    ('values', 'labels', 'message'),
    [
        ([1.0, 2.0, 3.0], [0, 0, 1], '3 samples from 2 clusters .* 3 episodes or more'),
        ([], [], '0 samples from 0 clusters'),
        ([1.0, 2.0, 3.0], [0, 1], 'with 2 cluster labels'),
        ([1.0, float('nan'), 3.0], [0, 1, 2], 'not finite'),
    ],
)
def test_what_makes_no_interval_is_refused(values, labels, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_mean(values, labels, np.random.default_rng(0))


def test_a_level_in_percent_is_refused():
    with pytest.raises(ValueError, match=r'level 95 .* between 0 and 1'):
        bootstrap_mean([1.0, 2.0, 3.0], [0, 1, 2], np.random.default_rng(0), level=95)


def test_values_that_are_not_pairs_are_refused():
    with pytest.raises(ValueError, match='not pairs'):
        bootstrap_difference([1.0, 2.0, 3.0], [1.0], [0, 1, 2], np.random.default_rng(0))
