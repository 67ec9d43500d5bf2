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
"""Each encoding against arithmetic of its own, without OpenCV, and against cv_bridge."""

from array import array

import numpy as np
import pytest

from attention_mapper_ros.ros.image_encodings import ENCODINGS
from attention_mapper_ros.ros.images import check_image, decode_image
from attention_mapper_ros.ros.interfaces import Image

HEIGHT, WIDTH = 8, 12
ORDERS = {'rgb': [0, 1, 2], 'bgr': [2, 1, 0], 'rgba': [0, 1, 2, 3], 'bgra': [2, 1, 0, 3]}
PACKED = {f'{order}{bits}': (order, bits) for order in ORDERS for bits in (8, 16)} | {
    '8UC3': ('bgr', 8),
    '8UC4': ('bgra', 8),
}
GREY = {'mono8': 8, '8UC1': 8, 'mono16': 16}
MOSAICS = {
    f'bayer_{order}{bits}': (order, bits)
    for order in ('rggb', 'bggr', 'gbrg', 'grbg')
    for bits in (8, 16)
}
# Y, U and V of two neighbouring pixels, in the order of the four bytes
YUV422 = {'uyvy': 'UYVY', 'yuv422': 'UYVY', 'yuyv': 'YUYV', 'yuv422_yuy2': 'YUYV'}
TWO_PLANES = {'nv12': (2, 'UV'), 'nv21': (2, 'VU'), 'nv24': (1, 'UV')}
CV_BRIDGE_CONVERTS = [*set(PACKED) - {'8UC3', '8UC4'}, 'mono8', 'mono16', *MOSAICS,
                      'yuv422', 'yuv422_yuy2']  # fmt: skip


def samples(*shape, bits=8):
    return np.random.default_rng(1).integers(0, 2**bits, shape, dtype=f'u{bits // 8}')


def to_eight(values):
    """Scale by 255 / 65535 what has 16 bits, in whole numbers."""
    if values.dtype == np.uint8:
        return values
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def message_of(encoding, *planes, padding=0, big_endian=False, kind=array):
    """Return an image whose rows, (row, samples) of each plane, all have padding behind them."""
    step, data = 0, b''
    for plane in planes:
        rows = plane.reshape(plane.shape[0], -1)
        order = '>' if big_endian else '<'
        rows = rows.astype(f'{order}u{rows.itemsize}').view(np.uint8)
        # the chroma of nv24 has rows of twice the bytes
        step = step or rows.shape[1] + padding
        wide = rows.shape[1] // (step - padding)
        data += np.pad(rows, ((0, 0), (0, wide * padding)), constant_values=77).tobytes()
    return Image(
        height=planes[0].shape[0],
        width=WIDTH,
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=step,
        data=array('B', data) if kind is array else data,
    )


def decoded(message):
    check_image(message)
    rgb = decode_image(message)
    assert rgb.dtype == np.uint8
    return rgb


def rgb_of_yuv(y, u, v):
    """ITU-R BT.601 from video range, with the usual six decimals."""
    y, u, v = (np.asarray(plane, np.float64) for plane in (y - 16.0, u - 128.0, v - 128.0))
    rgb = np.stack(
        [
            1.164384 * y + 1.596027 * v,
            1.164384 * y - 0.391762 * u - 0.812968 * v,
            1.164384 * y + 2.017232 * u,
        ],
        axis=-1,
    )
    return np.clip(np.rint(rgb), 0, 255)


def bilinear(mosaic, order):
    """Return (row, col, RGB): what is missing is the mean of the nearest of its colour."""
    height, width = mosaic.shape
    weight = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float64)
    planes = []
    for colour in 'rgb':
        there = np.array([letter == colour for letter in order], np.float64).reshape(2, 2)
        there = np.tile(there, (height // 2, width // 2))
        total, weights = np.zeros(mosaic.shape), np.zeros(mosaic.shape)
        for row, col in np.ndindex(3, 3):
            shift = (1 - row, 1 - col)
            total += weight[row, col] * np.roll(there * mosaic, shift, (0, 1))
            weights += weight[row, col] * np.roll(there, shift, (0, 1))
        planes.append(np.where(there, mosaic, total / weights))
    return np.stack(planes, axis=-1)


def close(rgb, expected, tolerance):
    assert rgb.shape == expected.shape
    assert np.abs(rgb.astype(np.float64) - expected).max() <= tolerance


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', PACKED)
def test_colours_are_put_in_the_order_of_rgb(encoding, padding, big_endian):
    order, bits = PACKED[encoding]
    rgba = samples(HEIGHT, WIDTH, 4, bits=bits)
    message = message_of(
        encoding, rgba[..., ORDERS[order]], padding=padding, big_endian=big_endian
    )
    np.testing.assert_array_equal(decoded(message), to_eight(rgba[..., :3]))


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', GREY)
def test_grey_becomes_three_equal_channels(encoding, padding, big_endian):
    grey = samples(HEIGHT, WIDTH, bits=GREY[encoding])
    message = message_of(encoding, grey, padding=padding, big_endian=big_endian)
    np.testing.assert_array_equal(decoded(message), to_eight(np.stack([grey] * 3, axis=-1)))


def test_16_bits_are_scaled_and_not_cut():
    grey = np.array([[0, 128, 129, 255, 256, 384, 386, 32767, 32896, 65406, 65407, 65535]],
                    np.uint16)  # fmt: skip
    rgb = decoded(message_of('mono16', grey))
    assert rgb[0, :, 0].tolist() == [0, 0, 1, 1, 1, 1, 2, 127, 128, 254, 255, 255]


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', YUV422)
def test_yuv422_follows_bt601(encoding, padding):
    y, chroma = samples(HEIGHT, WIDTH) % 220 + 16, samples(2, HEIGHT, WIDTH // 2) % 225 + 16
    letters = YUV422[encoding]
    planes = {'U': chroma[0], 'V': chroma[1]}
    lumas = iter([y[:, 0::2], y[:, 1::2]])
    quads = np.stack([planes.get(c) if c in planes else next(lumas) for c in letters], axis=-1)
    u, v = np.repeat(chroma, 2, axis=2)
    close(decoded(message_of(encoding, quads, padding=padding)), rgb_of_yuv(y, u, v), 1)


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', TWO_PLANES)
def test_planes_of_luma_and_chroma_follow_bt601(encoding, padding):
    coarse, order = TWO_PLANES[encoding]
    y = samples(HEIGHT, WIDTH) % 220 + 16
    u, v = samples(2, HEIGHT // coarse, WIDTH // coarse) % 225 + 16
    pairs = np.stack([u, v] if order == 'UV' else [v, u], axis=-1)
    message = message_of(encoding, y, pairs, padding=padding)
    u, v = (np.kron(plane, np.ones((coarse, coarse))) for plane in (u, v))
    close(decoded(message), rgb_of_yuv(y, u, v), 1)


# BT.601's red is Y 81, U 90, V 240; its blue Y 41, U 240, V 110.
@pytest.mark.parametrize(
    ('encoding', 'rgb', 'rows'),
    [
        ('uyvy', (255, 0, 0), [[90, 81, 240, 81]] * 2),
        ('yuyv', (255, 0, 0), [[81, 90, 81, 240]] * 2),
        ('nv12', (255, 0, 0), [[81, 81], [81, 81], [90, 240]]),
        ('nv21', (255, 0, 0), [[81, 81], [81, 81], [240, 90]]),
        ('nv24', (255, 0, 0), [[81, 81], [81, 81], [90, 240], [90, 240], [90, 240], [90, 240]]),
        ('nv12', (0, 0, 255), [[41, 41], [41, 41], [240, 110]]),
    ],
)
def test_pure_colours_in_yuv_are_pure_in_rgb(encoding, rgb, rows):
    message = Image(
        height=2,
        width=2,
        encoding=encoding,
        step=len(rows[0]),
        data=array('B', [sample for row in rows for sample in row]),
    )
    close(decoded(message), np.full((2, 2, 3), rgb), 2)


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', MOSAICS)
def test_mosaic_is_interpolated_between_the_nearest_of_each_colour(encoding, padding, big_endian):
    order, bits = MOSAICS[encoding]
    mosaic = samples(HEIGHT, WIDTH, bits=bits)
    rgb = decoded(message_of(encoding, mosaic, padding=padding, big_endian=big_endian))
    inside = (slice(1, -1), slice(1, -1))
    close(rgb[inside], bilinear(mosaic, order)[inside] / (257 if bits == 16 else 1), 1)


@pytest.mark.parametrize('encoding', MOSAICS)
def test_mosaic_of_one_colour_is_that_colour_up_to_the_border(encoding):
    order, bits = MOSAICS[encoding]
    level = {'r': 200, 'g': 100, 'b': 50}
    tile = np.array([level[letter] for letter in order]).reshape(2, 2) * (257 if bits == 16 else 1)
    mosaic = np.tile(tile, (HEIGHT // 2, WIDTH // 2)).astype(f'u{bits // 8}')
    rgb = decoded(message_of(encoding, mosaic))
    np.testing.assert_array_equal(rgb, np.full((HEIGHT, WIDTH, 3), (200, 100, 50)))


def test_every_encoding_is_held_against_a_reference_here():
    assert set(ENCODINGS) == {*PACKED, *GREY, *YUV422, *TWO_PLANES, *MOSAICS}


@pytest.mark.parametrize('encoding', ['rgb8', 'mono16', 'nv12', 'bayer_rggb16'])
def test_bytes_and_arrays_of_bytes_decode_alike(encoding):
    planes = {
        'rgb8': [samples(HEIGHT, WIDTH, 3)],
        'nv12': [samples(HEIGHT, WIDTH), samples(HEIGHT // 2, WIDTH)],
    }.get(encoding, [samples(HEIGHT, WIDTH, bits=16)])
    np.testing.assert_array_equal(
        decoded(message_of(encoding, *planes, kind=bytes)),
        decoded(message_of(encoding, *planes, kind=array)),
    )


@pytest.mark.needs_rclpy
@pytest.mark.needs_cv_bridge
@pytest.mark.parametrize('encoding', sorted(CV_BRIDGE_CONVERTS))
def test_cv_bridge_gives_the_same_pixels(encoding):
    from cv_bridge import CvBridge

    encoded = ENCODINGS[encoding]
    values = samples(HEIGHT, WIDTH, encoded.channels, bits=8 * encoded.sample_bytes)
    message = message_of(encoding, values)
    bridged = CvBridge().imgmsg_to_cv2(message, desired_encoding='rgb8')
    # Of interpolation, another version of OpenCV may round otherwise.
    close(decoded(message), bridged, int(encoding.startswith(('yuv', 'bayer'))))
