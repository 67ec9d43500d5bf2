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
Messages out of a rosbag2, sqlite3 or mcap, in the order of their log time.

rosbags reads; here a bag is found however it is named, and what is wrong with one is said in one
sentence. Nothing is kept: a bag of any length costs the memory of a few chunks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

try:
    from rosbags.interfaces import MessageDefinitionFormat
    from rosbags.rosbag2 import Reader
except ImportError as error:
    raise ImportError(
        f"rosbags cannot be imported ({error}): pip install 'attention_mapper_ros[live]'"
    ) from error

from attention_mapper_ros.ros.client import deserialize_message
from attention_mapper_ros.ros.interfaces import get_message

_METADATA: Final = 'metadata.yaml'
_STORAGES: Final = ('.mcap', '.db3')
_JOURNALS: Final = ('-wal', '-journal')  # of SQLite, beside its file
_ZSTD: Final = b'\x28\xb5\x2f\xfd'  # RFC 8878, 3.1.1; CDR begins with two bytes below 16


class BagMessage(NamedTuple):
    """One message, still serialised: CDR bytes with their four-byte header."""

    topic: str
    type_name: str
    log_ns: int
    serialised: bytes

    def decoded(self) -> Any:
        """
        Return the message as a node would have got it.

        Raises ValueError for damaged bytes and for a type that this package does not know.
        """
        try:
            return deserialize_message(self.serialised, get_message(self.type_name))
        except (LookupError, RuntimeError, ValueError) as error:
            remedy = f'{error}; record or copy the bag again'
            if self.serialised.startswith(_ZSTD):
                remedy = (
                    "it is compressed, message by message, as only the bag's own "
                    f'{_METADATA} says: name the folder of the bag, with the {_METADATA} that it '
                    'was recorded with'
                )
            raise ValueError(
                f'a {self.type_name} on {self.topic} cannot be read: {remedy}'
            ) from error


@dataclass(frozen=True)
class BagTopic:
    """
    One topic of a bag: its absolute name, its type, how many messages there are.

    ``definition``: the type's own text (.msg or .idl) as the bag has it, '' in older bags.
    ``qos``: rosbags' profiles of those that published it.
    """

    name: str
    type_name: str
    messages: int
    definition: str
    qos: tuple[Any, ...]


class BagReader:
    """
    A bag whose topics are known and whose messages are read when asked for.

    ``path``: the folder of a bag, with or without its metadata.yaml, or one .mcap or .db3 file.
    Keeps no file open but while messages are read, so several may be on their way at once. Raises
    ValueError, naming path and remedy, for what is not a whole rosbag2.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self._storage = _find(self.path)
        _check_journals(self._storage)
        with self._opened() as reader:
            self._topics = tuple(map(_topic, reader.connections))
            self._duration_ns = int(reader.duration) if reader.message_count else 0

    @property
    def topics(self) -> tuple[BagTopic, ...]:
        """Every topic; one that carries two types stands here twice."""
        return self._topics

    @property
    def duration_ns(self) -> int:
        """Log time from the first message to the last, 0 for an empty bag."""
        return self._duration_ns

    def messages(self, topics: Collection[str] | None = None) -> Iterator[BagMessage]:
        """
        Read the messages of these topics, of all when None, in the order of their log time.

        In a bag of several files, file after file. Raises ValueError where reading breaks.
        """
        with self._opened() as reader:
            chosen = [
                connection
                for connection in reader.connections
                if topics is None or connection.topic in topics
            ]
            if not chosen:  # for rosbags that would be all
                return
            raw = reader.messages(chosen)
            while True:
                with self._errors_named():
                    message = next(raw, None)
                if message is None:
                    return
                connection, log_ns, serialised = message
                yield BagMessage(connection.topic, connection.msgtype, log_ns, serialised)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        with self._errors_named():
            reader = Reader(self._storage)
            reader.open()
        try:
            yield reader
        finally:
            reader.close()

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # rosbags lets through whatever its parsers and decompressors raise at damaged bytes.
            raise ValueError(
                f'bag {self.path} cannot be read ({type(error).__name__}: {error}): copy it '
                f'again{_repair(self._storage)}'
            ) from error


def _check_journals(storage: Path) -> None:
    """Refuse a .db3 whose journal has not been brought in; rosbags would read past it."""
    files = sorted(storage.glob('*.db3')) if storage.is_dir() else [storage]
    for file in files:
        for journal in (file.with_name(f'{file.name}{end}') for end in _JOURNALS):
            if journal.is_file() and journal.stat().st_size:
                raise ValueError(
                    f'bag {file} is still being recorded or was cut off, what {journal.name} says '
                    f'is not in it yet: end the recording, or bring it in with sqlite3 {file} '
                    '"pragma wal_checkpoint(truncate)"'
                )


def _repair(storage: Path) -> str:
    if storage.suffix == '.db3' or any(storage.glob('*.db3*')):
        return ''
    return (
        '; a .mcap whose recording was cut off is repaired by "mcap recover" or "ros2 bag convert"'
    )


def _find(path: Path) -> Path:
    """Return what rosbags opens: a folder with metadata, or one file."""
    if not path.exists():
        raise ValueError(f'bag {path} does not exist: name the folder or the file of a rosbag2')
    if path.name == _METADATA:
        path = path.parent
    if path.is_file():
        return _checked(path)
    if (path / _METADATA).is_file():
        return path
    files = sorted(file for file in path.iterdir() if file.suffix in _STORAGES)
    if not files:
        raise ValueError(
            f'folder {path} holds no bag, neither {_METADATA} nor a .mcap or .db3 file: name the '
            'folder that "ros2 bag record" has made'
        )
    if len(files) > 1:
        raise ValueError(
            f'folder {path} holds {len(files)} files and no {_METADATA} that says how they belong '
            f'together: name one of them, such as {files[0].name}, or run "ros2 bag reindex"'
        )
    return files[0]


def _checked(file: Path) -> Path:
    if file.suffix in _STORAGES:
        return file
    remedy = 'name the folder or the .mcap or .db3 file of a rosbag2'
    if file.suffix == '.zstd':
        remedy = f'name the folder with its {_METADATA}, or decompress it with "zstd -d"'
    if file.suffix == '.bag':
        remedy = 'a bag of ROS 1 is converted by "rosbags-convert"'
    raise ValueError(f'file {file} is no bag that can be read: {remedy}')


def _topic(connection: Any) -> BagTopic:
    known = connection.msgdef.format is not MessageDefinitionFormat.NONE
    return BagTopic(
        name=connection.topic,
        type_name=connection.msgtype,
        messages=connection.msgcount,
        definition=connection.msgdef.data if known else '',
        qos=tuple(connection.ext.offered_qos_profiles),
    )
