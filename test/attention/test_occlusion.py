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

"""What the actions lose when one cell is blurred."""

from contrast_policy import (
    checkered,
    contrast,
    ContrastPolicy,
    FRONT,
    HEIGHT,
    LAYOUT,
    SIZES,
    WIDTH,
    WRIST,
)
import numpy as np
import pytest

from attention_mapper_ros.attention.action_change import action_change
from attention_mapper_ros.attention.infill import Infill
from attention_mapper_ros.attention.occlusion import cell_changes, occlusion

# Queries: an executed action and one twice as large, so that the mean change is 1.5 times.
MEAN_OF_QUERIES = 1.5


def test_change_is_the_mean_norm_over_executed_actions():
    reference = np.array([[1.0, 1.0], [5.0, 0.0]], np.float32)
    actions = np.array([[[4.0, 5.0], [5.0, 1.0]], reference], np.float32)
    np.testing.assert_allclose(action_change(actions, reference), [(5 + 1) / 2, 0.0])


def test_a_change_that_is_rounding_is_none():
    reference = np.full((1, 2), 180.0, np.float32)
    step = np.float32(180.0) * np.finfo(np.float32).eps
    assert action_change(reference[None] + step, reference)[0] == 0.0
    assert action_change(reference[None] + 0.01, reference)[0] > 0.0


def test_change_of_actions_that_do_not_compare_is_refused():
    with pytest.raises(ValueError, match='cannot be compared'):
        action_change(np.zeros((3, 2, 4), np.float32), np.zeros((2, 5), np.float32))


def test_each_cells_change_is_what_blurring_it_takes_from_the_action():
    images = checkered()
    blurred = Infill(LAYOUT, SIZES).blurred(images)
    changes = cell_changes(ContrastPolicy({4: 30.0, 11: -10.0}), images, LAYOUT)
    for cell, weight in ((4, 30.0), (11, 10.0)):
        lost = contrast(images, cell) - contrast(blurred, cell)
        assert lost > 0.8
        assert changes[cell] == pytest.approx(MEAN_OF_QUERIES * weight * lost, rel=1e-5)
    others = np.setdiff1d(np.arange(18), [4, 11])
    np.testing.assert_array_equal(changes[others], 0.0)


def test_joints_are_counted_by_their_norm_not_one_by_one():
    policy = ContrastPolicy({2: 3.0}, {2: 4.0})
    alone = cell_changes(ContrastPolicy({2: 5.0}), checkered(), LAYOUT)
    np.testing.assert_allclose(cell_changes(policy, checkered(), LAYOUT), alone, rtol=1e-5)


def test_maps_times_their_scale_are_the_changes():
    policy = ContrastPolicy({0: 20.0, 4: 5.0, 9: 15.0})
    maps = occlusion(policy, checkered(), LAYOUT)
    changes = cell_changes(policy, checkered(), LAYOUT)
    found = np.concatenate([maps.cameras[name].reshape(-1) for name in (FRONT, WRIST)])
    np.testing.assert_allclose(found * maps.scale.one, changes, rtol=1e-5)
    assert maps.method == 'occlusion'
    assert maps.scale.quantity == 'change of the action'


def test_shares_are_the_cameras_parts_of_the_change():
    images = checkered()
    maps = occlusion(ContrastPolicy({3: 20.0, 12: 5.0}), images, LAYOUT)
    blurred = Infill(LAYOUT, SIZES).blurred(images)
    front, wrist = (
        weight * (contrast(images, cell) - contrast(blurred, cell))
        for cell, weight in ((3, 20.0), (12, 5.0))
    )
    assert maps.shares[FRONT] == pytest.approx(front / (front + wrist), rel=1e-5)
    assert maps.shares['latent'] == maps.shares['joints'] == 0.0
    assert sum(maps.shares.values()) == pytest.approx(1.0, abs=1e-6)


def test_a_policy_that_is_blind_gets_an_even_map_that_stands_for_nothing():
    maps = occlusion(ContrastPolicy({}), checkered(), LAYOUT)
    assert maps.scale.one == 0.0
    for grid in maps.cameras.values():
        np.testing.assert_allclose(grid, LAYOUT.size / 18, rtol=1e-6)
    assert maps.shares['joints'] == 0.0


def test_pictures_are_predicted_in_batches_and_reported():
    policy, reported = ContrastPolicy({0: 1.0}), []
    occlusion(policy, checkered(), LAYOUT, batch=8, progress=reported.append)
    assert policy.batches == reported == [8, 8, 3]  # 18 cells and the original


def test_batches_change_nothing():
    policy = ContrastPolicy({0: 10.0, 13: 2.0})
    for batch in (1, 5, 100):
        np.testing.assert_array_equal(
            cell_changes(policy, checkered(), LAYOUT, batch),
            cell_changes(policy, checkered(), LAYOUT, 16),
        )


def test_images_are_left_as_they_were():
    images = checkered()
    for image in images.values():
        image.flags.writeable = False
    occlusion(ContrastPolicy({0: 1.0}), images, LAYOUT)
    np.testing.assert_array_equal(images[FRONT], checkered()[FRONT])


@pytest.mark.parametrize(
    ('actions', 'message'),
    [
        (np.zeros((16, 3), np.float32), r'shape \(16, 3\) for 16 pictures'),
        (np.zeros((4, 1, 3), np.float32), r'shape \(4, 1, 3\) for 16 pictures'),
        (np.full((16, 1, 3), np.nan, np.float32), 'not finite'),
    ],
)
def test_actions_that_are_none_are_refused(actions, message):
    with pytest.raises(ValueError, match=message):
        occlusion(lambda pictures: actions, checkered(), LAYOUT)


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match='0 pictures in a batch: choose 1 or more'):
        occlusion(ContrastPolicy({}), checkered(), LAYOUT, batch=0)


def test_images_of_a_camera_that_the_layout_lacks_are_refused():
    images = {**checkered(), 'observation.images.top': np.zeros((HEIGHT, WIDTH, 3), np.uint8)}
    with pytest.raises(ValueError, match=r'observation\.images\.top'):
        occlusion(ContrastPolicy({}), images, LAYOUT)
