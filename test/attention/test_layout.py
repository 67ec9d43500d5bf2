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

"""Cells, token groups and cameras."""

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)

GRID = CellGeometry(rows=2, cols=3, origin_x=0.0, origin_y=0.0, stride_x=32.0, stride_y=32.0)


def test_centre_of_a_cell_counts_from_the_first_pixels_centre():
    assert GRID.centre(row=1, col=2) == (64.0, 32.0)


def test_scaling_keeps_the_outer_edges_of_the_image():
    # Twice as large: pixel 0 covers what are then pixels 0 and 1, whose middle is 0.5.
    doubled = GRID.scaled(2.0, 2.0)
    assert doubled.centre(0, 0) == (0.5, 0.5)
    assert doubled.centre(0, 1) == (64.5, 0.5)
    # The outer edge of a 64 pixel wide image, 63.5, becomes that of a 128 pixel wide one.
    edge = CellGeometry(1, 1, origin_x=63.5, origin_y=0.0, stride_x=1.0, stride_y=1.0)
    assert edge.scaled(2.0, 1.0).centre(0, 0) == (127.5, 0.0)


def test_scaling_there_and_back_changes_nothing():
    back = GRID.scaled(1.7, 0.4).scaled(1 / 1.7, 1 / 0.4)
    assert back.centre(1, 2) == pytest.approx(GRID.centre(1, 2))


def test_camera_cuts_its_cells_out_row_by_row():
    camera = CameraTokens('observation.images.front', start=2, geometry=GRID)
    tokens = np.arange(10, dtype=np.float32)
    assert camera.stop == 8
    assert camera.grid(tokens).tolist() == [[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]


def test_layout_refuses_gaps_overlaps_and_empty_groups():
    for start, stop in ((2, 4), (0, 4), (1, 1)):
        with pytest.raises(ValueError, match='joints'):
            TokenLayout((TokenGroup('latent', 0, 1), TokenGroup('joints', start, stop)), ())


def test_layout_refuses_a_camera_without_its_group():
    camera = CameraTokens('observation.images.front', start=1, geometry=GRID)
    latent = TokenGroup('latent', 0, 1)
    with pytest.raises(ValueError, match=r'observation\.images\.front.*1 to 7'):
        TokenLayout((latent, TokenGroup('observation.images.front', 1, 8)), (camera,))
    layout = TokenLayout((latent, TokenGroup('observation.images.front', 1, 7)), (camera,))
    assert layout.size == 7
