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
How far a policy's actions move when its pictures are changed.

The measure of every test by perturbation: the mean over the executed actions of the Euclidean
norm of their difference, in the units of the robot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.infill import Images

# Pictures of one frame's cameras, several times, to the executed actions of each:
# (picture, query, action) float32 in the units of the robot.
Predict: TypeAlias = Callable[[Sequence[Images]], NDArray[np.float32]]

# Called with the number of pictures that were just predicted.
Progress: TypeAlias = Callable[[int], object]

# The same picture in a batch of another size differs by rounding: a few float32 steps of the
# largest number in the action.
_ROUNDING = 1e-6


def predict_in_batches(
    predict: Predict,
    pictures: Iterable[Images],
    batch: int,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """
    Return the actions of every picture, (picture, query, action).

    Pictures are taken from the iterable as they are needed, ``batch`` at a time. Raises
    ValueError for a batch below 1, for no pictures, and when ``predict`` returns other than
    finite (picture, query, action).
    """
    if batch < 1:
        raise ValueError(f'{batch} pictures in a batch: choose 1 or more')
    remaining = iter(pictures)
    chunks = []
    while batched := list(islice(remaining, batch)):
        actions = predict(batched)
        _check(actions, len(batched))
        chunks.append(actions)
        if progress is not None:
            progress(len(batched))
    if not chunks:
        raise ValueError('no pictures to predict actions for: give one or more')
    return np.concatenate(chunks)


def action_change(
    actions: NDArray[np.float32], reference: NDArray[np.float32]
) -> NDArray[np.float64]:
    """
    Return how far each picture's actions are from the reference, (picture,), robot units.

    ``actions``: (picture, query, action), ``reference``: (query, action), the executed ones
    only. The change is the mean over queries of the Euclidean norm of the difference. What is
    below a millionth of the largest number in the reference is rounding and counts as 0.
    Raises ValueError when the shapes do not fit.
    """
    if actions.shape[1:] != reference.shape or reference.ndim != 2 or not len(reference):
        raise ValueError(
            f'actions of shape {actions.shape} cannot be compared with those of shape '
            f'{reference.shape}: give (picture, query, action) and (query, action)'
        )
    difference = actions.astype(np.float64) - reference
    change: NDArray[np.float64] = np.linalg.norm(difference, axis=-1).mean(axis=-1)
    rounding = _ROUNDING * np.abs(reference).max(initial=0.0)
    return np.where(change > rounding, change, 0.0)


def _check(actions: NDArray[np.float32], pictures: int) -> None:
    if actions.ndim != 3 or len(actions) != pictures:
        raise ValueError(
            f'the policy returned actions of shape {actions.shape} for {pictures} pictures, '
            'expected (picture, query, action)'
        )
    if not np.isfinite(actions).all():
        raise ValueError(
            'the policy returned actions that are not finite: its weights or the dataset '
            'statistics of its processors are broken'
        )
