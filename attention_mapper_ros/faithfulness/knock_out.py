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
What the executed action loses when no attention can look at a camera, the joints, a region.

Other than blurring a picture this leaves the vision backbone alone, which runs once: the tokens
are masked inside the transformer. What was in a masked cell may live on in its neighbours, whose
receptive fields overlap with its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.action_change import action_change
from attention_mapper_ros.attention.cells import cell_count
from attention_mapper_ros.attention.knock_out import group_masks, region_mask
from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.faithfulness.sample import Sample, Score, Track, untracked
from attention_mapper_ros.policies.adapter import PolicyAdapter

ALL_CAMERAS = 'all cameras'
_HALVES = (('top', 'left'), ('top', 'right'), ('bottom', 'left'), ('bottom', 'right'))


@dataclass(frozen=True)
class KnockOut:
    """``change``: what was masked to (frame,), the change of the action in its own units."""

    change: Mapping[str, NDArray[np.float64]]


def knock_out(
    adapter: PolicyAdapter,
    samples: Sequence[Sample],
    score: Score,
    track: Track = untracked,
) -> KnockOut:
    """Mask every token group, all cameras together, and every quarter of every camera."""
    masked = variants(adapter.layout)
    # The first variant masks nothing, so that all are computed the same way.
    tokens = np.stack([np.zeros(adapter.layout.size, np.bool_), *masked.values()])
    changes = []
    for sample in track(samples, 'token knock-out'):
        actions = score.cut(adapter.knock_out(sample.observation, tokens))
        changes.append(action_change(actions[1:], actions[0]))
    each = np.stack(changes)  # (frame, variant)
    return KnockOut({name: each[:, number] for number, name in enumerate(masked)})


def variants(layout: TokenLayout) -> dict[str, NDArray[np.bool_]]:
    """Return what is masked, by name: (token,) bool each, never all tokens."""
    masked = group_masks(layout)
    if len(layout.cameras) > 1:
        cameras = np.stack([masked[camera.feature] for camera in layout.cameras])
        masked[ALL_CAMERAS] = np.asarray(cameras.any(axis=0))
    masked.update(_quarters(layout))
    return {name: tokens for name, tokens in masked.items() if tokens.any() and not tokens.all()}


def _quarters(layout: TokenLayout) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the quarters of every camera; of an odd number the middle is bottom and right."""
    first = 0  # cell of the camera
    for camera in layout.cameras:
        rows, cols = camera.geometry.rows, camera.geometry.cols
        for vertical, horizontal in _HALVES:
            grid = np.zeros((rows, cols), np.bool_)
            of_rows = slice(rows // 2) if vertical == 'top' else slice(rows // 2, rows)
            of_cols = slice(cols // 2) if horizontal == 'left' else slice(cols // 2, cols)
            grid[of_rows, of_cols] = True
            cells = np.zeros(cell_count(layout), np.bool_)
            cells[first : first + rows * cols] = grid.ravel()
            yield f'{camera.feature} {vertical} {horizontal}', region_mask(layout, cells)
        first += rows * cols
