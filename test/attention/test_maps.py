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

"""From one distribution over tokens to maps and shares."""

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.maps import fold, Scale

WORDS = 'last layer, mean of heads, query 0'
FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
GRID = CellGeometry(rows=2, cols=3, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)
LAYOUT = TokenLayout(
    groups=(
        TokenGroup('latent', 0, 1),
        TokenGroup('joints', 1, 2),
        TokenGroup(FRONT, 2, 8),
        TokenGroup(WRIST, 8, 14),
    ),
    cameras=(CameraTokens(FRONT, 2, GRID), CameraTokens(WRIST, 8, GRID)),
)


def distribution(seed: int) -> np.ndarray:
    weights = np.random.default_rng(seed).exponential(size=LAYOUT.size).astype(np.float32)
    return weights / weights.sum()


def test_uniform_attention_is_one_everywhere():
    tokens = np.full(LAYOUT.size, 1 / LAYOUT.size, np.float32)
    maps = fold(tokens, LAYOUT, 'raw', WORDS)
    for grid in maps.cameras.values():
        np.testing.assert_allclose(grid, 1.0, rtol=1e-6)
    assert maps.shares[FRONT] == pytest.approx(6 / 14)
    assert maps.shares['joints'] == pytest.approx(1 / 14)


def test_a_cell_with_four_times_its_fair_share_is_four():
    tokens = np.full(LAYOUT.size, 10 / 13 / LAYOUT.size, np.float32)
    tokens[8 + 3 * 1 + 2] = 4 / LAYOUT.size
    maps = fold(tokens, LAYOUT, 'raw', WORDS)
    assert maps.cameras[WRIST][1, 2] == pytest.approx(4.0)
    assert maps.cameras[WRIST].dtype == np.float32


@pytest.mark.parametrize('seed', range(5))
def test_shares_sum_to_one_and_agree_with_the_maps(seed):
    maps = fold(distribution(seed), LAYOUT, 'raw', WORDS)
    assert list(maps.shares) == ['latent', 'joints', FRONT, WRIST]
    assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-6)
    for feature, grid in maps.cameras.items():
        assert grid.sum() / LAYOUT.size == pytest.approx(maps.shares[feature], abs=1e-6)


def test_maps_say_how_they_were_made_and_what_one_is():
    maps = fold(distribution(0), LAYOUT, 'rollout', WORDS)
    assert (maps.method, maps.selection, maps.layout) == ('rollout', WORDS, LAYOUT)
    assert maps.scale.quantity == 'attention'
    assert maps.scale.one == pytest.approx(1 / LAYOUT.size)
    # One on a map times what one stands for is the weight itself.
    tokens = distribution(0)
    np.testing.assert_allclose(
        maps.cameras[FRONT].ravel() * maps.scale.one, tokens[2:8], rtol=1e-5
    )
    action = Scale('change of the action', 0.25)
    assert fold(tokens, LAYOUT, 'occlusion', WORDS, action).scale == action


def test_folding_leaves_the_weights_as_they_were():
    tokens = distribution(0)
    before = tokens.copy()
    maps = fold(tokens, LAYOUT, 'raw', WORDS)
    maps.cameras[FRONT][:] = 0
    np.testing.assert_array_equal(tokens, before)


def test_weights_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r'\(13,\).*14 tokens'):
        fold(distribution(0)[:13], LAYOUT, 'raw', WORDS)


@pytest.mark.parametrize('factor', [np.nan, 2.0, 0.0])
def test_weights_that_are_no_distribution_are_refused(factor):
    with pytest.raises(ValueError, match='sums to'):
        fold(distribution(0) * np.float32(factor), LAYOUT, 'raw', WORDS)


def test_shares_are_named_as_people_call_the_cameras():
    maps = fold(distribution(3), LAYOUT, 'raw', WORDS)
    named = maps.named_shares({FRONT: 'front', WRIST: 'wrist'})
    assert list(named) == ['latent', 'joints', 'front', 'wrist']
    assert named['wrist'] == maps.shares[WRIST]
