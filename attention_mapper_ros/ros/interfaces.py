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

import importlib
from typing import Any, TYPE_CHECKING

from attention_mapper_ros.ros.client import CLIENT

if TYPE_CHECKING or CLIENT == 'rclpy':
    from builtin_interfaces.msg import Duration, Time
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
    from rcl_interfaces.msg import (
        FloatingPointRange,
        IntegerRange,
        Log,
        Parameter,
        ParameterDescriptor,
        ParameterEvent,
        ParameterType,
        ParameterValue,
        SetParametersResult,
    )
    from rcl_interfaces.srv import (
        DescribeParameters,
        GetParameters,
        ListParameters,
        SetParameters,
    )
    from rosgraph_msgs.msg import Clock
    from sensor_msgs.msg import (
        CameraInfo,
        CompressedImage,
        Image,
        JointState,
        RegionOfInterest,
    )
    from std_msgs.msg import (
        Bool,
        Empty,
        Float32MultiArray,
        Float64MultiArray,
        Header,
        MultiArrayDimension,
        MultiArrayLayout,
        String,
    )
    from std_srvs.srv import SetBool, Trigger
    from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
else:
    from attention_mapper_ros.ros.dds.messages import message_class, service_class

    Duration = message_class('builtin_interfaces/msg/Duration')
    Time = message_class('builtin_interfaces/msg/Time')
    DiagnosticArray = message_class('diagnostic_msgs/msg/DiagnosticArray')
    DiagnosticStatus = message_class('diagnostic_msgs/msg/DiagnosticStatus')
    KeyValue = message_class('diagnostic_msgs/msg/KeyValue')
    FloatingPointRange = message_class('rcl_interfaces/msg/FloatingPointRange')
    IntegerRange = message_class('rcl_interfaces/msg/IntegerRange')
    Log = message_class('rcl_interfaces/msg/Log')
    Parameter = message_class('rcl_interfaces/msg/Parameter')
    ParameterDescriptor = message_class('rcl_interfaces/msg/ParameterDescriptor')
    ParameterEvent = message_class('rcl_interfaces/msg/ParameterEvent')
    ParameterType = message_class('rcl_interfaces/msg/ParameterType')
    ParameterValue = message_class('rcl_interfaces/msg/ParameterValue')
    SetParametersResult = message_class('rcl_interfaces/msg/SetParametersResult')
    DescribeParameters = service_class('rcl_interfaces/srv/DescribeParameters')
    GetParameters = service_class('rcl_interfaces/srv/GetParameters')
    ListParameters = service_class('rcl_interfaces/srv/ListParameters')
    SetParameters = service_class('rcl_interfaces/srv/SetParameters')
    Clock = message_class('rosgraph_msgs/msg/Clock')
    CameraInfo = message_class('sensor_msgs/msg/CameraInfo')
    CompressedImage = message_class('sensor_msgs/msg/CompressedImage')
    Image = message_class('sensor_msgs/msg/Image')
    JointState = message_class('sensor_msgs/msg/JointState')
    RegionOfInterest = message_class('sensor_msgs/msg/RegionOfInterest')
    Bool = message_class('std_msgs/msg/Bool')
    Empty = message_class('std_msgs/msg/Empty')
    Float32MultiArray = message_class('std_msgs/msg/Float32MultiArray')
    Float64MultiArray = message_class('std_msgs/msg/Float64MultiArray')
    Header = message_class('std_msgs/msg/Header')
    MultiArrayDimension = message_class('std_msgs/msg/MultiArrayDimension')
    MultiArrayLayout = message_class('std_msgs/msg/MultiArrayLayout')
    String = message_class('std_msgs/msg/String')
    SetBool = service_class('std_srvs/srv/SetBool')
    Trigger = service_class('std_srvs/srv/Trigger')
    JointTrajectory = message_class('trajectory_msgs/msg/JointTrajectory')
    JointTrajectoryPoint = message_class('trajectory_msgs/msg/JointTrajectoryPoint')

__all__ = [
    'Bool',
    'CameraInfo',
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
    'GetParameters',
    'Header',
    'Image',
    'IntegerRange',
    'JointState',
    'JointTrajectory',
    'JointTrajectoryPoint',
    'KeyValue',
    'ListParameters',
    'Log',
    'MultiArrayDimension',
    'MultiArrayLayout',
    'Parameter',
    'ParameterDescriptor',
    'ParameterEvent',
    'ParameterType',
    'ParameterValue',
    'RegionOfInterest',
    'SetBool',
    'SetParameters',
    'SetParametersResult',
    'String',
    'Time',
    'Trigger',
    'get_message',
    'type_name',
]


def get_message(identifier: str) -> Any:
    """Return the class of 'sensor_msgs/msg/Image'; LookupError if there is none."""
    parts = identifier.split('/')
    if len(parts) != 3 or parts[1] != 'msg':
        raise LookupError(f"message type {identifier!r} is not of the form 'package/msg/Name'")
    if CLIENT == 'dds':
        return message_class(identifier)
    try:
        return getattr(importlib.import_module(f'{parts[0]}.msg'), parts[2])
    except (ImportError, AttributeError) as error:
        raise LookupError(f'message type {identifier!r} cannot be imported: {error}') from error


def type_name(message: Any) -> str:
    """Return 'sensor_msgs/msg/Image' for a message or its class."""
    kind = message if isinstance(message, type) else type(message)
    package, interface = kind.__module__.split('.')[:2]
    return f'{package}/{interface}/{kind.__name__}'
