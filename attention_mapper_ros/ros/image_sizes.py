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
"""How large a camera's picture may be, and what a compressed one says of its size."""

from __future__ import annotations

import struct
from typing import Any

MAX_PIXELS = 7680 * 4320
"""8K UHD, the largest that video cameras have: 100 MB as RGB, which a robot can still hold."""

MAX_ASPECT = 16
"""Long over short side. Drawing makes narrow pictures wide enough to read, and so very long."""

_PNG = b'\x89PNG\r\n\x1a\n'
_PNG_HEAD = 24  # bytes up to and with the size
_PNG_END = b'IEND'
_JPEG = b'\xff\xd8'
_JPEG_END = b'\xff\xd9'
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # ITU-T T.81, table B.1
_JPEG_WITHOUT_LENGTH = frozenset(range(0xD0, 0xD8)) | {0x01}
_MAX_JPEG_SEGMENTS = 1000  # before the frame; metadata of cameras comes in some tens


def check_size(height: int, width: int) -> None:
    """Raise ValueError for a picture that is empty, or that no camera of a robot sends."""
    if height <= 0 or width <= 0:
        raise ValueError(
            f'image is empty, {width} x {height} pixels: the camera driver sends no picture'
        )
    if height * width > MAX_PIXELS:
        raise ValueError(
            f'image claims {width} x {height} pixels, no more than {MAX_PIXELS} (7680 x 4320) are '
            'taken: set the camera to a smaller size'
        )
    if max(height, width) > MAX_ASPECT * min(height, width):
        raise ValueError(
            f'image is {width} x {height} pixels, its long side may be {MAX_ASPECT} times its '
            'short one: set the camera to a usual size'
        )


def compressed_size(data: Any) -> tuple[int, int]:
    """
    Return the (height, width) that the header of a JPEG or PNG claims; nothing is decoded.

    ``data``: bytes, or an array of them. Raises ValueError when it begins as neither, ends
    before its size is told, or has no end of a picture in it.
    """
    head = bytes(memoryview(data)[:_PNG_HEAD])
    if head.startswith(_PNG):
        size, end = _png_size(head), _PNG_END
    elif head.startswith(_JPEG):
        size, end = _jpeg_size(memoryview(data)), _JPEG_END
    else:
        raise ValueError(f'it begins with {head[:8].hex(" ") or "nothing"}')
    if bytes(data).rfind(end) < 0:
        raise ValueError('its end is missing')
    return size


def _png_size(head: bytes) -> tuple[int, int]:
    # W3C PNG, 11.2.2: the first chunk is IHDR, of 13 bytes, and begins with width and height.
    if len(head) < _PNG_HEAD or head[8:16] != b'\x00\x00\x00\rIHDR':
        raise ValueError('its PNG header is broken')
    width, height = struct.unpack('>II', head[16:24])
    return height, width


def _jpeg_size(view: memoryview) -> tuple[int, int]:
    # ITU-T T.81, B.1.1 and B.2.2: segments of a marker and a length, until that of the frame.
    position = len(_JPEG)
    for _ in range(_MAX_JPEG_SEGMENTS):
        begin = bytes(view[position : position + 9])
        if len(begin) < 9 or begin[0] != 0xFF:
            break
        marker, length, height, width = struct.unpack('>xBHxHH', begin)
        if marker in _JPEG_FRAMES:
            return height, width
        if marker == 0xFF:  # a fill byte before a marker
            position += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        elif length < 2:  # it counts itself
            break
        else:
            position += 2 + length
    raise ValueError('its JPEG header is broken')
