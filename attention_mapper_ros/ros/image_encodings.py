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
How the pixels of each image encoding lie in memory, and what they are as 8 bit RGB.

Names and planes are those of sensor_msgs/image_encodings.hpp (nv12 came after Jazzy). What
cv_bridge converts comes out with the same pixels here, but for what it gets wrong: rows whose
padding is no whole number of pixels, and 16 bit images of the other byte order beside numpy 2.
It does not convert nv12, nv21, nv24, uyvy and yuyv at all, nor an 8UCn to colours unless they
are to be displayed, where it takes OpenCV's order: so does this table. 16UC1 is a picture of
distances for everybody who sends it, and is not known here.

YUV is ITU-R BT.601 in video range (16 to 235), as cv_bridge has it and webcams send it. 16 bits
become 8 by 255 / 65535, rounded, as in cv_bridge of every ROS 2 distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Encoding:
    """
    One encoding.

    ``channels``: samples of a pixel in the first plane, ``sample_bytes`` bytes each.
    ``to_rgb``: OpenCV's code for it, None when it is in the order of RGB already.
    ``block``: rows and columns that share a colour; an image has whole blocks only.
    ``chroma_rows``: rows of ``step`` bytes that follow for each row of the first plane; they
    hold the second plane, pairs of chroma.
    ``least``: rows and columns below which there is nothing to interpolate between.
    """

    channels: int
    to_rgb: int | None
    sample_bytes: int = 1
    block: tuple[int, int] = (1, 1)
    chroma_rows: float = 0.0
    least: int = 1

    def row_bytes(self, width: int) -> int:
        """Return the bytes of a row of so many pixels, without padding."""
        return width * self.channels * self.sample_bytes

    def rows(self, height: int) -> int:
        """Return the rows of ``step`` bytes that an image of this height has in memory."""
        return height + int(height * self.chroma_rows)


_UYVY = Encoding(2, cv2.COLOR_YUV2RGB_UYVY, block=(1, 2))
_YUYV = Encoding(2, cv2.COLOR_YUV2RGB_YUY2, block=(1, 2))
_EIGHT_BIT = {
    'rgb8': Encoding(3, None),
    'bgr8': Encoding(3, cv2.COLOR_BGR2RGB),
    'rgba8': Encoding(4, cv2.COLOR_RGBA2RGB),
    'bgra8': Encoding(4, cv2.COLOR_BGRA2RGB),
    'mono8': Encoding(1, cv2.COLOR_GRAY2RGB),
    # OpenCV names a mosaic by the second and the third pixel of its second row.
    'bayer_rggb8': Encoding(1, cv2.COLOR_BayerBG2RGB, block=(2, 2), least=4),
    'bayer_bggr8': Encoding(1, cv2.COLOR_BayerRG2RGB, block=(2, 2), least=4),
    'bayer_gbrg8': Encoding(1, cv2.COLOR_BayerGR2RGB, block=(2, 2), least=4),
    'bayer_grbg8': Encoding(1, cv2.COLOR_BayerGB2RGB, block=(2, 2), least=4),
}
ENCODINGS: Mapping[str, Encoding] = MappingProxyType(
    _EIGHT_BIT
    | {
        name.replace('8', '16'): replace(encoding, sample_bytes=2)
        for name, encoding in _EIGHT_BIT.items()
    }
    | {
        '8UC1': _EIGHT_BIT['mono8'],
        '8UC3': _EIGHT_BIT['bgr8'],
        '8UC4': _EIGHT_BIT['bgra8'],
        'uyvy': _UYVY,
        'yuv422': _UYVY,
        'yuyv': _YUYV,
        'yuv422_yuy2': _YUYV,
        'nv12': Encoding(1, cv2.COLOR_YUV2RGB_NV12, block=(2, 2), chroma_rows=0.5),
        'nv21': Encoding(1, cv2.COLOR_YUV2RGB_NV21, block=(2, 2), chroma_rows=0.5),
        'nv24': Encoding(1, None, chroma_rows=2.0),
    }
)
"""Every encoding that a camera may send, by its name in ``sensor_msgs/msg/Image``."""


def pixels_to_rgb(
    encoding: Encoding, data: Any, height: int, width: int, step: int, big_endian: bool
) -> NDArray[np.uint8]:
    """
    Return (row, col, RGB) uint8 pixels of an image that is as ``encoding`` says.

    ``data``: any buffer of ``step * encoding.rows(height)`` bytes. RGB is a view of it.
    """
    samples = _first_plane(encoding, data, height, width, step, big_endian)
    if not encoding.chroma_rows:
        return samples_to_rgb(encoding, samples)
    end = height * step
    if encoding.to_rgb is None:  # a pair of chroma for each pixel, OpenCV has no code for that
        return _yuv_to_rgb(samples, _chroma(data, height, width, end, 2 * step))
    chroma = _chroma(data, height // 2, width // 2, end, step)
    return np.asarray(cv2.cvtColorTwoPlane(samples, chroma, encoding.to_rgb), np.uint8)


def samples_to_rgb(encoding: Encoding, samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Return (row, col, RGB) uint8 of (row, col, channel) uint8 or uint16 in one plane."""
    # In this order, as cv_bridge: a mosaic of 16 bits is interpolated at 16 bits.
    rgb = samples if encoding.to_rgb is None else cv2.cvtColor(samples, encoding.to_rgb)
    return to_eight_bits(rgb)


def to_eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return uint16 values on the scale of uint8, and uint8 values as they are."""
    if values.dtype == np.uint16:
        values = cv2.convertScaleAbs(values, alpha=255 / 65535)
    return np.asarray(values, np.uint8)


def _first_plane(
    encoding: Encoding, data: Any, height: int, width: int, step: int, big_endian: bool
) -> NDArray[Any]:
    """Return the (row, col, channel) samples of the first plane, without a copy if possible."""
    pixel = encoding.channels * encoding.sample_bytes
    order = '>' if big_endian else '<'
    plane: NDArray[Any] = np.ndarray(
        (height, width, encoding.channels),
        f'{order}u{encoding.sample_bytes}',
        data,
        strides=(step, pixel, encoding.sample_bytes),
    )
    if encoding.sample_bytes == 1:
        return plane
    return np.require(plane, np.uint16, ['C', 'A'])


def _chroma(data: Any, height: int, width: int, start: int, step: int) -> NDArray[np.uint8]:
    """Return the pairs of chroma from byte ``start`` on, (row, col, 2)."""
    return np.ndarray((height, width, 2), np.uint8, data, start, (step, 2, 1))


def _yuv_to_rgb(luma: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGB of (row, col, 1) luma and (row, col, 2) chroma."""
    yuv = np.concatenate([luma, chroma], axis=2)
    return np.asarray(cv2.transform(yuv, _FROM_YUV), np.uint8)


def _from_yuv() -> NDArray[np.float64]:
    """Return R, G, B (rows) from Y, Cb, Cr, 1: ITU-R BT.601, equations of its section 2.5."""
    red, blue = 0.299, 0.114  # shares in the luma
    green = 1 - red - blue
    y, c = 255 / 219, 255 / 224  # from video range
    by_chroma = np.array(
        [
            [0, 2 * (1 - red)],
            [-2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green],
            [2 * (1 - blue), 0],
        ]
    )
    offset = -16 * y - 128 * c * by_chroma.sum(axis=1, keepdims=True)
    return np.hstack([np.full((3, 1), y), c * by_chroma, offset])


_FROM_YUV = _from_yuv()
