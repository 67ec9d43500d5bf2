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

"""Deletion and insertion curves, on policies whose curves can be worked out by hand."""

from contrast_policy import CELLS, checkered, contrast, ContrastPolicy, LAYOUT, SIZES
import numpy as np
import pytest

from attention_mapper_ros.attention.curves import curves, curves_of_orders
from attention_mapper_ros.attention.infill import Infill

# Four cells matter, in this order.
WEIGHTS = {13: 40.0, 4: 30.0, 0: 20.0, 7: 10.0}
POLICY = ContrastPolicy(WEIGHTS)
REST = np.setdiff1d(np.arange(CELLS), list(WEIGHTS))
RIGHT = np.array([*WEIGHTS, *REST])
WRONG = RIGHT[::-1].copy()


def lost(cell: int) -> float:
    """Return what blurring the cell takes from the executed actions, in degrees."""
    images = checkered()
    blurred = Infill(LAYOUT, SIZES).blurred(images)
    return 1.5 * WEIGHTS.get(cell, 0.0) * (contrast(images, cell) - contrast(blurred, cell))


def test_deletion_takes_away_what_each_cell_gave():
    found = curves(POLICY, checkered(), LAYOUT, RIGHT, steps=CELLS)
    expected = np.cumsum([0.0, *(lost(cell) for cell in RIGHT)])
    np.testing.assert_allclose(found.deletion, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.fractions, np.arange(CELLS + 1) / CELLS)


def test_insertion_gives_it_back():
    found = curves(POLICY, checkered(), LAYOUT, RIGHT, steps=CELLS)
    total = sum(lost(cell) for cell in RIGHT)
    expected = total - np.cumsum([0.0, *(lost(cell) for cell in RIGHT)])
    np.testing.assert_allclose(found.insertion, expected, rtol=1e-4, atol=2e-4)


def test_both_curves_end_at_the_untouched_and_the_wholly_blurred_picture():
    found = curves(POLICY, checkered(), LAYOUT, RIGHT)
    total = sum(lost(cell) for cell in RIGHT)
    assert found.deletion[0] == found.insertion[-1] == 0.0
    assert found.deletion[-1] == found.insertion[0] == found.full_change
    assert found.full_change == pytest.approx(total, rel=1e-5)


def test_areas_are_trapezoids_in_the_units_of_the_action():
    found = curves(POLICY, checkered(), LAYOUT, RIGHT, steps=3)
    y, x = found.deletion, found.fractions
    by_hand = sum((x[i + 1] - x[i]) * (y[i + 1] + y[i]) / 2 for i in range(3))
    assert found.deletion_area == pytest.approx(by_hand)
    assert found.relative_deletion_area == pytest.approx(by_hand / found.full_change)
    assert found.relative_insertion_area == pytest.approx(found.insertion_area / found.full_change)


def test_the_right_order_wins_random_ones_lie_between_and_the_wrong_one_loses():
    random = np.random.default_rng(0)
    orders = {f'random {i}': random.permutation(CELLS) for i in range(20)}
    found = curves_of_orders(
        POLICY, checkered(), LAYOUT, {'right': RIGHT, 'wrong': WRONG, **orders}, steps=9
    )
    deletion = {name: curve.relative_deletion_area for name, curve in found.items()}
    insertion = {name: curve.relative_insertion_area for name, curve in found.items()}
    assert max(deletion, key=deletion.get) == min(insertion, key=insertion.get) == 'right'
    assert min(deletion, key=deletion.get) == max(insertion, key=insertion.get) == 'wrong'
    assert np.mean([deletion[name] for name in orders]) == pytest.approx(0.5, abs=0.1)
    assert deletion['right'] > 0.85
    assert insertion['right'] < 0.15


def test_several_orders_together_give_what_each_gives_alone():
    orders = {'right': RIGHT, 'wrong': WRONG}
    together = curves_of_orders(POLICY, checkered(), LAYOUT, orders, steps=4, batch=5)
    for name, order in orders.items():
        alone = curves(POLICY, checkered(), LAYOUT, order, steps=4)
        np.testing.assert_array_equal(together[name].deletion, alone.deletion)
        np.testing.assert_array_equal(together[name].insertion, alone.insertion)


def test_what_orders_have_in_common_is_predicted_once():
    policy, reported = ContrastPolicy(WEIGHTS), []
    orders = {'right': RIGHT, 'wrong': WRONG}
    curves_of_orders(
        policy, checkered(), LAYOUT, orders, steps=6, batch=16, progress=reported.append
    )
    assert sum(policy.batches) == sum(reported) == 22


def test_fractions_are_those_of_whole_cells():
    found = curves(POLICY, checkered(), LAYOUT, RIGHT, steps=4)
    np.testing.assert_allclose(found.fractions * CELLS, [0, 4, 9, 14, 18])


def test_a_frame_on_which_blur_changes_nothing_has_no_relative_area():
    found = curves(ContrastPolicy({}), checkered(), LAYOUT, RIGHT)
    assert found.full_change == found.deletion_area == found.insertion_area == 0.0
    assert found.relative_deletion_area is None
    assert found.relative_insertion_area is None


@pytest.mark.parametrize(
    'order', [np.arange(17), np.zeros(18, int), np.arange(1, 19), np.arange(18) / 2]
)
def test_an_order_that_does_not_name_each_cell_once_is_refused(order):
    with pytest.raises(ValueError, match="'order' does not name each of the 18 cells once"):
        curves(POLICY, checkered(), LAYOUT, order)


@pytest.mark.parametrize('steps', [0, 19])
def test_more_steps_than_cells_are_refused(steps):
    with pytest.raises(ValueError, match='choose 1 to 18'):
        curves(POLICY, checkered(), LAYOUT, RIGHT, steps=steps)
