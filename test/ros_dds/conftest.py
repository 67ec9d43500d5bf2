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

"""Fixtures for the client without ROS: a private domain, and Cyclone DDS beside it."""

import os
from pathlib import Path
import sys

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / 'ros_contract'))
from ros_loopback import environment, free_domain  # noqa: E402


@pytest.fixture(scope='session')
def ros_environment():
    """Set the variables of a domain that only these tests use."""
    before = dict(os.environ)
    os.environ.pop('CYCLONEDDS_URI', None)
    os.environ['ATTENTION_MAPPER_ROS_CLIENT'] = 'dds'
    os.environ.update(environment(free_domain()))
    yield dict(os.environ)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def node(ros_environment):
    """Make a node of the client under test."""
    from attention_mapper_ros.ros import dds as rclpy
    from attention_mapper_ros.ros.dds.node import Node

    rclpy.init(args=[])
    node = Node('tester', namespace='/lab')
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.fixture
def outsider(ros_environment):
    """Join the domain as a plain Cyclone participant that knows nothing of ROS."""
    from cyclonedds.domain import DomainParticipant

    return DomainParticipant(int(ros_environment['ROS_DOMAIN_ID']))
