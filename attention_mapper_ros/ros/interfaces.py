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
Message and service classes: the real ones with rclpy, generated ones with the client without ROS.

Nodes import classes by name from here. It converts nothing.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, Final, TYPE_CHECKING

from attention_mapper_ros.ros.client import CLIENT

__all__ = [
    'Bool',
    'CameraInfo',
    'ChangeState',
    'Clock',
    'CompressedImage',
    'DescribeParameters',
    'DiagnosticArray',
    'DiagnosticStatus',
    'Duration',
    'Empty',
    'Float32MultiArray',
    'Float64MultiArray',
    'FloatingPointRange',
    'GetAvailableStates',
    'GetAvailableTransitions',
    'GetLoggerLevels',
    'GetParameters',
    'GetState',
    'Header',
    'Image',
    'IntegerRange',
    'JointState',
    'JointTrajectory',
    'JointTrajectoryPoint',
    'KeyValue',
    'ListParameters',
    'Log',
    'LoggerLevel',
    'MultiArrayDimension',
    'MultiArrayLayout',
    'Parameter',
    'ParameterDescriptor',
    'ParameterEvent',
    'ParameterType',
    'ParameterValue',
    'RegionOfInterest',
    'SetBool',
    'SetLoggerLevels',
    'SetLoggerLevelsResult',
    'SetParameters',
    'SetParametersResult',
    'State',
    'String',
    'Time',
    'Transition',
    'TransitionDescription',
    'TransitionEvent',
    'Trigger',
    'get_message',
    'get_service',
    'type_name',
]

_MESSAGES: Final = {
    'builtin_interfaces': ['Duration', 'Time'],
    'diagnostic_msgs': ['DiagnosticArray', 'DiagnosticStatus', 'KeyValue'],
    'lifecycle_msgs': ['State', 'Transition', 'TransitionDescription', 'TransitionEvent'],
    'rcl_interfaces': [
        'FloatingPointRange',
        'IntegerRange',
        'Log',
        'Parameter',
        'ParameterDescriptor',
        'ParameterEvent',
        'ParameterType',
        'ParameterValue',
        'SetParametersResult',
    ],
    'rosgraph_msgs': ['Clock'],
    'sensor_msgs': ['CameraInfo', 'CompressedImage', 'Image', 'JointState', 'RegionOfInterest'],
    'std_msgs': [
        'Bool',
        'Empty',
        'Float32MultiArray',
        'Float64MultiArray',
        'Header',
        'MultiArrayDimension',
        'MultiArrayLayout',
        'String',
    ],
    'trajectory_msgs': ['JointTrajectory', 'JointTrajectoryPoint'],
}
_SERVICES: Final = {
    'lifecycle_msgs': [
        'ChangeState',
        'GetAvailableStates',
        'GetAvailableTransitions',
        'GetState',
    ],
    'rcl_interfaces': ['DescribeParameters', 'GetParameters', 'ListParameters', 'SetParameters'],
    'std_srvs': ['SetBool', 'Trigger'],
}

# Not in Humble's rcl_interfaces; there these names are missing here too.
_SINCE_JAZZY: Final = {
    'msg': ['LoggerLevel', 'SetLoggerLevelsResult'],
    'srv': ['GetLoggerLevels', 'SetLoggerLevels'],
}


def get_message(identifier: str) -> Any:
    """Return the class of 'sensor_msgs/msg/Image'; LookupError if there is none."""
    return _interface(identifier, 'msg')


def get_service(identifier: str) -> Any:
    """Return the class of 'std_srvs/srv/SetBool'; LookupError if there is none."""
    return _interface(identifier, 'srv')


def type_name(message: Any) -> str:
    """Return 'sensor_msgs/msg/Image' for a message or its class."""
    kind = message if isinstance(message, type) else type(message)
    package, interface = kind.__module__.split('.')[:2]
    return f'{package}/{interface}/{kind.__name__}'


def _interface(identifier: str, kind: str) -> Any:
    parts = identifier.split('/')
    if len(parts) != 3 or parts[1] != kind:
        raise LookupError(f"{identifier!r} is not of the form 'package/{kind}/Name'")
    if CLIENT == 'dds':
        from attention_mapper_ros.ros.dds.messages import message_class, service_class

        return message_class(identifier) if kind == 'msg' else service_class(identifier)
    try:
        return getattr(importlib.import_module(f'{parts[0]}.{kind}'), parts[2])
    except (ImportError, AttributeError) as error:
        raise LookupError(
            f'{identifier!r} cannot be imported ({error}); is its ROS package installed?'
        ) from error


if TYPE_CHECKING:
    # Both clients make their classes at build or run time; a type checker learns their names
    # here, and that two of them are not the same.
    class _AnyAttributes(type):
        def __getattr__(cls, name: str) -> Any: ...

    class _Message(metaclass=_AnyAttributes):
        def __init__(self, **fields: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    class _Service:
        class Request(_Message): ...

        class Response(_Message): ...

    class Bool(_Message): ...

    class CameraInfo(_Message): ...

    class Clock(_Message): ...

    class CompressedImage(_Message): ...

    class DiagnosticArray(_Message): ...

    class DiagnosticStatus(_Message): ...

    class Duration(_Message): ...

    class Empty(_Message): ...

    class Float32MultiArray(_Message): ...

    class Float64MultiArray(_Message): ...

    class FloatingPointRange(_Message): ...

    class Header(_Message): ...

    class Image(_Message): ...

    class IntegerRange(_Message): ...

    class JointState(_Message): ...

    class JointTrajectory(_Message): ...

    class JointTrajectoryPoint(_Message): ...

    class KeyValue(_Message): ...

    class Log(_Message): ...

    class LoggerLevel(_Message): ...

    class MultiArrayDimension(_Message): ...

    class MultiArrayLayout(_Message): ...

    class Parameter(_Message): ...

    class ParameterDescriptor(_Message): ...

    class ParameterEvent(_Message): ...

    class ParameterType(_Message): ...

    class ParameterValue(_Message): ...

    class RegionOfInterest(_Message): ...

    class SetLoggerLevelsResult(_Message): ...

    class SetParametersResult(_Message): ...

    class State(_Message): ...

    class String(_Message): ...

    class Time(_Message): ...

    class Transition(_Message): ...

    class TransitionDescription(_Message): ...

    class TransitionEvent(_Message): ...

    class ChangeState(_Service): ...

    class DescribeParameters(_Service): ...

    class GetAvailableStates(_Service): ...

    class GetAvailableTransitions(_Service): ...

    class GetLoggerLevels(_Service): ...

    class GetParameters(_Service): ...

    class GetState(_Service): ...

    class ListParameters(_Service): ...

    class SetBool(_Service): ...

    class SetLoggerLevels(_Service): ...

    class SetParameters(_Service): ...

    class Trigger(_Service): ...
else:
    for _package, _names in _MESSAGES.items():
        for _name in _names:
            globals()[_name] = get_message(f'{_package}/msg/{_name}')
    for _package, _names in _SERVICES.items():
        for _name in _names:
            globals()[_name] = get_service(f'{_package}/srv/{_name}')
    for _kind, _names in _SINCE_JAZZY.items():
        for _name in _names:
            with contextlib.suppress(LookupError):
                globals()[_name] = _interface(f'rcl_interfaces/{_kind}/{_name}', _kind)
