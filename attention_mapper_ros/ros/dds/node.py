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
Nodes, as rclpy.node has them: names, and everything that is created through a node.

Parameters are in `node_parameters`, questions about the graph in `node_graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
import weakref

from attention_mapper_ros.ros.dds import logging
from attention_mapper_ros.ros.dds.arguments import local_arguments, overrides_for
from attention_mapper_ros.ros.dds.callback_groups import (
    CallbackGroup,
    MutuallyExclusiveCallbackGroup,
    ReentrantCallbackGroup,
)
from attention_mapper_ros.ros.dds.client import Client
from attention_mapper_ros.ros.dds.clock import Clock, ROSClock
from attention_mapper_ros.ros.dds.context import Context, get_default_context
from attention_mapper_ros.ros.dds.duration import NANOSECONDS_PER_SECOND
from attention_mapper_ros.ros.dds.event_handler import (
    PublisherEventCallbacks,
    SubscriptionEventCallbacks,
)
from attention_mapper_ros.ros.dds.exceptions import (
    NoTypeSupportImportedException,
    NotInitializedException,
)
from attention_mapper_ros.ros.dds.guard_condition import GuardCondition
from attention_mapper_ros.ros.dds.messages import Message, message_class, ServiceType
from attention_mapper_ros.ros.dds.names import (
    remap_node,
    resolve,
    validate_namespace,
    validate_node_name,
)
from attention_mapper_ros.ros.dds.node_graph import GraphNode
from attention_mapper_ros.ros.dds.node_parameters import ParameterNode
from attention_mapper_ros.ros.dds.parameter import Parameter
from attention_mapper_ros.ros.dds.parameter_service import ParameterService
from attention_mapper_ros.ros.dds.publisher import Publisher
from attention_mapper_ros.ros.dds.qos import (
    qos_profile_parameter_events,
    qos_profile_rosout_default,
    qos_profile_services_default,
    QoSProfile,
)
from attention_mapper_ros.ros.dds.rosout import RosoutSink
from attention_mapper_ros.ros.dds.service import Service
from attention_mapper_ros.ros.dds.subscription import Subscription
from attention_mapper_ros.ros.dds.time_source import TimeSource
from attention_mapper_ros.ros.dds.timer import Rate, Timer


class Node(ParameterNode, GraphNode):
    """
    A Node in the ROS graph.

    Entities may be created and destroyed by any thread; the executor notices at its next turn.
    """

    def __init__(
        self,
        node_name: str,
        *,
        context: Context | None = None,
        cli_args: list[str] | None = None,
        namespace: str | None = None,
        use_global_arguments: bool = True,
        enable_rosout: bool = True,
        start_parameter_services: bool = True,
        parameter_overrides: list[Parameter] | None = None,
        allow_undeclared_parameters: bool = False,
        automatically_declare_parameters_from_overrides: bool = False,
        enable_logger_service: bool = False,
    ) -> None:
        del enable_logger_service  # the services for log levels are not offered here
        self._context = get_default_context() if context is None else context
        if not self._context.ok():
            raise NotInitializedException('cannot create node')
        local = local_arguments(cli_args)
        shared = self._context.arguments if use_global_arguments else local_arguments(None)
        # A node's own arguments come before the process's.
        rules = [*local.remaps, *shared.remaps]
        space = namespace or '/'
        space = space if space.startswith('/') else f'/{space}'
        validate_node_name(node_name)
        validate_namespace(space)
        self._name, self._namespace = remap_node(rules, node_name, space)
        validate_node_name(self._name)
        validate_namespace(self._namespace)
        self._remaps = rules
        self._publishers: list[Publisher] = []
        self._subscriptions: list[Subscription] = []
        self._clients: list[Client] = []
        self._services: list[Service] = []
        self._timers: list[Timer] = []
        self._guards: list[GuardCondition] = []
        self._default_callback_group = MutuallyExclusiveCallbackGroup()
        self._rate_group = ReentrantCallbackGroup()
        self._executor_weakref: weakref.ref[Any] | None = None
        self._logger = logging.get_logger(self.get_fully_qualified_name()[1:].replace('/', '.'))
        self._clock = ROSClock()
        found = overrides_for(
            [*shared.parameters, *local.parameters], self._namespace, self._name
        )
        overrides = {name: Parameter(name, value=value) for name, value in found.items()}
        overrides.update({p.name: p for p in parameter_overrides or []})
        ParameterNode.__init__(
            self, allow_undeclared_parameters=allow_undeclared_parameters, overrides=overrides
        )

        self._participant = self._context.acquire_participant()
        self._graph = self._participant.graph
        self._entities = self._graph.add_node(self._name, self._namespace)
        self._destroyed = False
        self._rosout: RosoutSink | None = None
        if enable_rosout and shared.rosout_logs:
            publisher = self.create_publisher(
                message_class('rcl_interfaces/msg/Log'), '/rosout', qos_profile_rosout_default
            )
            self._rosout = RosoutSink(self._logger.name, publisher)
        self._parameter_event_publisher = self.create_publisher(
            message_class('rcl_interfaces/msg/ParameterEvent'),
            '/parameter_events',
            qos_profile_parameter_events,
        )
        if automatically_declare_parameters_from_overrides:
            descriptor = message_class('rcl_interfaces/msg/ParameterDescriptor')
            self.declare_parameters(
                '',
                [(name, p.value, descriptor()) for name, p in overrides.items()],
                ignore_override=True,
            )
        self._time_source = TimeSource(self, self._clock)
        if start_parameter_services:
            self._parameter_service = ParameterService(self)

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

    @property
    def executor(self) -> Any:
        """Get the executor if the node has been added to one, else return None."""
        return self._executor_weakref() if self._executor_weakref is not None else None

    @executor.setter
    def executor(self, new_executor: Any) -> None:
        current = self.executor
        if current is new_executor:
            return
        if current is not None:
            current.remove_node(self)
        if new_executor is None:
            self._executor_weakref = None
        else:
            self._executor_weakref = weakref.ref(new_executor)
            new_executor.add_node(self)

    @property
    def context(self) -> Context:
        return self._context

    @property
    def default_callback_group(self) -> CallbackGroup:
        return self._default_callback_group

    def get_name(self) -> str:
        return self._name

    def get_namespace(self) -> str:
        return self._namespace

    def get_fully_qualified_name(self) -> str:
        return f'{self._namespace.rstrip("/")}/{self._name}'

    def get_clock(self) -> Clock:
        return self._clock

    def get_logger(self) -> logging.RcutilsLogger:
        return self._logger

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        """Return a topic name expanded and remapped."""
        return resolve(topic, self._name, self._namespace, self._remaps, only_expand=only_expand)

    def resolve_service_name(self, service: str, *, only_expand: bool = False) -> str:
        """Return a service name expanded and remapped."""
        return resolve(
            service,
            self._name,
            self._namespace,
            self._remaps,
            is_service=True,
            only_expand=only_expand,
        )

    def create_publisher(
        self,
        msg_type: Any,
        topic: str,
        qos_profile: QoSProfile | int,
        *,
        callback_group: CallbackGroup | None = None,
        event_callbacks: PublisherEventCallbacks | None = None,
        qos_overriding_options: Any = None,
        publisher_class: type[Publisher] = Publisher,
    ) -> Publisher:
        """Create a new publisher."""
        _refuse_overriding(qos_overriding_options)
        publisher = publisher_class(
            self._participant,
            self._context,
            _message_type(msg_type),
            self.resolve_topic_name(topic),
            _profile(qos_profile),
            event_callbacks or PublisherEventCallbacks(),
            callback_group or self._default_callback_group,
            self._logger,
        )
        self._publishers.append(publisher)
        self._graph.add_endpoints(self._entities, writers=[publisher.gid])
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
        qos_overriding_options: Any = None,
        raw: bool = False,
    ) -> Subscription:
        """Create a new subscription; with raw=True the callback gets serialised messages."""
        _refuse_overriding(qos_overriding_options)
        subscription = Subscription(
            self._participant,
            _message_type(msg_type),
            self.resolve_topic_name(topic),
            callback,
            callback_group or self._default_callback_group,
            _profile(qos_profile),
            raw,
            event_callbacks or SubscriptionEventCallbacks(),
            self._logger,
        )
        self._subscriptions.append(subscription)
        self._graph.add_endpoints(self._entities, readers=[subscription.gid])
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
            self._participant,
            _service_type(srv_type),
            self.resolve_service_name(srv_name),
            callback,
            callback_group or self._default_callback_group,
            qos_profile,
        )
        self._services.append(service)
        self._announce_service(service)
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
            self._participant,
            self._context,
            _service_type(srv_type),
            self.resolve_service_name(srv_name),
            qos_profile,
            callback_group or self._default_callback_group,
        )
        self._clients.append(client)
        self._announce_service(client)
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
        return self._destroy(self._publishers, publisher, [publisher.gid])

    def destroy_subscription(self, subscription: Subscription) -> bool:
        return self._destroy(self._subscriptions, subscription, [subscription.gid])

    def destroy_service(self, service: Service) -> bool:
        endpoint = service.endpoint
        return self._destroy(
            self._services, service, [endpoint.writer_gid, endpoint.reader_gid]
        )

    def destroy_client(self, client: Client) -> bool:
        endpoint = client.endpoint
        return self._destroy(self._clients, client, [endpoint.writer_gid, endpoint.reader_gid])

    def destroy_timer(self, timer: Timer) -> bool:
        return self._destroy(self._timers, timer, [])

    def destroy_guard_condition(self, guard: GuardCondition) -> bool:
        return self._destroy(self._guards, guard, [])

    def destroy_rate(self, rate: Rate) -> bool:
        found = self._destroy(self._timers, rate._timer, [])
        rate.destroy()
        return found

    def destroy_node(self) -> None:
        """Destroy the node and all that was created with it; a second time does nothing."""
        if self._destroyed:
            return
        self._destroyed = True
        executor = self.executor
        if executor is not None:
            executor.remove_node(self)
        if self._rosout is not None:
            self._rosout.close()
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
        self._graph.remove_node(self._entities)
        self._context.release_participant()

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *args: object) -> None:
        self.destroy_node()

    def _destroy(self, owned: list[Any], entity: Any, gids: list[bytes]) -> bool:
        if entity not in owned:
            return False
        owned.remove(entity)
        if gids:
            self._graph.remove_endpoints(self._entities, gids)
        entity.destroy()
        self._wake_executor()
        return True

    def _announce_service(self, owner: Service | Client) -> None:
        endpoint = owner.endpoint
        self._graph.add_endpoints(
            self._entities, readers=[endpoint.reader_gid], writers=[endpoint.writer_gid]
        )
        self._wake_executor()

    def _wake_executor(self) -> None:
        executor = self.executor
        if executor is not None:
            executor.wake()


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


def _refuse_overriding(options: Any) -> None:
    if options is not None:
        raise NotImplementedError(
            'qos_overriding_options are not supported by the client without ROS'
        )
