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

"""The services by which others read and set a node's log levels, as rclpy.logging_service."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds.logging import get_logger_level, set_logger_level
from attention_mapper_ros.ros.dds.messages import message_class, service_class


class LoggingService:
    """Offers `~/get_logger_levels` and `~/set_logger_levels`, for any logger of the process."""

    def __init__(self, node: Any) -> None:
        for name, kind, callback in (
            ('get_logger_levels', 'GetLoggerLevels', self._get_levels),
            ('set_logger_levels', 'SetLoggerLevels', self._set_levels),
        ):
            service = service_class(f'rcl_interfaces/srv/{kind}')
            node.create_service(service, f'{node.get_name()}/{name}', callback)

    def _get_levels(self, request: Any, response: Any) -> Any:
        level = message_class('rcl_interfaces/msg/LoggerLevel')
        response.levels = [
            level(name=name, level=get_logger_level(name).value) for name in request.names
        ]
        return response

    def _set_levels(self, request: Any, response: Any) -> Any:
        response.results = [_set(level.name, level.level) for level in request.levels]
        return response


def _set(name: str, level: Any) -> Any:
    result = message_class('rcl_interfaces/msg/SetLoggerLevelsResult')
    try:
        set_logger_level(name, level)
    except ValueError:
        return result(successful=False, reason='Failed reason: Invalid logger level.')
    return result(successful=True)
