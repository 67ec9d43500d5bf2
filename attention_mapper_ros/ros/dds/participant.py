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
One DDS participant: its domain, topics, writers and readers.

It knows type objects and policies, not nodes; who belongs to which node is the graph's business.
"""

from __future__ import annotations

import threading
from typing import Any

from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.dds.cyclone import Policy, Qos
from attention_mapper_ros.ros.dds.domain_config import domain_config
from attention_mapper_ros.ros.dds.exceptions import RCLError
from attention_mapper_ros.ros.dds.security import check_security

_domains_lock = threading.Lock()
# Domains of this process: id -> (entity, users). Cyclone has one configuration for each.
_domains: dict[int, tuple[Any, int]] = {}


class Participant:
    """
    Owner of all DDS entities of one context.

    Entities may be created and deleted by any thread; a lock guards the table of topics.
    """

    def __init__(self, domain_id: int) -> None:
        from attention_mapper_ros.ros.dds.graph import Graph

        check_security()
        self.domain_id = domain_id
        _open_domain(domain_id)
        try:
            # USER_DATA names the security enclave, which ROS tools show; the root one is '/'.
            qos = Qos(Policy.Userdata(b'enclave=/;'))
            self.entity = cyclone.DomainParticipant(domain_id, qos)
        except cyclone.DDSException as error:
            _close_domain(domain_id)
            raise RCLError(
                f'cannot join DDS domain {domain_id}: {error}; is another of more than '
                '32 participants running on this machine?'
            ) from error
        self.gid = cyclone.guid(self.entity._ref)
        self._publisher = cyclone.DdsPublisher(self.entity)
        self._subscriber = cyclone.DdsSubscriber(self.entity)
        self._topics: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()
        self._service_ids = 0
        self.graph = Graph(self)

    def create_writer(self, topic: str, type_object: Any, qos: Qos) -> Any:
        """Return a `cyclonedds` DataWriter."""
        try:
            return cyclone.DataWriter(self._publisher, self._topic(topic, type_object), qos)
        except cyclone.DDSException as error:
            raise RCLError(f'cannot create a writer on {topic}: {error}') from error

    def create_reader(self, topic: str, type_object: Any, qos: Qos) -> Any:
        """Return a `cyclonedds` DataReader."""
        try:
            return cyclone.DataReader(self._subscriber, self._topic(topic, type_object), qos)
        except cyclone.DDSException as error:
            raise RCLError(f'cannot create a reader on {topic}: {error}') from error

    def builtin_reader(self, topic: Any) -> Any:
        return cyclone.BuiltinDataReader(self.entity, topic)

    def next_service_id(self) -> str:
        """Return a new id for a client or service: GUID prefix and a counter, in hexadecimal."""
        with self._lock:
            self._service_ids += 1
            raw = self.gid[:12] + self._service_ids.to_bytes(4, 'big')
        return '.'.join([f'{raw[0]:2x}', *(f'{byte:x}' for byte in raw[1:])])

    def destroy(self) -> None:
        """Leave the domain; whatever was created here is gone after it."""
        self.graph.destroy()
        cyclone.dispose(self.entity)
        _close_domain(self.domain_id)

    def _topic(self, name: str, type_object: Any) -> Any:
        with self._lock:
            key = (name, id(type_object))
            if key not in self._topics:
                self._topics[key] = cyclone.Topic(self.entity, name, type_object)
            return self._topics[key]


def _open_domain(domain_id: int) -> None:
    with _domains_lock:
        if domain_id in _domains:
            entity, users = _domains[domain_id]
            _domains[domain_id] = (entity, users + 1)
            return
        config = domain_config()
        try:
            entity = cyclone.Domain(domain_id, config)
        except cyclone.DDSException as error:
            raise RCLError(
                f'Cyclone DDS refuses domain {domain_id} with this configuration ({error}); '
                f'check CYCLONEDDS_URI and ROS_DOMAIN_ID: {config}'
            ) from error
        _domains[domain_id] = (entity, 1)


def _close_domain(domain_id: int) -> None:
    with _domains_lock:
        entity, users = _domains[domain_id]
        if users > 1:
            _domains[domain_id] = (entity, users - 1)
        else:
            del _domains[domain_id]
            cyclone.dispose(entity)
