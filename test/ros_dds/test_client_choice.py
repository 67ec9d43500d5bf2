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

"""Which client is taken, and what is said when the wanted one is not there."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]


def run(code, **variables):
    return subprocess.run(
        [sys.executable, '-c', code],
        env={**os.environ, 'PYTHONPATH': str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


SHOW = 'from attention_mapper_ros.ros.client import CLIENT; print(CLIENT)'


def test_dds_can_be_forced():
    assert run(SHOW, ATTENTION_MAPPER_ROS_CLIENT='dds').stdout.strip() == 'dds'


def test_an_unknown_client_is_named():
    result = run(SHOW, ATTENTION_MAPPER_ROS_CLIENT='zenoh')
    assert "ATTENTION_MAPPER_ROS_CLIENT is 'zenoh'" in result.stderr


def test_rclpy_by_force_says_what_to_do_where_it_is_not():
    code = f'import sys; sys.modules["rclpy"] = None; {SHOW}'
    result = run(code, ATTENTION_MAPPER_ROS_CLIENT='rclpy')
    assert 'source /opt/ros/' in result.stderr


@pytest.mark.parametrize('package', ['cyclonedds', 'rosbags'])
def test_a_missing_package_names_the_command_that_installs_it(package):
    code = f'import sys; sys.modules[{package!r}] = None; {SHOW}'
    result = run(code, ATTENTION_MAPPER_ROS_CLIENT='dds')
    assert "pip install 'attention_mapper_ros[live]'" in result.stderr
    assert package in result.stderr.lower()


def test_every_module_of_rclpy_that_nodes_use_exists_under_the_same_name():
    code = (
        'from attention_mapper_ros.ros.client import rclpy\n'
        'rclpy.executors.ExternalShutdownException, rclpy.qos.QoSProfile, rclpy.clock.ROSClock\n'
        'rclpy.duration.Duration, rclpy.time.Time, rclpy.parameter.Parameter\n'
        'rclpy.exceptions.ParameterNotDeclaredException, rclpy.task.Future, rclpy.node.Node\n'
        'rclpy.callback_groups.ReentrantCallbackGroup, rclpy.signals.SignalHandlerOptions\n'
        'rclpy.logging.get_logger, rclpy.timer.Timer, rclpy.utilities.ok, rclpy.context.Context\n'
    )
    result = run(code, ATTENTION_MAPPER_ROS_CLIENT='dds')
    assert result.returncode == 0, result.stderr
