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
Lifecycle nodes, as rclpy.lifecycle.node has them: configure, activate, deactivate, clean up.

What each transition does is the subclass's; services and topic are in `interface`.
"""

from __future__ import annotations

import traceback
from typing import Any

from attention_mapper_ros.ros.dds.callback_groups import CallbackGroup
from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.lifecycle.interface import LifecycleServices, TransitionEvents
from attention_mapper_ros.ros.dds.lifecycle.managed_entity import (
    LifecycleState,
    ManagedEntity,
    TransitionCallbackReturn,
)
from attention_mapper_ros.ros.dds.lifecycle.publisher import LifecyclePublisher
from attention_mapper_ros.ros.dds.lifecycle.state_machine import LifecycleStateMachine
from attention_mapper_ros.ros.dds.node import Node

# The callback that runs in a transition state.
_CALLBACKS = {
    'configuring': 'on_configure',
    'cleaningup': 'on_cleanup',
    'shuttingdown': 'on_shutdown',
    'activating': 'on_activate',
    'deactivating': 'on_deactivate',
    'errorprocessing': 'on_error',
}
_REQUEST_IDS = {'configure': 1, 'cleanup': 2, 'activate': 3, 'deactivate': 4}
_SHUTDOWN_IDS = {'unconfigured': 5, 'inactive': 6, 'active': 7}


class LifecycleNodeMixin(ManagedEntity):
    """
    The life of a managed node, for a class that is a `Node` too.

    The callbacks run in the thread that asks for the transition: the executor's for the
    services, the caller's for `trigger_...`. Overridden ones call `super()` to pass the
    transition on to the managed entities.
    """

    def __init__(
        self,
        *,
        enable_communication_interface: bool = True,
        callback_group: CallbackGroup | None = None,
    ) -> None:
        """
        Begin unconfigured.

        :param enable_communication_interface: offer the five services.
        :param callback_group: of the services; by default the node's.
        """
        self._managed_entities: set[ManagedEntity] = set()
        self._state_machine = LifecycleStateMachine(TransitionEvents(self).publish)
        if enable_communication_interface:
            LifecycleServices(self, self._state_machine, self._dds_change_state, callback_group)

    def trigger_configure(self) -> TransitionCallbackReturn:
        return self._dds_change_state(_REQUEST_IDS['configure'])

    def trigger_cleanup(self) -> TransitionCallbackReturn:
        return self._dds_change_state(_REQUEST_IDS['cleanup'])

    def trigger_activate(self) -> TransitionCallbackReturn:
        return self._dds_change_state(_REQUEST_IDS['activate'])

    def trigger_deactivate(self) -> TransitionCallbackReturn:
        return self._dds_change_state(_REQUEST_IDS['deactivate'])

    def trigger_shutdown(self) -> TransitionCallbackReturn:
        label = self._state_machine.current_state[1]
        if label not in _SHUTDOWN_IDS:
            raise RCLError(f'Shutdown transition not possible in state {label}')
        return self._dds_change_state(_SHUTDOWN_IDS[label])

    def add_managed_entity(self, entity: ManagedEntity) -> None:
        """Let an entity follow the transitions that the node's callbacks pass on."""
        if not isinstance(entity, ManagedEntity):
            raise TypeError('Expected a rclpy.lifecycle.ManagedEntity instance.')
        self._managed_entities.add(entity)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_configure', state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_cleanup', state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_shutdown', state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_activate', state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_deactivate', state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        return self._dds_pass_on('on_error', state)

    def create_lifecycle_publisher(self, *args: Any, **kwargs: Any) -> LifecyclePublisher:
        """Create a publisher that is silent unless the node is active."""
        if 'publisher_class' in kwargs:
            raise TypeError(
                "create_publisher() got an unexpected keyword argument 'publisher_class'"
            )
        assert isinstance(self, Node)
        publisher = Node.create_publisher(
            self, *args, **kwargs, publisher_class=LifecyclePublisher
        )
        assert isinstance(publisher, LifecyclePublisher)
        self._managed_entities.add(publisher)
        return publisher

    def destroy_lifecycle_publisher(self, publisher: LifecyclePublisher) -> bool:
        assert isinstance(self, Node)
        self._managed_entities.discard(publisher)
        return Node.destroy_publisher(self, publisher)

    def _dds_pass_on(self, callback: str, state: LifecycleState) -> TransitionCallbackReturn:
        """Call each managed entity; the first that does not succeed ends it."""
        for entity in list(self._managed_entities):
            result = getattr(entity, callback)(state)
            if not isinstance(result, TransitionCallbackReturn):
                raise TypeError(
                    f'{callback}() of {entity} must return a TransitionCallbackReturn, '
                    f'not {result!r}'
                )
            if result is not TransitionCallbackReturn.SUCCESS:
                return result
        return TransitionCallbackReturn.SUCCESS

    def _dds_change_state(self, transition_id: int) -> TransitionCallbackReturn:
        """
        Go through a transition: into its state, the callback, and out by what that says.

        After an error `on_error` decides between unconfigured and finalized.

        :raises: RCLError if the transition does not leave the current state.
        """
        machine = self._state_machine
        state_id, label = machine.current_state
        initial = LifecycleState(label=label, state_id=state_id)
        machine.trigger_transition_by_id(transition_id, True)
        result = self._dds_call_back(initial)
        machine.trigger_transition_by_label(result.to_label(), True)
        if result is TransitionCallbackReturn.ERROR:
            outcome = self._dds_call_back(initial)
            machine.trigger_transition_by_label(outcome.to_label(), True)
        return result

    def _dds_call_back(self, initial: LifecycleState) -> TransitionCallbackReturn:
        """Run the current state's callback; an exception counts as an error, and is logged."""
        assert isinstance(self, Node)
        name = _CALLBACKS[self._state_machine.current_state[1]]
        try:
            result = getattr(self, name)(initial)
        except Exception:  # noqa: BLE001 - whatever it is, on_error has to deal with it
            self.get_logger().error(f'{name}() failed:\n{traceback.format_exc()}')
            return TransitionCallbackReturn.ERROR
        if isinstance(result, TransitionCallbackReturn):
            return result
        self.get_logger().error(
            f'{name}() returned {result!r}, which counts as an error; '
            'return a TransitionCallbackReturn'
        )
        return TransitionCallbackReturn.ERROR


class LifecycleNode(LifecycleNodeMixin, Node):
    """A managed node; the other options are those of `Node`."""

    def __init__(
        self, node_name: str, *, enable_communication_interface: bool = True, **kwargs: Any
    ) -> None:
        Node.__init__(self, node_name, **kwargs)
        LifecycleNodeMixin.__init__(
            self, enable_communication_interface=enable_communication_interface
        )
