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

"""Pictures of single layers and heads of a real policy show what that layer and head look at."""

from __future__ import annotations

from act_checkpoints import make_act_checkpoint
import cv2
import numpy as np
import pytest

from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.adapter import Observation
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.rendering.head_grid import CameraFrame
from attention_mapper_ros.rendering.layer_pictures import LayerPictures
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.png import encode_png, write_png

CAMERAS = {'front': (96, 128), 'wrist': (64, 96)}
MODULE = 'encoder_self'


@pytest.fixture(scope='module')
def seen(tmp_path_factory):
    """Return frames, weights (layer, head, token) and layout of one forward."""
    folder = make_act_checkpoint(tmp_path_factory.mktemp('policy') / 'act', CAMERAS)
    adapter = load_policy(folder, 'cpu')
    random = np.random.default_rng(3)
    images = {
        image.name: random.integers(0, 256, (image.height, image.width, 3), np.uint8)
        for image in adapter.spec.images
    }
    observation = Observation(images, np.zeros(adapter.spec.state_size, np.float32))
    inference = adapter.infer(observation, AttentionRequest(head_weights=True))
    frames = [
        CameraFrame(camera.feature, camera.feature, images[camera.feature], camera.geometry)
        for camera in inference.layout.cameras
    ]
    adapter.close()
    return frames, inference.head_weights[MODULE], inference.layout


def test_every_layer_is_a_file_named_after_step_and_layer(seen):
    frames, weights, layout = seen
    names = [one.name for one in LayerPictures().draw(7, MODULE, frames, weights, layout)]
    assert names == [f'step_0007_layer_{layer}.png' for layer in range(len(weights))]


def test_on_request_every_head_is_a_file_of_its_own(seen):
    frames, weights, layout = seen
    drawn = list(LayerPictures().draw(0, MODULE, frames, weights, layout, heads=True))
    names = {one.name for one in drawn}
    layers, heads, _ = weights.shape
    assert len(names) == len(drawn) == layers * (1 + heads)
    assert 'step_0000_layer_0_head_1.png' in names


def test_a_picture_shows_the_overlays_of_that_layer_side_by_side(seen):
    frames, weights, layout = seen
    style = OverlayStyle(strip='none', scale=2)
    drawn = list(LayerPictures(style).draw(0, MODULE, frames, weights, layout))
    for layer, one in enumerate(drawn):
        maps = fold(weights[layer].mean(axis=0), layout, 'raw', 'mean')
        x = 0
        for frame in frames:
            overlay = OverlayAnnotator(style).annotate(
                frame.picture,
                maps.cameras[frame.feature],
                frame.geometry,
                maps.shares,
                frame.feature,
            )
            top = one.picture.shape[0] - 2 * max(frame.picture.shape[0] for frame in frames)
            height, width = overlay.shape[:2]
            np.testing.assert_array_equal(one.picture[top : top + height, x : x + width], overlay)
            x += width + 8
    assert (drawn[0].picture != drawn[1].picture).any()


def test_frames_may_come_in_any_order(seen):
    frames, weights, layout = seen
    drawn = next(LayerPictures().draw(0, MODULE, frames, weights, layout))
    turned = next(LayerPictures().draw(0, MODULE, frames[::-1], weights, layout))
    np.testing.assert_array_equal(drawn.picture, turned.picture)


def test_weights_of_another_policy_are_refused(seen):
    frames, weights, layout = seen
    with pytest.raises(ValueError, match=r'expected \(layer, head, token\)'):
        next(LayerPictures().draw(0, MODULE, frames, weights[0], layout))
    with pytest.raises(ValueError, match='token layout has'):
        next(LayerPictures().draw(0, MODULE, frames, weights[:, :, :-1], layout))
    with pytest.raises(ValueError, match='give one of each'):
        next(LayerPictures().draw(0, MODULE, frames[:1], weights, layout))


def test_a_png_holds_the_very_pixels(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    decoded = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[:, :, ::-1], picture)
    write_png(tmp_path / 'frames' / 'a.png', picture)
    assert [path.name for path in (tmp_path / 'frames').iterdir()] == ['a.png']


def test_a_png_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / 'a.png').mkdir()
    with pytest.raises(OSError, match=r'a\.png'):
        write_png(tmp_path / 'a.png', np.zeros((4, 4, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ['a.png']
