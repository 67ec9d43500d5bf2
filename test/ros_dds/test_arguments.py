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

"""Command lines: what is ROS's, what is not, and errors that name the argument."""

import pytest

from attention_mapper_ros.ros.dds.arguments import (
    parse_arguments,
    parse_remap,
    RCLInvalidROSArgsError,
    remove_ros_args,
    UnknownROSArgsError,
)


def test_ros_arguments_end_with_two_dashes():
    line = ['p', '--mine', '--ros-args', '-r', 'a:=b', '-p', 'x:=1', '--', 'rest']
    parsed = parse_arguments(line)
    assert parsed.others == ['p', '--mine', 'rest']
    assert remove_ros_args(line) == ['p', '--mine', 'rest']
    assert (parsed.remaps[0].source, parsed.remaps[0].target) == ('a', 'b')
    assert parsed.parameters[0].values == {'x': 1}


def test_a_parameter_may_be_for_one_node():
    (rule,) = parse_arguments(['--ros-args', '-p', 'camera:rate:=30']).parameters
    assert rule.concerns('/', 'camera')
    assert not rule.concerns('/', 'other')


def test_a_value_may_hold_colons_and_equal_signs():
    (rule,) = parse_arguments(['--ros-args', '-p', 'uri:=tcp://host:1?a=b']).parameters
    assert rule.values == {'uri': 'tcp://host:1?a=b'}


def test_log_levels_are_for_all_or_for_one_logger():
    line = ['--ros-args', '--log-level', 'warn', '--log-level', 'a.b:=debug']
    assert parse_arguments(line).log_levels == {'': 'WARN', 'a.b': 'DEBUG'}


def test_a_remap_rule_may_name_node_and_scheme():
    rule = parse_remap('cam:rosservice://reset:=/all/reset')
    assert (rule.node, rule.kind, rule.source, rule.target) == (
        'cam',
        'service',
        'reset',
        '/all/reset',
    )


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['-r', 'a=b'], 'a=b'),
        (['-r', 'a:='], 'a:='),
        (['-r', '__ns:=relative'], 'relative'),
        (['-p', 'novalue'], 'novalue'),
        (['-p'], '-p'),
        (['--log-level', 'loud'], 'loud'),
        (['--params-file', '/no/file'], '/no/file'),
    ],
)
def test_what_cannot_be_understood_is_named(arguments, said):
    with pytest.raises(RuntimeError, match=said):
        parse_arguments(['--ros-args', *arguments])


def test_an_unknown_flag_is_named():
    with pytest.raises(UnknownROSArgsError, match='--wat'):
        parse_arguments(['--ros-args', '--wat'])
    assert issubclass(RCLInvalidROSArgsError, RuntimeError)
