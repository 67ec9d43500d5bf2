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
Message classes with the behaviour of those that rosidl generates for rclpy.

Made from the definitions on first use, so that a node pays only for the types it names. Getting
messages into bytes and back is the codec's work.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
import math
from typing import Any, ClassVar, Final

import numpy as np

from attention_mapper_ros.ros.dds.definitions import (
    Definition,
    definition,
    FIELD_DEFAULTS,
    FieldType,
    SERVICES,
)

TYPE_CODES: Final = {
    'int8': 'b',
    'uint8': 'B',
    'int16': 'h',
    'uint16': 'H',
    'int32': 'i',
    'uint32': 'I',
    'int64': 'q',
    'uint64': 'Q',
    'float32': 'f',
    'float64': 'd',
}
_INTEGER_BITS: Final = {
    'int8': 8,
    'uint8': 8,
    'int16': 16,
    'uint16': 16,
    'int32': 32,
    'uint32': 32,
    'int64': 64,
    'uint64': 64,
}
_FLOAT32_MAX: Final = 3.402823466e38


class Message:
    """Base of all message classes: keyword constructor, checked attributes, equality, repr."""

    __slots__: ClassVar[Any] = ()
    _definition: ClassVar[Definition]
    _defaults: ClassVar[tuple[tuple[str, Callable[[], Any]], ...]]

    def __init__(self, **kwargs: Any) -> None:
        for slot, default in self._defaults:
            name = slot[1:]
            if name in kwargs:
                setattr(self, name, kwargs.pop(name))
            else:
                setattr(self, slot, default())
        # rosidl's own option for turning the checks on; here they always are.
        kwargs.pop('check_fields', None)
        if kwargs:
            raise AssertionError(
                f'Invalid arguments passed to constructor: {", ".join(sorted(kwargs))}'
            )

    @classmethod
    def get_fields_and_field_types(cls) -> dict[str, str]:
        return {name: str(kind) for name, kind in cls._definition.fields}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return False
        return all(_equal(getattr(self, slot), getattr(other, slot)) for slot, _ in self._defaults)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        package, kind, name = self._definition.name.split('/')
        fields = ', '.join(
            f'{slot[1:]}={_short(getattr(self, slot))}' for slot, _ in self._defaults
        )
        return f'{package}.{kind}.{name}({fields})'

    def __copy__(self) -> Any:
        return self._copied(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from copy import deepcopy

        return self._copied(lambda value: deepcopy(value, memo))

    def _copied(self, treat: Callable[[Any], Any]) -> Any:
        result = object.__new__(type(self))
        for slot, _ in self._defaults:
            setattr(result, slot, treat(getattr(self, slot)))
        return result

    def __reduce__(self) -> Any:
        state = {slot[1:]: getattr(self, slot) for slot, _ in self._defaults}
        return _unpickle, (self._definition.name, state)


class ServiceType:
    """Base of service classes, which only hold their `Request` and `Response`."""

    Request: ClassVar[type[Message]]
    Response: ClassVar[type[Message]]
    _name: ClassVar[str]

    def __init__(self) -> None:
        raise NotImplementedError('Service classes can not be instantiated')


@cache
def message_class(name: str) -> Any:
    """Return the class of 'package/msg/Name' (typed as Any: its fields are made at run time)."""
    described = definition(name)
    namespace: dict[str, Any] = {
        '__slots__': [f'_{field}' for field, _ in described.fields],
        '__doc__': f"Message class '{name.split('/')[-1]}'.",
        '__module__': '.'.join(name.split('/')[:2]),
        '_definition': described,
        '_fields_and_field_types': {field: str(kind) for field, kind in described.fields},
        '_defaults': tuple(
            (f'_{field}', _default(name, field, kind)) for field, kind in described.fields
        ),
    }
    namespace |= {constant: value for constant, _, value in described.constants}
    for field, kind in described.fields:
        namespace[field] = _property(described.name, field, kind)
    return type(name.split('/')[-1], (Message,), namespace)


@cache
def service_class(name: str) -> Any:
    """Return the class of 'package/srv/Name'."""
    if name not in SERVICES:
        raise LookupError(
            f'service type {name!r} is not among those of the client without ROS: '
            f'{", ".join(sorted(SERVICES))}'
        )
    namespace = {
        'Request': message_class(f'{name}_Request'),
        'Response': message_class(f'{name}_Response'),
        '_name': name,
        '__module__': '.'.join(name.split('/')[:2]),
    }
    return type(name.split('/')[-1], (ServiceType,), namespace)


def _unpickle(name: str, state: dict[str, Any]) -> Any:
    return message_class(name)(**state)


def _default(message: str, field: str, kind: FieldType) -> Callable[[], Any]:
    if kind.kind == 'sequence':
        if kind.element in TYPE_CODES:
            code = TYPE_CODES[kind.element]
            return lambda: array(code)
        return list
    if kind.kind == 'array':
        size = kind.size
        if kind.element in TYPE_CODES:
            dtype = np.dtype(kind.element)
            return lambda: np.zeros(size, dtype)
        single = _single_default(message, field, kind)
        return lambda: [single() for _ in range(size)]
    return _single_default(message, field, kind)


def _single_default(message: str, field: str, kind: FieldType) -> Callable[[], Any]:
    if kind.is_message:
        nested = kind.element
        return lambda: message_class(nested)()
    if (message, field) in FIELD_DEFAULTS:
        value = FIELD_DEFAULTS[message, field]
        return lambda: value
    zero: Any = {'bool': False, 'byte': b'\x00', 'string': ''}.get(
        kind.element, 0.0 if kind.element.startswith('float') else 0
    )
    return lambda: zero


def _property(message: str, field: str, kind: FieldType) -> property:
    slot = f'_{field}'
    convert = _converter(f"The '{field}' field of {message}", kind)

    def get(self: Any) -> Any:
        return getattr(self, slot)

    def put(self: Any, value: Any) -> None:
        setattr(self, slot, convert(value))

    return property(get, put)


def _converter(where: str, kind: FieldType) -> Callable[[Any], Any]:
    if kind.kind == 'single':
        return _single_converter(where, kind)
    if kind.element in TYPE_CODES:
        return _numbers_converter(where, kind)
    single = _single_converter(f'an element of {where[0].lower()}{where[1:]}', kind)

    def convert(values: Any) -> Any:
        if isinstance(values, (str, bytes)) or not hasattr(values, '__iter__'):
            raise AssertionError(f'{where} must be a sequence, not {type(values).__name__}')
        if not isinstance(values, list):
            values = list(values)
        _check_length(where, kind, len(values))
        for value in values:
            single(value)
        return values

    return convert


def _single_converter(where: str, kind: FieldType) -> Callable[[Any], Any]:
    element = kind.element

    def fail(value: Any, wanted: str) -> AssertionError:
        return AssertionError(f'{where} must be {wanted}, not {_short(value)} ({type(value)})')

    if kind.is_message:

        def convert(value: Any) -> Any:
            if getattr(getattr(value, '_definition', None), 'name', None) != element:
                raise fail(value, f"a sub message of type '{element}'")
            return value
    elif element == 'string':

        def convert(value: Any) -> Any:
            if not isinstance(value, str):
                raise fail(value, "of type 'str'")
            return value
    elif element == 'bool':

        def convert(value: Any) -> Any:
            if not isinstance(value, (bool, np.bool_)):
                raise fail(value, "of type 'bool'")
            return bool(value)
    elif element == 'byte':

        def convert(value: Any) -> Any:
            if not isinstance(value, (bytes, bytearray)) or len(value) != 1:
                raise fail(value, 'one byte')
            return bytes(value)
    elif element.startswith('float'):
        limit = _FLOAT32_MAX if element == 'float32' else math.inf

        def convert(value: Any) -> Any:
            if isinstance(value, (np.floating, np.float32)):
                value = float(value)
            if not isinstance(value, float):
                raise fail(value, "of type 'float'")
            if math.isfinite(value) and abs(value) > limit:
                raise fail(value, 'a float32 in range')
            return value
    else:
        bits = _INTEGER_BITS[element]
        low = 0 if element[0] == 'u' else -(1 << (bits - 1))
        high = (1 << bits) + low

        def convert(value: Any) -> Any:
            if isinstance(value, np.integer):
                value = int(value)
            if not isinstance(value, int):
                raise fail(value, "of type 'int'")
            if not low <= value < high:
                raise fail(value, f'an integer in [{low}, {high - 1}]')
            return value

    return convert


def _numbers_converter(where: str, kind: FieldType) -> Callable[[Any], Any]:
    """
    Accept what holds the right numbers without touching each of them.

    A buffer of the right item type is kept as it is, so a publisher that hands over an image
    copies nothing here; anything else is copied into an `array.array` (or an ndarray for fields
    of fixed length, as rclpy does).
    """
    code = TYPE_CODES[kind.element]
    dtype = np.dtype(kind.element)
    single = _single_converter(f'an element of {where[0].lower()}{where[1:]}', kind)

    def convert(values: Any) -> Any:
        if isinstance(values, (str, dict)):
            raise AssertionError(f'{where} must be a sequence, not {type(values).__name__}')
        if isinstance(values, array) and values.typecode == code:
            numbers: Any = values
        elif isinstance(values, np.ndarray):
            if values.dtype != dtype or values.ndim != 1:
                raise AssertionError(
                    f'{where} must be a one-dimensional array of {kind.element}, '
                    f'not {values.ndim}-dimensional {values.dtype}'
                )
            numbers = np.ascontiguousarray(values)
        elif code in 'bB' and isinstance(values, (bytes, bytearray)):
            numbers = values
        elif isinstance(values, memoryview):
            if values.itemsize != dtype.itemsize or not values.contiguous or values.ndim != 1:
                raise AssertionError(
                    f'{where} must be a contiguous one-dimensional buffer of {kind.element}'
                )
            numbers = values
        elif isinstance(values, array):
            raise AssertionError(f"{where} must be an array.array of type '{code}'")
        else:
            numbers = array(code, [single(value) for value in values])
        _check_length(where, kind, len(numbers))
        if kind.kind == 'array' and not isinstance(numbers, np.ndarray):
            numbers = np.array(numbers, dtype)
        return numbers

    return convert


def _check_length(where: str, kind: FieldType, length: int) -> None:
    if kind.kind == 'array' and length != kind.size:
        raise AssertionError(f'{where} must have {kind.size} elements, not {length}')
    if kind.kind == 'sequence' and kind.size and length > kind.size:
        raise AssertionError(f'{where} must have at most {kind.size} elements, not {length}')


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return len(one) == len(other) and bool(np.all(np.asarray(one) == np.asarray(other)))
    if isinstance(one, (bytes, bytearray, memoryview)) != isinstance(
        other, (bytes, bytearray, memoryview)
    ):
        return bytes(one) == bytes(other)
    return bool(one == other)


def _short(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)) and len(value) > 32:
        return f'<{len(value)} bytes>'
    if isinstance(value, (array, np.ndarray)) and len(value) > 32:
        return f'<{len(value)} numbers>'
    return repr(value)
