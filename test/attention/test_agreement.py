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

"""Rank correlation of two maps."""

from contrast_policy import CELLS, FRONT, LAYOUT, WRIST
import numpy as np
import pytest

from attention_mapper_ros.attention.agreement import rank_correlation, spearman
from attention_mapper_ros.attention.cells import cell_tokens
from attention_mapper_ros.attention.layout import TokenGroup, TokenLayout
from attention_mapper_ros.attention.maps import fold


def maps_of(cells: np.ndarray):
    tokens = np.zeros(LAYOUT.size, np.float32)
    tokens[cell_tokens(LAYOUT)] = cells / cells.sum()
    return fold(tokens, LAYOUT, 'raw', 'all')


def test_a_map_agrees_with_itself_and_with_any_map_of_the_same_order():
    cells = np.random.default_rng(0).uniform(0.1, 1, CELLS)
    assert rank_correlation(maps_of(cells), maps_of(cells)) == pytest.approx(1.0)
    assert rank_correlation(maps_of(cells), maps_of(np.exp(5 * cells))) == pytest.approx(1.0)
    assert rank_correlation(maps_of(cells), maps_of(2 - cells)) == pytest.approx(-1.0)


def test_correlation_of_a_textbook_example():
    # Ranks 1 to 5 against 2, 1, 4, 3, 5: 1 - 6 * (1 + 1 + 1 + 1) / (5 * 24).
    assert spearman(np.arange(5.0), np.array([20, 10, 40, 30, 50])) == pytest.approx(0.8)


def test_ties_get_the_mean_of_their_ranks():
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
    found = spearman(np.array([1.0, 7.0, 7.0, 9.0]), np.arange(4.0))
    assert found == pytest.approx(4.5 / np.sqrt(4.5 * 5.0))


def test_cells_of_all_cameras_count_together():
    cells = np.concatenate([np.arange(1, 10), np.arange(101, 110)])
    swapped = np.concatenate([cells[9:], cells[:9]])
    # Within each camera the order is the same, between the cameras it is turned round.
    assert rank_correlation(maps_of(cells), maps_of(swapped)) == pytest.approx(-0.505, abs=0.01)


def test_unrelated_maps_do_not_correlate_on_average():
    random = np.random.default_rng(0)
    found = [spearman(random.random(18), random.random(18)) for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.0, abs=0.03)
    assert np.std(found) == pytest.approx(1 / np.sqrt(17), abs=0.03)


def test_a_constant_map_agrees_with_nothing():
    flat = maps_of(np.ones(CELLS))
    assert rank_correlation(flat, maps_of(np.arange(1.0, CELLS + 1))) == 0.0
    assert rank_correlation(flat, flat) == 0.0


def test_maps_of_different_policies_are_refused():
    layout = TokenLayout((TokenGroup('latent', 0, 2), *LAYOUT.groups[2:]), LAYOUT.cameras)
    other = fold(np.full(20, 0.05, np.float32), layout, 'rollout', 'all')
    with pytest.raises(ValueError, match=r'raw.* and .*rollout.* different token layouts'):
        rank_correlation(maps_of(np.ones(CELLS)), other)


@pytest.mark.parametrize('feature', [FRONT, WRIST])
def test_maps_with_nan_are_refused(feature):
    broken = maps_of(np.ones(CELLS))
    broken.cameras[feature][1, 1] = np.inf
    with pytest.raises(ValueError, match='not finite'):
        rank_correlation(maps_of(np.ones(CELLS)), broken)
