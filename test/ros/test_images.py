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

"""Image messages to pixels and back, without cv_bridge and, where it is there, like it."""

from array import array

import cv2
import numpy as np
import pytest

from attention_mapper_ros.ros import images
from attention_mapper_ros.ros.images import (
    check_image,
    decode_compressed,
    decode_image,
    decode_with_numpy,
    encode_compressed,
    encode_image,
    encode_map,
)
from attention_mapper_ros.ros.interfaces import CompressedImage, Header, Image

RGB = np.random.default_rng(0).integers(0, 256, (6, 10, 3), dtype=np.uint8)
FROM_RGB = {
    'rgb8': None,
    'bgr8': cv2.COLOR_RGB2BGR,
    'rgba8': cv2.COLOR_RGB2RGBA,
    'bgra8': cv2.COLOR_RGB2BGRA,
}


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


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', FROM_RGB)
def test_colour_encodings_become_the_same_rgb(encoding, padding):
    conversion = FROM_RGB[encoding]
    pixels = RGB if conversion is None else cv2.cvtColor(RGB, conversion)
    message = image_message(pixels, encoding, padding)
    check_image(message)
    np.testing.assert_array_equal(decode_image(message), RGB)


def test_mono_becomes_grey():
    grey = RGB[..., :1]
    decoded = decode_image(image_message(grey, 'mono8'))
    np.testing.assert_array_equal(decoded, np.repeat(grey, 3, axis=2))


@pytest.mark.parametrize(
    ('encoding', 'luma'), [('yuv422', 1), ('uyvy', 1), ('yuv422_yuy2', 0), ('yuyv', 0)]
)
def test_grey_yuv422_keeps_its_luma(encoding, luma):
    pixels = np.full((4, 8, 2), 128, dtype=np.uint8)  # chroma 128: no colour
    pixels[..., luma] = 126
    decoded = decode_image(image_message(pixels, encoding))
    assert decoded.shape == (4, 8, 3)
    # BT.601 stretches video range: 255 / 219 * (126 - 16)
    assert np.abs(decoded.astype(int) - 128).max() <= 1


def test_rgb8_without_padding_is_not_copied():
    message = image_message(RGB, 'rgb8')
    decoded = decode_with_numpy(message)
    assert np.shares_memory(decoded, np.frombuffer(message.data, dtype=np.uint8))


def test_encoding_that_an_older_cv_bridge_does_not_know_is_decoded_all_the_same(monkeypatch):
    class OlderBridge:
        def imgmsg_to_cv2(self, message, encoding):
            raise TypeError(f'Unrecognized image encoding [{message.encoding}]')

    monkeypatch.setattr(images, '_cv_bridge', OlderBridge)
    np.testing.assert_array_equal(decode_image(image_message(RGB, 'rgb8')), RGB)


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


def test_empty_image_is_refused():
    with pytest.raises(ValueError, match='image is empty'):
        check_image(Image(encoding='rgb8'))


@pytest.mark.parametrize('extension', ['.png', '.jpg'])
def test_compressed_image_is_decoded(extension):
    smooth = cv2.resize(RGB, (64, 48))
    _, data = cv2.imencode(extension, cv2.cvtColor(smooth, cv2.COLOR_RGB2BGR))
    message = CompressedImage(format=extension[1:], data=array('B', data.tobytes()))
    difference = np.abs(decode_compressed(message).astype(int) - smooth)
    assert difference.mean() < (0.1 if extension == '.png' else 4)


@pytest.mark.parametrize('data', [b'', b'\xff\xd8\xff not a picture'])
def test_broken_compressed_image_is_refused(data):
    with pytest.raises(ValueError, match='cannot be decoded'):
        decode_compressed(CompressedImage(format='jpeg', data=array('B', data)))


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


@pytest.mark.needs_rclpy
@pytest.mark.needs_cv_bridge
@pytest.mark.parametrize('encoding', FROM_RGB)
def test_numpy_and_cv_bridge_give_the_same_pixels(encoding):
    from cv_bridge import CvBridge

    conversion = FROM_RGB[encoding]
    message = image_message(RGB if conversion is None else cv2.cvtColor(RGB, conversion), encoding)
    np.testing.assert_array_equal(
        decode_with_numpy(message), CvBridge().imgmsg_to_cv2(message, 'rgb8')
    )
