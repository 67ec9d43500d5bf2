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


"""act_live.launch.py: what each argument turns into."""

from pathlib import Path
import re
from types import SimpleNamespace

import pytest

ISSUED = {
    'policy',
    'params_file',
    'namespace',
    'rate_hz',
    'device',
    'action_topic',
    'image_transport',
    'use_sim_time',
    'autostart',
    'dry_run',
    'log_level',
    'view',
    'record',
    'page',
}
CLOSED = {
    'image_transport',
    'use_sim_time',
    'autostart',
    'dry_run',
    'log_level',
    'view',
    'record',
    'page',
}


@pytest.fixture
def launch_file(load_launch_file):
    return load_launch_file('act_live.launch.py')


@pytest.fixture
def start(launch_file):
    """Start with these arguments, the others at their defaults; return the processes."""
    defaults = {said.arguments[0]: said.default_value for said in launch_file.ARGUMENTS}

    def start(**given):
        context = SimpleNamespace(launch_configurations={**defaults, **given})
        return launch_file.start(context)

    return start


def test_every_argument_is_described(launch_file):
    assert {said.arguments[0] for said in launch_file.ARGUMENTS} == ISSUED
    assert all(said.description for said in launch_file.ARGUMENTS)


def test_closed_sets_have_choices_that_hold_the_default(launch_file):
    closed = {
        said.arguments[0]: said for said in launch_file.ARGUMENTS if 'choices' in said.options
    }
    assert set(closed) == CLOSED
    assert all(said.default_value in said.choices for said in closed.values())


def test_empty_arguments_leave_the_parameter_file_alone(start, project):
    [node] = start()
    assert node.parameters == [str(project / 'config' / 'act_live.yaml')]
    assert node.remappings == []


def test_given_arguments_come_after_the_parameter_file_in_the_nodes_types(start):
    [node] = start(policy='/a/b', rate_hz='20', device='cpu', use_sim_time='true')
    assert node.parameters[1] == {
        'policy': '/a/b',
        'rate_hz': 20.0,
        'device': 'cpu',
        'use_sim_time': True,
    }


def test_every_overriding_argument_is_a_parameter_of_the_node(start, project):
    [node] = start(policy='p', rate_hz='1', device='cpu', image_transport='raw')
    documented = (project / 'config' / 'act_live.yaml').read_text(encoding='utf-8')
    for name in node.parameters[1]:
        assert re.search(rf'^    {name}:', documented, re.MULTILINE)


def test_action_topic_is_a_remapping_of_the_private_action(start):
    [node] = start(action_topic='/arm_controller/joint_trajectory')
    assert node.remappings == [('~/action', '/arm_controller/joint_trajectory')]


def test_parameter_file_applies_in_any_namespace(project):
    """A file that names the node by its bare name would be ignored by a node in a namespace."""
    text = (project / 'config' / 'act_live.yaml').read_text(encoding='utf-8')
    assert re.findall(r'^\S+:', text, re.MULTILINE) == ['/**:']


@pytest.mark.parametrize(
    ('namespace', 'prefix'), [('', ''), ('left', '/left'), ('/cell/left/', '/cell/left')]
)
def test_viewers_look_into_the_namespace(start, namespace, prefix):
    for view, flag in (('rviz', '-d'), ('rqt', '--perspective-file')):
        _, viewer = start(view=view, namespace=namespace)
        assert viewer.options['arguments'][0] == flag
        text = Path(viewer.options['arguments'][1]).read_text(encoding='utf-8')
        assert f'{prefix}/act_policy/attention/front/image' in text
        assert prefix or 'left' not in text


def test_bag_holds_inputs_actions_and_attention_and_nothing_else(start, tmp_path):
    file = tmp_path / 'robot.yaml'
    file.write_text(
        """/**:
  ros__parameters:
    cameras:
      names: [left, right]
      left: {topic: /camera/left/color, transport: compressed}
    cameras.right.topic: right/image
"""
    )
    _, bag = start(record='true', params_file=str(file), namespace='cell', action_topic='arm/go')
    assert bag.cmd[:5] == ['ros2', 'bag', 'record', '-s', 'mcap']
    recorded = re.compile(bag.cmd[bag.cmd.index('--regex') + 1])
    for topic in (
        '/cell/joint_states',
        '/camera/left/color/compressed',
        '/cell/right/image',
        '/cell/act_policy/action',
        '/cell/act_policy/attention/left/image/compressed',
        '/cell/act_policy/attention/left/map',
        '/cell/act_policy/attention/share',
        '/cell/act_policy/attention/weights',
        '/cell/arm/go',
        '/diagnostics',
    ):
        assert recorded.search(topic), topic
    for topic in (
        '/joint_states',
        '/camera/left/color',
        '/cell/other/image_raw',
        '/cell/act_policy/attention/left/image',
        '/cell/act_policy/attention/grid',
        '/cell/act_policy/attention/grid/compressed',
        '/tf',
    ):
        assert not recorded.search(topic), topic


def test_transport_argument_decides_what_is_recorded(start):
    _, bag = start(record='true', image_transport='compressed')
    recorded = re.compile(bag.cmd[-1])
    assert recorded.search('/front/image_raw/compressed')
    assert not recorded.search('/front/image_raw')


def test_page_runs_in_the_nodes_namespace(start):
    _, page = start(page='true', namespace='left')
    assert (page.executable, page.namespace) == ('attention_page', 'left')


@pytest.mark.parametrize(
    ('argument', 'value'), [('rate_hz', 'fast'), ('params_file', '/nowhere/robot.yaml')]
)
def test_an_unusable_argument_is_named_with_its_value(start, argument, value):
    with pytest.raises(ValueError, match=f"argument {argument} is '{value}'.* give "):
        start(**{argument: value})
