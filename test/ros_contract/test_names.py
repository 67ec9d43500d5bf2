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

"""Names are checked, expanded and remapped."""

import pytest

from attention_mapper_ros.ros.client import (
    expand_topic_name,
    InvalidTopicNameException,
    Node,
    rclpy,
)
from attention_mapper_ros.ros.interfaces import String


@pytest.fixture
def remapped(ros_environment):
    """Make a node under remap rules."""
    nodes = []

    def make(*rules, name='cam', namespace='/ns'):
        arguments = ['program', '--ros-args']
        for rule in rules:
            arguments += ['-r', rule]
        rclpy.init(args=arguments)
        nodes.append(Node(name, namespace=namespace, start_parameter_services=False))
        return nodes[0]

    yield make
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown()


@pytest.mark.parametrize(
    ('name', 'namespace', 'full'),
    [
        ('image', '/', '/image'),
        ('image', '/ns', '/ns/image'),
        ('/image', '/ns', '/image'),
        ('~/image', '/', '/cam/image'),
        ('~/image', '/ns', '/ns/cam/image'),
    ],
)
def test_name_is_expanded_without_a_node(name, namespace, full):
    assert expand_topic_name(name, 'cam', namespace) == full


@pytest.mark.parametrize(
    ('name', 'full'),
    [('image', '/ns/image'), ('/image', '/image'), ('~/image', '/ns/cam/image'), ('~', '/ns/cam')],
)
def test_relative_and_private_names_are_expanded(remapped, name, full):
    assert remapped().resolve_topic_name(name) == full


@pytest.mark.parametrize(
    ('rule', 'name', 'full'),
    [
        ('image:=picture', 'image', '/ns/picture'),
        ('image:=/front/image_raw', 'image', '/front/image_raw'),
        ('/ns/image:=picture', 'image', '/ns/picture'),
        ('~/image:=picture', '~/image', '/ns/picture'),
        ('cam:image:=picture', 'image', '/ns/picture'),
        ('other:image:=picture', 'image', '/ns/image'),
        ('rostopic://image:=picture', 'image', '/ns/picture'),
        ('rosservice://image:=picture', 'image', '/ns/image'),
    ],
)
def test_remap_rules_apply_to_what_they_name(remapped, rule, name, full):
    assert remapped(rule).resolve_topic_name(name) == full


def test_the_first_matching_rule_wins(remapped):
    assert remapped('image:=a', 'image:=b').resolve_topic_name('image') == '/ns/a'


def test_node_name_and_namespace_are_remapped(remapped):
    node = remapped('__node:=eye', '__ns:=/head')
    assert (node.get_name(), node.get_namespace()) == ('eye', '/head')
    assert node.resolve_topic_name('~/image') == '/head/eye/image'


def test_a_publisher_stands_on_the_remapped_topic(remapped):
    node = remapped('image:=/elsewhere')
    assert node.create_publisher(String, 'image', 1).topic_name == '/elsewhere'


@pytest.mark.parametrize('name', ['', 'with space', '1st', 'a//b', 'a/', '~ab', 'a-b'])
def test_a_bad_topic_name_is_refused(remapped, name):
    with pytest.raises((InvalidTopicNameException, ValueError)):
        remapped().create_publisher(String, name, 1)


@pytest.mark.parametrize('name', ['', '1st', 'a b', 'a/b'])
def test_a_bad_node_name_is_refused(ros, name):
    with pytest.raises(Exception, match=r'(?i)node name'):
        Node(name)
