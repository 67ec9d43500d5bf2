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

"""Compressed pictures that are cut, damaged, or a few bytes that claim gigapixels."""

from __future__ import annotations

from collections.abc import Iterator
import random
import struct
import zlib

import cv2
import numpy as np

HEIGHT, WIDTH = 64, 96


def bad_pictures(rng: random.Random, count: int) -> Iterator[bytes]:
    """Yield cut and damaged JPEG and PNG files, and noise behind their first bytes."""
    frame = np.random.default_rng(rng.randrange(2**32)).integers(
        0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8
    )
    files = [cv2.imencode(suffix, frame)[1].tobytes() for suffix in ('.jpg', '.png')]
    for number in range(count):
        good = files[number % 2]
        kind = rng.randrange(3)
        if kind == 0:
            yield good[: rng.randrange(len(good))]
        elif kind == 1:
            bad = bytearray(good)
            for _ in range(rng.randrange(1, 40)):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            yield bytes(bad)
        else:
            yield good[: rng.randrange(2, 40)] + rng.randbytes(rng.randrange(300))


def bombs() -> Iterator[bytes]:
    """Yield files of at most 100 kB whose pixels would take 0.4 to 12 GB, in RGB."""
    for side in (12_000, 20_000, 65_000):
        yield png_that_claims(side)
        yield jpeg_that_claims(side)


def png_that_claims(side: int) -> bytes:
    """Return a valid PNG as far as it goes: rows of zeros compress a thousand times."""
    rows = zlib.compress(bytes((side // 8 + 1) * min(side, 2000)), 9)
    header = struct.pack('>IIBBBBB', side, side, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    chunks = ((b'IHDR', header), (b'IDAT', rows), (b'IEND', b''))
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )


def jpeg_that_claims(side: int) -> bytes:
    """Return a small JPEG whose frame header says that it is this high and wide."""
    small = cv2.imencode('.jpg', np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    at = small.index(b'\xff\xc0') + 5  # behind marker, length and precision
    return small[:at] + struct.pack('>HH', side, side) + small[at + 4 :]
