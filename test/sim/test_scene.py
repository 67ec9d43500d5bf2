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

"""The simulated desk arm: joints, physics, cameras."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.sim.scene import (
    CUBE_SPACING_M,
    CUBES,
    DeskArm,
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    policy_view,
)

SEEDS = range(300, 320)


@pytest.fixture(scope='module')
def arm():
    arm = DeskArm(0)
    yield arm
    arm.close()


def test_joints_have_the_names_of_so_101_in_its_order(arm):
    assert arm.joint_names == (
        'shoulder_pan',
        'shoulder_lift',
        'elbow_flex',
        'wrist_flex',
        'wrist_roll',
        'gripper',
    )


def test_limits_are_those_of_so_101(arm):
    expected = [
        (-1.91986, 1.91986),
        (-1.74533, 1.74533),
        (-1.69, 1.69),
        (-1.65806, 1.65806),
        (-2.74385, 2.84121),
        (-0.17453, 1.74533),
    ]
    np.testing.assert_allclose(arm.limits_rad, expected, atol=1e-6)


def test_the_same_seed_makes_the_same_episode(arm):
    arm.reset(5)
    first = arm.positions(), arm.target_position_m(), arm.render('front')
    arm.reset(6)
    other = arm.target_position_m()
    arm.reset(5)
    again = arm.positions(), arm.target_position_m(), arm.render('front')
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.allclose(first[1], other)


def test_start_pose_tells_where_reset_puts_the_arm(arm):
    pose = arm.start_pose(17)
    arm.reset(17)
    np.testing.assert_allclose(arm.positions(), pose)


def test_cubes_never_lie_closer_than_a_jaw_needs(arm):
    for seed in SEEDS:
        arm.reset(seed)
        spots = [arm.data.body(cube).xpos[:2] for cube in CUBES]
        gaps = [np.linalg.norm(spots[a] - spots[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        assert min(gaps) >= CUBE_SPACING_M - 1e-9


def test_servos_reach_their_targets_and_hold_them(arm):
    arm.reset(1)
    targets = arm.positions() + np.array([0.2, 0.1, -0.1, -0.2, 0.3, 0.4])
    for _ in range(15):
        arm.step(targets, 0.1)
    np.testing.assert_allclose(arm.positions(), targets, atol=0.02)
    np.testing.assert_allclose(arm.velocities(), 0.0, atol=0.02)


def test_time_advances_by_the_duration_of_a_step(arm):
    arm.reset(1)
    arm.step(arm.positions(), 0.1)
    arm.step(arm.positions(), 0.05)
    assert arm.time_s == pytest.approx(0.15)


def test_targets_beyond_the_limits_stop_at_the_limits(arm):
    arm.reset(1)
    targets = arm.positions()
    targets[5] = 10.0
    for _ in range(20):
        arm.step(targets, 0.1)
    assert arm.positions()[5] <= arm.limits_rad[5, 1] + 0.02


@pytest.mark.parametrize('targets', [[0.0] * 5, [0.0] * 5 + [float('nan')]])
def test_wrong_targets_are_refused_with_the_joint_order(arm, targets):
    with pytest.raises(ValueError, match='6 finite numbers in radians, in the order shoulder_pan'):
        arm.step(targets, 0.1)


@pytest.mark.parametrize('camera', ['front', 'wrist'])
def test_pictures_are_rgb_at_camera_size(arm, camera):
    picture = arm.render(camera)
    assert picture.shape == (IMAGE_HEIGHT, IMAGE_WIDTH, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20  # not one flat colour
    assert policy_view(picture).shape == (144, 192, 3)


def test_an_unknown_camera_is_refused_with_the_known_ones(arm):
    with pytest.raises(ValueError, match="no camera 'rear'; use front or wrist"):
        arm.render('rear')


def test_front_camera_sees_the_red_cube_in_every_episode(arm):
    for seed in SEEDS:
        arm.reset(seed)
        seen = arm.segmentation('front') == arm.body_id('target')
        assert seen.sum() > 200  # pixels of 288x384
        red, green, blue = arm.render('front')[seen].astype(int).mean(axis=0)
        assert red > 2 * green
        assert red > 2 * blue


def test_target_pixel_lies_on_pixels_of_the_target(arm):
    hits = total = 0
    for seed in SEEDS:
        arm.reset(seed)
        for camera in arm.cameras:
            pixel = arm.target_pixel(camera)
            if pixel is None:
                continue
            total += 1
            drawn = arm.segmentation(camera)[round(pixel[1]), round(pixel[0])]
            hits += drawn == arm.body_id('target')
    assert total > 25
    assert hits >= 0.9 * total  # a jaw or a rim may hide the very middle


def test_camera_info_projects_as_mujoco_draws(arm):
    arm.reset(3)
    info = arm.camera_info('front')
    assert (info.height, info.width) == (IMAGE_HEIGHT, IMAGE_WIDTH)
    assert (info.cx, info.cy) == (191.5, 143.5)
    assert info.fx == info.fy
    seen = arm.segmentation('front') == arm.body_id('target')
    rows, cols = np.nonzero(seen)
    col, row = arm.target_pixel('front')
    assert abs(cols.mean() - col) < 5
    assert abs(rows.mean() - row) < 5
