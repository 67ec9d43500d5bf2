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
Image messages to RGB arrays and back.

numpy and OpenCV decode, also where cv_bridge is installed, which gives the same pixels but keeps
every other Python thread waiting meanwhile, those that send actions too.
"""

from __future__ import annotations

from array import array
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.ros.image_encodings import (
    Encoding,
    ENCODINGS,
    pixels_to_rgb,
    samples_to_rgb,
    to_eight_bits,
)
from attention_mapper_ros.ros.image_sizes import check_size, compressed_size
from attention_mapper_ros.ros.interfaces import CompressedImage, Image

Frame = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""

_BLOCK = 1 << 16  # bytes that are compared at once: a few microseconds
_LONGEST_QUOTE = 60  # characters of what a message says that an error repeats


def check_image(message: Image) -> None:
    """
    Refuse an image that cannot be decoded, from its description alone.

    Raises ValueError for an unknown encoding, for a size that the encoding cannot have or that
    no camera of a robot has (``image_sizes``), and for a buffer that is too small for the
    height, width and step that it claims.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        raise ValueError(
            f'image encoding {_quoted(message.encoding)} is not known: configure the camera '
            f'driver for one of {", ".join(ENCODINGS)}'
        )
    # Numbers of Python: those of numpy overflow.
    height, width, step = int(message.height), int(message.width), int(message.step)
    check_size(height, width)
    _check_blocks(message.encoding, encoding, height, width)
    row = encoding.row_bytes(width)
    if step < row:
        raise ValueError(
            f'image step is {step}, a row of {width} {message.encoding} pixels takes {row} bytes: '
            'the camera driver describes its images wrongly'
        )
    rows = encoding.rows(height)
    if len(message.data) < step * rows:
        raise ValueError(
            f'image has {len(message.data)} bytes, {rows} rows of step {step} take {step * rows}: '
            'the message is truncated'
        )


def decode_image(message: Image) -> Frame:
    """Return the pixels of a checked image as RGB; rgb8 is not copied."""
    return pixels_to_rgb(
        ENCODINGS[message.encoding],
        message.data,
        int(message.height),
        int(message.width),
        int(message.step),
        bool(message.is_bigendian),
    )


def check_compressed(message: CompressedImage) -> tuple[int, int]:
    """
    Return the (height, width) of a compressed image, from its header alone.

    Raises ValueError when it is neither a JPEG nor a PNG, or a truncated one, and for a size
    that no camera of a robot has (``image_sizes``): a few bytes can unfold to gigabytes.
    """
    try:
        height, width = compressed_size(message.data)
    except ValueError as error:
        raise ValueError(f'{_not_decoded(message)} ({error})') from error
    check_size(height, width)
    return height, width


def decode_compressed(message: CompressedImage) -> Frame:
    """
    Return a JPEG or PNG as RGB, as ``check_compressed`` says its size.

    16 bits become 8, an alpha channel is left out, and no note of a camera's orientation is
    followed: pixels come as the camera's driver sends them. Colours are those of the file,
    whichever order its ``format`` names, but for a mosaic that was made a grey PNG: that is
    interpolated as its raw image would be. Raises ValueError when it cannot be decoded, or
    only in part.
    """
    size = check_compressed(message)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        bgr = cv2.imdecode(np.frombuffer(message.data, np.uint8), flags)
    except cv2.error as error:
        raise ValueError(f'{_not_decoded(message)} ({error})') from error
    if bgr is None or bgr.shape[:2] != size:
        raise ValueError(_not_decoded(message))
    mosaic = _mosaic(message)
    if mosaic is not None:
        _check_blocks(message.format, mosaic, *size)
        return samples_to_rgb(mosaic, np.ascontiguousarray(bgr[..., :1]))
    return np.asarray(cv2.cvtColor(to_eight_bits(bgr), cv2.COLOR_BGR2RGB), np.uint8)


def same_pixels(a: Image | CompressedImage, b: Image | CompressedImage) -> bool:
    """
    Return whether two messages of one camera carry the same bytes, whatever their headers say.

    Sees a difference near the start of the data in microseconds, whatever their size.
    """
    kinds = ('height', 'width', 'step', 'encoding', 'is_bigendian', 'format')
    if any(getattr(a, kind, None) != getattr(b, kind, None) for kind in kinds):
        return False
    if len(a.data) != len(b.data):
        return False
    left, right = np.frombuffer(a.data, np.uint8), np.frombuffer(b.data, np.uint8)
    return all(
        np.array_equal(left[start : start + _BLOCK], right[start : start + _BLOCK])
        for start in range(0, left.size, _BLOCK)
    )


def encode_image(frame: Frame, header: Any) -> Image:
    """Return an rgb8 message of the frame under this header."""
    height, width, _ = frame.shape
    return Image(
        header=header,
        height=height,
        width=width,
        encoding='rgb8',
        is_bigendian=0,
        step=width * 3,
        data=_bytes(frame),
    )


def encode_compressed(frame: Frame, header: Any, jpeg_quality: int) -> CompressedImage:
    """Return the frame as a JPEG under this header, as image_transport's subscribers want it."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality])
    return CompressedImage(header=header, format='rgb8; jpeg compressed bgr8', data=_bytes(data))


def encode_map(attention_map: NDArray[np.float32], header: Any) -> Image:
    """Return a (row, col) map as a 32FC1 message under this header."""
    rows, cols = attention_map.shape
    return Image(
        header=header,
        height=rows,
        width=cols,
        encoding='32FC1',
        is_bigendian=0,
        step=cols * 4,
        data=_bytes(attention_map.astype('<f4', copy=False)),
    )


def _bytes(values: NDArray[Any]) -> array[int]:
    """Return the memory of an array as the one type that ROS messages take without a look."""
    data = array('B')
    data.frombytes(np.ascontiguousarray(values).data.cast('B'))
    return data


def _check_blocks(name: str, encoding: Encoding, height: int, width: int) -> None:
    rows, cols = encoding.block
    if height % rows or width % cols or min(height, width) < encoding.least:
        least = f' and at least {encoding.least} of each' if encoding.least > 1 else ''
        raise ValueError(
            f'image is {width} x {height} pixels, {name} has columns in multiples of {cols} and '
            f'rows in multiples of {rows}{least}: set the camera to such a size, or to another '
            'encoding'
        )


def _mosaic(message: CompressedImage) -> Encoding | None:
    """Return the encoding of a mosaic that compressed_image_transport left as it was."""
    raw, _, codec = message.format.partition(';')
    # As a JPEG, or where it names the pixels that went in, it was made grey or colours before.
    if raw.startswith('bayer_') and codec.split() == ['png', 'compressed']:
        return ENCODINGS.get(raw)
    return None


def _not_decoded(message: CompressedImage) -> str:
    return (
        f'compressed image of format {_quoted(message.format)} and {len(message.data)} bytes '
        'cannot be decoded: the camera must send complete jpeg or png images'
    )


def _quoted(text: str) -> str:
    """Return what a message says, in quotes, and no more of it than an error can carry."""
    return repr(text if len(text) <= _LONGEST_QUOTE else f'{text[:_LONGEST_QUOTE]}…')
