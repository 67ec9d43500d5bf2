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

"""Orders of cells: by a map, by chance, from the middle outwards."""

from contrast_policy import CELLS, FRONT, LAYOUT, SIZES, WRIST
import numpy as np
import pytest

from attention_mapper_ros.attention.cells import cell_tokens
from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.attention.orders import centre_order, order_of, random_order


def maps_of(cells: np.ndarray):
    tokens = np.zeros(LAYOUT.size, np.float32)
    tokens[cell_tokens(LAYOUT)] = cells / cells.sum()
    return fold(tokens, LAYOUT, 'raw', 'all')


def test_the_highest_numbers_of_all_cameras_come_first():
    cells = np.random.default_rng(0).permutation(CELLS).astype(np.float32) + 1
    order = order_of(maps_of(cells))
    np.testing.assert_array_equal(cells[order], np.arange(CELLS, 0, -1))


def test_a_flat_map_orders_nothing_by_position():
    flat = maps_of(np.ones(CELLS, np.float32))
    orders = [order_of(flat, np.random.default_rng(seed)) for seed in range(500)]
    np.testing.assert_allclose(np.mean(orders, axis=0), (CELLS - 1) / 2, atol=1.0)
    assert not np.array_equal(order_of(flat), np.arange(CELLS))


def test_ties_below_a_peak_are_shuffled_and_the_peak_stays():
    cells = np.ones(CELLS, np.float32)
    cells[11] = 5.0
    first = order_of(maps_of(cells), np.random.default_rng(1))
    second = order_of(maps_of(cells), np.random.default_rng(2))
    assert first[0] == second[0] == 11
    assert not np.array_equal(first, second)


def test_the_same_map_gives_the_same_order_again():
    flat = maps_of(np.ones(CELLS, np.float32))
    np.testing.assert_array_equal(order_of(flat), order_of(flat))


def test_a_map_with_nan_is_refused():
    maps = maps_of(np.ones(CELLS, np.float32))
    maps.cameras[WRIST][0, 0] = np.nan
    with pytest.raises(ValueError, match=r'wrist by .raw. has values that are not finite'):
        order_of(maps)


def test_random_orders_name_every_cell_and_follow_their_generator():
    first = random_order(LAYOUT, np.random.default_rng(3))
    np.testing.assert_array_equal(np.sort(first), np.arange(CELLS))
    np.testing.assert_array_equal(first, random_order(LAYOUT, np.random.default_rng(3)))
    assert not np.array_equal(first, random_order(LAYOUT, np.random.default_rng(4)))


def test_the_centre_is_the_pictures_not_the_grids():
    # Centres at 0, 32 and 64 in a picture of 80x96: its middle, (47.5, 39.5), is nearest to
    # cell (1, 1), then to (1, 2), and farthest from (0, 0).
    order = centre_order(LAYOUT, SIZES)
    assert set(order[:2]) == {4, 13}
    assert set(order[2:4]) == {5, 14}
    assert set(order[-2:]) == {0, 9}


def test_cameras_take_turns_whatever_their_sizes():
    small = CellGeometry(3, 3, 0.0, 0.0, 32.0, 32.0)
    large = CellGeometry(6, 6, 0.0, 0.0, 32.0, 32.0)
    layout = TokenLayout(
        (TokenGroup(FRONT, 0, 9), TokenGroup(WRIST, 9, 45)),
        (CameraTokens(FRONT, 0, small), CameraTokens(WRIST, 9, large)),
    )
    order = centre_order(layout, {FRONT: (96, 96), WRIST: (192, 192)})
    np.testing.assert_array_equal(np.sort(order), np.arange(45))
    among_first_half = (order[:22] < 9).sum()
    assert 3 <= among_first_half <= 6


def test_cells_equally_far_away_come_in_random_order():
    firsts = {centre_order(LAYOUT, SIZES, np.random.default_rng(seed))[0] for seed in range(20)}
    assert firsts == {4, 13}
