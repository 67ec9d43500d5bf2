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

"""
What the actions lose when one cell of a picture is blurred: slow, and nothing is assumed.

Occlusion sensitivity after Zeiler and Fergus, "Visualizing and Understanding Convolutional
Networks" (ECCV 2014), section 4.2, with blur in place of their grey square. It asks the policy
itself, once for each cell, and so can tell which of the quick methods is right. It sees what
one cell alone changes: where two cells say the same, blurring either may change nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.action_change import (
    action_change,
    Predict,
    predict_in_batches,
    Progress,
)
from attention_mapper_ros.attention.cells import cell_tokens
from attention_mapper_ros.attention.infill import Images, Infill
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.maps import AttentionMaps, fold, Scale

METHOD = 'occlusion'
QUANTITY = 'change of the action'
# In the place of the layers and heads that other methods name in a label.
_SELECTION = 'one cell blurred at a time'


def occlusion(
    predict: Predict,
    images: Images,
    layout: TokenLayout,
    batch: int = 16,
    infill: Infill | None = None,
    progress: Progress | None = None,
) -> AttentionMaps:
    """
    Return maps of how far the executed actions move when a cell is blurred.

    Runs the policy on one picture more than there are cells, ``batch`` at a time. ``infill``
    is made for these images when none is given. A number on the map times ``scale.one`` is
    that cell's change in the units of the robot, the mean over executed actions of the
    Euclidean norm. Shares are the cameras' parts of all change; tokens that belong to no
    camera have none. If no cell changes anything, every cell is equal and ``scale.one`` 0.

    Raises ValueError for images that do not fit the layout and for what
    ``predict_in_batches`` refuses.
    """
    changes = cell_changes(predict, images, layout, batch, infill, progress)
    total = float(changes.sum())
    tokens = np.zeros(layout.size, np.float32)
    tokens[cell_tokens(layout)] = changes / total if total > 0 else 1 / len(changes)
    return fold(tokens, layout, METHOD, _SELECTION, Scale(QUANTITY, total / layout.size))


def cell_changes(
    predict: Predict,
    images: Images,
    layout: TokenLayout,
    batch: int = 16,
    infill: Infill | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Return the change of the executed actions for each cell, (cell,), in robot units."""
    infill = infill or Infill.of_images(layout, images)
    blurred = infill.blurred(images)
    each = np.eye(infill.cells, dtype=np.bool_)
    unchanged = np.zeros((1, infill.cells), np.bool_)
    masks = np.concatenate([unchanged, each])  # (picture, cell)
    pictures = (infill.with_cells(images, blurred, mask) for mask in masks)
    actions = predict_in_batches(predict, pictures, batch, progress)
    return action_change(actions[1:], actions[0])
