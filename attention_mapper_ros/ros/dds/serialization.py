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

"""Messages to bytes and back, as rclpy.serialization has it."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds import cdr


def serialize_message(message: Any) -> bytes:
    """Serialize a ROS message: CDR bytes with their header."""
    return bytes(cdr.serialize(message))


def deserialize_message(serialized_message: bytes, message_type: Any) -> Any:
    """Deserialize a ROS message."""
    return cdr.deserialize(serialized_message, message_type._definition.name)
