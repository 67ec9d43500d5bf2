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
"""A camera's messages on their way to the policy: which are refused, and where pixels end up."""

import cv2
import numpy as np
import pytest

from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import Header
from attention_mapper_ros.ros.observations import CameraInput, ObservationBuilder, Place


def camera(height, width, resize, compressed=False):
    return CameraInput('front', 'observation.images.front', height, width, compressed, resize)


def noise(height, width):
    return np.random.default_rng(0).integers(1, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ('source', 'place'),
    [
        ((480, 640), Place(0, 12, 96, 72)),  # wider than the policy's picture
        ((1920, 1080), Place(21, 0, 54, 96)),  # higher
        ((96, 96), Place(0, 0, 96, 96)),
        ((24, 48), Place(0, 24, 96, 48)),  # smaller
        ((300, 301), Place(0, 0, 96, 96)),  # not a whole pixel of padding
        ((98, 100), Place(0, 1, 96, 94)),
        ((97, 100), Place(0, 1, 96, 93)),  # three rows of padding: one above, two below
        ((10, 160), Place(0, 45, 96, 6)),
    ],
)
def test_letterbox_keeps_proportions_and_centres(source, place):
    assert camera(96, 96, 'letterbox').place(*source) == place


@pytest.mark.parametrize('source', [(48, 96), (96, 48), (97, 100), (200, 320), (16, 1), (64, 128)])
def test_letterboxed_picture_is_the_whole_source_on_black(source):
    front = camera(64, 96, 'letterbox')
    frame = noise(*source)
    picture = front.image(frame)
    assert (picture.shape, picture.dtype) == ((64, 96, 3), np.uint8)
    place = front.place(*source)
    rows = slice(place.top, place.top + place.height)
    cols = slice(place.left, place.left + place.width)
    expected = cv2.resize(frame, (place.width, place.height), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(picture[rows, cols], expected)
    assert expected.all()  # the source is nowhere black
    picture[rows, cols] = 0
    assert not picture.any()


def test_letterbox_shrinks_by_pixel_area():
    frame = noise(96, 192)
    picture = camera(64, 96, 'letterbox').image(frame)
    means = frame.reshape(48, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.abs(picture[8:56] - means).max() <= 0.51


def test_stretch_fills_the_policys_picture():
    front = camera(64, 96, 'stretch')
    assert front.place(480, 480) == Place(0, 0, 96, 64)
    assert front.image(noise(480, 480)).all()


@pytest.mark.parametrize('resize', ['none', 'stretch', 'letterbox'])
def test_picture_of_the_policys_size_is_handed_on_as_it_is(resize):
    frame = noise(64, 96)
    assert camera(64, 96, resize).image(frame) is frame


@pytest.mark.parametrize('compressed', [False, True])
def test_picture_of_another_size_is_refused_when_it_comes_unless_it_may_be_resized(compressed):
    frame = noise(48, 96)
    message = (
        encode_compressed(frame, Header(), 90) if compressed else encode_image(frame, Header())
    )
    with pytest.raises(ValueError, match=r'96 x 48 pixels, the policy wants 96 x 64 .*letterbox'):
        camera(64, 96, 'none', compressed).check(message)
    for resize in ('stretch', 'letterbox'):
        camera(64, 96, resize, compressed).check(message)


def test_broken_compressed_picture_is_refused_when_it_comes():
    message = encode_compressed(noise(64, 96), Header(), 90)
    message.data = message.data[:500]
    with pytest.raises(ValueError, match='cannot be decoded'):
        camera(64, 96, 'none', compressed=True).check(message)


def test_frames_keep_the_cameras_size_and_the_observation_has_the_policys():
    builder = ObservationBuilder({'front': camera(64, 96, 'letterbox')})
    frames = builder.frames({'front': encode_image(noise(100, 100), Header())})
    assert frames['front'].shape == (100, 100, 3)
    observation = builder.observation(frames, np.zeros(2, np.float32))
    assert observation.images['observation.images.front'].shape == (64, 96, 3)
