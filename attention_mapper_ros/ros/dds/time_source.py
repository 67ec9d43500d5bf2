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

"""Simulated time: feeds the ROS clock from /clock while `use_sim_time` is true."""

from __future__ import annotations

from typing import Any, Final

from attention_mapper_ros.ros.dds.clock import ROSClock
from attention_mapper_ros.ros.dds.clock_type import ClockType
from attention_mapper_ros.ros.dds.duration import NANOSECONDS_PER_SECOND
from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.parameter import Parameter
from attention_mapper_ros.ros.dds.qos import QoSProfile, ReliabilityPolicy
from attention_mapper_ros.ros.dds.time import Time

CLOCK_TOPIC: Final = '/clock'
USE_SIM_TIME_NAME: Final = 'use_sim_time'


class TimeSource:
    """Belongs to one node; its subscription is taken by the thread that spins the node."""

    def __init__(self, node: Any, clock: ROSClock) -> None:
        self._node = node
        self._clock = clock
        self._subscription: Any = None
        self._last_time = Time(clock_type=ClockType.ROS_TIME)
        if not node.has_parameter(USE_SIM_TIME_NAME):
            node.declare_parameter(USE_SIM_TIME_NAME, False)
        parameter = node.get_parameter(USE_SIM_TIME_NAME)
        self.ros_time_is_active = bool(parameter.value)
        node.add_on_set_parameters_callback(self._on_parameters)

    @property
    def ros_time_is_active(self) -> bool:
        return self._clock.ros_time_is_active

    @ros_time_is_active.setter
    def ros_time_is_active(self, enabled: bool) -> None:
        if enabled and self._subscription is None:
            self._subscription = self._node.create_subscription(
                message_class('rosgraph_msgs/msg/Clock'),
                CLOCK_TOPIC,
                self._on_clock,
                QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            )
        elif not enabled and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
        self._clock._set_ros_time_is_active(enabled)

    def _on_clock(self, message: Any) -> None:
        stamp = message.clock
        # Another time would have no message: every stamp of this clock would be an error.
        if stamp.sec < 0 or stamp.nanosec >= NANOSECONDS_PER_SECOND:
            self._node.get_logger().error(
                f"time on '{CLOCK_TOPIC}' dropped: {stamp.sec} s and {stamp.nanosec} ns is no "
                'time since a beginning',
                throttle_duration_sec=5.0,
            )
            return
        self._last_time = Time.from_msg(stamp)
        self._clock.set_ros_time_override(self._last_time)

    def _on_parameters(self, parameters: list[Parameter]) -> Any:
        result = message_class('rcl_interfaces/msg/SetParametersResult')
        for parameter in parameters:
            if parameter.name == USE_SIM_TIME_NAME:
                if parameter.type_ is not Parameter.Type.BOOL:
                    return result(
                        successful=False,
                        reason=f'{USE_SIM_TIME_NAME} must be true or false, '
                        f'not {parameter.value!r}',
                    )
                self.ros_time_is_active = parameter.value
        return result(successful=True)
