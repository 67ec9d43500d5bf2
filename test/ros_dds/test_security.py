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

"""A client without DDS Security does not pretend to have it."""

import pytest

from attention_mapper_ros.ros.dds.context import Context
from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.node import Node


@pytest.fixture
def make_node(ros_environment):
    """Return a function that makes a node in a context of its own."""
    made = []

    def make():
        context = Context()
        context.init(args=[])
        made.append(context)
        node = Node('guarded', context=context)
        node.destroy_node()

    yield make
    for context in made:
        context.try_shutdown()


def test_enforced_security_is_refused_with_the_remedy(make_node, monkeypatch):
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    monkeypatch.setenv('ROS_SECURITY_STRATEGY', 'Enforce')
    with pytest.raises(RCLError, match='no DDS Security: run the node with ROS 2'):
        make_node()


def test_permissive_security_is_a_warning(make_node, monkeypatch, capfd):
    monkeypatch.setenv('ROS_SECURITY_ENABLE', 'true')
    monkeypatch.setenv('ROS_SECURITY_STRATEGY', 'Permissive')
    make_node()
    assert 'this one is unprotected' in capfd.readouterr().err


def test_without_security_nothing_is_said(make_node, monkeypatch, capfd):
    monkeypatch.delenv('ROS_SECURITY_ENABLE', raising=False)
    monkeypatch.setenv('ROS_SECURITY_STRATEGY', 'Enforce')
    make_node()
    assert 'DDS Security' not in capfd.readouterr().err
