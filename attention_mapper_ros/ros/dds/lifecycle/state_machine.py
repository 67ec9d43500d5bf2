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
The states and transitions of a managed node, as rcl_lifecycle has them.

Which state follows which, under which ids and labels; what happens in a state is the node's.
Source: https://design.ros2.org/articles/node_lifecycle.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.logging import get_logger

# By id, in the order in which rcl_lifecycle lists them.
STATES: Final[dict[int, str]] = {
    0: 'unknown',
    1: 'unconfigured',
    2: 'inactive',
    3: 'active',
    4: 'finalized',
    10: 'configuring',
    11: 'cleaningup',
    12: 'shuttingdown',
    13: 'activating',
    14: 'deactivating',
    15: 'errorprocessing',
}
_IDS: Final = {label: state_id for state_id, label in STATES.items()}
_UNCONFIGURED: Final = _IDS['unconfigured']
_OUTCOMES: Final = ('transition_success', 'transition_failure', 'transition_error')


@dataclass(frozen=True)
class Transition:
    """One arrow of the graph, between two states by their ids."""

    transition_id: int
    label: str
    start: int
    goal: int

    def described(self) -> tuple[int, str, int, str, int, str]:
        """Return the ids and labels of the transition, its start and its goal, as rclpy does."""
        return (
            self.transition_id,
            self.label,
            self.start,
            STATES[self.start],
            self.goal,
            STATES[self.goal],
        )


def _request(transition_id: int, label: str, start: str, through: str) -> Transition:
    return Transition(transition_id, label, _IDS[start], _IDS[through])


def _outcomes(first_id: int, through: str, *goals: str) -> list[Transition]:
    """Make the three ways out of a transition state: success, failure, error."""
    return [
        Transition(first_id + offset, label, _IDS[through], _IDS[goal])
        for offset, (label, goal) in enumerate(zip(_OUTCOMES, goals, strict=True))
    ]


GRAPH: Final[tuple[Transition, ...]] = (
    _request(1, 'configure', 'unconfigured', 'configuring'),
    *_outcomes(10, 'configuring', 'inactive', 'unconfigured', 'errorprocessing'),
    _request(2, 'cleanup', 'inactive', 'cleaningup'),
    *_outcomes(20, 'cleaningup', 'unconfigured', 'inactive', 'errorprocessing'),
    _request(3, 'activate', 'inactive', 'activating'),
    *_outcomes(30, 'activating', 'active', 'inactive', 'errorprocessing'),
    _request(4, 'deactivate', 'active', 'deactivating'),
    *_outcomes(40, 'deactivating', 'inactive', 'active', 'errorprocessing'),
    _request(5, 'shutdown', 'unconfigured', 'shuttingdown'),
    _request(6, 'shutdown', 'inactive', 'shuttingdown'),
    _request(7, 'shutdown', 'active', 'shuttingdown'),
    *_outcomes(50, 'shuttingdown', 'finalized', 'finalized', 'errorprocessing'),
    *_outcomes(60, 'errorprocessing', 'unconfigured', 'finalized', 'finalized'),
)


class LifecycleStateMachine:
    """Knows the current state; whoever triggers a transition owns it for that time."""

    initialized = True

    def __init__(self, notify: Callable[[Transition], None]) -> None:
        """`notify` is told of each transition once the state has changed."""
        self._state = _UNCONFIGURED
        self._notify = notify

    @property
    def current_state(self) -> tuple[int, str]:
        return self._state, STATES[self._state]

    @property
    def available_states(self) -> list[tuple[int, str]]:
        return list(STATES.items())

    @property
    def available_transitions(self) -> list[tuple[int, str, int, str, int, str]]:
        """The transitions that leave the current state."""
        return [transition.described() for transition in self._leaving()]

    @property
    def transition_graph(self) -> list[tuple[int, str, int, str, int, str]]:
        return [transition.described() for transition in GRAPH]

    def get_transition_by_label(self, label: str) -> int:
        for transition in self._leaving():
            if transition.label == label:
                return transition.transition_id
        self._warn(label)
        raise RCLError('Failed to get transition from label')

    def trigger_transition_by_id(self, transition_id: int, publish_update: bool) -> None:
        for transition in self._leaving():
            if transition.transition_id == transition_id:
                self._take(transition, publish_update)
                return
        self._warn(transition_id)
        raise RCLError(
            'Failed to trigger lifecycle state machine transition: Transition is not registered.'
        )

    def trigger_transition_by_label(self, label: str, publish_update: bool) -> None:
        self.trigger_transition_by_id(self.get_transition_by_label(label), publish_update)

    def _leaving(self) -> list[Transition]:
        return [transition for transition in GRAPH if transition.start == self._state]

    def _take(self, transition: Transition, publish_update: bool) -> None:
        self._state = transition.goal
        if publish_update:
            self._notify(transition)

    def _warn(self, wanted: int | str) -> None:
        get_logger('rcl_lifecycle').warning(
            f'No transition matching {wanted} found for current state {STATES[self._state]}'
        )
