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


"""`attention-mapper live`: its own options, and what it hands on to the node."""

from contextlib import suppress
import os
from pathlib import Path
import subprocess
import sys

import pytest

from attention_mapper_ros.cli.live import namespace_arguments, split_at_ros_arguments

LOOPBACK = {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'ROS_DOMAIN_ID': '87'}


def live(*arguments):
    return subprocess.run(
        [sys.executable, '-m', 'attention_mapper_ros.cli.main', 'live', *arguments],
        env={**os.environ, **LOOPBACK},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_missing_parameter_file_is_refused_with_one_to_copy(tmp_path):
    refused = live('--params-file', str(tmp_path / 'robot.yaml'))
    assert refused.returncode == 2
    assert 'robot.yaml does not exist' in refused.stderr
    assert 'act_live.yaml' in refused.stderr


def test_node_that_refuses_its_parameters_takes_the_page_with_it():
    namespace = f'/test_{os.getpid()}'
    refused = live('--page', '--ros-args', '-r', f'__ns:={namespace}')
    assert refused.returncode == 1
    assert 'parameter policy is empty' in refused.stdout + refused.stderr
    assert not [line for line in running_command_lines() if namespace in line]


def running_command_lines():
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        with suppress(OSError):  # ended between listing and reading
            yield path.read_bytes().replace(b'\0', b' ').decode(errors='replace')


def test_what_follows_ros_args_is_the_nodes():
    refused = live('--policy', 'nowhere', '--ros-args', '-p', 'rate_hz:=1000000.0')
    assert refused.returncode == 1
    assert 'rate_hz' in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ('line', 'own', 'for_ros'),
    [
        ([], [], []),
        (['--page'], ['--page'], []),
        (['--page', '--ros-args', '-p', 'a:=1'], ['--page'], ['-p', 'a:=1']),
    ],
)
def test_line_is_split_at_ros_args(line, own, for_ros):
    assert split_at_ros_arguments(line) == (own, for_ros)


def test_page_shares_the_namespace_and_nothing_else():
    for_ros = ['-p', 'rate_hz:=5', '-r', '__ns:=/left', '--remap', 'joint_states:=arm/state']
    assert namespace_arguments(for_ros) == ['-r', '__ns:=/left']
