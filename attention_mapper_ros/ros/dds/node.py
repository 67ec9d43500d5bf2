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
Nodes, as rclpy.node has them: their names, their arguments, their life.

Parameters are in `node_parameters`, entities in `node_entities`, questions about the graph in
`node_graph`.
"""

from __future__ import annotations

from typing import Any
import weakref

from attention_mapper_ros.ros.dds import logging
from attention_mapper_ros.ros.dds.arguments import local_arguments
from attention_mapper_ros.ros.dds.callback_groups import CallbackGroup
from attention_mapper_ros.ros.dds.clock import Clock, ROSClock
from attention_mapper_ros.ros.dds.context import Context, get_default_context
from attention_mapper_ros.ros.dds.exceptions import NotInitializedException
from attention_mapper_ros.ros.dds.logging_service import LoggingService
from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.names import (
    remap_node,
    resolve,
    validate_namespace,
    validate_node_name,
)
from attention_mapper_ros.ros.dds.node_entities import EntityNode
from attention_mapper_ros.ros.dds.node_graph import GraphNode
from attention_mapper_ros.ros.dds.node_parameters import ParameterNode
from attention_mapper_ros.ros.dds.parameter import Parameter
from attention_mapper_ros.ros.dds.parameter_service import ParameterService
from attention_mapper_ros.ros.dds.qos import (
    qos_profile_parameter_events,
    qos_profile_rosout_default,
)
from attention_mapper_ros.ros.dds.rosout import RosoutSink
from attention_mapper_ros.ros.dds.time_source import TimeSource
from attention_mapper_ros.ros.parameter_file import overrides_for


class Node(ParameterNode, EntityNode, GraphNode):
    """
    A Node in the ROS graph.

    Entities may be created and destroyed by any thread; the executor notices at its next turn.
    What rclpy's Node does not have is named `_dds_...`, so that a subclass may name its own
    attributes and methods as it likes.
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
        self._dds_name, self._dds_namespace = remap_node(rules, node_name, space)
        validate_node_name(self._dds_name)
        validate_namespace(self._dds_namespace)
        self._dds_remaps = rules
        EntityNode.__init__(self)
        self._executor_weakref: weakref.ref[Any] | None = None
        self._logger = logging.get_logger(self.get_fully_qualified_name()[1:].replace('/', '.'))
        self._clock: Clock = ROSClock()
        found = overrides_for(
            [*shared.parameters, *local.parameters], self._dds_namespace, self._dds_name
        )
        overrides = {name: Parameter(name, value=value) for name, value in found.items()}
        overrides.update({p.name: p for p in parameter_overrides or []})
        ParameterNode.__init__(
            self, allow_undeclared_parameters=allow_undeclared_parameters, overrides=overrides
        )

        self._dds_participant = self._context.acquire_participant()
        self._dds_graph = self._dds_participant.graph
        self._dds_entities = self._dds_graph.add_node(self._dds_name, self._dds_namespace)
        self._dds_destroyed = False
        self._dds_rosout: RosoutSink | None = None
        if enable_rosout and shared.rosout_logs:
            publisher = self.create_publisher(
                message_class('rcl_interfaces/msg/Log'), '/rosout', qos_profile_rosout_default
            )
            self._dds_rosout = RosoutSink(self._logger.name, publisher)
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
        if enable_logger_service:
            self._logger_service = LoggingService(self)

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
        return self._dds_name

    def get_namespace(self) -> str:
        return self._dds_namespace

    def get_fully_qualified_name(self) -> str:
        return f'{self._dds_namespace.rstrip("/")}/{self._dds_name}'

    def get_clock(self) -> Clock:
        return self._clock

    def get_logger(self) -> logging.RcutilsLogger:
        return self._logger

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        """Return a topic name expanded and remapped."""
        return resolve(
            topic, self._dds_name, self._dds_namespace, self._dds_remaps, only_expand=only_expand
        )

    def resolve_service_name(self, service: str, *, only_expand: bool = False) -> str:
        """Return a service name expanded and remapped."""
        return resolve(
            service,
            self._dds_name,
            self._dds_namespace,
            self._dds_remaps,
            is_service=True,
            only_expand=only_expand,
        )

    def destroy_node(self) -> None:
        """Destroy the node and all that was created with it; a second time does nothing."""
        if self._dds_destroyed:
            return
        self._dds_destroyed = True
        executor = self.executor
        if executor is not None:
            executor.remove_node(self)
        if self._dds_rosout is not None:
            self._dds_rosout.close()
        self._dds_destroy_all()
        self._dds_graph.remove_node(self._dds_entities)
        self._context.release_participant()

    def __enter__(self) -> Node:
        return self

    def __exit__(self, *args: object) -> None:
        self.destroy_node()

    def _wake_executor(self) -> None:
        executor = self.executor
        if executor is not None:
            executor.wake()
