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

"""The six parameter services that `ros2 param` talks to, as rclpy.parameter_service has them."""

from __future__ import annotations

from typing import Any, Final
import weakref

from attention_mapper_ros.ros.dds.exceptions import (
    ParameterNotDeclaredException,
    ParameterUninitializedException,
)
from attention_mapper_ros.ros.dds.messages import message_class, service_class
from attention_mapper_ros.ros.dds.parameter import Parameter
from attention_mapper_ros.ros.dds.qos import qos_profile_parameters

_NAMES: Final = {
    'DescribeParameters': 'describe_parameters',
    'GetParameters': 'get_parameters',
    'GetParameterTypes': 'get_parameter_types',
    'ListParameters': 'list_parameters',
    'SetParameters': 'set_parameters',
    'SetParametersAtomically': 'set_parameters_atomically',
}


class ParameterService:
    """Answers for one node, in the thread that spins it."""

    def __init__(self, node: Any) -> None:
        self._node_reference = weakref.ref(node)
        for type_name, name in _NAMES.items():
            node.create_service(
                service_class(f'rcl_interfaces/srv/{type_name}'),
                f'~/{name}',
                getattr(self, f'_{name}'),
                qos_profile=qos_profile_parameters,
            )

    @property
    def _node(self) -> Any:
        node = self._node_reference()
        if node is None:
            raise ReferenceError('Expected valid node weak reference')
        return node

    # A name that nobody declared empties the whole answer: `ros2 param` reads it that way.

    def _describe_parameters(self, request: Any, response: Any) -> Any:
        try:
            response.descriptors = self._node.describe_parameters(list(request.names))
        except ParameterNotDeclaredException:
            response.descriptors = []
        return response

    def _get_parameters(self, request: Any, response: Any) -> Any:
        try:
            parameters = [self._node.get_parameter(name) for name in request.names]
            response.values = [parameter.get_parameter_value() for parameter in parameters]
        except (ParameterNotDeclaredException, ParameterUninitializedException):
            response.values = []
        return response

    def _get_parameter_types(self, request: Any, response: Any) -> Any:
        try:
            types = [self._node.get_parameter_type(name).value for name in request.names]
        except ParameterNotDeclaredException:
            types = []
        response.types = types
        return response

    def _list_parameters(self, request: Any, response: Any) -> Any:
        response.result = self._node.list_parameters(list(request.prefixes), request.depth)
        return response

    def _set_parameters(self, request: Any, response: Any) -> Any:
        for message in request.parameters:
            response.results.append(self._try([message]))
        return response

    def _set_parameters_atomically(self, request: Any, response: Any) -> Any:
        response.result = self._try(request.parameters)
        return response

    def _try(self, messages: list[Any]) -> Any:
        """Set together; what the caller did wrong is the result's reason, not our exception."""
        try:
            parameters = [Parameter.from_parameter_msg(message) for message in messages]
            return self._node.set_parameters_atomically(parameters)
        except (ParameterNotDeclaredException, ValueError, TypeError) as error:
            return message_class('rcl_interfaces/msg/SetParametersResult')(
                successful=False, reason=str(error)
            )
