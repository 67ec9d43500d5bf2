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

import os
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


def test_node_without_a_policy_says_which_parameter_to_set():
    refused = live()
    assert refused.returncode == 1
    assert 'parameter policy is empty' in refused.stdout + refused.stderr


def test_what_follows_ros_args_is_the_nodes():
    refused = live('--policy', 'nowhere', '--ros-args', '-p', 'rate_hz:=1000000.0')
    assert refused.returncode == 1
    assert 'rate_hz' in refused.stdout + refused.stderr


def test_page_ends_with_the_node():
    started = live('--page')
    assert started.returncode == 1
    running = subprocess.run(['ps', '-eo', 'args'], capture_output=True, text=True, check=True)
    assert 'nodes.attention_page' not in running.stdout


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
