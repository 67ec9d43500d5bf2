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

"""What a person reads off a head grid is true."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.rendering.colour_scale import ColourScale
from attention_mapper_ros.rendering.grid_page import GridPage, HeadRows, TileCamera
from attention_mapper_ros.rendering.head_grid import CameraFrame, HeadGridAnnotator
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.palette import GROUND, group_colours

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
CELLS = CellGeometry(rows=5, cols=6, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)
LAYOUT = TokenLayout(
    groups=(
        TokenGroup('latent', 0, 1),
        TokenGroup('joints', 1, 2),
        TokenGroup(FRONT, 2, 32),
        TokenGroup(WRIST, 32, 62),
    ),
    cameras=(CameraTokens(FRONT, 2, CELLS), CameraTokens(WRIST, 32, CELLS)),
)
GROUPS = tuple(group.name for group in LAYOUT.groups)
MODULES = (HeadRows('encoder_self', 2, 4), HeadRows('decoder_cross', 1, 4))
PLAIN = OverlayStyle(strip='none', scale=1)


def frames(level: int = 128, height: int = 144, width: int = 192) -> list[CameraFrame]:
    picture = np.full((height, width, 3), level, np.uint8)
    cells = CELLS.scaled(width / 192, height / 144)
    return [CameraFrame(name, name[19:], picture, cells) for name in (FRONT, WRIST)]


def uniform() -> dict[str, np.ndarray]:
    return {
        rows.module: np.full((rows.layers, rows.heads, LAYOUT.size), 1 / LAYOUT.size, np.float32)
        for rows in MODULES
    }


def page() -> GridPage:
    colours = ColourScale(PLAIN.colour_map, PLAIN.max_ratio, PLAIN.opacity_low, PLAIN.opacity_high)
    cameras = (TileCamera('front', 144, 192), TileCamera('wrist', 144, 192))
    return GridPage(MODULES, cameras, GROUPS, colours)


def draw(weights: dict[str, np.ndarray], title: str = 'tick 1', **size: int) -> np.ndarray:
    return HeadGridAnnotator(PLAIN).annotate(frames(**size), weights, LAYOUT, title)


def cut(picture: np.ndarray, module: str, layer: int, head: int, camera: int) -> np.ndarray:
    box = page().frame(module, layer, head, camera)
    return picture[box.y : box.y + box.height, box.x : box.x + box.width]


def changed(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (picture != other).any(axis=2)


def test_weights_of_a_head_are_drawn_in_the_tile_of_that_layer_head_and_camera():
    base = draw(uniform())
    for module, layer, head in (('encoder_self', 1, 2), ('decoder_cross', 0, 3)):
        weights = uniform()
        weights[module][layer, head, 2:32] = 0.0
        weights[module][layer, head, 32:62] *= 2.0
        drawn = draw(weights)
        assert changed(cut(drawn, module, layer, head, 0), cut(base, module, layer, head, 0)).all()
        assert changed(cut(drawn, module, layer, head, 1), cut(base, module, layer, head, 1)).all()
        # Outside that tile, its share bar and its numbers, nothing moved.
        rows, cols = np.nonzero(changed(drawn, base))
        tile, numbers = page().frame(module, layer, head, 0), page().numbers(module, layer, head)
        assert (rows.min(), cols.min()) == (tile.y, tile.x)
        assert rows.max() < numbers.y + numbers.height
        assert cols.max() < tile.x + page().tile_width


def test_tiles_are_on_the_fixed_scale_of_the_overlays():
    weights = uniform()
    weights['encoder_self'][0, 1] = np.random.default_rng(0).dirichlet(np.ones(LAYOUT.size))
    drawn = draw(weights)
    grid = LAYOUT.cameras[1].grid(weights['encoder_self'][0, 1]) * LAYOUT.size
    overlay = OverlayAnnotator(PLAIN).annotate(
        frames()[1].picture, grid.astype(np.float32), CELLS, {WRIST: 1.0}, WRIST
    )
    tile = cut(drawn, 'encoder_self', 0, 1, 1)
    assert tile.shape == overlay.shape
    assert np.abs(tile.astype(int) - overlay.astype(int)).max() <= 1


@pytest.mark.parametrize(('height', 'width'), [(144, 192), (288, 384), (72, 96)])
def test_peak_lies_on_the_true_centre_of_its_cell_whatever_the_frames_size(height, width):
    weights = uniform()
    weights['decoder_cross'][0, 0, 2 + 6 * 2 + 3] *= 3.0
    weights['decoder_cross'] /= weights['decoder_cross'].sum(axis=-1, keepdims=True)
    drawn = draw(weights, height=height, width=width)
    light = cut(drawn, 'decoder_cross', 0, 0, 0).astype(int).sum(axis=2)
    rows, cols = np.nonzero(light == light.max())
    scale = light.shape[0] / 144
    assert cols.mean() == pytest.approx(96.5 * scale - 0.5, abs=1.0)
    assert rows.mean() == pytest.approx(64.5 * scale - 0.5, abs=1.0)


def test_bar_under_a_tile_is_divided_as_the_heads_attention():
    weights = uniform()
    shares = {'latent': 0.1, 'joints': 0.2, FRONT: 0.3, WRIST: 0.4}
    for group in LAYOUT.groups:
        weights['encoder_self'][1, 3, group.start : group.stop] = shares[group.name] / group.size
    drawn = draw(weights)
    bar = page().bar('encoder_self', 1, 3)
    row = drawn[bar.y + bar.height // 2, bar.x : bar.x + bar.width]
    for group, colour in group_colours(GROUPS).items():
        width = int((row == colour).all(axis=1).sum())
        assert width == pytest.approx(shares[group] * bar.width, abs=1)


def test_size_follows_from_the_shapes_and_not_from_the_numbers_or_the_title():
    one_token = uniform()
    for weights in one_token.values():
        weights[:] = 0.0
        weights[:, :, 1] = 1.0
    sizes = {
        draw(uniform()).shape,
        draw(one_token, 'tick 1234567 · ' * 40).shape,
        draw(uniform(), '', level=7).shape,
    }
    assert len(sizes) == 1


@pytest.mark.parametrize('heads', [1, 4, 8, 16])
@pytest.mark.parametrize('cameras', [1, 2, 4])
def test_tiles_lie_apart_within_the_page(heads, cameras):
    modules = (HeadRows('encoder_self', 3, heads), HeadRows('decoder_cross', 2, heads))
    seen = [TileCamera(f'camera_{index}', 480, 640) for index in range(cameras)]
    colours = ColourScale('inferno', 4.0, 0.4, 0.7)
    groups = ('latent', 'joints', *(camera.name for camera in seen))
    laid = GridPage(modules, seen, groups, colours)
    taken = np.zeros(laid.still.shape[:2], int)
    for rows in modules:
        for layer in range(rows.layers):
            for head in range(rows.heads):
                place = (rows.module, layer, head)
                for box in (
                    *(laid.frame(*place, camera) for camera in range(cameras)),
                    laid.bar(*place),
                    laid.numbers(*place),
                ):
                    part = taken[box.y : box.y + box.height, box.x : box.x + box.width]
                    assert part.shape == (box.height, box.width)
                    part += 1
                    # Names, headings and legend keep clear of the tiles.
                    ground = laid.still[box.y : box.y + box.height, box.x : box.x + box.width]
                    assert (ground == GROUND).all()
    assert taken.max() == 1


def test_picture_is_new_and_frames_and_weights_are_left_as_they_were():
    annotator = HeadGridAnnotator(PLAIN)
    weights, seen = uniform(), frames()
    first = annotator.annotate(seen, weights, LAYOUT, 'tick 1')
    kept = first.copy()
    second = annotator.annotate(frames(level=9), weights, LAYOUT, 'tick 2')
    assert not np.shares_memory(first, second)
    np.testing.assert_array_equal(first, kept)
    assert (seen[0].picture == 128).all()
    np.testing.assert_array_equal(weights['encoder_self'], uniform()['encoder_self'])


def test_order_of_the_given_cameras_does_not_matter():
    front, wrist = frames(level=200)[0], frames(level=40)[1]
    annotator = HeadGridAnnotator(PLAIN)
    np.testing.assert_array_equal(
        annotator.annotate([front, wrist], uniform(), LAYOUT),
        annotator.annotate([wrist, front], uniform(), LAYOUT),
    )


def test_policy_without_cameras_gets_its_bars_and_numbers():
    layout = TokenLayout((TokenGroup('joints', 0, 1), TokenGroup('environment', 1, 2)), ())
    weights = {'decoder_cross': np.full((1, 2, 2), 0.5, np.float32)}
    drawn = HeadGridAnnotator().annotate([], weights, layout, 'tick 1')
    for colour in group_colours(('joints', 'environment')).values():
        assert (drawn == colour).all(axis=2).sum() > 100


def test_missing_and_unknown_cameras_are_refused():
    annotator = HeadGridAnnotator()
    with pytest.raises(ValueError, match=r'images\.front given.*images\.wrist'):
        annotator.annotate(frames()[:1], uniform(), LAYOUT)
    with pytest.raises(ValueError, match='give one of each'):
        annotator.annotate([*frames(), frames()[0]], uniform(), LAYOUT)


def test_what_does_not_fit_the_layout_is_refused():
    annotator = HeadGridAnnotator()
    with pytest.raises(ValueError, match=r'expected .* 62 tokens'):
        short = {'decoder_cross': uniform()['decoder_cross'][..., :61]}
        annotator.annotate(frames(), short, LAYOUT)
    with pytest.raises(ValueError, match='head_weights'):
        annotator.annotate(frames(), {}, LAYOUT)
    grey = CameraFrame(FRONT, 'front', np.zeros((144, 192), np.uint8), CELLS)
    with pytest.raises(ValueError, match='uint8 RGB'):
        annotator.annotate([grey, frames()[1]], uniform(), LAYOUT)
    coarse = CellGeometry(3, 4, 0.0, 0.0, 64.0, 64.0)
    wrong = CameraFrame(FRONT, 'front', frames()[0].picture, coarse)
    with pytest.raises(ValueError, match='3 rows and 4 columns'):
        annotator.annotate([wrong, frames()[1]], uniform(), LAYOUT)
