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

"""Joint states that stop, are no numbers, or come under other names or in another order."""

import math

from fault_processes import ERROR, MEASURED
import pytest


def test_joint_states_that_stop_make_the_robot_hold_until_they_are_back(robot, policy):
    log = policy.mark()
    robot.tell('joints', rate_hz=0)
    held = robot.wait_for_hold()
    assert robot.wait_for_status('ticks', ERROR, 'newest message on joint_states is')
    policy.wait_for_log('tick skipped: newest message on joint_states is', log)
    assert robot.figure('age_ms joint_states') > 1000.0
    # Meanwhile the arm has been moved by hand: from there it goes on.
    robot.tell('joints', rate_hz=20, positions=(-0.3, 0.4))
    assert robot.wait_for_restart(held) == pytest.approx((-0.3, 0.4))


def test_joint_positions_that_are_not_finite_are_refused_and_named(robot, policy):
    log = policy.mark()
    for bad in (math.inf, -math.inf, math.nan):
        robot.tell('joints', positions=(0.1, bad))
        robot.wait_for_status('inputs', ERROR, f"position of joint 'lift' is {bad}")
    held = robot.wait_for_hold()
    assert robot.figure('unusable joint_states') > 0
    policy.wait_for_log("tick skipped: position of joint 'lift' is", log)
    robot.tell('joints', positions=MEASURED)
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)


def test_joints_that_are_renamed_are_refused_and_named(robot, policy):
    log = policy.mark()
    robot.tell('joints', names=('pan', 'tilt'))
    held = robot.wait_for_hold()
    refusal = "joint 'lift' is missing from the joint message, which has pan, tilt"
    assert robot.wait_for_status('inputs', ERROR, refusal)
    assert 'correct its robot name under joints:' in policy.wait_for_log(refusal, log)
    robot.tell('joints', names=('pan', 'lift'))
    assert robot.wait_for_restart(held) == pytest.approx(MEASURED)


def test_joints_in_another_order_are_the_same_joints(robot):
    skipped = robot.figure('skipped_ticks unusable')
    robot.tell('joints', names=('lift', 'spare', 'pan'), positions=(-0.25, 9.0, 0.15))
    first = len(robot.actions)
    assert robot.call('reset')
    # A new episode begins where the joints are, each under its own name.
    robot.wait_for_action((0.15, -0.25), first)
    robot.wait_until_well()
    assert robot.figure('skipped_ticks unusable') == skipped
