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

"""Quality of service that parameters override, where a publisher or subscription allows it."""

import pytest

from attention_mapper_ros.ros.client import (
    DurabilityPolicy,
    Duration,
    HistoryPolicy,
    InvalidQosOverridesError,
    LifecycleNode,
    Node,
    Parameter,
    QoSOverridingOptions,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)
from attention_mapper_ros.ros.interfaces import SetParametersResult, String

DEFAULTS = QoSOverridingOptions.with_default_policies()


@pytest.fixture
def make(ros):
    """Make a node with parameters on its command line; it is destroyed after the test."""
    nodes = []

    def make(*parameters, kind=Node, **options):
        arguments = [word for p in parameters for word in ('-p', p)]
        node = kind('overrider', cli_args=['--ros-args', *arguments], **options)
        nodes.append(node)
        return node

    yield make
    for node in nodes:
        node.destroy_node()


def publisher(node, topic='/command', depth=10, options=DEFAULTS):
    return node.create_publisher(
        String, topic, QoSProfile(depth=depth), qos_overriding_options=options
    )


def test_the_policies_are_read_only_parameters_of_their_defaults(make):
    node = make()
    publisher(node, depth=7)
    prefix = 'qos_overrides./command.publisher'
    values = {name: node.get_parameter(f'{prefix}.{name}').value for name in kinds(node, prefix)}
    assert values == {'history': 'keep_last', 'depth': 7, 'reliability': 'reliable'}
    descriptor = node.describe_parameter(f'{prefix}.depth')
    assert descriptor.read_only
    assert descriptor.description == 'depth for publisher `/command` with id `None`'
    result = node.set_parameters([Parameter(f'{prefix}.depth', value=3)])[0]
    assert not result.successful


def kinds(node, prefix):
    return set(node.get_parameters_by_prefix(prefix))


def test_without_options_nothing_is_declared_and_nothing_overridden(make):
    node = make('qos_overrides./command.publisher.depth:=3')
    made = node.create_publisher(String, '/command', 10)
    assert made.qos_profile.depth == 10
    assert not node.has_parameter('qos_overrides./command.publisher.depth')


def test_the_command_line_overrides_a_publisher_and_a_subscription(make):
    node = make(
        'qos_overrides./command.publisher.reliability:=best_effort',
        'qos_overrides./command.publisher.depth:=3',
        'qos_overrides./command.subscription.history:=keep_all',
    )
    made = publisher(node).qos_profile
    assert made.reliability == ReliabilityPolicy.BEST_EFFORT
    assert made.depth == 3
    listener = node.create_subscription(
        String,
        '/command',
        lambda message: None,
        QoSProfile(depth=10),
        qos_overriding_options=DEFAULTS,
    )
    assert listener.qos_profile.history == HistoryPolicy.KEEP_ALL
    assert listener.qos_profile.reliability == ReliabilityPolicy.RELIABLE


def test_what_is_overridden_is_what_others_are_offered(make, node, spin_until):
    made = make('qos_overrides./command.publisher.reliability:=best_effort')
    publisher(made)
    spin_until(node, lambda: node.get_publishers_info_by_topic('/command'))
    (info,) = node.get_publishers_info_by_topic('/command')
    assert info.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT


def test_a_parameter_file_overrides_by_the_topics_full_name(make, tmp_path):
    path = tmp_path / 'overrides.yaml'
    path.write_text(
        '/lab/overrider:\n'
        '  ros__parameters:\n'
        '    qos_overrides:\n'
        '      /lab/arm/command:\n'
        '        publisher:\n'
        '          depth: 2\n'
        '          reliability: best_effort\n'
    )
    node = Node(
        'overrider',
        namespace='/lab',
        cli_args=['--ros-args', '--params-file', str(path), '-r', 'command:=arm/command'],
    )
    try:
        made = publisher(node, 'command')
        assert made.qos_profile.depth == 2
        assert made.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
    finally:
        node.destroy_node()


def test_every_policy_can_be_overridden_but_the_lifespan_of_a_subscription(make):
    options = QoSOverridingOptions(
        [
            QoSPolicyKind.DURABILITY,
            QoSPolicyKind.DEADLINE,
            QoSPolicyKind.LIFESPAN,
            QoSPolicyKind.LIVELINESS,
            QoSPolicyKind.LIVELINESS_LEASE_DURATION,
            QoSPolicyKind.AVOID_ROS_NAMESPACE_CONVENTIONS,
        ]
    )
    prefix = 'qos_overrides./command.publisher'
    node = make(
        f'{prefix}.durability:=transient_local',
        f'{prefix}.deadline:=500000000',
        f'{prefix}.lifespan:=2000000000',
    )
    made = publisher(node, options=options).qos_profile
    assert made.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert made.deadline == Duration(seconds=0.5)
    assert made.lifespan == Duration(seconds=2)
    assert len(kinds(node, prefix)) == 6
    node.create_subscription(
        String,
        '/command',
        lambda message: None,
        QoSProfile(depth=1),
        qos_overriding_options=options,
    )
    assert kinds(node, 'qos_overrides./command.subscription') == {
        'durability',
        'deadline',
        'liveliness',
        'liveliness_lease_duration',
        'avoid_ros_namespace_conventions',
    }


def test_an_id_tells_two_publishers_on_one_topic_apart(make):
    node = make('qos_overrides./command.publisher_left.depth:=2')
    left = publisher(node, options=QoSOverridingOptions([QoSPolicyKind.DEPTH], entity_id='left'))
    other = publisher(node, options=QoSOverridingOptions([QoSPolicyKind.DEPTH]))
    assert (left.qos_profile.depth, other.qos_profile.depth) == (2, 10)


def test_a_second_entity_of_the_same_name_shares_the_parameters(make):
    node = make('qos_overrides./command.publisher.depth:=3')
    assert [publisher(node).qos_profile.depth for _ in range(2)] == [3, 3]


def test_overrides_that_were_declared_automatically_hold_too(make):
    node = make(
        'qos_overrides./command.publisher.depth:=3',
        automatically_declare_parameters_from_overrides=True,
    )
    assert publisher(node).qos_profile.depth == 3


def test_a_callback_refuses_a_profile_by_its_reason(make):
    def judge(profile):
        return SetParametersResult(successful=profile.depth >= 5, reason='needs a depth of 5')

    options = QoSOverridingOptions([QoSPolicyKind.DEPTH], callback=judge)
    assert publisher(make(), options=options).qos_profile.depth == 10
    with pytest.raises(InvalidQosOverridesError, match='needs a depth of 5'):
        publisher(make('qos_overrides./command.publisher.depth:=3'), options=options)


def test_a_value_that_a_policy_does_not_have_is_refused_by_name(make):
    node = make('qos_overrides./command.publisher.reliability:=perhaps')
    with pytest.raises(RuntimeError, match='policy `reliability`: `perhaps`'):
        publisher(node)


def test_a_managed_publisher_is_overridden_like_any_other(make):
    node = make('qos_overrides./command.publisher.depth:=3', kind=LifecycleNode)
    made = node.create_lifecycle_publisher(
        String, '/command', QoSProfile(depth=10), qos_overriding_options=DEFAULTS
    )
    assert made.qos_profile.depth == 3
