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
The only place that decides between rclpy and the client without ROS (`ros/dds`).

Node code imports rclpy's names from here and reads as ordinary rclpy code. rclpy is taken where
it can be imported; ATTENTION_MAPPER_ROS_CLIENT=dds or =rclpy forces one. Message and service
classes come from `ros/interfaces`.
"""

from __future__ import annotations

import importlib
import inspect
import os
from typing import Final, TYPE_CHECKING

__all__ = [
    'CLIENT',
    'CLIENT_REASON',
    'HAS_LOGGER_SERVICE',
    'Clock',
    'ClockChange',
    'ClockType',
    'Context',
    'DurabilityPolicy',
    'Duration',
    'Executor',
    'ExternalShutdownException',
    'Future',
    'GuardCondition',
    'HistoryPolicy',
    'InvalidParameterTypeException',
    'InvalidParameterValueException',
    'InvalidQosOverridesError',
    'InvalidTopicNameException',
    'JumpThreshold',
    'LifecycleNode',
    'LifecyclePublisher',
    'LifecycleState',
    'LivelinessPolicy',
    'LoggingSeverity',
    'ManagedEntity',
    'MultiThreadedExecutor',
    'MutuallyExclusiveCallbackGroup',
    'Node',
    'Parameter',
    'ParameterAlreadyDeclaredException',
    'ParameterImmutableException',
    'ParameterNotDeclaredException',
    'ParameterUninitializedException',
    'Publisher',
    'PublisherEventCallbacks',
    'QoSOverridingOptions',
    'QoSPolicyKind',
    'QoSProfile',
    'ReentrantCallbackGroup',
    'ReliabilityPolicy',
    'SignalHandlerOptions',
    'SimpleManagedEntity',
    'SingleThreadedExecutor',
    'Subscription',
    'SubscriptionEventCallbacks',
    'Time',
    'TimeJump',
    'Timer',
    'TransitionCallbackReturn',
    'deserialize_message',
    'expand_topic_name',
    'get_logger',
    'qos_policy_name_from_kind',
    'qos_profile_parameters',
    'qos_profile_sensor_data',
    'qos_profile_services_default',
    'qos_profile_system_default',
    'rclpy',
    'remove_ros_args',
    'serialize_message',
]

VARIABLE: Final = 'ATTENTION_MAPPER_ROS_CLIENT'


def _choose() -> tuple[str, str]:
    """Return the client's name and why it is that one."""
    wanted = os.environ.get(VARIABLE, '')
    if wanted not in ('', 'dds', 'rclpy'):
        raise ImportError(f"{VARIABLE} is {wanted!r}; it can be 'dds', 'rclpy' or unset")
    if wanted == 'dds':
        return 'dds', f'{VARIABLE}=dds'
    try:
        importlib.import_module('rclpy.node')
    except ImportError as error:
        if wanted == 'rclpy':
            raise ImportError(
                f'{VARIABLE}=rclpy, but rclpy cannot be imported ({error}). Source your ROS 2 '
                'installation (for example: source /opt/ros/jazzy/setup.bash) and use the '
                f'Python that it was built for, or unset {VARIABLE}'
            ) from error
        return 'dds', f'rclpy cannot be imported: {error}'
    return 'rclpy', f'{VARIABLE}=rclpy' if wanted else 'rclpy can be imported'


CLIENT, CLIENT_REASON = _choose()

# Type checkers see the client that is always there; its signatures are rclpy's.
if TYPE_CHECKING or CLIENT == 'dds':
    from attention_mapper_ros.ros import dds as rclpy
    from attention_mapper_ros.ros.dds.callback_groups import (
        MutuallyExclusiveCallbackGroup,
        ReentrantCallbackGroup,
    )
    from attention_mapper_ros.ros.dds.clock import Clock, ClockChange, JumpThreshold, TimeJump
    from attention_mapper_ros.ros.dds.clock_type import ClockType
    from attention_mapper_ros.ros.dds.context import Context
    from attention_mapper_ros.ros.dds.duration import Duration
    from attention_mapper_ros.ros.dds.event_handler import (
        PublisherEventCallbacks,
        SubscriptionEventCallbacks,
    )
    from attention_mapper_ros.ros.dds.exceptions import (
        InvalidParameterTypeException,
        InvalidParameterValueException,
        InvalidTopicNameException,
        ParameterAlreadyDeclaredException,
        ParameterImmutableException,
        ParameterNotDeclaredException,
        ParameterUninitializedException,
    )
    from attention_mapper_ros.ros.dds.executors import (
        Executor,
        ExternalShutdownException,
        MultiThreadedExecutor,
        SingleThreadedExecutor,
    )
    from attention_mapper_ros.ros.dds.guard_condition import GuardCondition
    from attention_mapper_ros.ros.dds.lifecycle import (
        LifecycleNode,
        LifecyclePublisher,
        LifecycleState,
        ManagedEntity,
        SimpleManagedEntity,
        TransitionCallbackReturn,
    )
    from attention_mapper_ros.ros.dds.logging import get_logger, LoggingSeverity
    from attention_mapper_ros.ros.dds.names import expand_topic_name
    from attention_mapper_ros.ros.dds.node import Node
    from attention_mapper_ros.ros.dds.parameter import Parameter
    from attention_mapper_ros.ros.dds.publisher import Publisher
    from attention_mapper_ros.ros.dds.qos import (
        DurabilityPolicy,
        HistoryPolicy,
        LivelinessPolicy,
        qos_policy_name_from_kind,
        qos_profile_parameters,
        qos_profile_sensor_data,
        qos_profile_services_default,
        qos_profile_system_default,
        QoSPolicyKind,
        QoSProfile,
        ReliabilityPolicy,
    )
    from attention_mapper_ros.ros.dds.qos_overriding_options import (
        InvalidQosOverridesError,
        QoSOverridingOptions,
    )
    from attention_mapper_ros.ros.dds.serialization import deserialize_message, serialize_message
    from attention_mapper_ros.ros.dds.signals import SignalHandlerOptions
    from attention_mapper_ros.ros.dds.subscription import Subscription
    from attention_mapper_ros.ros.dds.task import Future
    from attention_mapper_ros.ros.dds.time import Time
    from attention_mapper_ros.ros.dds.timer import Timer
    from attention_mapper_ros.ros.dds.utilities import remove_ros_args
else:
    import rclpy
    from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
    from rclpy.clock import Clock, ClockChange, ClockType, JumpThreshold, TimeJump
    from rclpy.context import Context
    from rclpy.duration import Duration

    try:
        from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
    except ImportError:  # Humble
        from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks
    from rclpy.exceptions import (
        InvalidParameterTypeException,
        InvalidParameterValueException,
        InvalidTopicNameException,
        ParameterAlreadyDeclaredException,
        ParameterImmutableException,
        ParameterNotDeclaredException,
        ParameterUninitializedException,
    )
    from rclpy.executors import (
        Executor,
        ExternalShutdownException,
        MultiThreadedExecutor,
        SingleThreadedExecutor,
    )
    from rclpy.expand_topic_name import expand_topic_name
    from rclpy.guard_condition import GuardCondition
    from rclpy.lifecycle import (
        LifecycleNode,
        LifecyclePublisher,
        LifecycleState,
        ManagedEntity,
        SimpleManagedEntity,
        TransitionCallbackReturn,
    )
    from rclpy.logging import get_logger, LoggingSeverity
    from rclpy.node import Node
    from rclpy.parameter import Parameter
    from rclpy.publisher import Publisher
    from rclpy.qos import (
        DurabilityPolicy,
        HistoryPolicy,
        LivelinessPolicy,
        qos_policy_name_from_kind,
        qos_profile_parameters,
        qos_profile_sensor_data,
        qos_profile_services_default,
        qos_profile_system_default,
        QoSPolicyKind,
        QoSProfile,
        ReliabilityPolicy,
    )
    from rclpy.qos_overriding_options import (
        InvalidQosOverridesError,
        QoSOverridingOptions,
    )
    from rclpy.serialization import deserialize_message, serialize_message
    from rclpy.signals import SignalHandlerOptions
    from rclpy.subscription import Subscription
    from rclpy.task import Future
    from rclpy.time import Time
    from rclpy.timer import Timer
    from rclpy.utilities import remove_ros_args

# Humble's nodes do not know the option `enable_logger_service`.
HAS_LOGGER_SERVICE: Final = 'enable_logger_service' in inspect.signature(Node).parameters
