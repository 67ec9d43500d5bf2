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
Who is there: nodes and endpoints of all participants, and the announcement of our own.

Node names travel on the topic `ros_discovery_info` (rmw_dds_common); endpoints come from DDS's
own discovery; what has changed of them is read when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import threading
from typing import Any, Final, Generic, TYPE_CHECKING, TypeVar

from attention_mapper_ros.ros.dds import cdr, cyclone
from attention_mapper_ros.ros.dds.cyclone import Policy
from attention_mapper_ros.ros.dds.dds_types import parse_user_data, topic_type, user_data
from attention_mapper_ros.ros.dds.definitions import definition, ros_type_name
from attention_mapper_ros.ros.dds.logging import get_logger
from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.qos import (
    from_dds,
    HistoryPolicy,
    qos_profile_discovery,
    QoSProfile,
    to_dds,
)

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant

Found = TypeVar('Found')

INFO_TYPE: Final = 'rmw_dds_common/msg/ParticipantEntitiesInfo'
INFO_TOPIC: Final = 'ros_discovery_info'
_logger = get_logger('attention_mapper_ros.dds')
# Cyclone's Python reads the quality of service of an endpoint through buffers that the whole
# process shares: two threads at it end the process.
_ONE_AT_A_TIME: Final = threading.Lock()
_AT_ONCE: Final = 500  # samples; memory for so many is asked for at every look
# Announcements that are kept before those of participants that are not there are looked for.
_MAX_ANNOUNCEMENTS: Final = 200
_ALIVE: Final = 16


@dataclass
class NodeEntities:
    """The endpoints of one node."""

    name: str
    namespace: str
    readers: list[bytes] = field(default_factory=list)
    writers: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Endpoint:
    """One discovered writer or reader."""

    gid: bytes
    topic: str  # DDS name: 'rt/...'
    type_name: str  # DDS name: 'sensor_msgs::msg::dds_::Image_'
    profile: QoSProfile
    type_hash: str  # 'RIHS01_...' or ''


class Graph:
    """
    The picture of the graph that one participant has.

    The announcing side belongs to whatever thread changes a node; a lock guards it. A thread of
    its own, asleep unless a participant changes, takes in the others' announcements.
    """

    def __init__(self, participant: Participant) -> None:
        self._participant = participant
        self._lock = threading.Lock()
        self._nodes: list[NodeEntities] = []
        self._others: dict[bytes, list[NodeEntities]] = {}
        data = user_data(INFO_TYPE)
        kind = topic_type(INFO_TYPE)
        self._writer = participant.create_writer(
            INFO_TOPIC, kind, to_dds(qos_profile_discovery, data)
        )
        keep_all = QoSProfile(
            history=HistoryPolicy.KEEP_ALL,
            durability=qos_profile_discovery.durability,
            avoid_ros_namespace_conventions=True,
        )
        self._reader = participant.create_reader(
            INFO_TOPIC, kind, to_dds(keep_all, data, ignore_local=True)
        )
        self._participants = _Discovered(
            participant.builtin_reader(cyclone.BuiltinTopicDcpsParticipant), _key
        )
        self._writers = _Discovered(
            participant.builtin_reader(cyclone.BuiltinTopicDcpsPublication), _endpoint
        )
        self._readers = _Discovered(
            participant.builtin_reader(cyclone.BuiltinTopicDcpsSubscription), _endpoint
        )
        self._stop = cyclone.Guard()
        self._condition = cyclone.ReadCondition(self._reader._ref)
        self._thread = threading.Thread(target=self._listen, name='ros_discovery', daemon=True)
        self._thread.start()

    def add_node(self, name: str, namespace: str) -> NodeEntities:
        node = NodeEntities(name, namespace)
        with self._lock:
            self._nodes.append(node)
            self._announce()
        return node

    def remove_node(self, node: NodeEntities) -> None:
        with self._lock:
            self._nodes.remove(node)
            self._announce()

    def add_endpoints(
        self,
        node: NodeEntities,
        *,
        readers: tuple[bytes, ...] = (),
        writers: tuple[bytes, ...] = (),
    ) -> None:
        with self._lock:
            node.readers += readers
            node.writers += writers
            self._announce()

    def remove_endpoints(self, node: NodeEntities, gids: list[bytes]) -> None:
        with self._lock:
            node.readers = [gid for gid in node.readers if gid not in gids]
            node.writers = [gid for gid in node.writers if gid not in gids]
            self._announce()

    def nodes(self) -> list[NodeEntities]:
        """Return the nodes of all participants that are alive, ours first."""
        alive = self._alive()
        with self._lock:
            self._forget_others(alive)
            return self._nodes + [node for nodes in self._others.values() for node in nodes]

    def writers(self) -> list[Endpoint]:
        return self._writers.alive()

    def readers(self) -> list[Endpoint]:
        return self._readers.alive()

    def destroy(self) -> None:
        self._stop.trigger()
        self._thread.join()
        self._stop.destroy()

    def _alive(self) -> set[bytes]:
        return set(self._participants.alive())

    def _forget_others(self, alive: set[bytes]) -> None:
        for gid in self._others.keys() - alive:
            del self._others[gid]

    def _announce(self) -> None:
        gid_class = message_class('rmw_dds_common/msg/Gid')
        size = dict(definition('rmw_dds_common/msg/Gid').fields)['data'].size

        def gid(raw: bytes) -> Any:
            # 16 bytes since Iron; 24 before, padded with zeros.
            return gid_class(data=list(raw.ljust(size, b'\0')))

        node_class = message_class('rmw_dds_common/msg/NodeEntitiesInfo')
        info = message_class(INFO_TYPE)(
            gid=gid(self._participant.gid),
            node_entities_info_seq=[
                node_class(
                    node_namespace=node.namespace,
                    node_name=node.name,
                    reader_gid_seq=[gid(raw) for raw in node.readers],
                    writer_gid_seq=[gid(raw) for raw in node.writers],
                )
                for node in self._nodes
            ],
        )
        cyclone.write(self._writer._ref, cdr.serialize(info))

    def _listen(self) -> None:
        waitset = cyclone.WaitSet()
        waitset.sync({self._stop.handle, self._condition.handle})
        while self._stop.handle not in waitset.wait(None):
            while (taken := cyclone.take_one(self._reader._ref)) is not None:
                self._update(taken[0])

    def _update(self, data: bytes) -> None:
        try:
            info = cdr.deserialize(data, INFO_TYPE)
        except ValueError as error:
            # Humble's announcements are longer than those of later distributions.
            _logger.warning(
                f'the node names of another participant cannot be read ({error}); set '
                'ROS_DISTRO to the distribution that it runs',
                once=True,
            )
            return
        nodes = [
            NodeEntities(
                entry.node_name,
                entry.node_namespace,
                [bytes(gid.data)[:16] for gid in entry.reader_gid_seq],
                [bytes(gid.data)[:16] for gid in entry.writer_gid_seq],
            )
            for entry in info.node_entities_info_seq
        ]
        alive = self._alive() if len(self._others) >= _MAX_ANNOUNCEMENTS else None
        with self._lock:
            self._others[bytes(info.gid.data)[:16]] = nodes
            if alive is not None:
                # Anybody can announce participants that do not exist.
                self._forget_others(alive)


class _Discovered(Generic[Found]):
    """
    What is alive on one of DDS's own topics; a look reads only what has changed since the last.

    To read all of it takes tens of milliseconds on a small graph. Any thread may look.
    """

    def __init__(self, reader: Any, translate: Callable[[Any], Found]) -> None:
        self._reader = reader
        self._translate = translate
        self._alive: dict[bytes, Found] = {}

    def alive(self) -> list[Found]:
        with _ONE_AT_A_TIME:
            while self._take() == _AT_ONCE:
                pass
            return list(self._alive.values())

    def _take(self) -> int:
        samples = self._reader.take(N=_AT_ONCE)
        for sample in samples:
            key = sample.key.bytes
            if sample.sample_info.instance_state != _ALIVE:
                self._alive.pop(key, None)
            elif sample.sample_info.valid_data:
                self._alive[key] = self._translate(sample)
        return len(samples)


def _key(sample: Any) -> bytes:
    key: bytes = sample.key.bytes
    return key


def _endpoint(sample: Any) -> Endpoint:
    data = sample.qos[Policy.Userdata]
    hashed = parse_user_data(data.data).get('typehash', '') if data is not None else ''
    return Endpoint(
        sample.key.bytes, sample.topic_name, sample.type_name, from_dds(sample.qos), hashed
    )


def ros_name(dds_topic: str, prefix: str) -> str | None:
    """'rt/a/b' -> '/a/b' if the prefix is 'rt'; None for names that ROS did not make."""
    return dds_topic[len(prefix) :] if dds_topic.startswith(f'{prefix}/') else None


def ros_type(dds_type: str) -> str | None:
    return ros_type_name(dds_type)
