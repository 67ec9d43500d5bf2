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

"""Exceptions of the client, under the names that rclpy gives them."""

from __future__ import annotations

from typing import Any


class NotInitializedException(Exception):  # noqa: N818 - rclpy's name
    """Raised when something needs a context that `init` has not been called for."""

    def __init__(self, *args: Any) -> None:
        Exception.__init__(self, 'rclpy.init() has not been called', *args)


class RCLError(RuntimeError):
    """The middleware refused; the message says what and why."""


class InvalidHandle(Exception):  # noqa: N818 - rclpy's name
    """Raised when something already destroyed is used."""


class NoTypeSupportImportedException(Exception):  # noqa: N818 - rclpy's name
    """Raised when a class is not a message or service class."""


class NameValidationException(Exception):  # noqa: N818 - rclpy's name
    """Raised when a topic name, node name, or namespace are invalid."""

    def __init__(self, name_type: str, name: str, error_msg: str, invalid_index: int) -> None:
        message = f'Invalid {name_type}: {error_msg}:\n  {name!r}\n   {" " * invalid_index}^'
        Exception.__init__(self, message)


class InvalidNamespaceException(NameValidationException):
    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('namespace', name, error_msg, invalid_index)


class InvalidNodeNameException(NameValidationException):
    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('node name', name, error_msg, invalid_index)


class InvalidTopicNameException(NameValidationException):
    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('topic name', name, error_msg, invalid_index)


class InvalidServiceNameException(NameValidationException):
    def __init__(self, name: str, error_msg: str, invalid_index: int) -> None:
        super().__init__('service name', name, error_msg, invalid_index)


class ParameterException(Exception):  # noqa: N818 - rclpy's name
    """Base of all parameter exceptions."""

    def __init__(self, error_msg: str, parameters: Any, *args: Any) -> None:
        self._parameters = parameters
        Exception.__init__(self, f'{error_msg}: {parameters}', *args)


class ParameterNotDeclaredException(ParameterException):
    def __init__(self, parameters: Any, *args: Any) -> None:
        super().__init__('Invalid access to undeclared parameter(s)', parameters, *args)


class ParameterAlreadyDeclaredException(ParameterException):
    def __init__(self, parameters: Any, *args: Any) -> None:
        super().__init__('Parameter(s) already declared', parameters, *args)


class InvalidParameterException(ParameterException):
    def __init__(self, parameter: Any, *args: Any) -> None:
        super().__init__('Invalid parameter name', parameter, *args)


class InvalidParameterTypeException(ParameterException):
    def __init__(self, desired_parameter: Any, expected_type: str, *args: Any) -> None:
        super().__init__(
            f"Trying to set parameter '{desired_parameter.name}' to "
            f"'{desired_parameter.value}' of type '{desired_parameter.type_.name}', "
            f"expecting type '{expected_type}'",
            desired_parameter.name,
            *args,
        )


class InvalidParameterValueException(ParameterException):
    def __init__(self, parameter: str, value: Any, reason: str, *args: Any) -> None:
        Exception.__init__(
            self,
            f'Invalid parameter value ({value}) for parameter. Reason: {reason}: {parameter}',
            *args,
        )
        self._parameters = parameter


class ParameterImmutableException(ParameterException):
    def __init__(self, parameter: Any, *args: Any) -> None:
        super().__init__('Attempted to modify read-only parameter', parameter, *args)


class ParameterUninitializedException(ParameterException):
    def __init__(self, parameter: Any, *args: Any) -> None:
        super().__init__('The parameter is not initialized', parameter, *args)


class ROSInterruptException(Exception):  # noqa: N818 - rclpy's name
    """Raised when an operation is canceled by rclpy shutting down."""

    def __init__(self) -> None:
        Exception.__init__(self, 'rclpy.shutdown() has been called')
