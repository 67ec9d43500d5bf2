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

"""The services and the topic by which others see and change the state of a lifecycle node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.lifecycle.managed_entity import TransitionCallbackReturn
from attention_mapper_ros.ros.dds.lifecycle.state_machine import (
    LifecycleStateMachine,
    STATES,
    Transition,
)
from attention_mapper_ros.ros.dds.messages import message_class, service_class
from attention_mapper_ros.ros.dds.qos import QoSProfile


class TransitionEvents:
    """Tells of each transition on `~/transition_event`; like rcl it names the states alone."""

    def __init__(self, node: Any) -> None:
        event = message_class('lifecycle_msgs/msg/TransitionEvent')
        self._event = event
        self._publisher = node.create_publisher(event, '~/transition_event', QoSProfile(depth=10))

    def publish(self, transition: Transition) -> None:
        """
        Send the states before and after.

        :raises: RCLError if the context is gone, with the state already changed, as in rcl.
        """
        event = self._event(
            start_state=_state(transition.start, STATES[transition.start]),
            goal_state=_state(transition.goal, STATES[transition.goal]),
        )
        try:
            self._publisher.publish(event)
        except RCLError as error:
            raise RCLError(
                'Failed to trigger lifecycle state machine transition: '
                f'Could not publish transition: {error}'
            ) from error


class LifecycleServices:
    """The five services of a lifecycle node; they are the node's and go with it."""

    def __init__(
        self,
        node: Any,
        state_machine: LifecycleStateMachine,
        change_state: Callable[[int], TransitionCallbackReturn],
        callback_group: Any,
    ) -> None:
        self._state_machine = state_machine
        self._change_state = change_state
        for name, kind, callback in (
            ('change_state', 'ChangeState', self._on_change_state),
            ('get_state', 'GetState', self._on_get_state),
            ('get_available_states', 'GetAvailableStates', self._on_get_states),
            ('get_available_transitions', 'GetAvailableTransitions', self._on_get_transitions),
            ('get_transition_graph', 'GetAvailableTransitions', self._on_get_graph),
        ):
            service = service_class(f'lifecycle_msgs/srv/{kind}')
            node.create_service(service, f'~/{name}', callback, callback_group=callback_group)

    def _on_change_state(self, request: Any, response: Any) -> Any:
        """Answer False to what cannot be; a request from outside is no reason to stop spinning."""
        wanted = request.transition
        try:
            transition_id = (
                self._state_machine.get_transition_by_label(wanted.label)
                if wanted.label
                else wanted.id
            )
            result = self._change_state(transition_id)
        except RCLError:
            response.success = False  # the state machine has logged what it was asked for
            return response
        response.success = result is TransitionCallbackReturn.SUCCESS
        return response

    def _on_get_state(self, request: Any, response: Any) -> Any:
        del request
        response.current_state = _state(*self._state_machine.current_state)
        return response

    def _on_get_states(self, request: Any, response: Any) -> Any:
        del request
        response.available_states = [
            _state(*state) for state in self._state_machine.available_states
        ]
        return response

    def _on_get_transitions(self, request: Any, response: Any) -> Any:
        del request
        response.available_transitions = [
            _description(*described) for described in self._state_machine.available_transitions
        ]
        return response

    def _on_get_graph(self, request: Any, response: Any) -> Any:
        del request
        response.available_transitions = [
            _description(*described) for described in self._state_machine.transition_graph
        ]
        return response


def _state(state_id: int, label: str) -> Any:
    return message_class('lifecycle_msgs/msg/State')(id=state_id, label=label)


def _description(
    transition_id: int, label: str, start: int, start_label: str, goal: int, goal_label: str
) -> Any:
    transition = message_class('lifecycle_msgs/msg/Transition')(id=transition_id, label=label)
    return message_class('lifecycle_msgs/msg/TransitionDescription')(
        transition=transition,
        start_state=_state(start, start_label),
        goal_state=_state(goal, goal_label),
    )
