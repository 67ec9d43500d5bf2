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
What a node says about itself on /diagnostics: statuses with a level, words and figures.

`diagnostic_updater` sends them where it can be imported, `ros/status_updater` the same elsewhere.
Readers find a node's statuses here, too. What the figures mean is the nodes' business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
import importlib
import math
from typing import Any

from attention_mapper_ros.ros import status_updater
from attention_mapper_ros.ros.client import Clock, ClockType, Node
from attention_mapper_ros.ros.interfaces import DiagnosticStatus, ParameterDescriptor
from attention_mapper_ros.ros.status_updater import DIAGNOSTICS_TOPIC, PERIOD, USE_FQN

__all__ = [
    'DIAGNOSTICS_TOPIC',
    'Finding',
    'Level',
    'NodeDiagnostics',
    'StatusReport',
    'level_of',
    'task_of',
]

DEFAULT_PERIOD_S = 1.0
NO_HARDWARE = 'none'  # what diagnostic_updater wants said of a node that has none


class Level(IntEnum):
    """The levels of a DiagnosticStatus, as numbers."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Finding:
    """One thing that a status says: how bad, and in words what it is and what to do."""

    level: Level
    message: str


@dataclass(frozen=True)
class StatusReport:
    """
    One status: findings, merged to its level and summary, and figures by key.

    The worst level wins. The messages of all faults are joined in their order; those of level
    OK are said when there is no fault.
    """

    findings: Sequence[Finding]
    values: Mapping[str, str]


class NodeDiagnostics:
    """
    Publishes one status per task, every period and when told to.

    ``collect`` is asked once for each publication and returns the report of every task. Statuses
    are named '<node>: <task>'. With the parameter ``diagnostic_updater.use_fqn``, which is true
    by default for a node in a namespace, <node> is the node's full name: the statuses of two
    robots could not be told apart otherwise. (A diagnostic_updater before 3.2 knows only the
    bare name.) ``diagnostic_updater.period`` is in seconds. Time is taken from the steady clock:
    a simulation that stands still is a thing to report, not to be silent about.

    Belongs to the executor's thread. Raises ValueError for a parameter that is not allowed.
    """

    def __init__(
        self,
        node: Node,
        tasks: Sequence[str],
        collect: Callable[[], Mapping[str, StatusReport]],
        hardware_id: str = NO_HARDWARE,
    ) -> None:
        self._node = node
        self._collect = collect
        self._reports: Mapping[str, StatusReport] = {}
        period_s = _checked_period_s(node)
        use_fqn = _declare_use_fqn(node)
        self._updater = _updater_module().Updater(node, period_s)
        self._updater.node_name = node.get_fully_qualified_name() if use_fqn else node.get_name()
        self.set_hardware_id(hardware_id)
        node.destroy_timer(self._updater.timer)  # it goes by the node's clock
        self._updater.timer = node.create_timer(
            period_s, self.force_update, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        for task in tasks:
            self._updater.add(task, partial(self._fill_in, task))

    def set_hardware_id(self, hardware_id: str) -> None:
        """Say from now on what the statuses are about; '' stands for nothing yet."""
        self._updater.hwid = hardware_id or NO_HARDWARE

    def force_update(self) -> None:
        """Publish now what every task has to say."""
        self._reports = self._collect()
        self._updater.force_update()

    def broadcast(self, level: Level, message: str) -> None:
        """Publish the same words as every task's, without figures: the node's last ones, say."""
        self._updater.broadcast(bytes([level]), message)

    def close(self) -> None:
        """Publish no more of itself; the node's owner destroys the rest."""
        self._node.destroy_timer(self._updater.timer)

    def _fill_in(self, task: str, status: Any) -> Any:
        report = self._reports[task]
        status.summary(DiagnosticStatus.OK, '')
        for finding in report.findings:
            status.mergeSummary(bytes([finding.level]), finding.message)
        for key, value in report.values.items():
            status.add(key, value)
        return status


def task_of(name: str, node: str) -> str | None:
    """
    Return the task that a status of this node is about, None for a status of another one.

    ``name`` is that of the status, ``node`` the full name of the node; a slash before either
    does not matter.
    """
    sender, separator, task = name.partition(': ')
    return task if separator and sender.strip('/') == node.strip('/') else None


def level_of(status: Any) -> Level:
    """Return the level of a DiagnosticStatus; ERROR for one that does not exist."""
    level = status.level
    number = level[0] if isinstance(level, (bytes, bytearray)) else int(level)
    return Level(number) if number in set(Level) else Level.ERROR


def _updater_module() -> Any:
    """Return diagnostic_updater where it is there for the client that runs, else our own."""
    try:
        module = importlib.import_module('diagnostic_updater')
    except ImportError:
        return status_updater
    # The client without ROS, forced beside an installation of ROS, has other message classes.
    fits = issubclass(module.DiagnosticStatusWrapper, DiagnosticStatus)
    return module if fits else status_updater


def _checked_period_s(node: Node) -> float:
    """
    Return the period that was given, or the default one.

    The updater declares the parameter, but checks nothing; so it is declared here for a moment.
    """
    anything = ParameterDescriptor(dynamic_typing=True)
    value = node.declare_parameter(PERIOD, DEFAULT_PERIOD_S, anything).value
    node.undeclare_parameter(PERIOD)
    if not isinstance(value, float) or not 0.0 < value < math.inf:
        raise ValueError(
            f'parameter {PERIOD} is {value!r}: give the seconds between two reports as a number '
            f'with a decimal point, greater than 0, such as {DEFAULT_PERIOD_S}'
        )
    return value


def _declare_use_fqn(node: Node) -> bool:
    description = ParameterDescriptor(
        description="statuses on /diagnostics begin with the node's full name",
        dynamic_typing=True,
        read_only=True,
    )
    value = node.declare_parameter(USE_FQN, node.get_namespace() != '/', description).value
    if not isinstance(value, bool):
        raise ValueError(f'parameter {USE_FQN} is {value!r}: give true or false')
    return value
