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

"""Publishers, as rclpy.publisher has them."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from attention_mapper_ros.ros.dds import cdr, cyclone
from attention_mapper_ros.ros.dds.context import Context
from attention_mapper_ros.ros.dds.dds_types import topic_type, user_data
from attention_mapper_ros.ros.dds.duration import Duration, Infinite
from attention_mapper_ros.ros.dds.event_handler import EndpointEvents, PublisherEventCallbacks
from attention_mapper_ros.ros.dds.exceptions import InvalidHandle, RCLError
from attention_mapper_ros.ros.dds.logging import RcutilsLogger
from attention_mapper_ros.ros.dds.qos import QoSProfile, to_dds

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant


class Publisher:
    """
    Sends messages on one topic; made by `Node.create_publisher`.

    Any thread may publish: serialising shares nothing, and the writer has its own lock.
    """

    def __init__(
        self,
        participant: Participant,
        context: Context,
        msg_type: Any,
        topic: str,
        qos_profile: QoSProfile,
        event_callbacks: PublisherEventCallbacks,
        callback_group: Any,
        logger: RcutilsLogger,
    ) -> None:
        name = msg_type._definition.name
        dds_name = topic if qos_profile.avoid_ros_namespace_conventions else f'rt{topic}'
        self.msg_type = msg_type
        self.topic = topic
        self.qos_profile = qos_profile
        self._context = context
        self._logger = logger
        self._writer = participant.create_writer(
            dds_name, topic_type(name), to_dds(qos_profile, user_data(name))
        )
        self._entity: int | None = self._writer._ref
        self.gid = cyclone.guid(self._writer._ref)
        self.events = EndpointEvents(
            self._writer._ref, event_callbacks, callback_group, logger, topic, name
        )

    def publish(self, msg: Any) -> None:
        """
        Send a message, or a message that is already serialised (bytes with a CDR header).

        :raises: TypeError if the type of the passed message isn't an instance of the provided
            type when the publisher was constructed.
        """
        if isinstance(msg, self.msg_type):
            data: bytes | bytearray = cdr.serialize(msg)
        elif isinstance(msg, (bytes, bytearray, memoryview)):
            data = _padded(msg)
        else:
            raise TypeError(f'Expected {self.msg_type}, got {type(msg)}')
        if not self._context.ok():
            raise RCLError("Failed to publish: publisher's context is invalid")
        if not cyclone.write(self._handle(), data):
            self._logger.warning(
                f"message on '{self.topic}' dropped: a reliable subscriber is too slow",
                throttle_duration_sec=5.0,
            )

    def get_subscription_count(self) -> int:
        """Get the amount of subscribers that this publisher has."""
        return cyclone.matched_reader_count(self._handle())

    @property
    def topic_name(self) -> str:
        return self.topic

    @property
    def logger_name(self) -> str:
        return self._logger.name

    def assert_liveliness(self) -> None:
        """Manually assert that this Publisher is alive."""
        cyclone.assert_liveliness(self._handle())

    def wait_for_all_acked(self, timeout: Duration = Infinite) -> bool:
        """Wait until all published messages are acknowledged; False after the timeout."""
        return cyclone.wait_for_acks(self._handle(), timeout.nanoseconds)

    def destroy(self) -> None:
        """Prefer `Node.destroy_publisher`, which also takes it off the graph."""
        self._entity = None
        cyclone.dispose(self._writer)

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *args: object) -> None:
        self.destroy()

    def _handle(self) -> int:
        entity = self._entity
        if entity is None:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        return entity


def _padded(raw: bytes | bytearray | memoryview) -> bytes | bytearray:
    if len(raw) < cdr.HEADER_SIZE or raw[0] != 0 or raw[1] not in (0, 1):
        raise RCLError('a serialised message starts with its four-byte CDR header')
    gap = -len(raw) % 4
    if isinstance(raw, memoryview) or gap:
        return bytes(raw) + bytes(gap)
    return raw
