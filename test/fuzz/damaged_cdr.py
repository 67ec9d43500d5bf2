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

"""Good messages made bad: bytes that no honest publisher sends, from a seeded generator."""

from __future__ import annotations

from collections.abc import Iterator
import random
import struct
from typing import Any

from attention_mapper_ros.ros.dds import cdr

HEADER = bytes([0, 1, 0, 0])  # plain CDR, little endian
# Other representations of DDS and XTypes, and none at all.
ENCAPSULATIONS = (
    '00000000',
    '00020000',
    '00030000',
    '00060000',
    '000a0000',
    'ffffffff',
    '0001ffff',
)
# As a length or an index they overflow 32 bits, wrap to negative, or ask for gigabytes.
HUGE = (2**32 - 1, 2**32 - 4, 2**31, 2**31 - 1, 2_000_000_000, 2**24)


def damaged(message: Any, rng: random.Random, count: int) -> Iterator[bytes]:
    """Yield as many damaged variants of the message, each kind of damage in turn."""
    good = bytes(cdr.serialize(message))
    kinds = (_cut, _other_encapsulation, _noise, _huge_number, _flipped, _no_terminator)
    for number in range(count):
        yield kinds[number % len(kinds)](good, rng)


def _cut(good: bytes, rng: random.Random) -> bytes:
    return good[: rng.randrange(len(good))]


def _other_encapsulation(good: bytes, rng: random.Random) -> bytes:
    return bytes.fromhex(rng.choice(ENCAPSULATIONS)) + good[4:]


def _noise(good: bytes, rng: random.Random) -> bytes:
    return HEADER + rng.randbytes(rng.randrange(400))


def _huge_number(good: bytes, rng: random.Random) -> bytes:
    """Put a huge number where a length may stand: lengths of strings and sequences are aligned."""
    at = 4 + 4 * rng.randrange(max(1, min(len(good), 200) // 4 - 1))
    return good[:at] + struct.pack('<I', rng.choice(HUGE)) + good[at + 4 :]


def _flipped(good: bytes, rng: random.Random) -> bytes:
    bad = bytearray(good)
    for _ in range(rng.randrange(1, 16)):
        bad[rng.randrange(4, min(len(bad), 300))] = rng.randrange(256)
    return bytes(bad)


def _no_terminator(good: bytes, rng: random.Random) -> bytes:
    """Make every zero byte of the first strings something else."""
    end = min(len(good), 300)
    return good[:4] + good[4:end].replace(b'\0', b'A') + good[end:]
