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

"""
What `diagnostic_updater` does for a node, where that package cannot be imported.

The same parameters, the same topic and the same messages at the same moments, as far as
`ros/diagnostics` uses them; names are those of `diagnostic_updater`, so that either can serve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.interfaces import (
    DiagnosticArray,
    DiagnosticStatus,
    Header,
    KeyValue,
)

DIAGNOSTICS_TOPIC = '/diagnostics'  # absolute: every ROS tool looks for it there
PERIOD = 'diagnostic_updater.period'
USE_FQN = 'diagnostic_updater.use_fqn'


class DiagnosticStatusWrapper:
    """One status while a task fills it in; ``level`` is one byte, as in DiagnosticStatus."""

    def __init__(self, name: str = '', hardware_id: str = '') -> None:
        self.name = name
        self.hardware_id = hardware_id
        self.level: bytes = DiagnosticStatus.ERROR
        self.message = 'No message was set'
        self.values: list[KeyValue] = []

    def summary(self, level: bytes, message: str) -> None:
        """Set level and message."""
        self.level, self.message = level, message

    def mergeSummary(self, level: bytes, message: str) -> None:  # noqa: N802
        """
        Join another summary to this one: the worse level wins.

        Both messages are kept when both are faults, or neither is; a fault's message takes the
        place of that of a status which is well, and is not joined by one.
        """
        well = DiagnosticStatus.OK
        if (level > well) == (self.level > well):
            self.message = f'{self.message}; {message}' if self.message else message
        elif level > self.level:
            self.message = message
        self.level = max(self.level, level)

    def add(self, key: str, value: str) -> None:
        """Add one figure."""
        self.values.append(KeyValue(key=key, value=value))

    def to_msg(self) -> DiagnosticStatus:
        """Return the message."""
        return DiagnosticStatus(
            level=self.level,
            name=self.name,
            message=self.message,
            hardware_id=self.hardware_id,
            values=self.values,
        )


Task = Callable[[Any], Any]
"""Fills in a DiagnosticStatusWrapper and returns it."""


class Updater:
    """
    Runs its tasks every period and publishes what they say as one DiagnosticArray.

    Belongs to the executor's thread.
    """

    def __init__(self, node: Node, period: float = 1.0) -> None:
        self._node = node
        self._tasks: dict[str, Task] = {}
        self._publisher = node.create_publisher(DiagnosticArray, DIAGNOSTICS_TOPIC, 1)
        self.hwid = ''
        self.node_name = node.get_name()
        self.period = node.declare_parameter(PERIOD, period).value
        self.timer = node.create_timer(self.period, self.update)

    def add(self, name: str, task: Task) -> None:
        """Add a task, and announce its status at once."""
        self._tasks[name] = task
        status = DiagnosticStatusWrapper(name)
        status.summary(DiagnosticStatus.OK, 'Node starting up')
        self._publish([status])

    def update(self) -> None:
        """Run every task and publish."""
        self._publish(
            [task(DiagnosticStatusWrapper(name, self.hwid)) for name, task in self._tasks.items()]
        )

    def force_update(self) -> None:
        """Run every task and publish, out of turn."""
        self.update()

    def broadcast(self, level: bytes, message: str) -> None:
        """Publish the same summary, without figures, as every task's."""
        statuses = [DiagnosticStatusWrapper(name) for name in self._tasks]
        for status in statuses:
            status.summary(level, message)
        self._publish(statuses)

    def _publish(self, statuses: list[DiagnosticStatusWrapper]) -> None:
        for status in statuses:
            status.name = f'{self.node_name}: {status.name}'
        stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(
            DiagnosticArray(
                header=Header(stamp=stamp), status=[status.to_msg() for status in statuses]
            )
        )
