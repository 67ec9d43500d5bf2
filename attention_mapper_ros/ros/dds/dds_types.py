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
The DDS side of a ROS interface: type names, XTypes descriptions, type hashes in USER_DATA.

Cyclone checks every sample against the description before Python sees it, so damaged samples
from the network end there. The description has the names that rosidl uses in DDS (fields end in
an underscore), although ROS 2 middlewares match by type name and hash.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from cyclonedds.idl import make_idl_struct
import cyclonedds.idl.types as idl_types

from attention_mapper_ros.ros.dds.definitions import (
    dds_type_name,
    definition,
    EMPTY_MEMBER,
    FieldType,
    type_hash,
)

# The package's generic types say nothing to type checkers.
idl: Any = idl_types

_BASES: Final[dict[str, Any]] = {
    'bool': bool,
    'byte': idl.byte,
    'string': str,
    'float32': idl.float32,
    'float64': idl.float64,
    'int8': idl.int8,
    'uint8': idl.uint8,
    'int16': idl.int16,
    'uint16': idl.uint16,
    'int32': idl.int32,
    'uint32': idl.uint32,
    'int64': idl.int64,
    'uint64': idl.uint64,
}


@cache
def topic_type(name: str) -> Any:
    """Return the type object of a message topic."""
    return _struct(name, {})


@cache
def service_topic_type(name: str) -> Any:
    """Return the type object of a request or reply topic, which has rmw_cyclonedds' header."""
    header = {'client_guid': idl.uint64, 'sequence_number': idl.int64}
    return _struct(name, header)


def user_data(name: str, extra: str = '') -> bytes:
    """Return what goes into USER_DATA of a writer or reader of this type."""
    return f'{extra}typehash={type_hash(name)};'.encode()


def parse_user_data(data: bytes) -> dict[str, str]:
    """'key=value;key=value;' -> dict; what is not of this form is left out."""
    pairs = (part.partition('=') for part in data.decode('utf-8', 'replace').split(';'))
    return {key: value for key, separator, value in pairs if separator}


def _struct(name: str, header: dict[str, Any]) -> Any:
    fields = {f'{field}_': _idl_type(kind) for field, kind in definition(name).fields}
    if not fields:
        fields = {f'{EMPTY_MEMBER}_': idl.uint8}
    return make_idl_struct(
        f'{name.split("/")[-1]}_', dds_type_name(name), {**header, **fields}, dataclassify=False
    )


def _idl_type(kind: FieldType) -> Any:
    element = topic_type(kind.element) if kind.is_message else _BASES[kind.element]
    if kind.kind == 'array':
        return idl.array[element, kind.size]
    if kind.kind == 'sequence':
        return idl.sequence[element, kind.size] if kind.size else idl.sequence[element]
    return element
