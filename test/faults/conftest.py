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

"""A robot and a policy node as processes of their own, on a DDS domain that nobody else has."""

from contextlib import ExitStack
import os
from pathlib import Path
import sys

from act_checkpoints import make_act_checkpoint
import pytest

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / 'ros_contract'):
    sys.path.insert(0, str(folder))
from fault_processes import (  # noqa: E402
    parameters,
    PolicyProcess,
    START_TIMEOUT_S,
)
from robot_process import RobotProcess  # noqa: E402
from ros_loopback import environment, free_domain  # noqa: E402

JOINT_LIMIT = 3.15  # rad, of the node's default
RUNNING = ExitStack()  # ends the processes that all tests of this folder share


@pytest.fixture(scope='session')
def checkpoint(tmp_path_factory):
    """Return a small random ACT policy with two cameras and two joints."""
    return make_act_checkpoint(
        tmp_path_factory.mktemp('policy'),
        cameras=dict.fromkeys(('front', 'wrist'), (64, 96)),
        state=2,
        actions=2,
        chunk=8,
        n_action_steps=4,
    )


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """End what the tests of this folder share with its last one: it would run on beside others."""
    if nextitem is None or nextitem.path.parent != HERE:
        RUNNING.close()


@pytest.fixture(scope='session')
def new_environment():
    """Return a function for the environment of a new graph, with the client without ROS."""

    def loopback():
        return {
            **os.environ,
            **environment(free_domain()),
            'ATTENTION_MAPPER_ROS_CLIENT': 'dds',
            'OMP_NUM_THREADS': '1',
            'PYTHONUNBUFFERED': '1',
        }

    return loopback


@pytest.fixture(scope='session')
def graph_environment(new_environment):
    """Return the environment of the graph that most tests share."""
    return new_environment()


@pytest.fixture(scope='session')
def folder(tmp_path_factory):
    """Return the folder of the processes' logs."""
    return tmp_path_factory.mktemp('faults')


@pytest.fixture(scope='session')
def strict_processes(folder, checkpoint, new_environment):
    """Return a policy node that soon gives up, and a robot with a clock of its own."""
    graph = new_environment()
    values = parameters(checkpoint, use_sim_time=True, max_failures=20, inference_timeout_s=0.5)
    policy = PolicyProcess(folder, values, graph)
    robot = RobotProcess(folder, graph)
    RUNNING.callback(policy.close)
    RUNNING.callback(robot.close)
    robot.tell('clock', at_s=1000.0)
    yield policy, robot
    RUNNING.close()


@pytest.fixture
def strict(strict_processes):
    """Return them, started again after a test that ended the node."""
    policy, robot = strict_processes
    if not policy.runs:
        robot.forget()
        policy.restart()
    robot.wait_until_well(START_TIMEOUT_S)
    first = len(robot.actions)
    yield policy, robot
    check_actions(robot.actions[first:], in_order=False)


@pytest.fixture
def start_robot(folder, graph_environment):
    """Return a function that starts one more robot."""
    robots = []

    def start(environment=graph_environment, **options):
        robots.append(RobotProcess(folder, environment, **options))
        return robots[-1]

    yield start
    for robot in robots:
        robot.close()


@pytest.fixture(scope='session')
def shared_processes(folder, graph_environment, checkpoint):
    """Return the robot and the policy that most tests break, one after the other."""
    policy = PolicyProcess(folder, parameters(checkpoint), graph_environment)
    RUNNING.callback(policy.close)
    robot = RobotProcess(folder, graph_environment)
    RUNNING.callback(robot.close)
    robot.wait_until_well(START_TIMEOUT_S)
    yield policy, robot
    RUNNING.close()


@pytest.fixture
def policy(shared_processes):
    """Return the policy node that all tests share: no fault may leave a trace in it."""
    policy, _ = shared_processes
    yield policy
    assert policy.runs, policy.log()
    policy.forwards('well')
    assert 'Traceback' not in policy.log(), policy.log()


@pytest.fixture
def robot(shared_processes, policy):
    """Return the robot that all tests share, with everything in order."""
    robot = shared_processes[1]
    robot.wait_until_well()
    first = len(robot.actions)
    yield robot
    robot.restore()
    robot.wait_until_well()
    check_actions(robot.actions[first:])


def check_actions(actions, in_order=True):
    """Fail if an action went out that no test allows, whatever was broken."""
    for action in actions:
        assert action['names'] == ['pan', 'lift']
        assert all(abs(position) < JOINT_LIMIT for position in action['positions']), action
        assert any(action['positions']), 'zeros went out'
    stamps = [action['stamp_ns'] for action in actions]
    assert stamps == sorted(stamps) or not in_order
