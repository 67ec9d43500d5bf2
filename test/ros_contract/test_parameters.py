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

"""Parameters are declared, overridden, checked, and reached from outside."""

import pytest

from attention_mapper_ros.ros.client import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    Node,
    Parameter,
    ParameterAlreadyDeclaredException,
    ParameterNotDeclaredException,
    rclpy,
)
from attention_mapper_ros.ros.interfaces import (
    FloatingPointRange,
    GetParameters,
    IntegerRange,
    ListParameters,
    ParameterDescriptor,
    ParameterEvent,
    ParameterType,
    ParameterValue,
    SetParameters,
    SetParametersResult,
)
from attention_mapper_ros.ros.interfaces import Parameter as ParameterMessage


def between(low, high, **more):
    return ParameterDescriptor(
        floating_point_range=[FloatingPointRange(from_value=low, to_value=high, step=0.0)], **more
    )


@pytest.mark.parametrize(
    ('value', 'kind'),
    [
        (True, 'BOOL'),
        (3, 'INTEGER'),
        (2.5, 'DOUBLE'),
        ('text', 'STRING'),
        ([1, 2], 'INTEGER_ARRAY'),
        ([1.0], 'DOUBLE_ARRAY'),
        (['a', 'b'], 'STRING_ARRAY'),
        ([True, False], 'BOOL_ARRAY'),
    ],
)
def test_a_parameter_has_the_type_of_its_default(node, value, kind):
    parameter = node.declare_parameter('p', value)
    assert parameter.type_ == Parameter.Type[kind]
    assert node.get_parameter('p').value == value


def test_an_undeclared_parameter_is_an_error(node):
    with pytest.raises(ParameterNotDeclaredException):
        node.get_parameter('nobody')
    with pytest.raises(ParameterNotDeclaredException):
        node.set_parameters([Parameter('nobody', value=1)])


def test_declaring_twice_is_an_error(node):
    node.declare_parameter('p', 1)
    with pytest.raises(ParameterAlreadyDeclaredException):
        node.declare_parameter('p', 2)


def test_another_type_is_refused_when_setting(node):
    node.declare_parameter('p', 1.0)
    (result,) = node.set_parameters([Parameter('p', value=2)])
    assert not result.successful
    assert 'type' in result.reason
    assert node.get_parameter('p').value == 1.0


def test_a_range_is_kept_when_setting_and_when_declaring(node):
    node.declare_parameter('p', 1.0, between(0.0, 2.0))
    (result,) = node.set_parameters([Parameter('p', value=3.0)])
    assert not result.successful
    assert node.set_parameters([Parameter('p', value=2.0)])[0].successful
    with pytest.raises(InvalidParameterValueException):
        node.declare_parameter('q', 5.0, between(0.0, 2.0))


def test_an_integer_range_has_a_step(node):
    steps = ParameterDescriptor(integer_range=[IntegerRange(from_value=0, to_value=10, step=5)])
    node.declare_parameter('p', 5, steps)
    assert not node.set_parameters([Parameter('p', value=4)])[0].successful
    assert node.set_parameters([Parameter('p', value=10)])[0].successful


def test_a_read_only_parameter_cannot_be_set(node):
    node.declare_parameter('p', 1, ParameterDescriptor(read_only=True))
    assert not node.set_parameters([Parameter('p', value=2)])[0].successful


def test_a_callback_may_refuse(node):
    node.declare_parameter('p', 1)

    def refuse(parameters):
        return SetParametersResult(successful=parameters[0].value < 10, reason='too much')

    node.add_on_set_parameters_callback(refuse)
    result = node.set_parameters_atomically([Parameter('p', value=11)])
    assert (result.successful, result.reason) == (False, 'too much')
    assert node.set_parameters_atomically([Parameter('p', value=9)]).successful


def test_parameters_are_found_by_prefix(node):
    node.declare_parameters('cameras', [('front.topic', 'a'), ('wrist.topic', 'b')])
    found = node.get_parameters_by_prefix('cameras')
    assert {name: p.value for name, p in found.items()} == {'front.topic': 'a', 'wrist.topic': 'b'}


@pytest.fixture
def node_with(ros_environment):
    """Make a node under command line arguments."""
    made = []

    def make(*arguments, **options):
        rclpy.init(args=['program', '--ros-args', *arguments])
        made.append(Node('tester', start_parameter_services=False, **options))
        return made[0]

    yield make
    for node in made:
        node.destroy_node()
    rclpy.try_shutdown()


@pytest.mark.parametrize(
    ('text', 'value'),
    [
        ('1', 1),
        ('1.5', 1.5),
        ('1e3', 1000.0),
        ('true', True),
        ('text', 'text'),
        ("'1'", '1'),
        ('[1, 2]', [1, 2]),
        ('[a, b]', ['a', 'b']),
        ('[1.5, 2.5]', [1.5, 2.5]),
    ],
)
def test_values_on_the_command_line_have_the_type_that_yaml_gives(node_with, text, value):
    node = node_with('-p', f'p:={text}')
    declared = node.declare_parameter('p', value)
    assert declared.value == value
    assert type(declared.value) is type(value)


def test_an_override_of_the_wrong_type_is_refused(node_with):
    node = node_with('-p', 'rate:=fast')
    with pytest.raises(InvalidParameterTypeException):
        node.declare_parameter('rate', 30.0)


def test_a_parameter_file_reaches_the_nodes_that_it_names(node_with, tmp_path):
    file = tmp_path / 'parameters.yaml'
    file.write_text(
        '/**:\n  ros__parameters: {everywhere: 1, rate: 1.0}\n'
        'tester:\n  ros__parameters:\n    rate: 2.0\n    cameras: {front: {topic: here}}\n'
        'other:\n  ros__parameters: {rate: 3.0}\n'
    )
    node = node_with('--params-file', str(file), '-p', 'everywhere:=5')
    assert node.declare_parameter('everywhere', 0).value == 5
    assert node.declare_parameter('rate', 0.0).value == 2.0
    assert node.declare_parameter('cameras.front.topic', '').value == 'here'


def test_the_constructors_overrides_win_over_the_command_line(node_with):
    overrides = [Parameter('p', value=2)]
    node = node_with('-p', 'p:=1', parameter_overrides=overrides)
    assert node.declare_parameter('p', 0).value == 2


def test_overrides_are_declared_when_asked_for(node_with):
    node = node_with('-p', 'p:=1', automatically_declare_parameters_from_overrides=True)
    assert node.get_parameter('p').value == 1


def call(spin_until, node, kind, name, request):
    client = node.create_client(kind, name)
    assert client.wait_for_service(timeout_sec=10.0)
    future = client.call_async(request)
    spin_until(node, future.done)
    return future.result()


def test_another_process_lists_gets_and_sets_parameters(node, peer, spin_until):
    events = []
    node.create_subscription(ParameterEvent, '/parameter_events', events.append, 10)
    peer('serve')
    listed = call(
        spin_until, node, ListParameters, '/peer/list_parameters', ListParameters.Request()
    )
    assert {'gain', 'name', 'use_sim_time'} <= set(listed.result.names)

    def get(*names):
        request = GetParameters.Request(names=list(names))
        return call(spin_until, node, GetParameters, '/peer/get_parameters', request).values

    assert [value.double_value for value in get('gain')] == [1.0]
    assert list(get('gain', 'nobody')) == []

    def setting(name, **value):
        return ParameterMessage(name=name, value=ParameterValue(**value))

    doubles = ParameterType.PARAMETER_DOUBLE
    answer = call(
        spin_until,
        node,
        SetParameters,
        '/peer/set_parameters',
        SetParameters.Request(
            parameters=[
                setting('gain', type=doubles, double_value=1.5),
                setting('gain', type=doubles, double_value=9.0),
                setting('name', type=ParameterType.PARAMETER_STRING, string_value='x'),
            ]
        ),
    )
    assert [result.successful for result in answer.results] == [True, False, False]
    spin_until(node, lambda: any(e.changed_parameters for e in events if e.node == '/peer'))
