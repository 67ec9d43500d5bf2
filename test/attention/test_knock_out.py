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

"""Which tokens are masked together."""

from contrast_policy import CELLS, FRONT, LAYOUT, WRIST
import numpy as np
import pytest

from attention_mapper_ros.attention.knock_out import group_masks, region_mask


def test_each_group_is_masked_alone_and_all_together_are_everything():
    masks = group_masks(LAYOUT)
    assert list(masks) == ['latent', 'joints', FRONT, WRIST]
    np.testing.assert_array_equal(np.flatnonzero(masks['joints']), [1])
    np.testing.assert_array_equal(np.flatnonzero(masks[WRIST]), np.arange(11, 20))
    np.testing.assert_array_equal(np.sum(list(masks.values()), axis=0), 1)


def test_a_region_masks_the_tokens_of_its_cells():
    cells = np.zeros(CELLS, bool)
    cells[[0, 8, 9]] = True  # corners of the front camera, the first cell of the wrist's
    np.testing.assert_array_equal(np.flatnonzero(region_mask(LAYOUT, cells)), [2, 10, 11])


@pytest.mark.parametrize('cells', [np.ones(LAYOUT.size, bool), np.arange(CELLS)])
def test_a_region_that_is_not_one_bool_for_each_cell_is_refused(cells):
    with pytest.raises(ValueError, match='18 cells: give one bool for each'):
        region_mask(LAYOUT, cells)
