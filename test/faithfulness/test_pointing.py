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

"""Which cell shows what, and what a peak is said to lie on."""

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.maps import fold
from attention_mapper_ros.faithfulness.pointing import ELSEWHERE, point, shown_in_cells
from attention_mapper_ros.faithfulness.sample import Sample
from attention_mapper_ros.policies.adapter import Observation

# As of a ResNet: the first cell is centred on the first pixel, not half a cell further.
CAMERA = CameraTokens('camera', 1, CellGeometry(3, 4, 0.0, 0.0, 32.0, 32.0))
LAYOUT = TokenLayout((TokenGroup('latent', 0, 1), TokenGroup('camera', 1, 13)), (CAMERA,))
SIZE = (96, 128)


def shown_at(row, col, number=1, scale=1):
    classes = np.zeros((SIZE[0] * scale, SIZE[1] * scale), np.uint8)
    classes[row, col] = number
    return classes


@pytest.mark.parametrize(
    ('pixel', 'cell'),
    [((15, 15), (0, 0)), ((16, 15), (1, 0)), ((15, 16), (0, 1)), ((95, 127), (2, 3))],
)
def test_pixel_belongs_to_the_cell_with_the_nearest_centre(pixel, cell):
    shown = shown_in_cells(shown_at(*pixel), CAMERA, SIZE, 1)
    assert np.argwhere(shown[0]).tolist() == [list(cell)]


def test_truth_may_be_finer_than_the_picture():
    shown = shown_in_cells(shown_at(2 * 40, 2 * 70, scale=2), CAMERA, SIZE, 1)
    assert np.argwhere(shown[0]).tolist() == [[1, 2]]


def sample(classes):
    images = {'camera': np.zeros((*SIZE, 3), np.uint8)}
    return Sample(Observation(images, np.zeros(0, np.float32)), 0, 0, {'camera': classes})


def maps_with_peak_at(row, col):
    tokens = np.full(13, 0.05, np.float32)
    tokens[1 + 4 * row + col] = 0.4
    return {'raw': fold(tokens, LAYOUT, 'raw', '')}


def test_hit_in_the_cell_and_within_one_cell_are_told_apart():
    target = shown_at(0, 0)
    target[0, 127] = 2  # a distractor in the cell (0, 3)
    [found] = point(
        [sample(target)] * 3,
        [maps_with_peak_at(0, 0), maps_with_peak_at(1, 1), maps_with_peak_at(1, 3)],
        ('target', 'distractor'),
    )
    assert found.hits['target'].tolist() == [True, False, False]
    assert found.near['target'].tolist() == [True, True, False]
    assert found.near['distractor'].tolist() == [False, False, True]
    assert found.hits[ELSEWHERE].tolist() == [False, True, True]
    assert found.near[ELSEWHERE].tolist() == [False, False, False]


def test_chance_is_the_share_of_cells_that_would_hit():
    [found] = point([sample(shown_at(0, 0))], [maps_with_peak_at(0, 0)], ('target',))
    assert found.chance_hits['target'].tolist() == [1 / 12]
    assert found.chance_near['target'].tolist() == [4 / 12]
    assert found.chance_near[ELSEWHERE].tolist() == [8 / 12]


def test_frame_without_the_target_does_not_count():
    empty = np.zeros(SIZE, np.uint8)
    [found] = point(
        [sample(empty), sample(shown_at(50, 50))], [maps_with_peak_at(0, 0)] * 2, ('target',)
    )
    assert found.frames.tolist() == [1]
    assert len(found.hits['target']) == 1


def test_frames_without_truth_are_refused():
    blind = Sample(sample(shown_at(0, 0)).observation, 0, 0)
    with pytest.raises(ValueError, match='truth is known'):
        point([blind], [maps_with_peak_at(0, 0)], ('target',))
