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
Messages, still serialised, into an MCAP bag that ``ros2 bag`` and rosbags can read.

Nothing is decoded: what came over the wire lies in the bag.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import (
    get_types_from_idl,
    get_types_from_msg,
    get_typestore,
    Stores,
    TypesysError,
)

from attention_mapper_ros.ros.bag_reader import BagTopic

BAG_VERSION: Final = 9  # of the metadata, what ROS 2 Jazzy writes
_IDL_SEPARATOR: Final = f'{"=" * 80}\n'
_IDL_TITLE: Final = 'IDL: '


class BagWriter:
    """
    Writes a new bag folder. Belongs to one thread.

    Raises ValueError when the folder exists already: a recording is never overwritten.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists():
            raise ValueError(
                f'bag folder {folder} exists already: remove it or choose another one'
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._typestore = get_typestore(Stores.ROS2_JAZZY)
        self._writer = Writer(folder, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._connections: dict[str, Any] = {}

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add_topic(self, topic: str, type_name: str) -> None:
        """Announce a topic by its absolute name and its type, ``sensor_msgs/msg/Image``."""
        self._connections[topic] = self._writer.add_connection(
            topic, type_name, typestore=self._typestore
        )

    def copy_topic(self, topic: BagTopic) -> None:
        """
        Announce a topic of another bag, with its quality of service.

        Raises ValueError for a type that is neither described there nor one of ROS 2's own, and
        for a topic that carries two.
        """
        if topic.name in self._connections:
            raise ValueError(
                f'{topic.name} carries two types of messages, which cannot be copied: write a bag '
                'without the inputs, or leave that topic out of the recorded one'
            )
        try:
            self._connections[topic.name] = self._writer.add_connection(
                topic.name,
                topic.type_name,
                typestore=self._store_for(topic),
                offered_qos_profiles=topic.qos,
            )
        except (KeyError, TypesysError) as error:
            raise ValueError(
                f'the bag does not say what a {topic.type_name} on {topic.name} is ({error}), so '
                'it cannot be copied: write a bag without the inputs, or convert the recorded one '
                'where the type is installed ("ros2 bag convert")'
            ) from error

    def _store_for(self, topic: BagTopic) -> Any:
        if not topic.definition:
            return self._typestore
        store = get_typestore(Stores.EMPTY)
        store.register(_types(topic))
        return store

    def write(self, topic: str, stamp_ns: int, serialised: bytes) -> None:
        """Append one message of an announced topic: CDR bytes with their four-byte header."""
        self._writer.write(self._connections[topic], stamp_ns, serialised)

    def close(self) -> None:
        """Complete the bag with its index and metadata."""
        self._writer.close()

    def abort(self) -> None:
        """Give the bag up after an error: without metadata.yaml no reader takes it for one."""
        with suppress(OSError):  # what still waits in memory finds no room either
            self._writer.abort()


def _types(topic: BagTopic) -> Any:
    """Return rosbags' description of a topic's type and of those in it."""
    if not topic.definition.startswith(_IDL_SEPARATOR + _IDL_TITLE):
        return get_types_from_msg(topic.definition, topic.type_name)
    types: dict[str, Any] = {}
    for part in topic.definition.split(_IDL_SEPARATOR)[1:]:
        types.update(get_types_from_idl(part.partition('\n')[2]))
    return types
