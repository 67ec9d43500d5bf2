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
The simulated arm, driven by the policy that comes with the package, on this machine alone.

    ros2 launch attention_mapper_ros demo.launch.py

Nothing leaves loopback: the demo must never command a robot that happens to be on the network.
"""

import os
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

import attention_mapper_ros
from launch import LaunchDescription

PACKAGE = 'attention_mapper_ros'
CONFIG = Path(get_package_share_directory(PACKAGE)) / 'config'
CHECKPOINT = Path(attention_mapper_ros.__file__).parent / 'sim' / 'checkpoint'


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                'seed',
                default_value='0',
                description='where the cubes of the first episode lie, a whole number',
            ),
            DeclareLaunchArgument(
                'page',
                default_value='true',
                choices=['true', 'false'],
                description='serve the overlays on http://127.0.0.1:8080',
            ),
            only_this_machine(),
            Node(
                package=PACKAGE,
                executable='sim_robot',
                parameters=[{'seed': LaunchConfiguration('seed')}],
                output='screen',
            ),
            Node(
                package=PACKAGE,
                executable='act_policy',
                name='act_policy',
                parameters=[
                    str(CONFIG / 'act_live.yaml'),
                    str(CONFIG / 'demo.yaml'),
                    {'policy': str(CHECKPOINT)},
                ],
                output='screen',
            ),
            Node(
                package=PACKAGE,
                executable='attention_page',
                condition=IfCondition(LaunchConfiguration('page')),
                output='screen',
            ),
        ]
    )


def only_this_machine():
    # Humble knows only the older variable, and its successors warn about it.
    if os.environ.get('ROS_DISTRO') == 'humble':
        return SetEnvironmentVariable('ROS_LOCALHOST_ONLY', '1')
    return SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
