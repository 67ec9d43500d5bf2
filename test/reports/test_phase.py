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

"""Episodes laid over each other by phase."""

import numpy as np
import pytest

from attention_mapper_ros.reports.phase import bin_centres, BINS, phase_profile


@pytest.mark.parametrize('steps', [1, 2, 7, 20, 21, 333])
def test_the_mean_over_the_phases_is_the_mean_over_the_steps(steps):
    values = np.random.default_rng(steps).normal(0, 1, (steps, 3))
    assert phase_profile(values).mean(axis=0) == pytest.approx(values.mean(axis=0))


def test_long_and_short_episodes_that_do_the_same_have_the_same_course():
    short = phase_profile(np.repeat([0.0, 1.0], 5))
    long = phase_profile(np.repeat([0.0, 1.0], 90))
    assert short == pytest.approx(long)
    assert short[: BINS // 2].max() < 1e-12 < 1 - 1e-12 < short[BINS // 2 :].min()


def test_an_episode_of_one_step_is_the_same_all_along():
    assert phase_profile(np.array([0.3])) == pytest.approx(np.full(BINS, 0.3))


def test_the_parts_lie_between_start_and_end():
    centres = bin_centres()
    assert len(centres) == BINS
    assert 0 < centres[0] < centres[-1] < 100


def test_an_episode_without_steps_has_no_course():
    with pytest.raises(ValueError, match='without steps'):
        phase_profile(np.empty((0, 2)))
