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
"""Cells of a letterboxed picture, drawn on the camera's own."""

from dataclasses import replace

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.nodes.head_publisher import cells_on
from attention_mapper_ros.policies.adapter import Observation
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.placement import INTERPOLATIONS
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import Header
from attention_mapper_ros.ros.observations import CameraInput, ObservationBuilder

HEIGHT, WIDTH = 64, 96  # of the policy's picture, as in conftest
FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
CELLS = CellGeometry(rows=4, cols=6, origin_x=3.0, origin_y=5.0, stride_x=16.0, stride_y=16.0)
LAYOUT = TokenLayout((TokenGroup(FRONT, 0, 24),), (CameraTokens(FRONT, 0, CELLS),))
WIDE, HIGH = (240, 720), (320, 240)
PLAIN = OverlayStyle(strip='none', scale=1, interpolation='cells')


def letterbox(feature=FRONT):
    return CameraInput('front', feature, HEIGHT, WIDTH, False, 'letterbox')


def spot(size, x, y):
    """Return a black picture with a soft white spot at this place."""
    rows, cols = np.indices(size)
    level = 255 * np.exp(-((cols - x) ** 2 + (rows - y) ** 2) / (2 * 12.0**2))
    return np.repeat(level[..., None], 3, axis=2).round().astype(np.uint8)


def centre_of_mass(picture):
    weight = picture[..., 0].astype(float)
    rows, cols = np.indices(weight.shape)
    return (weight * cols).sum() / weight.sum(), (weight * rows).sum() / weight.sum()


@pytest.mark.parametrize(
    ('size', 'cell'), [(WIDE, (1, 3)), (WIDE, (2, 2)), (HIGH, (1, 3)), (HIGH, (2, 2))]
)
def test_what_lies_under_a_cell_of_the_source_is_what_the_policys_cell_is_centred_on(size, cell):
    cells = cells_on(np.zeros((*size, 3), np.uint8), letterbox(), LAYOUT)
    seen = letterbox().image(spot(size, *cells.centre(*cell)))
    np.testing.assert_allclose(centre_of_mass(seen), CELLS.centre(*cell), atol=0.15)


def test_cells_have_the_same_proportions_on_the_source():
    cells = cells_on(np.zeros((*WIDE, 3), np.uint8), letterbox(), LAYOUT)
    assert (cells.stride_x, cells.stride_y) == (16 * 7.5, 16 * 7.5)


def test_cell_on_the_padding_is_not_drawn():
    frame = np.full((*WIDE, 3), 128, np.uint8)
    cells = cells_on(frame, letterbox(), LAYOUT)
    annotator = OverlayAnnotator(PLAIN)

    def drawn(*hot):
        grid = np.zeros((4, 6), np.float32)
        for cell in hot:
            grid[cell] = 4.0
        return annotator.annotate(frame, grid, cells, {'front': 1.0}, 'front')

    nothing = drawn()
    # The source covers rows 16 to 48 of the policy's picture: rows 1 and 2 of the cells.
    np.testing.assert_array_equal(drawn((0, 0), (0, 3), (0, 5)), nothing)
    changed = (drawn((1, 3)) != nothing).any(axis=2)
    rows, cols = np.nonzero(changed)
    centre_x, centre_y = cells.centre(1, 3)
    assert abs((cols.min() + cols.max()) / 2 - centre_x) <= 1
    assert rows.min() == 0  # the edge cuts it
    assert abs(rows.max() - (centre_y + 60)) <= 1  # half a cell


@pytest.mark.parametrize('interpolation', INTERPOLATIONS)
def test_overlay_is_that_of_the_policys_picture_without_its_padding(interpolation):
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (32, WIDTH, 3), dtype=np.uint8)
    grid = rng.uniform(0, 4, (4, 6)).astype(np.float32)
    annotator = OverlayAnnotator(replace(PLAIN, interpolation=interpolation))
    shares = {'front': 1.0}
    whole = annotator.annotate(letterbox().image(frame), grid, CELLS, shares, 'front')
    cells = cells_on(frame, letterbox(), LAYOUT)
    overlay = annotator.annotate(frame, grid, cells, shares, 'front')
    np.testing.assert_array_equal(overlay, whole[16:48])


@pytest.fixture(scope='module')
def adapter(checkpoint):
    adapter = load_policy(checkpoint, 'cpu')
    yield adapter
    adapter.close()


def test_policy_looks_at_the_padded_picture_and_padding_counts_in_the_shares(adapter):
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (32, 96, 3), dtype=np.uint8)
    wrist = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    state = np.zeros(2, np.float32)
    builder = ObservationBuilder({'front': letterbox(), 'wrist': letterbox(WRIST)})
    messages = {
        name: encode_image(p, Header()) for name, p in [('front', frame), ('wrist', wrist)]
    }
    frames = builder.frames(messages)
    maps = adapter.infer(builder.observation(frames, state), AttentionRequest()).maps()

    padded = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    padded[16:48] = frame
    by_hand = Observation({FRONT: padded, WRIST: wrist}, state)
    expected = adapter.infer(by_hand, AttentionRequest()).maps()
    np.testing.assert_allclose(maps.cameras[FRONT], expected.cameras[FRONT], rtol=1e-5)

    cells = cells_on(frames['front'], letterbox(), maps.layout)
    centres = [cells.centre(row, 0)[1] for row in range(cells.rows)]
    outside = [row for row, y in enumerate(centres) if not -0.5 <= y < 31.5]
    assert outside == [0]
    assert maps.cameras[FRONT][outside].sum() > 0
    total = sum(grid.sum() for grid in maps.cameras.values()) / maps.layout.size
    shares = maps.shares
    assert total == pytest.approx(shares[FRONT] + shares[WRIST], abs=1e-5)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)

    overlay = OverlayAnnotator(PLAIN).annotate(
        frames['front'], maps.cameras[FRONT], cells, shares, FRONT
    )
    assert overlay.shape == frame.shape
