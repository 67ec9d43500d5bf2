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

"""Lifecycle nodes of the client without ROS say what goes wrong and leave nothing behind."""

import pytest

from attention_mapper_ros.ros.dds.lifecycle import (
    LifecycleNode,
    SimpleManagedEntity,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.dds.messages import message_class


@pytest.fixture
def managed(node):
    managed = LifecycleNode('managed', namespace='/arm')
    yield managed
    managed.destroy_node()


def test_an_exception_in_a_callback_is_logged_with_its_place(managed, monkeypatch, capsys):
    def break_down(state):
        raise RuntimeError('the gripper is gone')

    monkeypatch.setattr(managed, 'on_configure', break_down)
    assert managed.trigger_configure() is TransitionCallbackReturn.ERROR
    said = capsys.readouterr().err
    assert '[ERROR]' in said
    assert 'on_configure() failed' in said
    assert 'break_down' in said
    assert 'the gripper is gone' in said


def test_a_callback_that_returns_nothing_counts_as_an_error_and_says_so(
    managed, monkeypatch, capsys
):
    monkeypatch.setattr(managed, 'on_configure', lambda state: None)
    assert managed.trigger_configure() is TransitionCallbackReturn.ERROR
    assert managed._state_machine.current_state == (1, 'unconfigured')
    assert 'on_configure() returned None' in capsys.readouterr().err


def test_a_managed_entity_that_returns_nothing_is_named(managed, capsys):
    class Forgetful(SimpleManagedEntity):
        def on_configure(self, state):
            return None

    managed.add_managed_entity(Forgetful())
    assert managed.trigger_configure() is TransitionCallbackReturn.ERROR
    assert 'Forgetful' in capsys.readouterr().err


def test_nothing_of_a_destroyed_lifecycle_node_stays_on_the_wire(node, managed):
    managed.create_lifecycle_publisher(message_class('std_msgs/msg/String'), 'said', 10)
    managed.trigger_configure()
    managed.trigger_activate()

    def names():
        graph = [*node.get_service_names_and_types(), *node.get_topic_names_and_types()]
        return {name for name, _ in graph if name.startswith('/arm/')}

    assert {'/arm/said', '/arm/managed/get_state', '/arm/managed/transition_event'} <= names()
    managed.destroy_node()
    assert names() == set()
