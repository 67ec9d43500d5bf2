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

import subprocess
import sys

import pytest

DESCRIBE = """
import sys
from launch import LaunchContext
from launch.launch_description_sources import PythonLaunchDescriptionSource
description = PythonLaunchDescriptionSource(sys.argv[1]).get_launch_description(LaunchContext())
for argument in description.get_launch_arguments():
    print(argument.name, argument.description)
"""


@pytest.mark.needs_rclpy
@pytest.mark.parametrize(
    ('name', 'argument'), [('act_live.launch.py', 'policy'), ('demo.launch.py', 'seed')]
)
def test_launch_shows_the_arguments(project, name, argument):
    shown = subprocess.run(
        [sys.executable, '-c', DESCRIBE, str(project / 'launch' / name)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert argument in [line.split()[0] for line in shown.stdout.splitlines()]
