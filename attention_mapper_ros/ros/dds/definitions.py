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
Definitions of the ROS interfaces: fields, constants, defaults and type hashes.

Messages come from the type store of `rosbags`; the services that this package uses are written
down here, because the store has none. It makes no classes and no bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
import os
from typing import Any, Final

try:
    from rosbags.interfaces import Nodetype
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
except ImportError as error:
    raise ImportError(
        f'rosbags cannot be imported ({error}). On a machine without ROS 2 it knows the message '
        "definitions: pip install 'attention_mapper_ros[live]'"
    ) from error

# The store's names carry no default values; these are the ones that are not zero.
FIELD_DEFAULTS: Final[dict[tuple[str, str], Any]] = {
    ('geometry_msgs/msg/Quaternion', 'w'): 1.0,
}

# name: (request, response), as in the .srv files of std_srvs and rcl_interfaces.
SERVICES: Final[dict[str, tuple[str, str]]] = {
    'std_srvs/srv/Empty': ('', ''),
    'std_srvs/srv/SetBool': ('bool data', 'bool success\nstring message'),
    'std_srvs/srv/Trigger': ('', 'bool success\nstring message'),
    'rcl_interfaces/srv/DescribeParameters': (
        'string[] names',
        'rcl_interfaces/ParameterDescriptor[] descriptors',
    ),
    'rcl_interfaces/srv/GetLoggerLevels': (
        'string[] names',
        'rcl_interfaces/LoggerLevel[] levels',
    ),
    'rcl_interfaces/srv/GetParameterTypes': ('string[] names', 'uint8[] types'),
    'rcl_interfaces/srv/GetParameters': (
        'string[] names',
        'rcl_interfaces/ParameterValue[] values',
    ),
    'rcl_interfaces/srv/ListParameters': (
        'uint64 DEPTH_RECURSIVE=0\nstring[] prefixes\nuint64 depth',
        'rcl_interfaces/ListParametersResult result',
    ),
    'rcl_interfaces/srv/SetLoggerLevels': (
        'rcl_interfaces/LoggerLevel[] levels',
        'rcl_interfaces/SetLoggerLevelsResult[] results',
    ),
    'rcl_interfaces/srv/SetParameters': (
        'rcl_interfaces/Parameter[] parameters',
        'rcl_interfaces/SetParametersResult[] results',
    ),
    'rcl_interfaces/srv/SetParametersAtomically': (
        'rcl_interfaces/Parameter[] parameters',
        'rcl_interfaces/SetParametersResult result',
    ),
    'lifecycle_msgs/srv/ChangeState': ('lifecycle_msgs/Transition transition', 'bool success'),
    'lifecycle_msgs/srv/GetState': ('', 'lifecycle_msgs/State current_state'),
    'lifecycle_msgs/srv/GetAvailableStates': (
        '',
        'lifecycle_msgs/State[] available_states',
    ),
    'lifecycle_msgs/srv/GetAvailableTransitions': (
        '',
        'lifecycle_msgs/TransitionDescription[] available_transitions',
    ),
}
# Messages that the older distributions lack and that services above are made of.
_LATER_MESSAGES: Final[dict[str, str]] = {
    'rcl_interfaces/msg/LoggerLevel': (
        'uint8 LOG_LEVEL_UNKNOWN=0\nuint8 LOG_LEVEL_DEBUG=10\nuint8 LOG_LEVEL_INFO=20\n'
        'uint8 LOG_LEVEL_WARN=30\nuint8 LOG_LEVEL_ERROR=40\nuint8 LOG_LEVEL_FATAL=50\n'
        'string name\nuint32 level'
    ),
    'rcl_interfaces/msg/SetLoggerLevelsResult': 'bool successful\nstring reason',
}
# An empty struct is no DDS type: rosidl puts this member into it.
EMPTY_MEMBER: Final = 'structure_needs_at_least_one_member'


@dataclass(frozen=True)
class FieldType:
    """What one field holds: a base type or message, alone, in a fixed array or in a sequence."""

    element: str  # 'float64', 'string', ... or 'std_msgs/msg/Header'
    is_message: bool
    kind: str  # 'single', 'array' or 'sequence'
    size: int = 0  # length of an array, upper bound of a sequence (0: none)

    def __str__(self) -> str:
        name = self.element.replace('/msg/', '/') if self.is_message else _idl_name(self.element)
        if self.kind == 'array':
            return f'{name}[{self.size}]'
        if self.kind == 'sequence':
            return f'sequence<{name}, {self.size}>' if self.size else f'sequence<{name}>'
        return name


@dataclass(frozen=True)
class Definition:
    """One message, request or response."""

    name: str  # 'sensor_msgs/msg/Image'
    fields: tuple[tuple[str, FieldType], ...]
    constants: tuple[tuple[str, str, Any], ...]  # name, base type, value


def distribution() -> str:
    """Return the ROS distribution whose definitions are used: $ROS_DISTRO, else jazzy."""
    name = os.environ.get('ROS_DISTRO', '').lower() or 'jazzy'
    return name if f'ROS2_{name.upper()}' in Stores.__members__ else 'jazzy'


@lru_cache(maxsize=1)
def store() -> Any:
    """Return the type store of the distribution, with the services added to it."""
    types = get_typestore(Stores[f'ROS2_{distribution().upper()}'])
    for name, text in _LATER_MESSAGES.items():
        if name not in types.fielddefs:
            types.register(get_types_from_msg(text, name))
    for name, texts in SERVICES.items():
        for part, text in zip(('Request', 'Response'), texts, strict=True):
            # The parser only knows messages, and would call it std_srvs/srv/msg/...
            (parsed,) = get_types_from_msg(text or f'uint8 {EMPTY_MEMBER}', 'x/msg/X').values()
            types.register({f'{name}_{part}': parsed})
    return types


@cache
def definition(name: str) -> Definition:
    """Look up 'package/msg/Name'; a service's parts are 'package/srv/Name_Request'."""
    types = store()
    if name not in types.fielddefs:
        raise LookupError(
            f'message type {name!r} is not among the {distribution()} definitions that '
            'rosbags ships'
        )
    constants, fields = types.fielddefs[name]
    return Definition(
        name,
        tuple((field, _field_type(text)) for field, text in fields if field != EMPTY_MEMBER),
        tuple((n, t, _constant(t, v)) for n, t, v in constants),
    )


@cache
def type_hash(name: str) -> str:
    """Return 'RIHS01_...', which ROS 2 middlewares compare between endpoints."""
    hashed: str = store().hash_rihs01(name)
    return hashed


def dds_type_name(name: str) -> str:
    """'sensor_msgs/msg/Image' -> 'sensor_msgs::msg::dds_::Image_'."""
    package, kind, short = name.split('/')
    return f'{package}::{kind}::dds_::{short}_'


def ros_type_name(dds_name: str) -> str | None:
    """Turn a DDS type name back; None if it is not one that ROS made."""
    parts = dds_name.split('::')
    if len(parts) < 4 or parts[-2] != 'dds_' or not parts[-1].endswith('_'):
        return None
    return '/'.join([*parts[:-2], parts[-1][:-1]])


def _field_type(description: Any) -> FieldType:
    kind, detail = description
    if kind == Nodetype.BASE:
        return FieldType(_base(detail[0]), False, 'single')
    if kind == Nodetype.NAME:
        return FieldType(detail, True, 'single')
    inner = _field_type(detail[0])
    name = 'array' if kind == Nodetype.ARRAY else 'sequence'
    return FieldType(inner.element, inner.is_message, name, detail[1])


def _base(name: str) -> str:
    # In ROS 2 a `char` is an unsigned byte, and only `byte` is opaque.
    return {'char': 'uint8', 'octet': 'byte'}.get(name, name)


def _constant(base: str, value: Any) -> Any:
    if base in ('byte', 'octet'):
        return bytes([value])
    if base == 'string':
        return str(value).strip('"\'')
    return value


def _idl_name(base: str) -> str:
    return {
        'byte': 'octet',
        'bool': 'boolean',
        'float32': 'float',
        'float64': 'double',
    }.get(base, base)
