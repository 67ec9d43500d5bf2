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

"""Subscriptions, as rclpy.subscription has them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
import inspect
import time
from typing import Any, TYPE_CHECKING

from attention_mapper_ros.ros.dds import cdr, cyclone
from attention_mapper_ros.ros.dds.dds_types import topic_type, user_data
from attention_mapper_ros.ros.dds.event_handler import EndpointEvents, SubscriptionEventCallbacks
from attention_mapper_ros.ros.dds.logging import RcutilsLogger
from attention_mapper_ros.ros.dds.qos import QoSProfile, to_dds

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant


class Subscription:
    """Receives the messages of one topic; taken and handed over by the executor's thread."""

    class CallbackType(Enum):
        MessageOnly = 0
        WithMessageInfo = 1

    def __init__(
        self,
        participant: Participant,
        msg_type: Any,
        topic: str,
        callback: Callable[..., Any],
        callback_group: Any,
        qos_profile: QoSProfile,
        raw: bool,
        event_callbacks: SubscriptionEventCallbacks,
        logger: RcutilsLogger,
    ) -> None:
        name = msg_type._definition.name
        dds_name = topic if qos_profile.avoid_ros_namespace_conventions else f'rt{topic}'
        self.msg_type = msg_type
        self.topic = topic
        self.callback_group = callback_group
        self.qos_profile = qos_profile
        self.raw = raw
        self.callback = callback
        self._logger = logger
        self._executor_event = False
        self._reader = participant.create_reader(
            dds_name, topic_type(name), to_dds(qos_profile, user_data(name))
        )
        self._condition = cyclone.ReadCondition(self._reader._ref)
        self.gid = cyclone.guid(self._reader._ref)
        self.events = EndpointEvents(
            self._reader._ref, event_callbacks, callback_group, logger, topic, name
        )

    @property
    def callback(self) -> Callable[..., Any]:
        return self._callback

    @callback.setter
    def callback(self, value: Callable[..., Any]) -> None:
        self._callback = value
        self._callback_type = _callback_type(value)

    @property
    def topic_name(self) -> str:
        return self.topic

    @property
    def logger_name(self) -> str:
        return self._logger.name

    @property
    def wait_handle(self) -> int:
        return self._condition.handle

    def get_publisher_count(self) -> int:
        """Get the number of publishers that this subscription has."""
        return cyclone.matched_writer_count(self._reader._ref)

    def take(self) -> tuple[Any, ...] | None:
        """Take the oldest message as the callback wants it; None if there is none."""
        taken = cyclone.take_one(self._reader._ref)
        if taken is None:
            return None
        data, info = taken
        if self.raw:
            message: Any = data
        else:
            try:
                message = cdr.deserialize(data, self.msg_type._definition.name)
            except ValueError as error:
                self._logger.error(
                    f"message on '{self.topic}' dropped: {error}", throttle_duration_sec=5.0
                )
                return None
        if self._callback_type is Subscription.CallbackType.MessageOnly:
            return (message,)
        return message, {
            'source_timestamp': info.source_timestamp,
            'received_timestamp': time.time_ns(),
            'publication_sequence_number': None,
            'reception_sequence_number': None,
        }

    def destroy(self) -> None:
        """Prefer `Node.destroy_subscription`, which also takes it off the graph."""
        cyclone.dispose(self._reader)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *args: object) -> None:
        self.destroy()


def _callback_type(callback: Callable[..., Any]) -> Subscription.CallbackType:
    """Tell by the signature whether the callback wants the message info too."""
    try:
        signature = inspect.signature(callback)
    except ValueError:
        # Some callables of C have no signature; they get the message.
        return Subscription.CallbackType.MessageOnly
    for arguments, kind in (
        ((None,), Subscription.CallbackType.MessageOnly),
        ((None, None), Subscription.CallbackType.WithMessageInfo),
    ):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return kind
    raise RuntimeError(
        'Subscription.__init__(): callback should be either be callable with one argument (to '
        'get only the message) or two (to get message and message info)'
    )
