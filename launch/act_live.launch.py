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


"""
Run an ACT policy on a robot graph and show what it looks at.

    ros2 launch attention_mapper_ros act_live.launch.py policy:=/path/to/checkpoint

Everything else about the robot stands in the parameter file. An argument that is left empty does
not touch what the file says.
"""

from pathlib import Path
import re
import tempfile

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch_ros.actions import LifecycleNode, Node
import yaml

from launch import LaunchDescription

PACKAGE = 'attention_mapper_ros'
SHARE = Path(get_package_share_directory(PACKAGE))
NODE = 'act_policy'

AS_THE_FILE_SAYS = ''
# The node's own defaults, for a parameter file that says nothing about cameras.
DEFAULT_CAMERAS = ('front', 'wrist')

ARGUMENTS = (
    DeclareLaunchArgument(
        'policy',
        default_value=AS_THE_FILE_SAYS,
        description='LeRobot ACT checkpoint, a local folder or a hub id; empty: as params_file',
    ),
    DeclareLaunchArgument(
        'params_file',
        default_value=str(SHARE / 'config' / 'act_live.yaml'),
        description='ROS parameter file of the act_policy node: cameras, joints, rate, drawing',
    ),
    DeclareLaunchArgument(
        'namespace', default_value='', description='namespace of the node and its relative topics'
    ),
    DeclareLaunchArgument(
        'rate_hz',
        default_value=AS_THE_FILE_SAYS,
        description='ticks per second; empty: as params_file',
    ),
    DeclareLaunchArgument(
        'device',
        default_value=AS_THE_FILE_SAYS,
        description='torch device: auto, cpu, cuda, cuda:1 …; empty: as params_file',
    ),
    DeclareLaunchArgument(
        'action_topic',
        default_value='',
        description='topic that takes the actions; empty: the private topic ~/action',
    ),
    DeclareLaunchArgument(
        'image_transport',
        default_value=AS_THE_FILE_SAYS,
        choices=[AS_THE_FILE_SAYS, 'raw', 'compressed'],
        description='transport of all cameras; empty: each camera as params_file',
    ),
    DeclareLaunchArgument(
        'use_sim_time',
        default_value=AS_THE_FILE_SAYS,
        choices=[AS_THE_FILE_SAYS, 'true', 'false'],
        description='take the time from /clock; empty: as params_file',
    ),
    DeclareLaunchArgument(
        'autostart',
        default_value=AS_THE_FILE_SAYS,
        choices=[AS_THE_FILE_SAYS, 'true', 'false'],
        description='configure and activate the node at its start; empty: as params_file (true)',
    ),
    DeclareLaunchArgument(
        'dry_run',
        default_value=AS_THE_FILE_SAYS,
        choices=[AS_THE_FILE_SAYS, 'true', 'false'],
        description='publish everything but the action; empty: as params_file (false)',
    ),
    DeclareLaunchArgument(
        'log_level',
        default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='least severe message that the node logs',
    ),
    DeclareLaunchArgument(
        'view',
        default_value='none',
        choices=['none', 'rqt', 'rviz'],
        description='viewer to open on the overlays',
    ),
    DeclareLaunchArgument(
        'page',
        default_value='false',
        choices=['true', 'false'],
        description='serve the overlays on http://127.0.0.1:8080',
    ),
    DeclareLaunchArgument(
        'record',
        default_value='false',
        choices=['true', 'false'],
        description='record inputs, actions and attention with ros2 bag, as MCAP',
    ),
)


def generate_launch_description():
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start)])


def start(context):
    """Turn the arguments, now known, into processes."""
    given = context.launch_configurations
    # launch only warns about a missing file, and the node would run on its defaults.
    if not Path(given['params_file']).is_file():
        raise ValueError(
            f'argument params_file is {given["params_file"]!r}, which is not a file: give the '
            f'path of your copy of {SHARE / "config" / "act_live.yaml"}'
        )
    processes = [policy_node(given)]
    if given['page'] == 'true':
        processes.append(
            Node(
                package=PACKAGE,
                executable='attention_page',
                namespace=given['namespace'],
                output='screen',
            )
        )
    if given['view'] != 'none':
        processes.append(viewer(given))
    if given['record'] == 'true':
        processes.append(recorder(given))
    return processes


def policy_node(given):
    overrides = {}
    for name in ('policy', 'device', 'image_transport'):
        if given[name] != AS_THE_FILE_SAYS:
            overrides[name] = given[name]
    if given['rate_hz'] != AS_THE_FILE_SAYS:
        overrides['rate_hz'] = ticks_per_second(given['rate_hz'])
    for name in ('use_sim_time', 'autostart', 'dry_run'):
        if given[name] != AS_THE_FILE_SAYS:
            overrides[name] = given[name] == 'true'
    remappings = [('~/action', given['action_topic'])] if given['action_topic'] else []
    # The node drives itself to active (parameter autostart), on every distribution alike; as a
    # LifecycleNode it also follows ChangeState events of launch files that include this one.
    return LifecycleNode(
        package=PACKAGE,
        executable=NODE,
        name=NODE,
        namespace=given['namespace'],
        # The later one wins.
        parameters=[given['params_file'], *([overrides] if overrides else [])],
        remappings=remappings,
        ros_arguments=['--log-level', given['log_level']],
        output='screen',
    )


def ticks_per_second(text):
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f'argument rate_hz is {text!r}: give a number of ticks per second, such as 30.0'
        ) from None


def viewer(given):
    if given['view'] == 'rqt':
        perspective = in_namespace(SHARE / 'config' / 'attention.perspective', given['namespace'])
        return Node(
            package='rqt_gui',
            executable='rqt_gui',
            arguments=['--perspective-file', str(perspective)],
        )
    display = in_namespace(SHARE / 'config' / 'attention.rviz', given['namespace'])
    return Node(package='rviz2', executable='rviz2', arguments=['-d', str(display)])


def in_namespace(config, namespace):
    """Return the viewer's file, or a copy whose topics lie in the namespace."""
    if not namespace.strip('/'):
        return config
    copy = Path(tempfile.mkdtemp(prefix='attention_mapper_')) / config.name
    text = config.read_text(encoding='utf-8')
    copy.write_text(text.replace(f'/{NODE}/', absolute(f'{NODE}/', namespace)), encoding='utf-8')
    return copy


def recorder(given):
    # Explicit names would need the topics to exist and differ between distributions in how they
    # are given; one expression means the same to all of them.
    command = ['ros2', 'bag', 'record', '-s', 'mcap', '--regex', recorded_topics(given)]
    if given['use_sim_time'] == 'true':
        command.append('--use-sim-time')
    return ExecuteProcess(cmd=command, output='screen')


def recorded_topics(given):
    """Return the expression that matches inputs, actions and attention."""
    namespace = given['namespace']
    inputs = ['joint_states']
    for topic, transport in camera_topics(given['params_file']):
        transport = given['image_transport'] or transport
        inputs.append(topic + '/compressed' if transport == 'compressed' else topic)
    topics = [re.escape(absolute(topic, namespace)) for topic in inputs]
    # Not the raw overlays: the compressed ones are the same pictures in a thirtieth of the space.
    # Not the grid of heads: it would be drawn for nobody to look at.
    pictures = '(?!attention/([^/]*/image|grid|grid/compressed)$).*'
    topics.append(re.escape(absolute(f'{NODE}/', namespace)) + pictures)
    if given['action_topic']:
        topics.append(re.escape(absolute(given['action_topic'], namespace)))
    return '^({})$'.format('|'.join([*topics, '/diagnostics']))


def camera_topics(params_file):
    """Return topic and transport of each camera that the parameter file names."""
    document = yaml.safe_load(Path(params_file).read_text(encoding='utf-8')) or {}
    parameters = {}
    for node, content in document.items():
        if node.rsplit('/', 1)[-1] in ('**', NODE):
            parameters.update(flat((content or {}).get('ros__parameters') or {}))
    return [
        (
            parameters.get(f'cameras.{name}.topic', f'{name}/image_raw'),
            parameters.get(f'cameras.{name}.transport', 'raw'),
        )
        for name in parameters.get('cameras.names', DEFAULT_CAMERAS)
    ]


def flat(tree, prefix=''):
    """Return the parameters under their dotted names, as ROS knows them."""
    parameters = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            parameters.update(flat(value, f'{prefix}{name}.'))
        else:
            parameters[prefix + name] = value
    return parameters


def absolute(topic, namespace):
    if topic.startswith('/'):
        return topic
    return '/'.join(['', *filter(None, namespace.split('/')), topic])
