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

"""Joints by name and unit: what the robot says, what the policy sees, what goes back."""

import math

import numpy as np
import pytest

from attention_mapper_ros.control.joints import Joint, JointMap


def joint(name: str, index: int, unit: str = 'rad', lower=-2.0, upper=2.0) -> Joint:
    return Joint(name, index, unit, lower, upper)


def test_positions_are_matched_by_name_in_whatever_order_they_come():
    joints = JointMap([joint('pan', 0), joint('lift', 1)], 2)
    state = joints.state(['extra', 'lift', 'pan'], [9.0, 0.2, 0.1])
    assert state.dtype == np.float32
    np.testing.assert_array_equal(state, np.array([0.1, 0.2], dtype=np.float32))


def test_policy_index_orders_state_and_action_names():
    joints = JointMap([joint('pan', 1), joint('lift', 0)], 2)
    assert joints.names == ['lift', 'pan']
    np.testing.assert_array_equal(
        joints.state(['pan', 'lift'], [0.5, 0.25]), np.array([0.25, 0.5], dtype=np.float32)
    )


@pytest.mark.parametrize(
    ('unit', 'robot', 'policy'),
    [
        ('rad', 0.5, 0.5),
        ('m', 0.03, 0.03),
        ('deg', math.pi / 2, 90.0),
        ('range_-100_100', -1.0, -100.0),
        ('range_-100_100', 1.0, 0.0),
        ('range_-100_100', 3.0, 100.0),
        ('range_0_100', -1.0, 0.0),
        ('range_0_100', 3.0, 100.0),
    ],
)
def test_unit_of_the_dataset_and_back(unit, robot, policy):
    joints = JointMap([joint('pan', 0, unit, -1.0, 3.0)], 1)
    state = joints.state(['pan'], [robot])
    assert state[0] == pytest.approx(policy, abs=1e-4)
    assert joints.positions(state)[0] == pytest.approx(robot, abs=1e-6)


def test_missing_joint_is_named_with_the_remedy():
    joints = JointMap([joint('pan', 0), joint('lift', 1)], 2)
    with pytest.raises(ValueError, match=r"joint 'lift' is missing .* has pan, tilt: correct"):
        joints.state(['pan', 'tilt'], [0.0, 0.0])


@pytest.mark.parametrize('bad', [math.nan, math.inf])
def test_position_that_is_not_finite_is_refused(bad):
    joints = JointMap([joint('pan', 0)], 1)
    with pytest.raises(ValueError, match=f"position of joint 'pan' is {bad}"):
        joints.state(['pan'], [bad])


def test_message_with_fewer_positions_than_names_is_refused():
    joints = JointMap([joint('pan', 0)], 1)
    with pytest.raises(ValueError, match='1 names and 0 positions'):
        joints.state(['pan'], [])


def test_joints_that_do_not_fill_the_policy_are_refused():
    with pytest.raises(ValueError, match=r'policy indices \[0, 2\], the policy wants 0 to 2'):
        JointMap([joint('pan', 0), joint('lift', 2)], 3)


def test_robot_name_may_stand_only_once():
    with pytest.raises(ValueError, match='only once'):
        JointMap([joint('pan', 0), joint('pan', 1)], 2)


def test_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unit of joint 'pan' is 'grad': choose one of rad, deg"):
        joint('pan', 0, 'grad')


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match='lower must be less than upper'):
        joint('pan', 0, 'rad', 1.0, -1.0)


def test_limits_are_in_the_order_of_the_names_and_cannot_be_changed():
    joints = JointMap([joint('pan', 1, lower=-1.0), joint('lift', 0, upper=3.0)], 2)
    np.testing.assert_array_equal(joints.lower, [-2.0, -1.0])
    np.testing.assert_array_equal(joints.upper, [3.0, 2.0])
    with pytest.raises(ValueError, match='read-only'):
        joints.lower[0] = -9.0


def test_measured_positions_are_ordered_as_the_action_in_the_robots_units():
    joints = JointMap([joint('pan', 1, 'deg'), joint('lift', 0, 'range_0_100')], 2)
    measured = joints.robot_positions(['pan', 'extra', 'lift'], [0.1, 9.0, 0.2])
    assert measured.dtype == np.float64
    np.testing.assert_array_equal(measured, [0.2, 0.1])
    np.testing.assert_allclose(
        joints.positions(joints.state(joints.names, measured)), measured, atol=1e-6
    )
