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
The seam to Eclipse Cyclone DDS: domains, entities, waitsets, statuses and bytes.

It knows nothing of ROS names, messages or threads. Entities are created with the `cyclonedds`
package, which owns the types; everything that may block goes straight to the C library, because
the package's own `write` keeps Python's interpreter lock while it waits for a slow reader.
"""

from __future__ import annotations

import ctypes
from ctypes import (
    byref,
    c_bool,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Final

from attention_mapper_ros.ros.dds.exceptions import RCLError

try:
    from cyclonedds import core as dds_core
    from cyclonedds._clayer import ddspy_take
    from cyclonedds.builtin import (
        BuiltinDataReader,
        BuiltinTopicDcpsParticipant,
        BuiltinTopicDcpsPublication,
        BuiltinTopicDcpsSubscription,
    )
    from cyclonedds.core import DDSException, Policy, Qos
    from cyclonedds.domain import Domain, DomainParticipant
    from cyclonedds.internal import DDS, dds_c_t
    from cyclonedds.pub import DataWriter
    from cyclonedds.pub import Publisher as DdsPublisher
    from cyclonedds.sub import DataReader
    from cyclonedds.sub import Subscriber as DdsSubscriber
    from cyclonedds.topic import Topic
except ImportError as error:
    raise ImportError(
        f'Eclipse Cyclone DDS cannot be imported ({error}). On a machine without ROS 2 it '
        "carries the node's messages: pip install 'attention_mapper_ros[live]'"
    ) from error

__all__ = [
    'CYCLONE_HANDLE',
    'BuiltinDataReader',
    'BuiltinTopicDcpsParticipant',
    'BuiltinTopicDcpsPublication',
    'BuiltinTopicDcpsSubscription',
    'DDSException',
    'DataReader',
    'DataWriter',
    'DdsPublisher',
    'DdsSubscriber',
    'Domain',
    'DomainParticipant',
    'Policy',
    'Qos',
    'Topic',
]

# Parent of waitsets and guard conditions that belong to no domain (dds_public_impl.h).
CYCLONE_HANDLE: Final = 0x7FFF0000 + 256
INFINITY_NS: Final = 0x7FFFFFFFFFFFFFFF
ANY_STATE: Final = 0x7F
TIMEOUT_CODE: Final = -10
# What the library says of a handle that another thread has deleted in the meantime.
_DELETED_CODES: Final = (-3, -9)

STATUS_INCONSISTENT_TOPIC: Final = 1 << 0
STATUS_OFFERED_DEADLINE_MISSED: Final = 1 << 1
STATUS_REQUESTED_DEADLINE_MISSED: Final = 1 << 2
STATUS_OFFERED_INCOMPATIBLE_QOS: Final = 1 << 3
STATUS_REQUESTED_INCOMPATIBLE_QOS: Final = 1 << 4
STATUS_SAMPLE_LOST: Final = 1 << 5
STATUS_LIVELINESS_LOST: Final = 1 << 9
STATUS_LIVELINESS_CHANGED: Final = 1 << 10
STATUS_PUBLICATION_MATCHED: Final = 1 << 11
STATUS_SUBSCRIPTION_MATCHED: Final = 1 << 12


class _Sample(ctypes.Structure):
    """What a Python-typed topic hands to and takes from the C library: serialised bytes."""

    _fields_ = (('data', c_void_p), ('size', c_size_t))


def _prototype(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(DDS._dll_handle, name)
    # A function object of our own: the package sets other argument types on the shared one.
    address = ctypes.cast(function, c_void_p).value
    if address is None:
        raise ImportError(f'Cyclone DDS has no function {name}')
    return ctypes.CFUNCTYPE(result, *arguments)(address)


_write = _prototype('dds_write', c_int32, c_int32, c_void_p)
_delete = _prototype('dds_delete', c_int32, c_int32)
_create_waitset = _prototype('dds_create_waitset', c_int32, c_int32)
_waitset_attach = _prototype('dds_waitset_attach', c_int32, c_int32, c_int32, c_int64)
_waitset_detach = _prototype('dds_waitset_detach', c_int32, c_int32, c_int32)
_waitset_wait = _prototype('dds_waitset_wait', c_int32, c_int32, c_void_p, c_size_t, c_int64)
_create_guard = _prototype('dds_create_guardcondition', c_int32, c_int32)
_set_guard = _prototype('dds_set_guardcondition', c_int32, c_int32, c_bool)
_take_guard = _prototype('dds_take_guardcondition', c_int32, c_int32, c_void_p)
_create_readcondition = _prototype('dds_create_readcondition', c_int32, c_int32, c_uint32)
_set_status_mask = _prototype('dds_set_status_mask', c_int32, c_int32, c_uint32)
_matched_readers = _prototype(
    'dds_get_matched_subscriptions', c_int32, c_int32, c_void_p, c_size_t
)
_matched_writers = _prototype('dds_get_matched_publications', c_int32, c_int32, c_void_p, c_size_t)
_get_instance_handle = _prototype('dds_get_instance_handle', c_int32, c_int32, c_void_p)
_get_guid = _prototype('dds_get_guid', c_int32, c_int32, c_void_p)
_wait_for_acks = _prototype('dds_wait_for_acks', c_int32, c_int32, c_int64)
_assert_liveliness = _prototype('dds_assert_liveliness', c_int32, c_int32)
_strretcode = _prototype('dds_strretcode', c_char_p, c_int32)
_status_functions = {
    name: _prototype(f'dds_get_{name}_status', c_int32, c_int32, c_void_p)
    for name in (
        'publication_matched',
        'subscription_matched',
        'offered_incompatible_qos',
        'requested_incompatible_qos',
        'offered_deadline_missed',
        'requested_deadline_missed',
        'liveliness_lost',
        'liveliness_changed',
        'sample_lost',
        'inconsistent_topic',
    )
}


class CycloneError(RCLError):
    """A call into Cyclone DDS failed."""


def check(code: int, what: str) -> int:
    """Return the code of a C call if it is good, else raise with the library's own words."""
    if code < 0:
        raise CycloneError(f'{what}: {_strretcode(code).decode()} ({code})')
    return code


def write(writer: int, data: bytes | bytearray) -> bool:
    """
    Write one serialised message; False if a slow reliable reader made it time out.

    The interpreter lock is released, so a blocked writer does not stop other threads.
    """
    if isinstance(data, bytes):
        buffer: Any = c_char_p(data)
        address = ctypes.cast(buffer, c_void_p).value
    else:
        buffer = (ctypes.c_char * len(data)).from_buffer(data)
        address = ctypes.addressof(buffer)
    sample = _Sample(address, len(data))
    code = _write(writer, byref(sample))
    if code == TIMEOUT_CODE:
        return False
    check(code, 'write')
    return True


def take_one(reader: int) -> tuple[bytes, Any] | None:
    """Take the oldest sample with data: its bytes with the CDR header, and its sample info."""
    while True:
        taken = ddspy_take(reader, ANY_STATE, 1)
        if isinstance(taken, int):
            if taken not in _DELETED_CODES:
                check(taken, 'take')
            return None
        if not taken:
            return None
        data, info = taken[0]
        if info.valid_data:
            return data, info


def instance_handle(entity: int) -> int:
    handle = c_uint64()
    check(_get_instance_handle(entity, byref(handle)), 'instance handle')
    return handle.value


def guid(entity: int) -> bytes:
    buffer = (ctypes.c_uint8 * 16)()
    check(_get_guid(entity, byref(buffer)), 'guid')
    return bytes(buffer)


def delete(entity: int) -> None:
    """Delete an entity; it is no error if its parent has already taken it along."""
    _delete(entity)


def dispose(entity: Any) -> None:
    """Delete an entity of the `cyclonedds` package now, whoever still refers to it."""
    # Else its destructor would delete the handle once more, later.
    dds_core.Entity._entities.pop(entity._ref, None)
    _delete(entity._ref)


def set_status_mask(entity: int, mask: int) -> None:
    check(_set_status_mask(entity, mask), 'status mask')


def wait_for_acks(writer: int, timeout_ns: int) -> bool:
    code = _wait_for_acks(writer, timeout_ns)
    if code == TIMEOUT_CODE:
        return False
    check(code, 'wait for acknowledgements')
    return True


def assert_liveliness(writer: int) -> None:
    check(_assert_liveliness(writer), 'assert liveliness')


def matched_reader_count(writer: int) -> int:
    """Count the readers that get this writer's samples; it resets no status."""
    return check(_matched_readers(writer, None, 0), 'matched readers')


def matched_writer_count(reader: int) -> int:
    return check(_matched_writers(reader, None, 0), 'matched writers')


def status(entity: int, name: str) -> Any:
    """Read and reset one status, such as `publication_matched`."""
    result = getattr(dds_c_t, f'{name}_status')()
    check(_status_functions[name](entity, byref(result)), name)
    return result


class ReadCondition:
    """Triggers a waitset as long as a reader has unread samples."""

    def __init__(self, reader: int) -> None:
        self.handle = check(_create_readcondition(reader, ANY_STATE), 'read condition')


class Guard:
    """A flag that any thread may raise to wake a waitset; lowered by whoever takes it."""

    def __init__(self) -> None:
        self.handle = check(_create_guard(CYCLONE_HANDLE), 'guard condition')

    def trigger(self) -> None:
        # A guard that was destroyed in the meantime needs no waking.
        _set_guard(self.handle, True)

    def take(self) -> bool:
        triggered = c_bool()
        _take_guard(self.handle, byref(triggered))
        return triggered.value

    def destroy(self) -> None:
        delete(self.handle)

    def __del__(self) -> None:
        delete(self.handle)


class WaitSet:
    """
    Blocks until one of its conditions triggers.

    Attaching, detaching and waiting belong to one thread at a time; waking it up is done by
    triggering an attached guard from any thread.
    """

    def __init__(self) -> None:
        self.handle = check(_create_waitset(CYCLONE_HANDLE), 'waitset')
        self._attached: set[int] = set()
        self._results = (c_int64 * 64)()

    def sync(self, wanted: set[int]) -> None:
        """Attach what is wanted and missing, detach what is attached and not wanted."""
        for handle in self._attached - wanted:
            # Already deleted entities have detached themselves.
            _waitset_detach(self.handle, handle)
        missing = wanted - self._attached
        failed = {h for h in missing if _waitset_attach(self.handle, h, h) < 0}
        self._attached = set(wanted) - failed
        if len(self._attached) > len(self._results):
            self._results = (c_int64 * (2 * len(self._attached)))()

    def wait(self, timeout_ns: int | None) -> set[int]:
        """Return the handles that triggered, empty after the timeout (None: no limit)."""
        timeout = INFINITY_NS if timeout_ns is None else max(0, timeout_ns)
        capacity = len(self._results)
        count = check(_waitset_wait(self.handle, byref(self._results), capacity, timeout), 'wait')
        return set(self._results[: min(count, capacity)])

    def __del__(self) -> None:
        delete(self.handle)
