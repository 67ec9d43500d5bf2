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

"""Diagnostics on the wire: the same from diagnostic_updater and from what stands in for it."""

from __future__ import annotations

from typing import Any

import pytest

from attention_mapper_ros.ros import diagnostics as module
from attention_mapper_ros.ros import status_updater
from attention_mapper_ros.ros.client import CLIENT, Node, Parameter
from attention_mapper_ros.ros.diagnostics import (
    Finding,
    Level,
    level_of,
    NodeDiagnostics,
    StatusReport,
    task_of,
)
from attention_mapper_ros.ros.interfaces import DiagnosticArray
from attention_mapper_ros.ros.parameters import ParameterDeclarer

WELL = StatusReport([Finding(Level.OK, 'fine'), Finding(Level.OK, 'and well')], {'tick': '7'})
ILL = StatusReport(
    [
        Finding(Level.OK, 'fine'),
        Finding(Level.WARN, 'slow'),
        Finding(Level.ERROR, 'front is 3.0 s old'),
        Finding(Level.OK, 'not said'),
    ],
    {'age_ms front': '3000', 'rate_hz': '0.00'},
)


@pytest.fixture(params=['own', pytest.param('diagnostic_updater', marks=pytest.mark.needs_rclpy)])
def sender(request, monkeypatch) -> str:
    """Send by the one or by the other."""
    if request.param == 'own':
        monkeypatch.setattr(module, '_updater_module', lambda: status_updater)
    elif CLIENT != 'rclpy':
        pytest.skip('diagnostic_updater reports through rclpy only')
    else:
        pytest.importorskip('diagnostic_updater')
        assert module._updater_module().__name__ == 'diagnostic_updater'
    return request.param


class Reporter:
    """A node that reports, and everything that came on /diagnostics."""

    def __init__(self, ros: Any, spin_until: Any, namespace: str, **given: Any) -> None:
        self.listener = Node('listener', start_parameter_services=False)
        self.received: list[Any] = []
        self._ear = self.listener.create_subscription(
            DiagnosticArray, '/diagnostics', self.received.append, 50
        )
        self.node = Node(
            'reporter',
            namespace=namespace,
            automatically_declare_parameters_from_overrides=True,
            parameter_overrides=[Parameter(name, value=value) for name, value in given.items()],
        )
        ParameterDeclarer(self.node).refuse_unknown()
        self.reports = {'policy': WELL, 'inputs': ILL}
        self.diagnostics = NodeDiagnostics(self.node, list(self.reports), lambda: self.reports)
        self._ros, self._spin_until = ros, spin_until
        self._spin_until(
            self.listener, lambda: self.listener.count_publishers('/diagnostics') == 1
        )

    def wait_for(self, number: int) -> list[Any]:
        """Spin both nodes until that many messages with figures have come; return them."""

        def enough() -> bool:
            self._ros.spin_once(self.node, timeout_sec=0.0)
            return len(self.with_figures()) >= number

        self._spin_until(self.listener, enough)
        return self.with_figures()

    def with_figures(self) -> list[Any]:
        return [message for message in self.received if message.status[0].values]

    def close(self) -> None:
        self.diagnostics.close()
        self.node.destroy_node()
        self.listener.destroy_node()


@pytest.fixture
def make_reporter(sender, ros, spin_until):
    made = []

    def make(namespace: str = '/', **given: Any) -> Reporter:
        dotted = {name.replace('__', '.'): value for name, value in given.items()}
        made.append(Reporter(ros, spin_until, namespace, **dotted))
        return made[-1]

    yield make
    for reporter in made:
        reporter.close()


def plain(status: Any) -> tuple[Any, ...]:
    values = [(pair.key, pair.value) for pair in status.values]
    return status.name, level_of(status), status.message, status.hardware_id, values


def test_a_report_is_one_message_with_a_status_of_every_task(make_reporter):
    reporter = make_reporter(diagnostic_updater__period=0.05)
    message = reporter.wait_for(1)[0]
    assert [plain(status) for status in message.status] == [
        ('reporter: policy', Level.OK, 'fine; and well', 'none', [('tick', '7')]),
        (
            'reporter: inputs',
            Level.ERROR,
            'slow; front is 3.0 s old',
            'none',
            [('age_ms front', '3000'), ('rate_hz', '0.00')],
        ),
    ]
    assert message.header.stamp.sec > 0


def test_a_task_is_announced_before_anything_is_asked(make_reporter, spin_until):
    reporter = make_reporter(diagnostic_updater__period=3600.0)
    # As those of the node itself are, before a listener can have found it.
    reporter.diagnostics._updater.add('late', lambda status: status)

    def announced() -> list[Any]:
        found = [status for message in reporter.received for status in message.status]
        return [plain(status) for status in found if status.name == 'reporter: late']

    spin_until(reporter.listener, announced)
    assert announced() == [('reporter: late', Level.OK, 'Node starting up', '', [])]


def test_report_out_of_turn_is_published_at_once_and_names_the_hardware(make_reporter):
    reporter = make_reporter(diagnostic_updater__period=3600.0)
    reporter.diagnostics.set_hardware_id('8f3a1c')
    reporter.diagnostics.force_update()
    assert {status.hardware_id for status in reporter.wait_for(1)[0].status} == {'8f3a1c'}
    reporter.diagnostics.set_hardware_id('')
    reporter.diagnostics.force_update()
    assert {status.hardware_id for status in reporter.wait_for(2)[1].status} == {'none'}


def test_broadcast_says_the_same_of_every_task(make_reporter, spin_until):
    reporter = make_reporter(diagnostic_updater__period=3600.0)
    reporter.diagnostics.broadcast(Level.WARN, 'going down')

    def said() -> list[Any]:
        return [m for m in reporter.received if m.status[0].message == 'going down']

    spin_until(reporter.listener, said)
    assert [plain(status) for status in said()[0].status] == [
        ('reporter: policy', Level.WARN, 'going down', '', []),
        ('reporter: inputs', Level.WARN, 'going down', '', []),
    ]


@pytest.mark.parametrize(
    ('namespace', 'given', 'name'),
    [
        ('/', {}, 'reporter'),
        ('/', {'diagnostic_updater__use_fqn': True}, '/reporter'),
        ('/left', {}, '/left/reporter'),
        ('/left/arm', {'diagnostic_updater__use_fqn': False}, 'reporter'),
    ],
)
def test_statuses_begin_with_the_name_of_the_node(make_reporter, namespace, given, name):
    reporter = make_reporter(namespace, diagnostic_updater__period=0.05, **given)
    names = [status.name for status in reporter.wait_for(1)[0].status]
    assert names == [f'{name}: policy', f'{name}: inputs']
    assert reporter.node.get_parameter('diagnostic_updater.period').value == 0.05
    assert reporter.node.get_parameter('diagnostic_updater.use_fqn').value is (name[0] == '/')


def test_reports_go_on_while_simulated_time_stands_still(make_reporter):
    reporter = make_reporter(use_sim_time=True, diagnostic_updater__period=0.05)
    stamps = [message.header.stamp for message in reporter.wait_for(3)]
    assert all((stamp.sec, stamp.nanosec) == (0, 0) for stamp in stamps)


@pytest.mark.parametrize(
    ('given', 'remedy'),
    [
        ({'diagnostic_updater__period': 0.0}, 'greater than 0, such as 1.0'),
        ({'diagnostic_updater__period': float('inf')}, 'such as 1.0'),
        ({'diagnostic_updater__period': 2}, 'with a decimal point'),
        ({'diagnostic_updater__period': 'often'}, "is 'often'"),
        ({'diagnostic_updater__use_fqn': 'yes'}, 'give true or false'),
        ({'diagnostic_updater__perod': 1.0}, 'did you mean diagnostic_updater.period'),
    ],
)
def test_parameter_that_is_not_allowed_is_refused_with_the_remedy(make_reporter, given, remedy):
    with pytest.raises(ValueError, match=remedy):
        make_reporter(**given)


@pytest.mark.parametrize(
    ('name', 'node', 'task'),
    [
        ('act_policy: inputs', 'act_policy', 'inputs'),
        ('/left/act_policy: inputs', '/left/act_policy', 'inputs'),
        ('left/act_policy: inputs', '/left/act_policy', 'inputs'),
        ('//act_policy: inputs', '/act_policy', 'inputs'),  # the Python updater's own full name
        ('right/act_policy: inputs', '/left/act_policy', None),
        ('act_policy: inputs', '/left/act_policy', None),
        ('act_policy_2: inputs', 'act_policy', None),
        ('act_policy', 'act_policy', None),
    ],
)
def test_status_of_a_node_is_found_by_its_name(name, node, task):
    assert task_of(name, node) == task
