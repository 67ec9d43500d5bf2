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

"""Log levels that others read and set, on a node that offers it."""

import pytest

from attention_mapper_ros.ros import interfaces
from attention_mapper_ros.ros.client import (
    get_logger,
    HAS_LOGGER_SERVICE,
    LoggingSeverity,
    Node,
    rclpy,
)

pytestmark = pytest.mark.skipif(
    not HAS_LOGGER_SERVICE, reason='the rclpy of Humble has no logger service'
)


@pytest.fixture
def call(node, spin_until):
    """Call a service of a node that offers its log levels."""
    offering = Node('talker', namespace='/lab', enable_logger_service=True)

    def call(kind, name, **fields):
        client = node.create_client(kind, f'/lab/talker/{name}')
        assert client.wait_for_service(timeout_sec=10.0)
        future = client.call_async(kind.Request(**fields))
        spin_until(node, lambda: spin(offering) or future.done())
        return future.result()

    def spin(which):
        rclpy.spin_once(which, timeout_sec=0.05)

    yield call
    offering.destroy_node()


def levels(call, *names):
    found = call(interfaces.GetLoggerLevels, 'get_logger_levels', names=list(names)).levels
    return [(level.name, level.level) for level in found]


def put(call, name, level):
    asked = interfaces.LoggerLevel(name=name, level=level)
    (result,) = call(interfaces.SetLoggerLevels, 'set_logger_levels', levels=[asked]).results
    return result


def test_a_level_that_was_never_set_is_unknown_and_one_that_was_is_told(call):
    get_logger('lab.talker.arm').set_level(LoggingSeverity.WARN)
    found = levels(call, 'lab.talker.nobody', 'lab.talker.arm')
    assert found == [('lab.talker.nobody', 0), ('lab.talker.arm', 30)]


def test_a_level_set_from_outside_holds_for_the_logger_and_its_children(call):
    logger = get_logger('lab.talker.leg')
    assert not logger.is_enabled_for(LoggingSeverity.DEBUG)
    assert put(call, 'lab.talker.leg', interfaces.LoggerLevel.LOG_LEVEL_DEBUG).successful
    assert logger.is_enabled_for(LoggingSeverity.DEBUG)
    assert logger.get_child('knee').get_effective_level() == LoggingSeverity.DEBUG
    assert levels(call, 'lab.talker.leg') == [('lab.talker.leg', 10)]


def test_the_default_level_is_that_of_the_nameless_logger(call):
    assert levels(call, '') == [('', LoggingSeverity.INFO)]
    assert put(call, '', interfaces.LoggerLevel.LOG_LEVEL_ERROR).successful
    try:
        assert get_logger('somebody').get_effective_level() == LoggingSeverity.ERROR
    finally:
        assert put(call, '', interfaces.LoggerLevel.LOG_LEVEL_INFO).successful


def test_a_level_that_does_not_exist_is_refused(call):
    result = put(call, 'lab.talker', 11)
    assert not result.successful
    assert result.reason == 'Failed reason: Invalid logger level.'


def test_a_node_offers_its_levels_only_if_it_is_asked_to(node, spin_until):
    spin_until(node, lambda: ('tester', '/') in node.get_node_names_and_namespaces())
    assert '/tester/get_logger_levels' not in dict(node.get_service_names_and_types())
