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

"""A robot that dies, and a network that is cut."""

import time
import warnings

from fault_processes import (
    ERROR,
    MEASURED,
    NetworkProcess,
    parameters,
    PolicyProcess,
    START_TIMEOUT_S,
)
import pytest
from robot_process import RobotProcess

CUT_S = 10.0
CABLE = 'faults0'
ADDRESSES = ('10.87.65.1', '10.87.65.2')  # of the robot and of the policy
CYCLONE = (
    '<CycloneDDS><Domain><General><AllowMulticast>false</AllowMulticast>'
    f'<Interfaces><NetworkInterface name="{CABLE}"/></Interfaces></General></Domain></CycloneDDS>'
)


def test_robot_that_is_killed_and_started_again_is_taken_up_again(robot, policy, start_robot):
    witness, log = start_robot(name='witness', silent=True), policy.mark()
    witness.wait_for_more_actions()
    robot.close()
    held = witness.wait_for_hold()
    witness.wait_for_status('inputs', ERROR, 'more than its max_age_s')
    policy.wait_for_log('tick skipped: newest message on', log)
    robot.restart()
    assert witness.wait_for_restart(held) == pytest.approx(MEASURED)
    robot.wait_for_more_actions()


@pytest.fixture(scope='module')
def two_hosts(folder, checkpoint, new_environment):
    """
    Return a policy and a robot, each in its own network, and what cuts the cable or mends it.

    Where the kernel gives no network namespaces the robot's middleware lets no datagram in or out
    instead. The node is told to stop rather than to hold.
    """
    environment = new_environment()
    network = NetworkProcess(folder, environment)
    values = parameters(checkpoint, on_stale='stop')
    if network.refused:
        warnings.warn(f'deaf and mute instead of a cut network: {network.refused}', stacklevel=1)
        policy = PolicyProcess(folder, values, environment)
        robot = RobotProcess(folder, environment)

        def order(what):
            robot.tell('deaf_mute', on=what == 'cut')
    else:
        sides = [{**environment, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'} for _ in ADDRESSES]
        for side, other in zip(sides, reversed(ADDRESSES), strict=True):
            side.update(ROS_STATIC_PEERS=other, CYCLONEDDS_URI=CYCLONE)
        robot = RobotProcess(folder, sides[0], program=network.program(0))
        policy = PolicyProcess(folder, values, sides[1], program=network.program(1))
        order = network.tell
    robot.wait_until_well(START_TIMEOUT_S)
    yield policy, robot, order
    robot.close()
    policy.close()
    network.close()


def test_network_that_is_cut_for_ten_seconds_is_lived_through(two_hosts):
    policy, robot, order = two_hosts
    first, log = len(robot.actions), policy.mark()
    order('cut')
    cut_s = time.monotonic()
    policy.wait_for_log('tick skipped: newest message on', log)
    while time.monotonic() - cut_s < CUT_S:
        assert policy.runs, policy.log()
        time.sleep(0.1)
    during = [action for action in robot.actions[first:] if action['at_s'] > cut_s]
    assert not during
    order('mend')
    robot.wait_for_action(MEASURED, first)
    # What was reported before the cut is of no use, and what came just after it is still shown.
    robot.wait_for_reports(robot.reports + 5)
    robot.wait_until_well()
    assert robot.figure('skipped_ticks stale') > 0


def test_node_told_to_stop_sends_nothing_while_an_input_is_missing(two_hosts):
    _, robot, _ = two_hosts
    robot.tell('camera', camera='front', rate_hz=0)
    robot.wait_for_status('ticks', ERROR, 'newest message on front is')
    sent = len(robot.actions)
    robot.wait_for_reports(robot.reports + 5)
    assert len(robot.actions) == sent
    robot.tell('camera', camera='front', rate_hz=20)
    robot.wait_for_action(MEASURED, sent)
    robot.wait_until_well()
    assert robot.figure('held_actions') == 0
