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

"""Several robots on one network, and several policies on one robot: nothing crosses over."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from attention_mapper_ros.nodes.act_policy import ActPolicyNode
from attention_mapper_ros.ros.client import (
    CLIENT,
    ExternalShutdownException,
    Node,
    Parameter,
    rclpy,
)
from attention_mapper_ros.ros.interfaces import DiagnosticArray, Image, JointState, SetBool
from attention_mapper_ros.ros.messages import nanoseconds

ROBOTS = ('left', 'right')
START_S = 120.0  # two processes load torch, LeRobot and MuJoCo on a busy machine
MOVED_RAD = 0.1
AT_REST_RAD = 0.03  # gravity and the controllers of the simulated joints
GLOBAL = {'/diagnostics', '/rosout', '/parameter_events'}


class Listener(Node):
    """Hears what both robots publish."""

    def __init__(self):
        super().__init__('listener')
        self.received = {}
        self.statuses = set()
        for robot in ROBOTS:
            self.hear(JointState, f'/{robot}/joint_states')
            self.hear(JointState, f'/{robot}/act_policy/action')
            self.hear(Image, f'/{robot}/act_policy/attention/front/image')
        self.create_subscription(DiagnosticArray, '/diagnostics', self.on_diagnostics, 10)
        self.enable = {
            robot: self.create_client(SetBool, f'/{robot}/act_policy/enable') for robot in ROBOTS
        }

    def hear(self, kind, topic):
        messages = self.received[topic] = []
        self.create_subscription(kind, topic, messages.append, 10)

    def on_diagnostics(self, message):
        self.statuses |= {status.name for status in message.status}

    def at(self, robot):
        """Return where the joints of a robot are, (joint,) rad."""
        return np.array(self.received[f'/{robot}/joint_states'][-1].position)

    def actions(self, robot):
        return self.received[f'/{robot}/act_policy/action']

    def overlays(self, robot):
        return self.received[f'/{robot}/act_policy/attention/front/image']


@pytest.fixture
def spinning(ros):
    """Return a function that spins nodes on one executor of its own thread."""
    executor = rclpy.executors.SingleThreadedExecutor()
    nodes = []

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            return

    def add(node):
        nodes.append(node)
        executor.add_node(node)
        return node

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    yield add
    executor.shutdown()
    thread.join(20)
    for node in nodes:
        if isinstance(node, ActPolicyNode):
            node.close()
        node.destroy_node()


@pytest.fixture
def two_robots(loopback, project):
    """Start two arms with their policies, each robot in a process and a namespace of its own."""
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name('whole_robot.py')),
                *(robot, str(seed), str(project / 'config')),
            ],
            env={**os.environ, 'ATTENTION_MAPPER_ROS_CLIENT': CLIENT, 'OMP_NUM_THREADS': '1'}
            | {'PYTHONPATH': os.pathsep.join(path for path in sys.path if path)},
        )
        for seed, robot in enumerate(ROBOTS)
    ]
    yield processes
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(60) for process in processes] == [0, 0]


def test_two_robots_in_their_namespaces_do_not_disturb_each_other(two_robots, spinning, until):
    listener = spinning(Listener())

    def enable(robot, data):
        done = listener.enable[robot].call_async(SetBool.Request(data=data))
        until(done.done, 'an answer')
        return done.result().success

    for robot in ROBOTS:
        until(lambda robot=robot: listener.overlays(robot), f'overlays of {robot}', START_S)
        assert listener.enable[robot].wait_for_service(timeout_sec=START_S)
    assert listener.actions('left') == listener.actions('right') == []
    begun = {robot: listener.at(robot) for robot in ROBOTS}

    def way(robot):
        return np.abs(listener.at(robot) - begun[robot]).max()

    assert enable('left', True)
    until(lambda: way('left') > MOVED_RAD, 'a movement of the left arm', START_S)
    assert listener.actions('left')
    assert listener.actions('right') == []
    assert way('right') < AT_REST_RAD
    assert enable('right', True)
    until(lambda: way('right') > MOVED_RAD, 'a movement of the right arm', START_S)
    seen = {robot: len(listener.overlays(robot)) for robot in ROBOTS}
    for robot in ROBOTS:
        until(lambda robot=robot: len(listener.overlays(robot)) > seen[robot], 'new overlays')
    names_do_not_cross(listener, until)


def names_do_not_cross(listener, until):
    for robot in ROBOTS:
        [publisher] = listener.get_publishers_info_by_topic(f'/{robot}/act_policy/action')
        assert (publisher.node_name, publisher.node_namespace) == ('act_policy', f'/{robot}')
        hears = listener.get_subscriptions_info_by_topic(f'/{robot}/act_policy/action')
        assert {(info.node_namespace, info.node_name) for info in hears} == {
            (f'/{robot}', 'sim_robot'),
            ('/', 'listener'),
        }
        wanted = {f'{robot}/act_policy: ticks', f'{robot}/sim_robot: episodes'}
        until(
            lambda wanted=wanted: wanted <= {name.lstrip('/') for name in listener.statuses},
            f'{wanted} on /diagnostics',
        )
        for node in ('act_policy', 'sim_robot'):
            used = names_of(listener, node, f'/{robot}')
            assert len(used) > 5
            outside = {name for name in used if not name.startswith(f'/{robot}/')}
            assert outside <= GLOBAL


def names_of(listener, node, namespace):
    """Return every topic and service that a node offers or uses."""
    ways = (
        listener.get_publisher_names_and_types_by_node,
        listener.get_subscriber_names_and_types_by_node,
        listener.get_service_names_and_types_by_node,
        listener.get_client_names_and_types_by_node,
    )
    return {name for way in ways for name, _ in way(node, namespace)}


def test_two_policies_look_through_the_same_cameras(make_graph, spinning, until):
    graph = make_graph({'diagnostic_updater.period': 0.2})
    robot, first = graph.robot, graph.policy
    second = ActPolicyNode(
        cli_args=['--ros-args', '-r', '__node:=second_policy'],
        parameter_overrides=[
            Parameter(name, value=first.get_parameter(name).value)
            for name in ('policy', 'device', 'torch_threads', 'rate_hz', 'joints.names', 'ramp_s')
        ]
        + [Parameter('joints.pan.upper', value=1000.0), Parameter('schedule', value='latest')],
    )
    assert second.autostart(), second.refusal
    spinning(second)
    names = ('act_policy', 'second_policy')
    overlays = {n: robot.hear(f'{n}/attention/front/image', Image) for n in names}
    robot.hear('second_policy/action', JointState)
    with graph.feeding(robot.send_all):
        for name in names:
            until(lambda name=name: len(robot.received[f'{name}/action']) >= 3, 'actions')
            until(lambda name=name: len(overlays[name]) >= 3, 'overlays')
            assert len(robot.get_publishers_info_by_topic(f'/{name}/action')) == 1
        client = robot.create_client(SetBool, 'second_policy/enable')
        assert graph.call(client, SetBool.Request(data=False)).success
        until(lambda: 'second_policy: policy' in statuses(robot), 'reports of the second')
        until(
            lambda: 'actions are disabled' in statuses(robot)['second_policy: policy'],
            'the switch of the second',
        )
        assert statuses(robot)['act_policy: policy'] == 'active, actions go out'
        sent = len(robot.actions)
        until(lambda: len(robot.actions) >= sent + 3, 'actions of the first')
    stamps = {n: {nanoseconds(o.header.stamp) for o in overlays[n]} for n in names}
    assert all(stamps.values())


def statuses(robot):
    """Return the newest words of every status, by its name."""
    return {
        status.name: status.message
        for message in robot.received['/diagnostics']
        for status in message.status
    }
