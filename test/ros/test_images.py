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

"""Image messages: what is refused, what costs nothing, and the way back from pixels."""

from array import array
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from attention_mapper_ros.ros.images import (
    check_image,
    decode_compressed,
    decode_image,
    encode_compressed,
    encode_image,
    encode_map,
    same_pixels,
)
from attention_mapper_ros.ros.interfaces import Header, Image

RGB = np.random.default_rng(0).integers(0, 256, (6, 10, 3), dtype=np.uint8)


def image_message(pixels: np.ndarray, encoding: str, padding: int = 0) -> Image:
    """Return a message of (row, col, channel) pixels, each row followed by padding bytes."""
    height, width = pixels.shape[:2]
    rows = pixels.reshape(height, -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=7)
    return Image(
        height=height,
        width=width,
        encoding=encoding,
        step=padded.shape[1],
        data=array('B', padded.tobytes()),
    )


@pytest.mark.parametrize('kind', [bytes, array])
def test_rgb8_is_not_copied(kind):
    data = image_message(RGB, 'rgb8', padding=5).data
    message = SimpleNamespace(
        height=6,
        width=10,
        encoding='rgb8',
        is_bigendian=0,
        step=35,
        data=data if kind is array else data.tobytes(),
    )
    decoded = decode_image(message)
    assert np.shares_memory(decoded, np.frombuffer(message.data, dtype=np.uint8))
    np.testing.assert_array_equal(decoded, RGB)


def test_unknown_encoding_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"encoding '16UC7' is not known.*rgb8, bgr8"):
        check_image(image_message(RGB, '16UC7'))


def test_truncated_image_is_refused():
    message = image_message(RGB, 'rgb8')
    message.data = message.data[:-1]
    with pytest.raises(ValueError, match='179 bytes, 6 rows of step 30 take 180'):
        check_image(message)


def test_step_shorter_than_a_row_is_refused():
    message = image_message(RGB, 'rgb8')
    message.step = 29
    with pytest.raises(ValueError, match='step is 29, a row of 10 rgb8 pixels takes 30'):
        check_image(message)


LARGEST = 4294967295  # of a uint32


@pytest.mark.parametrize(
    ('size', 'says'),
    [
        ((0, 10), 'image is empty, 10 x 0 pixels'),
        ((6, 0), 'image is empty, 0 x 6 pixels'),
        ((LARGEST, LARGEST), 'claims 4294967295 x 4294967295 pixels, no more than 33177600'),
        ((65536, 65536), 'claims 65536 x 65536 pixels'),  # 0 in 32 bits
        ((4320, 7681), 'claims 7681 x 4320 pixels'),
        ((1, 17), 'image is 17 x 1 pixels, its long side may be 16 times its short one'),
        ((170, 10), 'image is 10 x 170 pixels, its long side'),
    ],
)
def test_size_that_no_camera_has_is_refused(size, says):
    message = image_message(RGB, 'rgb8')
    message.height, message.width = size
    with pytest.raises(ValueError, match=says):
        check_image(message)


@pytest.mark.parametrize('number', [int, np.uint32])
@pytest.mark.parametrize(('height', 'step'), [(64, 2**26), (4096, 2**20), (4320, LARGEST)])
def test_claim_of_gigabytes_is_refused_though_it_overflows_32_bits(height, step, number):
    message = SimpleNamespace(
        height=number(height),
        width=number(1024),
        encoding='rgb8',
        is_bigendian=0,
        step=number(step),
        data=b'12',
    )
    with pytest.raises(ValueError, match=f'{height} rows of step {step} take {height * step}'):
        check_image(message)


@pytest.mark.parametrize(
    ('encoding', 'height', 'width', 'says'),
    [
        ('uyvy', 6, 9, 'uyvy has columns in multiples of 2 and rows in multiples of 1:'),
        ('yuyv', 6, 9, 'image is 9 x 6 pixels, yuyv has columns in multiples of 2'),
        ('nv12', 6, 9, 'nv12 has columns in multiples of 2 and rows in multiples of 2'),
        ('nv21', 5, 10, 'image is 10 x 5 pixels, nv21 has columns in multiples of 2'),
        ('bayer_rggb8', 6, 9, 'bayer_rggb8 has columns in multiples of 2'),
        ('bayer_grbg16', 5, 10, 'bayer_grbg16 has columns in multiples of 2'),
        ('bayer_bggr8', 2, 8, 'and at least 4 of each: set the camera to such a size'),
    ],
)
def test_size_that_the_encoding_cannot_have_is_refused(encoding, height, width, says):
    message = Image(
        height=height, width=width, encoding=encoding, step=64, data=array('B', bytes(1000))
    )
    with pytest.raises(ValueError, match=says):
        check_image(message)


@pytest.mark.parametrize(
    ('encoding', 'step', 'needed'),
    [('mono16', 20, 120), ('rgba16', 80, 480), ('nv12', 13, 117), ('nv24', 10, 180)],
)
def test_too_little_data_is_refused_by_what_the_encoding_takes(encoding, step, needed):
    message = Image(height=6, width=10, encoding=encoding, step=step)
    message.data = array('B', bytes(needed - 1))
    with pytest.raises(ValueError, match=f'has {needed - 1} bytes, .* take {needed}'):
        check_image(message)
    message.data.append(0)
    check_image(message)
    assert decode_image(message).shape == (6, 10, 3)


def test_refusal_repeats_no_more_of_a_message_than_can_be_read():
    with pytest.raises(ValueError, match='is not known') as refusal:
        check_image(image_message(RGB, 'x' * 1_000_000))
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize('at', [0, 70_000, 149_999])
def test_messages_of_one_camera_differ_by_any_byte_and_not_by_their_stamps(at):
    pixels = np.zeros((100, 500, 3), np.uint8)
    one, other = (encode_image(pixels, Header(frame_id=name)) for name in ('one', 'other'))
    assert same_pixels(one, other)
    other.data[at] ^= 1
    assert not same_pixels(one, other)


def test_messages_of_the_same_bytes_and_another_meaning_differ():
    one, other = encode_image(RGB, Header()), encode_image(RGB, Header())
    other.encoding = 'bgr8'
    assert not same_pixels(one, other)
    turned = encode_image(RGB.reshape(10, 6, 3), Header())
    assert not same_pixels(one, turned)


def test_compressed_messages_are_the_same_when_their_bytes_are():
    one, other = (encode_compressed(RGB, Header(frame_id=name), 90) for name in 'ab')
    assert same_pixels(one, other)
    other.data.append(0)
    assert not same_pixels(one, other)


def test_encoded_image_carries_pixels_and_header():
    header = Header(frame_id='front_camera')
    header.stamp.sec = 12
    message = encode_image(RGB, header)
    assert (message.encoding, message.step, message.height, message.width) == ('rgb8', 30, 6, 10)
    assert message.header == header
    np.testing.assert_array_equal(decode_image(message), RGB)


def test_encoded_part_of_a_larger_picture_is_whole():
    message = encode_image(RGB[1:4, 2:7], Header())
    np.testing.assert_array_equal(decode_image(message), RGB[1:4, 2:7])


def test_encoded_map_is_32fc1_of_the_cell_grid():
    attention_map = np.arange(6, dtype=np.float32).reshape(2, 3)
    message = encode_map(attention_map, Header())
    assert (message.encoding, message.step) == ('32FC1', 12)
    values = np.frombuffer(message.data, dtype='<f4').reshape(message.height, message.width)
    np.testing.assert_array_equal(values, attention_map)


def test_compressed_overlay_is_a_jpeg_of_the_same_picture():
    smooth = cv2.resize(RGB, (64, 48))
    message = encode_compressed(smooth, Header(), jpeg_quality=95)
    assert 'jpeg' in message.format
    assert np.abs(decode_compressed(message).astype(int) - smooth).mean() < 4
