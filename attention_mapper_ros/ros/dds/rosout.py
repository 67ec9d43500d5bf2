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

"""Log records of one node on /rosout, so that ROS tools on other machines show them."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds import logging
from attention_mapper_ros.ros.dds.exceptions import InvalidHandle, RCLError
from attention_mapper_ros.ros.dds.messages import message_class


class RosoutSink:
    """Publishes in the thread that logs."""

    def __init__(self, logger_name: str, publisher: Any) -> None:
        self._name = logger_name
        self._publisher = publisher
        self._log = message_class('rcl_interfaces/msg/Log')
        self._time = message_class('builtin_interfaces/msg/Time')
        logging.add_sink(logger_name, self)

    def __call__(self, record: logging.Record) -> None:
        seconds, nanoseconds = divmod(record.stamp_ns, 1_000_000_000)
        message = self._log(
            stamp=self._time(sec=seconds, nanosec=nanoseconds),
            level=int(record.level),
            name=record.name,
            msg=record.message,
            file=record.file,
            function=record.function,
            line=record.line,
        )
        try:
            self._publisher.publish(message)
        except (InvalidHandle, RCLError):
            # After shutdown the console is all there is, as with rcl.
            self.close()

    def close(self) -> None:
        logging.remove_sink(self._name)
