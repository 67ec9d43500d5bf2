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

"""The SROS 2 policy names what the running nodes have, no more and no less."""

from collections.abc import Iterator
from pathlib import Path
import time
from typing import Any
import xml.etree.ElementTree as ElementTree

import pytest

from attention_mapper_ros.nodes.act_policy import ActPolicyNode
from attention_mapper_ros.nodes.attention_page import AttentionPageNode
from attention_mapper_ros.nodes.sim_robot import SimRobotNode
from attention_mapper_ros.ros.client import CLIENT, Node, Parameter, rclpy

POLICY = 'security/attention_mapper.policy.xml'
KINDS = ('publish', 'subscribe', 'reply', 'request')
# Which of the two topics of a camera is heard depends on its transport; here it is the raw one.
OTHER_TRANSPORT = {'/front/image_raw/compressed', '/wrist/image_raw/compressed'}
# rclpy has it since Jazzy, the client without ROS has not.
ONLY_RCLPY = 'get_type_description'
KNOWN_WITHIN_S = 10.0


@pytest.fixture(scope='module')
def enclaves(project: Path) -> dict[str, ElementTree.Element]:
    """Return the profile of each node, by its name."""
    root = ElementTree.parse(project / 'config' / POLICY).getroot()
    assert (root.tag, root.attrib) == ('policy', {'version': '0.2.0'})
    found = {}
    for enclave in root.findall('enclaves/enclave'):
        (profile,) = enclave.findall('profiles/profile')
        assert enclave.get('path') == f'/attention_mapper/{profile.get("node")}'
        found[profile.get('node')] = profile
    return found


def allowed(profile: ElementTree.Element, kind: str) -> set[str]:
    """Return the full names for which a profile has ALLOW, as ros2 security expands them."""
    names: set[str] = set()
    for rules in profile:
        assert (rules.tag in ('topics', 'services')) and set(rules.attrib) <= set(KINDS)
        assert set(rules.attrib.values()) == {'ALLOW'}
        if kind in rules.attrib:
            names |= {str(rule.text) for rule in rules}
            assert {rule.tag for rule in rules} == {rules.tag[:-1]}
    node, namespace = profile.get('node'), str(profile.get('ns'))
    private = f'{namespace}{node}'
    return {
        name if name[0] == '/' else private + name[1:] if name[0] == '~' else namespace + name
        for name in names
    }


@pytest.fixture(scope='module')
def observer(loopback: None, project: Path) -> Iterator[Node]:
    """Run the three nodes, with a viewer of the page and the simulation's time, and look on."""
    rclpy.init(args=['--ros-args', '--params-file', str(project / 'config' / 'act_live.yaml')])
    checkpoint = str(project / 'attention_mapper_ros' / 'sim' / 'checkpoint')
    sim_time = Parameter('use_sim_time', value=True)

    def options(**values: Any) -> dict[str, Any]:
        given = [Parameter(name, value=value) for name, value in values.items()]
        return {'parameter_overrides': [sim_time, *given]}

    policy = ActPolicyNode(**options(policy=checkpoint, device='cpu', torch_threads=1))
    assert policy.trigger_configure().name == 'SUCCESS', policy.refusal
    arguments = {'use_global_arguments': False}
    robot = SimRobotNode(**options(), **arguments)
    page = AttentionPageNode(**options(port=0), **arguments)
    page.feed.count_viewer(1)
    page._on_watch()
    node = Node('observer', start_parameter_services=False, **arguments)
    yield node
    for each in (page, robot, policy):
        each.close()
        each.destroy_node()
    node.destroy_node()
    rclpy.try_shutdown()


def names_of(observer: Node, node: str, kind: str) -> set[str]:
    ask = {
        'publish': observer.get_publisher_names_and_types_by_node,
        'subscribe': observer.get_subscriber_names_and_types_by_node,
        'reply': observer.get_service_names_and_types_by_node,
        'request': observer.get_client_names_and_types_by_node,
    }
    return {name for name, _ in ask[kind](node, '/')}


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('node', ['act_policy', 'sim_robot', 'attention_page'])
def test_policy_names_exactly_what_the_running_node_has(observer, enclaves, node, kind):
    expected = allowed(enclaves[node], kind)
    if node == 'act_policy' and kind == 'subscribe':
        expected -= OTHER_TRANSPORT
    if CLIENT != 'rclpy':
        expected = {name for name in expected if not name.endswith(ONLY_RCLPY)}
    end = time.monotonic() + KNOWN_WITHIN_S
    while names_of(observer, node, kind) != expected and time.monotonic() < end:
        rclpy.spin_once(observer, timeout_sec=0.1)
    assert names_of(observer, node, kind) == expected


def test_policy_has_an_enclave_for_each_executable_of_the_package(enclaves):
    assert set(enclaves) == {'act_policy', 'sim_robot', 'attention_page'}
