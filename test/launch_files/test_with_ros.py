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


"""The launch files under ROS 2's own launch system."""

import os
import subprocess
import sys

import pytest

PACKAGE = 'attention_mapper_ros'
LAUNCH = """
import sys
from launch import LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch import LaunchDescription

file, *arguments = sys.argv[1:]
given = [argument.split(':=', 1) for argument in arguments]
service = LaunchService()
source = PythonLaunchDescriptionSource(file)
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=given)])
)
sys.exit(service.run())
"""
DESCRIBE = """
import sys
from launch import LaunchContext
from launch.launch_description_sources import PythonLaunchDescriptionSource
description = PythonLaunchDescriptionSource(sys.argv[1]).get_launch_description(LaunchContext())
for argument in description.get_launch_arguments():
    print(argument.name, argument.description)
"""


@pytest.fixture
def python(project, tmp_path):
    """Run a program where the package is installed as colcon installs it, but for the copying."""
    share = tmp_path / 'share' / PACKAGE
    share.mkdir(parents=True)
    for folder in ('config', 'launch'):
        (share / folder).symlink_to(project / folder)
    marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / PACKAGE
    marker.parent.mkdir(parents=True)
    marker.touch()
    executable = tmp_path / 'lib' / PACKAGE / 'act_policy'
    executable.parent.mkdir(parents=True)
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} -m {PACKAGE}.nodes.act_policy "$@"\n')
    executable.chmod(0o755)
    environment = {
        **os.environ,
        'AMENT_PREFIX_PATH': f'{tmp_path}:{os.environ.get("AMENT_PREFIX_PATH", "")}',
        'PYTHONPATH': f'{project}:{os.environ.get("PYTHONPATH", "")}',
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'ROS_LOG_DIR': str(tmp_path / 'log'),
    }

    def run(program, *arguments):
        return subprocess.run(
            [sys.executable, '-c', program, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.needs_rclpy
@pytest.mark.parametrize(
    ('name', 'argument'), [('act_live.launch.py', 'policy'), ('demo.launch.py', 'seed')]
)
def test_launch_shows_the_arguments(python, project, name, argument):
    shown = python(DESCRIBE, project / 'launch' / name)
    assert argument in [line.split()[0] for line in shown.stdout.splitlines()], shown.stderr


@pytest.mark.needs_rclpy
@pytest.mark.parametrize(
    ('argument', 'said'),
    [
        ('policy:=/nowhere', "policy '/nowhere' is neither a folder on this machine nor"),
        ('view:=gazebo', 'Argument "view" provided value "gazebo" is not valid'),
        ('rate_hz:=fast', "argument rate_hz is 'fast'"),
        ('params_file:=/nowhere.yaml', "argument params_file is '/nowhere.yaml'"),
    ],
)
def test_launch_or_the_node_says_what_is_wrong(python, project, argument, said):
    ran = python(LAUNCH, project / 'launch' / 'act_live.launch.py', argument)
    assert said in ran.stdout + ran.stderr
