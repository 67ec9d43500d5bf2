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
"""JPEG and PNG messages to pixels: every kind that cameras send, and what is refused unseen."""

from array import array
import struct
import zlib

import cv2
import numpy as np
import pytest

from attention_mapper_ros.ros.images import (
    check_compressed,
    check_image,
    decode_compressed,
    decode_image,
)
from attention_mapper_ros.ros.interfaces import CompressedImage, Image

BGR = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (64, 48))
RGB = BGR[..., ::-1]


def compressed(pixels, extension='.jpg', kind='', *options):
    done, data = cv2.imencode(extension, pixels, options)
    assert done
    return CompressedImage(format=kind or extension[1:], data=array('B', data.tobytes()))


def difference(message, rgb):
    frame = decode_compressed(message)
    assert (frame.shape, frame.dtype) == (rgb.shape, np.uint8)
    return np.abs(frame.astype(int) - rgb)


def with_orientation(jpeg):
    """Return the JPEG with a note of the camera (EXIF) that it was held on its side."""
    entry = struct.pack('>HHIHH', 0x0112, 3, 1, 6, 0)
    exif = b'Exif\0\0MM' + struct.pack('>HIH', 42, 8, 1) + entry + bytes(4)
    return jpeg[:2] + b'\xff\xe1' + struct.pack('>H', 2 + len(exif)) + exif + jpeg[2:]


def png_chunk(kind, data):
    checksum = zlib.crc32(kind + data)
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', checksum)


def png_of_zeros(height, width):
    """Return a PNG that unfolds to a grey picture a thousand times its size."""
    compressor = zlib.compressobj(9)
    rows = b''.join(compressor.compress(bytes(width + 1)) for _ in range(height))
    header = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + png_chunk(b'IHDR', header)
        + png_chunk(b'IDAT', rows + compressor.flush())
        + png_chunk(b'IEND', b'')
    )


def jpeg_with_size(height, width):
    """Return a small JPEG whose header claims another size."""
    data = bytearray(compressed(BGR).data.tobytes())
    frame = data.index(b'\xff\xc0')
    data[frame + 5 : frame + 9] = struct.pack('>HH', height, width)
    return bytes(data)


@pytest.mark.parametrize('kind', ['jpeg', 'rgb8; jpeg compressed bgr8', '', 'bgr8; jpeg'])
def test_colours_of_a_jpeg_are_those_of_the_file(kind):
    assert difference(compressed(BGR, '.jpg', kind), RGB).mean() < 3


def test_progressive_jpeg_is_decoded():
    message = compressed(BGR, '.jpg', 'jpeg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert difference(message, RGB).mean() < 3


def test_grey_jpeg_becomes_three_equal_channels():
    grey = BGR[..., :1]
    frame = decode_compressed(compressed(grey, '.jpg', 'mono8; jpeg compressed mono8'))
    assert np.abs(frame.astype(int) - grey).mean() < 3
    assert (frame == frame[..., :1]).all()


def test_png_is_decoded_exactly():
    assert not difference(compressed(BGR, '.png', 'rgb8; png compressed bgr8'), RGB).any()


def test_alpha_of_a_png_is_left_out():
    alpha = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64, 1)
    bgra = np.concatenate([BGR, alpha], axis=2)
    assert not difference(compressed(bgra, '.png', 'bgra8; png compressed bgr8'), RGB).any()


@pytest.mark.parametrize('channels', [1, 3])
def test_16_bit_png_is_scaled_like_the_raw_image(channels):
    rng = np.random.default_rng(2)
    deep = rng.integers(0, 65536, (48, 64, channels), dtype=np.uint16)
    scaled = np.rint(deep[..., ::-1] / 257)
    assert not difference(compressed(deep, '.png'), np.broadcast_to(scaled, (48, 64, 3))).any()


@pytest.mark.parametrize('encoding', ['bayer_grbg8', 'bayer_bggr16'])
def test_mosaic_that_was_sent_as_a_grey_png_is_interpolated_like_the_raw_image(encoding):
    kind = np.uint16 if encoding.endswith('16') else np.uint8
    mosaic = np.random.default_rng(2).integers(0, 256, (6, 8)).astype(kind)
    raw = Image(
        height=6,
        width=8,
        encoding=encoding,
        step=mosaic.strides[0],
        data=array('B', mosaic.tobytes()),
    )
    check_image(raw)
    message = compressed(mosaic, '.png', f'{encoding}; png compressed ')
    np.testing.assert_array_equal(decode_compressed(message), decode_image(raw))


def test_mosaic_that_was_made_grey_before_stays_grey():
    message = compressed(BGR[..., 0], '.jpg', 'bayer_rggb8; jpeg compressed mono8')
    frame = decode_compressed(message)
    assert (frame == frame[..., :1]).all()


def test_picture_is_not_turned_by_what_the_camera_notes_of_its_orientation():
    jpeg = compressed(BGR).data.tobytes()
    turned = cv2.imdecode(np.frombuffer(with_orientation(jpeg), np.uint8), cv2.IMREAD_COLOR)
    assert turned.shape == (64, 48, 3)  # elsewhere the note counts
    message = CompressedImage(format='jpeg', data=array('B', with_orientation(jpeg)))
    assert check_compressed(message) == (48, 64)
    assert difference(message, RGB).mean() < 3


def test_bytes_after_the_end_of_a_jpeg_are_ignored():
    message = compressed(BGR)
    message.data.extend(bytes(1000))
    assert difference(message, RGB).mean() < 3


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_size_is_read_without_decoding(extension, monkeypatch):
    message = compressed(BGR, extension)
    monkeypatch.delattr(cv2, 'imdecode')
    assert check_compressed(message) == (48, 64)


@pytest.mark.parametrize(
    ('data', 'says'),
    [
        (png_of_zeros(20_000, 10_000), 'claims 10000 x 20000 pixels, no more than'),
        (jpeg_with_size(65_535, 65_535), 'claims 65535 x 65535 pixels'),
        (jpeg_with_size(0, 64), 'image is empty, 64 x 0 pixels'),
        (jpeg_with_size(2000, 64), 'long side may be 16 times its short one'),
    ],
    ids=['large png', 'large jpeg', 'empty jpeg', 'long jpeg'],
)
def test_size_that_no_camera_has_is_refused_before_it_is_decoded(data, says, monkeypatch):
    monkeypatch.delattr(cv2, 'imdecode')
    with pytest.raises(ValueError, match=says):
        decode_compressed(CompressedImage(format='jpeg', data=array('B', data)))


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
@pytest.mark.parametrize('kept', [0, 1, 2, 3, 8, 20, 30, 0.3, 0.9])
def test_truncated_picture_is_refused_before_it_is_decoded(extension, kept, monkeypatch):
    message = compressed(BGR, extension)
    kept = kept if isinstance(kept, int) else int(kept * len(message.data))
    message.data = message.data[:kept]
    monkeypatch.delattr(cv2, 'imdecode')
    with pytest.raises(
        ValueError, match=rf"of format '{extension[1:]}' and {kept} bytes cannot be decoded"
    ):
        check_compressed(message)


@pytest.mark.parametrize(
    ('data', 'says'),
    [
        (b'BM' + bytes(100), 'it begins with 42 4d 00'),
        (b'\xff\xd8' + b'\xff' * 100_000, 'its JPEG header is broken'),
        (b'\xff\xd8' + b'\xff\xe0\x00\x00' * 1000, 'its JPEG header is broken'),
        (b'\xff\xd8' + b'\xff\xe0\x00\x02' * 100_000 + b'\xff\xd9', 'its JPEG header is broken'),
        (b'\xff\xd8 no picture \xff\xd9', 'its JPEG header is broken'),
        (b'\x89PNG\r\n\x1a\n' + bytes(100) + b'IEND', 'its PNG header is broken'),
    ],
)
def test_other_data_is_refused_by_how_it_begins(data, says):
    with pytest.raises(ValueError, match=says):
        check_compressed(CompressedImage(format='jpeg', data=array('B', data)))


@pytest.mark.parametrize('extension', ['.jpg', '.png'])
def test_no_broken_byte_gets_more_than_a_refusal_or_a_picture_of_the_size_it_claims(extension):
    whole = compressed(BGR, extension).data.tobytes()
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(200):
        data = array('B', whole)
        for at in rng.integers(0, len(whole), 3):
            data[at] = rng.integers(256)
        message = CompressedImage(format='jpeg', data=data)
        try:
            assert decode_compressed(message).shape == (*check_compressed(message), 3)
        except ValueError:
            refused += 1
    assert refused
