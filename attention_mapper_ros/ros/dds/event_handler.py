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
Events of publishers and subscriptions: incompatible QoS, matches, deadlines, liveliness.

Names as in rclpy.event_handler (rclpy.qos_event on Humble). Without a callback of its own an
endpoint logs incompatible QoS and type, as rclpy does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.logging import RcutilsLogger
from attention_mapper_ros.ros.dds.qos import (
    kind_of_dds_policy,
    qos_policy_name_from_kind,
    QoSPolicyKind,
)


class UnsupportedEventTypeError(RCLError):
    """Raised when registering a callback for an event type that is not supported."""


@dataclass(frozen=True)
class QoSRequestedIncompatibleQoSInfo:
    total_count: int
    total_count_change: int
    last_policy_kind: QoSPolicyKind


QoSOfferedIncompatibleQoSInfo = QoSRequestedIncompatibleQoSInfo


@dataclass(frozen=True)
class QoSSubscriptionMatchedInfo:
    total_count: int
    total_count_change: int
    current_count: int
    current_count_change: int


QoSPublisherMatchedInfo = QoSSubscriptionMatchedInfo


@dataclass(frozen=True)
class QoSRequestedDeadlineMissedInfo:
    total_count: int
    total_count_change: int


QoSOfferedDeadlineMissedInfo = QoSRequestedDeadlineMissedInfo
QoSLivelinessLostInfo = QoSRequestedDeadlineMissedInfo
QoSMessageLostInfo = QoSRequestedDeadlineMissedInfo
IncompatibleTypeInfo = QoSRequestedDeadlineMissedInfo


@dataclass(frozen=True)
class QoSLivelinessChangedInfo:
    alive_count: int
    not_alive_count: int
    alive_count_change: int
    not_alive_count_change: int


def _counts(status: Any) -> Any:
    change = status.total_count_change
    return QoSRequestedDeadlineMissedInfo(status.total_count, change) if change else None


def _incompatible_qos(status: Any) -> Any:
    if not status.total_count_change:
        return None
    return QoSRequestedIncompatibleQoSInfo(
        status.total_count, status.total_count_change, kind_of_dds_policy(status.last_policy_id)
    )


def _matched(status: Any) -> Any:
    if not status.total_count_change and not status.current_count_change:
        return None
    return QoSSubscriptionMatchedInfo(
        status.total_count,
        status.total_count_change,
        status.current_count,
        status.current_count_change,
    )


def _liveliness_changed(status: Any) -> Any:
    if not status.alive_count_change and not status.not_alive_count_change:
        return None
    return QoSLivelinessChangedInfo(
        status.alive_count,
        status.not_alive_count,
        status.alive_count_change,
        status.not_alive_count_change,
    )


# The DDS policy by which Cyclone says that two types do not fit.
_TYPE_CONSISTENCY: Final = 24

# option of the callbacks class -> DDS status, its bit, how it becomes an info
_PUBLISHER_EVENTS: Final = {
    'deadline': ('offered_deadline_missed', cyclone.STATUS_OFFERED_DEADLINE_MISSED, _counts),
    'liveliness': ('liveliness_lost', cyclone.STATUS_LIVELINESS_LOST, _counts),
    'incompatible_qos': (
        'offered_incompatible_qos',
        cyclone.STATUS_OFFERED_INCOMPATIBLE_QOS,
        _incompatible_qos,
    ),
    'matched': ('publication_matched', cyclone.STATUS_PUBLICATION_MATCHED, _matched),
}
_SUBSCRIPTION_EVENTS: Final = {
    'deadline': ('requested_deadline_missed', cyclone.STATUS_REQUESTED_DEADLINE_MISSED, _counts),
    'liveliness': (
        'liveliness_changed',
        cyclone.STATUS_LIVELINESS_CHANGED,
        _liveliness_changed,
    ),
    'incompatible_qos': (
        'requested_incompatible_qos',
        cyclone.STATUS_REQUESTED_INCOMPATIBLE_QOS,
        _incompatible_qos,
    ),
    'message_lost': ('sample_lost', cyclone.STATUS_SAMPLE_LOST, _counts),
    'matched': ('subscription_matched', cyclone.STATUS_SUBSCRIPTION_MATCHED, _matched),
}


class PublisherEventCallbacks:
    """Container to provide middleware event callbacks for a Publisher."""

    def __init__(
        self,
        *,
        deadline: Callable[[QoSOfferedDeadlineMissedInfo], None] | None = None,
        liveliness: Callable[[QoSLivelinessLostInfo], None] | None = None,
        incompatible_qos: Callable[[QoSOfferedIncompatibleQoSInfo], None] | None = None,
        incompatible_type: Callable[[IncompatibleTypeInfo], None] | None = None,
        matched: Callable[[QoSPublisherMatchedInfo], None] | None = None,
        use_default_callbacks: bool = True,
    ) -> None:
        self.deadline = deadline
        self.liveliness = liveliness
        self.incompatible_qos = incompatible_qos
        self.incompatible_type = incompatible_type
        self.matched = matched
        self.use_default_callbacks = use_default_callbacks


class SubscriptionEventCallbacks:
    """Container to provide middleware event callbacks for a Subscription."""

    def __init__(
        self,
        *,
        deadline: Callable[[QoSRequestedDeadlineMissedInfo], None] | None = None,
        incompatible_qos: Callable[[QoSRequestedIncompatibleQoSInfo], None] | None = None,
        liveliness: Callable[[QoSLivelinessChangedInfo], None] | None = None,
        message_lost: Callable[[QoSMessageLostInfo], None] | None = None,
        incompatible_type: Callable[[IncompatibleTypeInfo], None] | None = None,
        matched: Callable[[QoSSubscriptionMatchedInfo], None] | None = None,
        use_default_callbacks: bool = True,
    ) -> None:
        self.deadline = deadline
        self.incompatible_qos = incompatible_qos
        self.liveliness = liveliness
        self.message_lost = message_lost
        self.incompatible_type = incompatible_type
        self.matched = matched
        self.use_default_callbacks = use_default_callbacks


class EndpointEvents:
    """The events of one writer or reader: one entry in the wait set, any number of callbacks."""

    def __init__(
        self,
        entity: int,
        callbacks: PublisherEventCallbacks | SubscriptionEventCallbacks,
        callback_group: Any,
        logger: RcutilsLogger,
        topic_name: str,
        message_type: str,
    ) -> None:
        self.callback_group = callback_group
        self._executor_event = False
        self._entity = entity
        publishes = isinstance(callbacks, PublisherEventCallbacks)
        table: dict[str, Any] = _PUBLISHER_EVENTS if publishes else _SUBSCRIPTION_EVENTS
        self._callbacks = {
            option: getattr(callbacks, option) for option in [*table, 'incompatible_type']
        }
        if callbacks.use_default_callbacks:
            warnings = _Warnings(logger, topic_name, message_type, publishes=publishes)
            self._callbacks['incompatible_qos'] = (
                self._callbacks['incompatible_qos'] or warnings.incompatible_qos
            )
            self._callbacks['incompatible_type'] = (
                self._callbacks['incompatible_type'] or warnings.incompatible_type
            )
        # Cyclone says both by the same status.
        if self._callbacks['incompatible_type'] and not self._callbacks['incompatible_qos']:
            self._callbacks['incompatible_qos'] = _ignore
        self._wanted = [
            (option, status, translate)
            for option, (status, _, translate) in table.items()
            if self._callbacks[option] is not None
        ]
        mask = sum(table[option][1] for option, _, _ in self._wanted)
        cyclone.set_status_mask(entity, mask)

    @property
    def wait_handle(self) -> int | None:
        return self._entity if self._wanted else None

    def take(self) -> list[tuple[Callable[[Any], Any], Any]]:
        """Read and reset the statuses; return the callbacks that are due."""
        due = []
        for option, status, translate in self._wanted:
            raw = cyclone.status(self._entity, status)
            info = translate(raw)
            if info is None:
                continue
            if getattr(raw, 'last_policy_id', None) == _TYPE_CONSISTENCY:
                option, info = 'incompatible_type', _counts(raw)
            callback = self._callbacks[option]
            if callback is not None:
                due.append((callback, info))
        return due


class _Warnings:
    """What is logged where the user gave no callback; the first sentences are rclpy's."""

    def __init__(
        self, logger: RcutilsLogger, topic_name: str, message_type: str, *, publishes: bool
    ) -> None:
        self._logger = logger
        self._topic_name = topic_name
        self._message_type = message_type
        self._publishes = publishes

    def incompatible_qos(self, event: QoSRequestedIncompatibleQoSInfo) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        if self._publishes:
            self._logger.warning(
                f"New subscription discovered on topic '{self._topic_name}', requesting "
                'incompatible QoS. No messages will be sent to it. '
                f'Last incompatible policy: {policy}'
            )
        else:
            self._logger.warning(
                f"New publisher discovered on topic '{self._topic_name}', offering "
                'incompatible QoS. No messages will be received from it. '
                f'Last incompatible policy: {policy}'
            )

    def incompatible_type(self, event: IncompatibleTypeInfo) -> None:
        del event
        self._logger.warning(
            f"Incompatible type on topic '{self._topic_name}', no messages will be sent to it. "
            f'This node has {self._message_type} there; remap one of the two'
        )


def _ignore(event: Any) -> None:
    del event
