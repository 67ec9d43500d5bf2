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

"""Questions about the graph: the part of rclpy's Node that looks at others."""

from __future__ import annotations

from typing import Any, Final

from attention_mapper_ros.ros.dds.definitions import ros_type_name
from attention_mapper_ros.ros.dds.graph import Endpoint, Graph, ros_name
from attention_mapper_ros.ros.dds.topic_endpoint_info import (
    TopicEndpointInfo,
    TopicEndpointTypeEnum,
)

# What ROS tools show for an endpoint whose participant announces no nodes.
_BARE_NODE: Final = '_CREATED_BY_BARE_DDS_APP_'


class GraphNode:
    """Read-only views of the graph; any thread may ask."""

    _dds_graph: Graph

    def resolve_topic_name(self, topic: str, *, only_expand: bool = False) -> str:
        raise NotImplementedError

    def count_publishers(self, topic_name: str) -> int:
        """Return the number of publishers on a given topic."""
        return len(self._dds_on_topic(self._dds_graph.writers(), topic_name))

    def count_subscribers(self, topic_name: str) -> int:
        """Return the number of subscribers on a given topic."""
        return len(self._dds_on_topic(self._dds_graph.readers(), topic_name))

    def get_publishers_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Return the publishers on a given topic."""
        endpoints = self._dds_on_topic(self._dds_graph.writers(), topic_name, no_mangle=no_mangle)
        return self._dds_infos(endpoints, TopicEndpointTypeEnum.PUBLISHER)

    def get_subscriptions_info_by_topic(
        self, topic_name: str, no_mangle: bool = False
    ) -> list[TopicEndpointInfo]:
        """Return the subscriptions on a given topic."""
        endpoints = self._dds_on_topic(self._dds_graph.readers(), topic_name, no_mangle=no_mangle)
        return self._dds_infos(endpoints, TopicEndpointTypeEnum.SUBSCRIPTION)

    def get_topic_names_and_types(self, no_demangle: bool = False) -> list[tuple[str, list[str]]]:
        """Get a list of discovered topic names and types."""
        endpoints = [*self._dds_graph.writers(), *self._dds_graph.readers()]
        return _names_and_types(endpoints, 'rt', no_demangle=no_demangle)

    def get_service_names_and_types(self) -> list[tuple[str, list[str]]]:
        """Get a list of discovered service names and types."""
        return _service_names_and_types(self._dds_graph.readers())

    def get_node_names(self) -> list[str]:
        """Get a list of names for discovered nodes."""
        return [node.name for node in self._dds_graph.nodes()]

    def get_node_names_and_namespaces(self) -> list[tuple[str, str]]:
        """Get a list of names and namespaces for discovered nodes."""
        return [(node.name, node.namespace) for node in self._dds_graph.nodes()]

    def get_node_names_and_namespaces_with_enclaves(self) -> list[tuple[str, str, str]]:
        return [(node.name, node.namespace, '/') for node in self._dds_graph.nodes()]

    def get_publisher_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> list[tuple[str, list[str]]]:
        gids = self._dds_gids(node_name, node_namespace, 'writers')
        mine = [endpoint for endpoint in self._dds_graph.writers() if endpoint.gid in gids]
        return _names_and_types(mine, 'rt', no_demangle=no_demangle)

    def get_subscriber_names_and_types_by_node(
        self, node_name: str, node_namespace: str, no_demangle: bool = False
    ) -> list[tuple[str, list[str]]]:
        gids = self._dds_gids(node_name, node_namespace, 'readers')
        mine = [endpoint for endpoint in self._dds_graph.readers() if endpoint.gid in gids]
        return _names_and_types(mine, 'rt', no_demangle=no_demangle)

    def get_service_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> list[tuple[str, list[str]]]:
        """Get a list of discovered service server topics for a remote node."""
        gids = self._dds_gids(node_name, node_namespace, 'readers')
        mine = [endpoint for endpoint in self._dds_graph.readers() if endpoint.gid in gids]
        return _service_names_and_types(mine)

    def get_client_names_and_types_by_node(
        self, node_name: str, node_namespace: str
    ) -> list[tuple[str, list[str]]]:
        """Get a list of discovered service client topics for a remote node."""
        gids = self._dds_gids(node_name, node_namespace, 'writers')
        mine = [endpoint for endpoint in self._dds_graph.writers() if endpoint.gid in gids]
        return _service_names_and_types(mine)

    def _dds_on_topic(
        self, endpoints: list[Endpoint], topic_name: str, *, no_mangle: bool = False
    ) -> list[Endpoint]:
        name = topic_name if no_mangle else f'rt{self.resolve_topic_name(topic_name)}'
        return [endpoint for endpoint in endpoints if endpoint.topic == name]

    def _dds_infos(
        self, endpoints: list[Endpoint], kind: TopicEndpointTypeEnum
    ) -> list[TopicEndpointInfo]:
        owners = {
            gid: (node.name, node.namespace)
            for node in self._dds_graph.nodes()
            for gid in [*node.readers, *node.writers]
        }
        result = []
        for endpoint in endpoints:
            name, namespace = owners.get(endpoint.gid, (_BARE_NODE, _BARE_NODE))
            result.append(
                TopicEndpointInfo(
                    node_name=name,
                    node_namespace=namespace,
                    topic_type=ros_type_name(endpoint.type_name) or endpoint.type_name,
                    topic_type_hash=endpoint.type_hash,
                    endpoint_type=kind,
                    endpoint_gid=list(endpoint.gid),
                    qos_profile=endpoint.profile,
                )
            )
        return result

    def _dds_gids(self, name: str, namespace: str, side: str) -> set[bytes]:
        return {
            gid
            for node in self._dds_graph.nodes()
            if (node.name, node.namespace) == (name, namespace)
            for gid in getattr(node, side)
        }


def _names_and_types(
    endpoints: list[Endpoint], prefix: str, *, no_demangle: bool
) -> list[tuple[str, list[str]]]:
    found: dict[str, set[str]] = {}
    for endpoint in endpoints:
        name: Any = endpoint.topic if no_demangle else ros_name(endpoint.topic, prefix)
        kind = endpoint.type_name if no_demangle else ros_type_name(endpoint.type_name)
        if name is not None and kind is not None:
            found.setdefault(name, set()).add(kind)
    return [(name, sorted(kinds)) for name, kinds in sorted(found.items())]


def _service_names_and_types(endpoints: list[Endpoint]) -> list[tuple[str, list[str]]]:
    """Return the services whose requests these endpoints carry."""
    found: dict[str, set[str]] = {}
    for endpoint in endpoints:
        name = ros_name(endpoint.topic, 'rq')
        kind = ros_type_name(endpoint.type_name)
        if name is not None and kind is not None and name.endswith('Request'):
            found.setdefault(name.removesuffix('Request'), set()).add(
                kind.removesuffix('_Request')
            )
    return [(name, sorted(kinds)) for name, kinds in sorted(found.items())]
