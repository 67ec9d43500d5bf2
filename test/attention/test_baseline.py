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

"""A baseline takes the position prior out and leaves a distribution."""

import numpy as np
import pytest

from attention_mapper_ros.attention.baseline import without_baseline
from attention_mapper_ros.attention.request import Baseline

SUBTRACT, DIVIDE = Baseline('mean', 'subtract'), Baseline('mean', 'divide')


def tokens(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_subtracting_keeps_where_the_frame_draws_more():
    left = without_baseline(tokens(0.5, 0.3, 0.2), tokens(0.1, 0.2, 0.7), SUBTRACT)
    np.testing.assert_allclose(left, [0.8, 0.2, 0.0], rtol=1e-6)


def test_dividing_says_how_many_times_as_much():
    left = without_baseline(tokens(0.5, 0.3, 0.2), tokens(0.25, 0.3, 0.45), DIVIDE)
    expected = np.array([2.0, 1.0, 0.2 / 0.45])
    np.testing.assert_allclose(left, expected / expected.sum(), rtol=1e-6)


def test_dividing_by_almost_nothing_does_not_outshine_everything():
    left = without_baseline(tokens(0.01, 0.49, 0.5), tokens(1e-9, 0.5, 0.5), DIVIDE)
    assert left.argmax() != 0


@pytest.mark.parametrize('baseline', [SUBTRACT, DIVIDE], ids=str)
def test_a_frame_that_is_the_baseline_says_nothing(baseline):
    same = tokens(0.5, 0.3, 0.2)
    left = without_baseline(same, same, baseline)
    np.testing.assert_allclose(left, 1 / 3, rtol=1e-6)


@pytest.mark.parametrize('baseline', [SUBTRACT, DIVIDE], ids=str)
@pytest.mark.parametrize('seed', range(5))
def test_the_rest_is_a_distribution(baseline, seed):
    random = np.random.default_rng(seed)
    frame, prior = random.dirichlet(np.full(30, 0.2), 2).astype(np.float32)
    left = without_baseline(frame, prior, baseline)
    assert left.dtype == np.float32
    assert left.min() >= 0
    assert left.sum() == pytest.approx(1.0, abs=1e-5)


def test_nan_is_not_hidden():
    assert np.isnan(without_baseline(tokens(np.nan, 0.5), tokens(0.5, 0.5), DIVIDE)).any()
