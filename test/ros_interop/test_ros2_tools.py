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

"""A node of the client without ROS, looked at and talked to with ROS 2's own tools."""

import re

import pytest

pytestmark = pytest.mark.needs_rclpy

SERVED = (
    'describe_parameters',
    'get_parameter_types',
    'get_parameters',
    'list_parameters',
    'set_parameters',
    'set_parameters_atomically',
)
IMAGE_HASH = 'RIHS01_d31d41a9a4c4bc8eae9be757b0beed306564f7526c88ea6a4588fb9582527d47'


@pytest.fixture
def policy(start, interop_checkpoint):
    """Start the policy node with the client without ROS."""
    arguments = [
        f'policy:={interop_checkpoint}',
        'device:=cpu',
        'cameras.names:=[front, wrist]',
        'joints.names:=[pan, lift]',
    ]
    command = ['-m', 'attention_mapper_ros.nodes.act_policy', '--ros-args']
    for argument in arguments:
        command += ['-p', argument]
    return start('dds', *command).wait_for('actions enabled')


def test_ros2_shows_lists_sets_and_calls_the_policy_node(policy, ros2):
    assert '/act_policy' in ros2('node', 'list', '--no-daemon', '--spin-time', '2').splitlines()
    info = ros2('node', 'info', '/act_policy', '--no-daemon', '--spin-time', '2')
    assert '/act_policy/attention/front/image: sensor_msgs/msg/Image' in info
    assert '/act_policy/enable: std_srvs/srv/SetBool' in info
    assert all(f'/act_policy/{name}: rcl_interfaces/srv/' in info for name in SERVED)

    topic = '/act_policy/attention/front/image'
    topics = ros2('topic', 'list', '-t', '--no-daemon', '--spin-time', '2')
    assert f'{topic} [sensor_msgs/msg/Image]' in topics.splitlines()
    endpoint = ros2('topic', 'info', '-v', topic, '--no-daemon', '--spin-time', '2')
    assert 'Node name: act_policy' in endpoint
    assert f'Topic type hash: {IMAGE_HASH}' in endpoint
    assert 'Reliability: RELIABLE' in endpoint

    wait = ('--no-daemon', '--spin-time', '2')
    assert 'overlay.opacity_low' in ros2('param', 'list', '/act_policy', *wait)
    assert ros2('param', 'set', '/act_policy', 'overlay.scale', '2', *wait).startswith(
        'Set parameter successful'
    )
    assert ros2('param', 'get', '/act_policy', 'overlay.scale', *wait) == 'Integer value is: 2\n'
    assert 'choose one of' in ros2(
        'param', 'set', '/act_policy', 'overlay.colour_map', 'jet', *wait
    )
    head = ('/act_policy', 'attention.head')
    for value in ('3', 'mean', '[0, 2]'):
        assert ros2('param', 'set', *head, value, *wait).startswith('Set parameter successful')
    assert ros2('param', 'get', *head, *wait) == 'Integer values are: [0, 2]\n'
    assert 'choose -4 to 3' in ros2('param', 'set', *head, '4', *wait)
    assert '0 to 3 of decoder_cross' in ros2('param', 'describe', *head, *wait)
    assert 'not set' in ros2('param', 'get', '/act_policy', 'nonsense', *wait)
    described = ros2('param', 'describe', '/act_policy', 'rate_hz', *wait)
    assert 'Read only' not in described  # it can be set while the node is unconfigured
    assert re.search(r'Min value: 0\.1\s+Max value: 500\.0', described)
    refused = ros2('param', 'set', '/act_policy', 'rate_hz', '5.0', *wait)
    assert 'can be set while the node is unconfigured only' in refused
    described = ros2('param', 'describe', '/act_policy', 'autostart', *wait)
    assert 'Read only: true' in described

    called = ros2('service', 'call', '/act_policy/enable', 'std_srvs/srv/SetBool', '{data: false}')
    assert "success=True, message='actions disabled'" in called
    said = ros2('topic', 'echo', '--once', '/diagnostics', 'diagnostic_msgs/msg/DiagnosticArray')
    assert 'name: act_policy: policy' in said.replace("'", '')

    assert policy.stop() == 0
    shown = (info, topics, endpoint, described, called, said, policy.text)
    assert 'hash' not in ''.join(shown).replace('Topic type hash', '')
    assert 'ERROR' not in policy.text
