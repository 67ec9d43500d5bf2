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

cv_bridge decodes where it is installed and works (vision_opencv#535: one that was built
against numpy 1 breaks beside numpy 2); elsewhere numpy and OpenCV do, to the same pixels.
"""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.ros.interfaces import CompressedImage, Image

Frame = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""

_BLOCK = 1 << 16  # bytes that are compared at once: a few microseconds

_CHANNELS = {
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'mono8': 1,
    'yuv422': 2,
    'uyvy': 2,
    'yuv422_yuy2': 2,
    'yuyv': 2,
}
_TO_RGB = {
    'bgr8': cv2.COLOR_BGR2RGB,
    'rgba8': cv2.COLOR_RGBA2RGB,
    'bgra8': cv2.COLOR_BGRA2RGB,
    'mono8': cv2.COLOR_GRAY2RGB,
    'yuv422': cv2.COLOR_YUV2RGB_UYVY,
    'uyvy': cv2.COLOR_YUV2RGB_UYVY,
    'yuv422_yuy2': cv2.COLOR_YUV2RGB_YUY2,
    'yuyv': cv2.COLOR_YUV2RGB_YUY2,
}


def check_image(message: Image) -> None:
    """
    Refuse an image that cannot be decoded, from its description alone.

    Raises ValueError for an unknown encoding and for a buffer that is too small for the
    height, width and step that it claims.
    """
    channels = _CHANNELS.get(message.encoding)
    if channels is None:
        raise ValueError(
            f'image encoding {message.encoding!r} is not known: configure the camera driver for '
            f'one of {", ".join(_CHANNELS)}'
        )
    if message.height == 0 or message.width == 0:
        raise ValueError(f'image is empty: {message.height} rows of {message.width} pixels')
    row = message.width * channels
    if message.step < row:
        raise ValueError(
            f'image step is {message.step}, a row of {message.width} {message.encoding} pixels '
            f'takes {row} bytes: the camera driver describes its images wrongly'
        )
    if len(message.data) < message.step * message.height:
        raise ValueError(
            f'image has {len(message.data)} bytes, {message.height} rows of step {message.step} '
            f'take {message.step * message.height}: the message is truncated'
        )


def decode_image(message: Image) -> Frame:
    """Return the pixels of a checked image as RGB; rgb8 without padding is not copied."""
    bridge = _cv_bridge()
    if bridge is None:
        return decode_with_numpy(message)
    try:
        decoded: Frame = bridge.imgmsg_to_cv2(message, 'rgb8')
    except (TypeError, RuntimeError, cv2.error):
        # CvBridgeError is a TypeError: older ones know fewer encodings than ``_CHANNELS``.
        return decode_with_numpy(message)
    return decoded


def decode_with_numpy(message: Image) -> Frame:
    """Return the pixels of a checked image as RGB, without cv_bridge."""
    channels = _CHANNELS[message.encoding]
    rows = np.frombuffer(message.data, dtype=np.uint8)[: message.step * message.height]
    rows = rows.reshape(message.height, message.step)[:, : message.width * channels]
    pixels = rows.reshape(message.height, message.width, channels)
    if message.encoding == 'rgb8':
        return pixels
    rgb: Frame = cv2.cvtColor(pixels, _TO_RGB[message.encoding])
    return rgb


def decode_compressed(message: CompressedImage) -> Frame:
    """Return a JPEG or PNG as RGB; raise ValueError when it is neither, or truncated."""
    data = np.frombuffer(message.data, dtype=np.uint8)
    refusal = (
        f'compressed image of format {message.format!r} and {data.size} bytes cannot be '
        'decoded: the camera must send complete jpeg or png images'
    )
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as error:  # a size that nobody could hold, say
        raise ValueError(f'{refusal} ({error})') from error
    if bgr is None:
        raise ValueError(refusal)
    rgb: Frame = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb


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


@lru_cache(maxsize=1)
def _cv_bridge() -> Any | None:
    """Return a CvBridge that proved itself on one pixel, or None."""
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        probe = Image(height=1, width=1, encoding='bgr8', step=3, data=bytes([1, 2, 3]))
        works = bridge.imgmsg_to_cv2(probe, 'rgb8').tolist() == [[[3, 2, 1]]]
    except (ImportError, AttributeError, KeyError, TypeError, RuntimeError, SystemError):
        # Not installed, or built against another numpy or OpenCV: the numpy decoder serves.
        return None
    return bridge if works else None
