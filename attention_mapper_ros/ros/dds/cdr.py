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
Messages to CDR bytes and back, by rosbags' serialisers.

rosbags holds a field of numbers as a numpy array where rclpy holds an ``array.array``. Only the
holders are exchanged here, never the numbers: an image of any size costs the same few lines of
Python. What comes from the network has been checked against its type by Cyclone before; still,
damaged bytes end in a ValueError.
"""

from __future__ import annotations

from array import array
from functools import cache
import struct
import sys
from typing import Any, Final

import numpy as np
from rosbags.serde import SerdeError

from attention_mapper_ros.ros.dds.definitions import (
    definition,
    EMPTY_MEMBER,
    FieldType,
    store,
)
from attention_mapper_ros.ros.dds.messages import message_class, TYPE_CODES

HEADER_SIZE: Final = 4
_LITTLE: Final = sys.byteorder == 'little'


def serialize(message: Any) -> bytearray:
    """Return the message as CDR bytes behind a four-byte header, padded to four bytes."""
    out = bytearray(
        store().serialize_cdr(
            _to_rosbags(message), message._definition.name, little_endian=_LITTLE
        )
    )
    out += bytes(-len(out) % 4)
    return out


def serialize_after(head: bytes, message: Any) -> bytearray:
    """Return CDR bytes of a fixed head (its length a multiple of eight) and the message."""
    out = serialize(message)
    # Nothing is aligned to more than eight bytes: behind such a head all padding is the same.
    out[HEADER_SIZE:HEADER_SIZE] = head
    return out


def deserialize(data: bytes, name: str, *, skip: int = 0) -> Any:
    """Return the message that CDR bytes with their header hold, after a head to skip."""
    if len(data) < HEADER_SIZE or data[0] != 0 or data[1] not in (0, 1):
        raise ValueError(f'no plain CDR header before a {name}: {bytes(data[:4]).hex()}')
    if skip:
        data = data[:HEADER_SIZE] + data[HEADER_SIZE + skip :]
    try:
        message = store().deserialize_cdr(data, name)
    except (
        AssertionError,  # bytes left over
        IndexError,
        SerdeError,
        UnicodeDecodeError,
        ValueError,  # an array longer than what is left, refused before memory is asked for
        struct.error,
    ) as error:
        raise ValueError(f'damaged {name} of {len(data)} bytes: {error}') from error
    return _from_rosbags(message, name)


@cache
def _rosbags_class(name: str) -> Any:
    return store().types[name]


def _to_rosbags(message: Any) -> Any:
    """Return the rosbags message of the same content; numbers are viewed, not copied."""
    described = message._definition
    values = {
        field: _given(getattr(message, f'_{field}'), kind) for field, kind in described.fields
    }
    return _rosbags_class(described.name)(**values or {EMPTY_MEMBER: 0})


def _given(value: Any, kind: FieldType) -> Any:
    if kind.kind == 'single':
        return _given_single(value, kind)
    if kind.element in TYPE_CODES:
        return np.frombuffer(value, kind.element) if len(value) else np.empty(0, kind.element)
    if kind.element == 'bool':
        return np.array(value, np.bool_)
    if kind.element == 'byte':
        return np.frombuffer(b''.join(value), np.int8)
    return [_given_single(single, kind) for single in value]


def _given_single(value: Any, kind: FieldType) -> Any:
    if kind.is_message:
        return _to_rosbags(value)
    # rosbags reads an opaque byte as a signed number, rclpy as one byte.
    return int.from_bytes(value, 'little', signed=True) if kind.element == 'byte' else value


def _from_rosbags(message: Any, name: str) -> Any:
    """Return our message of the same content; an array is copied once, as a block."""
    result = object.__new__(message_class(name))
    for field, kind in definition(name).fields:
        setattr(result, f'_{field}', _taken(getattr(message, field), kind))
    return result


def _taken(value: Any, kind: FieldType) -> Any:
    if kind.kind == 'single':
        return _taken_single(value, kind)
    if kind.element in TYPE_CODES:
        if kind.kind == 'array':
            return np.array(value)
        numbers = array(TYPE_CODES[kind.element])
        numbers.frombytes(np.ascontiguousarray(value).data.cast('B'))
        return numbers
    if kind.element in ('bool', 'byte'):
        return [_taken_single(single, kind) for single in value.tolist()]
    return [_taken_single(single, kind) for single in value]


def _taken_single(value: Any, kind: FieldType) -> Any:
    if kind.is_message:
        return _from_rosbags(value, kind.element)
    return bytes([value & 0xFF]) if kind.element == 'byte' else value
