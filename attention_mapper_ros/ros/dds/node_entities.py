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
What is created through a node: publishers, subscriptions, services, clients, timers, guards.

The part of rclpy's Node that makes and destroys entities; names and life are in `node`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attention_mapper_ros.ros.dds.callback_groups import (
    CallbackGroup,
    MutuallyExclusiveCallbackGroup,
    ReentrantCallbackGroup,
)
from attention_mapper_ros.ros.dds.client import Client
from attention_mapper_ros.ros.dds.clock import Clock
from attention_mapper_ros.ros.dds.context import Context
from attention_mapper_ros.ros.dds.duration import NANOSECONDS_PER_SECOND
from attention_mapper_ros.ros.dds.event_handler import (
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)
from attention_mapper_ros.ros.dds.exceptions import NoTypeSupportImportedException
from attention_mapper_ros.ros.dds.graph import Graph, NodeEntities
from attention_mapper_ros.ros.dds.guard_condition import GuardCondition
from attention_mapper_ros.ros.dds.logging import RcutilsLogger
from attention_mapper_ros.ros.dds.messages import Message, ServiceType
from attention_mapper_ros.ros.dds.participant import Participant
from attention_mapper_ros.ros.dds.publisher import Publisher
from attention_mapper_ros.ros.dds.qos import qos_profile_services_default, QoSProfile
from attention_mapper_ros.ros.dds.qos_overriding_options import (
    overridden_profile,
    QoSOverridingOptions,
)
from attention_mapper_ros.ros.dds.service import Service
from attention_mapper_ros.ros.dds.subscription import Subscription
from attention_mapper_ros.ros.dds.timer import Rate, Timer


class EntityNode:
    """
    The entities of a node.

    Any thread may create and destroy them; the executor notices at its next turn.
    """

    _context: Context
    _dds_participant: Participant
    _dds_graph: Graph
    _dds_entities: NodeEntities
    _clock: Clock
    _logger: RcutilsLogger

    def __init__(self) -> None:
        self._publishers: list[Publisher] = []
        self._subscriptions: list[Subscription] = []
        self._clients: list[Client] = []
        self._services: list[Service] = []
        self._timers: list[Timer] = []
        self._guards: list[GuardCondition] = []
        self._default_callback_group = MutuallyExclusiveCallbackGroup()
        self._rate_group = ReentrantCallbackGroup()

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        raise NotImplementedError

    def resolve_service_name(self, service: str, *, only_expand: bool = False) -> str:
        raise NotImplementedError

    @property
    def publishers(self) -> Iterator[Publisher]:
        yield from self._publishers

    @property
    def subscriptions(self) -> Iterator[Subscription]:
        yield from self._subscriptions

    @property
    def clients(self) -> Iterator[Client]:
        yield from self._clients

    @property
    def services(self) -> Iterator[Service]:
        yield from self._services

    @property
    def timers(self) -> Iterator[Timer]:
        yield from list(self._timers)

    @property
    def guards(self) -> Iterator[GuardCondition]:
        yield from self._guards

    def wait_entities(self) -> Iterator[Any]:
        """Everything with a handle that an executor waits for, in the order it serves them."""
        publishers, subscriptions = list(self._publishers), list(self._subscriptions)
        yield from (publisher.events for publisher in publishers)
        yield from (subscription.events for subscription in subscriptions)
        yield from subscriptions
        yield from list(self._guards)
        yield from list(self._clients)
        yield from list(self._services)

    def create_publisher(
        self,
        msg_type: Any,
        topic: str,
        qos_profile: QoSProfile | int,
        *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: PublisherEventCallbacks | None = None,
        qos_overriding_options: QoSOverridingOptions | None = None,
        publisher_class: type[Publisher] = Publisher,
    ) -> Publisher:
        """Create a new publisher."""
        name = self.resolve_topic_name(topic)
        profile = self._dds_profile('publisher', name, qos_profile, qos_overriding_options)
        publisher = publisher_class(
            self._dds_participant,
            self._context,
            _message_type(msg_type),
            name,
            profile,
            event_callbacks or PublisherEventCallbacks(),
            callback_group or self._default_callback_group,
            self._logger,
        )
        self._publishers.append(publisher)
        self._dds_graph.add_endpoints(self._dds_entities, writers=(publisher.gid,))
        self._wake_executor()
        return publisher

    def create_subscription(
        self,
        msg_type: Any,
        topic: str,
        callback: Callable[..., Any],
        qos_profile: QoSProfile | int,
        *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: SubscriptionEventCallbacks | None = None,
        qos_overriding_options: QoSOverridingOptions | None = None,
        raw: bool = False,
    ) -> Subscription:
        """Create a new subscription; with raw=True the callback gets serialised messages."""
        name = self.resolve_topic_name(topic)
        profile = self._dds_profile('subscription', name, qos_profile, qos_overriding_options)
        subscription = Subscription(
            self._dds_participant,
            _message_type(msg_type),
            name,
            callback,
            callback_group or self._default_callback_group,
            profile,
            raw,
            event_callbacks or SubscriptionEventCallbacks(),
            self._logger,
        )
        self._subscriptions.append(subscription)
        self._dds_graph.add_endpoints(self._dds_entities, readers=(subscription.gid,))
        self._wake_executor()
        return subscription

    def create_service(
        self,
        srv_type: Any,
        srv_name: str,
        callback: Callable[[Any, Any], Any],
        *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Service:
        """Create a new service server."""
        service = Service(
            self._dds_participant,
            _service_type(srv_type),
            self.resolve_service_name(srv_name),
            callback,
            callback_group or self._default_callback_group,
            qos_profile,
        )
        self._services.append(service)
        self._dds_announce_service(service)
        return service

    def create_client(
        self,
        srv_type: Any,
        srv_name: str,
        *,
        qos_profile: QoSProfile = qos_profile_services_default,
        callback_group: CallbackGroup | None = None,
    ) -> Client:
        """Create a new service client."""
        client = Client(
            self._dds_participant,
            self._context,
            _service_type(srv_type),
            self.resolve_service_name(srv_name),
            qos_profile,
            callback_group or self._default_callback_group,
        )
        self._clients.append(client)
        self._dds_announce_service(client)
        return client

    def create_timer(
        self,
        timer_period_sec: float,
        callback: Callable[[], Any] | None,
        callback_group: CallbackGroup | None = None,
        clock: Clock | None = None,
        autostart: bool = True,
    ) -> Timer:
        """Create a new timer; without a clock of its own it follows the node's."""
        timer = Timer(
            callback,
            callback_group or self._default_callback_group,
            int(float(timer_period_sec) * NANOSECONDS_PER_SECOND),
            clock or self._clock,
            context=self._context,
            autostart=autostart,
        )
        timer.attach(self._wake_executor)
        self._timers.append(timer)
        self._wake_executor()
        return timer

    def create_guard_condition(
        self, callback: Callable[[], Any], callback_group: CallbackGroup | None = None
    ) -> GuardCondition:
        """Create a new guard condition."""
        guard = GuardCondition(
            callback, callback_group or self._default_callback_group, context=self._context
        )
        self._guards.append(guard)
        self._wake_executor()
        return guard

    def create_rate(self, frequency: float, clock: Clock | None = None) -> Rate:
        """Create a Rate object, for use in a thread that does not spin."""
        if frequency <= 0:
            raise ValueError('frequency must be > 0')
        timer = self.create_timer(1.0 / frequency, None, self._rate_group, clock)
        return Rate(timer, context=self._context)

    def destroy_publisher(self, publisher: Publisher) -> bool:
        return self._dds_destroy(self._publishers, publisher, [publisher.gid])

    def destroy_subscription(self, subscription: Subscription) -> bool:
        return self._dds_destroy(self._subscriptions, subscription, [subscription.gid])

    def destroy_service(self, service: Service) -> bool:
        endpoint = service.endpoint
        return self._dds_destroy(
            self._services, service, [endpoint.writer_gid, endpoint.reader_gid]
        )

    def destroy_client(self, client: Client) -> bool:
        endpoint = client.endpoint
        return self._dds_destroy(self._clients, client, [endpoint.writer_gid, endpoint.reader_gid])

    def destroy_timer(self, timer: Timer) -> bool:
        return self._dds_destroy(self._timers, timer, [])

    def destroy_guard_condition(self, guard: GuardCondition) -> bool:
        return self._dds_destroy(self._guards, guard, [])

    def destroy_rate(self, rate: Rate) -> bool:
        found = self._dds_destroy(self._timers, rate._timer, [])
        rate.destroy()
        return found

    def _dds_profile(
        self,
        entity: str,
        topic_name: str,
        qos_profile: QoSProfile | int,
        options: QoSOverridingOptions | None,
    ) -> QoSProfile:
        profile = _profile(qos_profile)
        if options is None:
            return profile
        return overridden_profile(self, entity, topic_name, profile, options)

    def _dds_destroy_all(self) -> None:
        owned: list[Any]
        for owned in (
            self._timers,
            self._guards,
            self._services,
            self._clients,
            self._subscriptions,
            self._publishers,
        ):
            while owned:
                owned.pop().destroy()

    def _dds_destroy(self, owned: list[Any], entity: Any, gids: list[bytes]) -> bool:
        if entity not in owned:
            return False
        owned.remove(entity)
        if gids:
            self._dds_graph.remove_endpoints(self._dds_entities, gids)
        entity.destroy()
        self._wake_executor()
        return True

    def _dds_announce_service(self, owner: Service | Client) -> None:
        endpoint = owner.endpoint
        self._dds_graph.add_endpoints(
            self._dds_entities, readers=(endpoint.reader_gid,), writers=(endpoint.writer_gid,)
        )
        self._wake_executor()

    def _wake_executor(self) -> None:
        raise NotImplementedError


def _profile(qos_or_depth: QoSProfile | int) -> QoSProfile:
    if isinstance(qos_or_depth, QoSProfile):
        return qos_or_depth
    if not isinstance(qos_or_depth, int):
        raise TypeError(f'Expected QoSProfile or int, but received {type(qos_or_depth)!r}')
    if qos_or_depth < 0:
        raise ValueError('history depth must be greater than or equal to zero')
    return QoSProfile(depth=qos_or_depth)


def _message_type(msg_type: Any) -> Any:
    if not (isinstance(msg_type, type) and issubclass(msg_type, Message)):
        raise NoTypeSupportImportedException(f'{msg_type!r} is not a message class')
    return msg_type


def _service_type(srv_type: Any) -> Any:
    if not (isinstance(srv_type, type) and issubclass(srv_type, ServiceType)):
        raise NoTypeSupportImportedException(f'{srv_type!r} is not a service class')
    return srv_type
