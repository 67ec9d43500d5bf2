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
Messages to CDR bytes and back (XCDR version 1, as ROS 2 middlewares write it).

For each type two functions are generated once and compiled: neighbouring numbers of fixed size
are packed in one call, and a sequence of numbers is one block of memory. What comes from the
network has been checked against its type by Cyclone before; still, every length is compared with
what is left, so damaged bytes end in a ValueError.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
import struct
import sys
from typing import Any, Final

import numpy as np

from attention_mapper_ros.ros.dds.definitions import definition, FieldType
from attention_mapper_ros.ros.dds.messages import message_class, TYPE_CODES

NATIVE_HEADER: Final = b'\x00\x01\x00\x00' if sys.byteorder == 'little' else b'\x00\x00\x00\x00'
HEADER_SIZE: Final = 4
_FORMATS: Final = {**TYPE_CODES, 'bool': '?', 'byte': 'c'}


def serialize(message: Any) -> bytearray:
    """Return the message as CDR bytes behind a four-byte header, padded to four bytes."""
    out = bytearray(NATIVE_HEADER)
    _serializer(message._definition.name)(message, out)
    out += bytes(-len(out) % 4)
    return out


def serialize_after(head: bytes, message: Any) -> bytearray:
    """Return CDR bytes of a fixed head (its length a multiple of eight) and the message."""
    out = bytearray(NATIVE_HEADER)
    out += head
    _serializer(message._definition.name)(message, out)
    out += bytes(-len(out) % 4)
    return out


def deserialize(data: bytes, name: str, *, skip: int = 0) -> Any:
    """Return the message that CDR bytes with their header hold, after a head to skip."""
    if len(data) < HEADER_SIZE or data[0] != 0 or data[1] not in (0, 1):
        raise ValueError(f'no plain CDR header before a {name}: {bytes(data[:4]).hex()}')
    order = '<' if data[1] == 1 else '>'
    body = memoryview(data)[HEADER_SIZE:]
    try:
        message, _ = _deserializer(name, order)(body, skip)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f'damaged {name} of {len(data)} bytes: {error}') from error
    return message


@cache
def _serializer(name: str) -> Callable[[Any, bytearray], None]:
    writer = _Source('def write(m, out):')
    for run in _runs(definition(name).fields):
        if isinstance(run, list):
            # Padding depends on where the run starts: one precomputed layout for each of the
            # eight possible offsets.
            layouts = writer.bind([_layout('=', [k for _, k in run], o) for o in range(8)])
            values = ', '.join(f'm._{field}' for field, _ in run)
            writer.add(f'out += {layouts}[(len(out) - 4) & 7].pack({values})')
            continue
        field, kind = run
        _write_field(writer, f'm._{field}', kind)
    if not definition(name).fields:
        writer.add('out.append(0)')
    function: Callable[[Any, bytearray], None] = writer.compile('write')
    return function


@cache
def _deserializer(name: str, order: str) -> Callable[[memoryview, int], tuple[Any, int]]:
    reader = _Source('def read(b, p):')
    reader.add(f'm = new({reader.bind(message_class(name))})')
    for run in _runs(definition(name).fields):
        if isinstance(run, list):
            layouts = reader.bind([_layout(order, [k for _, k in run], o) for o in range(8)])
            targets = ', '.join(f'm._{field}' for field, _ in run)
            reader.add(f's = {layouts}[p & 7]')
            reader.add(f'{targets}, = s.unpack_from(b, p)')
            reader.add('p += s.size')
            continue
        field, kind = run
        _read_field(reader, f'm._{field}', kind, order)
    if not definition(name).fields:
        reader.add('p += 1')
    reader.add('return m, p')
    function: Callable[[memoryview, int], tuple[Any, int]] = reader.compile('read')
    return function


class _Source:
    """Lines of one generated function and the objects that they name."""

    def __init__(self, head: str) -> None:
        self._lines = [head]
        self._names: dict[str, Any] = {
            'new': object.__new__,
            'array': array,
            'frombuffer': np.frombuffer,
            'pad': _pad,
            'read_string': _read_string,
            'write_string': _write_string,
            'write_block': _write_block,
            'take': _take,
        }

    def bind(self, value: Any) -> str:
        name = f'x{len(self._names)}'
        self._names[name] = value
        return name

    def add(self, line: str) -> None:
        self._lines.append(f'    {line}')

    def compile(self, name: str) -> Any:
        exec(compile('\n'.join(self._lines), f'<cdr {name}>', 'exec'), self._names)
        return self._names[name]


def _runs(fields: tuple[tuple[str, FieldType], ...]) -> list[Any]:
    """Group neighbouring single numbers; everything else stands alone."""
    result: list[Any] = []
    for field, kind in fields:
        packable = kind.kind == 'single' and kind.element in _FORMATS
        if packable and result and isinstance(result[-1], list):
            result[-1].append((field, kind))
        elif packable:
            result.append([(field, kind)])
        else:
            result.append((field, kind))
    return result


def _layout(order: str, kinds: list[FieldType], offset: int) -> struct.Struct:
    text, position = order, offset
    for kind in kinds:
        code = _FORMATS[kind.element]
        size = struct.calcsize(f'={code}')
        gap = -position % size
        text += f'{gap}x{code}' if gap else code
        position += gap + size
    return struct.Struct(text)


def _write_field(out: _Source, value: str, kind: FieldType) -> None:
    if kind.kind != 'single':
        if kind.kind == 'sequence':
            out.add('pad(out, 4)')
            length = out.bind(struct.Struct('=I'))
            out.add(f'out += {length}.pack(len({value}))')
        if kind.element in TYPE_CODES:
            code = TYPE_CODES[kind.element]
            out.add(f'write_block(out, {value}, {struct.calcsize("=" + code)})')
            return
        out.add(f'for v in {value}:')
        _write_single(out, 'v', kind, '    ')
        return
    _write_single(out, value, kind, '')


def _write_single(out: _Source, value: str, kind: FieldType, indent: str) -> None:
    if kind.is_message:
        out.add(f'{indent}{out.bind(_serializer(kind.element))}({value}, out)')
    elif kind.element == 'string':
        out.add(f'{indent}write_string(out, {value})')
    elif kind.element == 'byte':
        out.add(f'{indent}out += {value}')
    else:  # bool in a sequence
        out.add(f'{indent}out.append(1 if {value} else 0)')


def _read_field(out: _Source, target: str, kind: FieldType, order: str) -> None:
    if kind.kind == 'single':
        _read_single(out, target, kind, order, '')
        return
    if kind.kind == 'sequence':
        length = out.bind(struct.Struct(f'{order}I'))
        out.add('p += -p & 3')
        out.add(f'n, = {length}.unpack_from(b, p)')
        out.add('p += 4')
    else:
        out.add(f'n = {kind.size}')
    if kind.element in TYPE_CODES:
        code = TYPE_CODES[kind.element]
        size = struct.calcsize('=' + code)
        if size > 1:
            out.add(f'if n: p += -p & {size - 1}')
        out.add(f'block, p = take(b, p, n * {size})')
        swap = size > 1 and (order == '<') != (sys.byteorder == 'little')
        if kind.kind == 'array':
            dtype = out.bind(np.dtype(order + np.dtype(kind.element).str[1:]))
            native = out.bind(np.dtype(kind.element))
            out.add(f'{target} = frombuffer(block, {dtype}).astype({native})')
        else:
            out.add(f'v = array({code!r})')
            out.add('v.frombytes(block)')
            if swap:
                out.add('v.byteswap()')
            out.add(f'{target} = v')
        return
    # Every element needs at least one byte: a larger claim is damage, not a reason to loop.
    out.add('take(b, p, n)')
    out.add(f'{target} = l = []')
    out.add('for _ in range(n):')
    _read_single(out, 'v', kind, order, '    ')
    out.add('    l.append(v)')


def _read_single(out: _Source, target: str, kind: FieldType, order: str, indent: str) -> None:
    if kind.is_message:
        nested = out.bind(_deserializer(kind.element, order))
        out.add(f'{indent}{target}, p = {nested}(b, p)')
    elif kind.element == 'string':
        length = out.bind(struct.Struct(f'{order}I'))
        out.add(f'{indent}{target}, p = read_string(b, p, {length})')
    elif kind.element == 'byte':
        out.add(f'{indent}v, p = take(b, p, 1)')
        out.add(f'{indent}{target} = bytes(v)')
    else:
        out.add(f'{indent}v, p = take(b, p, 1)')
        out.add(f'{indent}{target} = v[0] != 0')


def _pad(out: bytearray, size: int) -> None:
    gap = -(len(out) - HEADER_SIZE) % size
    if gap:
        out += bytes(gap)


def _write_string(out: bytearray, text: str) -> None:
    raw = text.encode()
    _pad(out, 4)
    out += (len(raw) + 1).to_bytes(4, sys.byteorder)
    out += raw
    out.append(0)


def _write_block(out: bytearray, numbers: Any, size: int) -> None:
    if len(numbers):
        _pad(out, size)
        out += memoryview(numbers).cast('B')


def _take(body: memoryview, position: int, size: int) -> tuple[memoryview, int]:
    end = position + size
    if end > len(body):
        raise IndexError(f'{size} bytes wanted at {position}, {len(body) - position} left')
    return body[position:end], end


def _read_string(body: memoryview, position: int, length: struct.Struct) -> tuple[str, int]:
    position += -position & 3
    (size,) = length.unpack_from(body, position)
    text, end = _take(body, position + 4, size)
    # The terminating zero is part of the size; some vendors leave it out of an empty string.
    return str(text[:-1] if size else b'', 'utf-8'), end
