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

"""What the backbone is taught: which cell holds which cube."""

from __future__ import annotations

import numpy as np
import torch

from attention_mapper_ros.sim.backbone import (
    GRID_COLS,
    GRID_ROWS,
    label_cells,
    render_pictures,
    train_backbone,
)


def mask_at(row_px: int, col_px: int) -> np.ndarray:
    """Masks of three cubes at camera size; only the first is visible, centred on a pixel."""
    masks = np.zeros((3, 288, 384), bool)
    masks[0, row_px - 10 : row_px + 11, col_px - 10 : col_px + 11] = True
    return masks


def test_a_cube_is_labelled_in_the_cell_whose_middle_it_covers():
    # cell (2, 3) is centred on policy pixel (64, 96), which is camera pixel (128, 192)
    presence, offsets = label_cells(mask_at(128, 192))
    assert presence.shape == (3, GRID_ROWS, GRID_COLS)
    assert presence[0, 2, 3] == 1
    assert presence.sum() == 1
    np.testing.assert_allclose(offsets, 0.0, atol=1e-6)


def test_a_cube_between_two_cells_is_labelled_in_both_with_its_place():
    presence, offsets = label_cells(mask_at(128, 192 + 32))  # half a cell to the right
    assert presence[0, 2, 3] == presence[0, 2, 4] == 1
    assert offsets[0, 1, 2, 3] == 0.5
    assert offsets[0, 1, 2, 4] == -0.5


def test_a_cube_that_is_hidden_is_labelled_nowhere():
    masks = np.zeros((3, 288, 384), bool)
    masks[1, 0, 0] = True  # a single pixel
    presence, _ = label_cells(masks)
    assert presence.sum() == 0


def test_most_random_scenes_show_the_target():
    data = render_pictures(scenes=12, seed=3)
    front = data.presence[::2, 0]
    assert front.any(axis=(1, 2)).mean() > 0.7
    assert data.pictures.shape == (24, 144, 192, 3)


def test_training_leaves_settled_batch_norms():
    data = render_pictures(scenes=4, seed=1)
    lines = []
    backbone = train_backbone(data, steps=2, report=lines.append)
    assert lines[-1].startswith('backbone step 2/2 loss ')
    assert not backbone.bn1.running_var.eq(1.0).all()  # no longer as they were made
    with torch.no_grad():
        features = backbone(torch.zeros(1, 3, 144, 192))
    assert features.shape == (1, 512, GRID_ROWS, GRID_COLS)
    assert torch.isfinite(features).all()
