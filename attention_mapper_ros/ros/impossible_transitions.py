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
Requests for transitions that a lifecycle node cannot make are answered, not fatal.

rclpy up to Jazzy raises out of `spin` when `~/change_state` names a transition that does not
leave the current state: one wrong request from anywhere on the network ends the node. The client
without ROS answers False by itself.
"""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.client import LifecycleNode


def refuse_impossible_transitions(node: LifecycleNode) -> None:
    """
    Have a node's `~/change_state` answer False where rclpy would raise.

    Call it once, in the node's constructor; it does nothing on the client without ROS.
    """
    service: Any = getattr(node, '_service_change_state', None)
    if service is None:
        return
    answer = service.callback

    def guarded(request: Any, response: Any) -> Any:
        wanted = request.transition
        leaving = node._state_machine.available_transitions
        if wanted.label or wanted.id in [transition[0] for transition in leaving]:
            return answer(request, response)
        label = node._state_machine.current_state[1]
        node.get_logger().warning(f'no transition {wanted.id} leaves the state {label}: refused')
        response.success = False
        return response

    service.callback = guarded
