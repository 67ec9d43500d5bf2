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

"""Observations as LeRobot's robots, datasets and environments give them, for an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.policies.adapter import Observation, PolicySpec

STATE, ENVIRONMENT = 'observation.state', 'observation.environment_state'


def from_lerobot(values: Mapping[str, Any], spec: PolicySpec) -> Observation:
    """
    Return the observation that a LeRobot dictionary holds.

    Features to arrays or tensors on any device; what the policy does not want is left out. A
    picture is (row, col, 3) uint8, or (3, row, col) or (row, col, 3) of floats from 0 to 1; a
    batch of one may stand before it, as before the vectors. Floats are rounded to bytes, which
    gives back exactly what LeRobot made of bytes. Raises ValueError, naming the feature, for what
    is missing or of another kind; sizes are the policy's to check.
    """
    return Observation(
        images={
            image.name: _picture(_value(values, image.name), image.name) for image in spec.images
        },
        state=(
            _vector(_value(values, STATE), STATE) if spec.state_size else np.zeros(0, np.float32)
        ),
        environment=(
            _vector(_value(values, ENVIRONMENT), ENVIRONMENT) if spec.environment_size else None
        ),
    )


def _value(values: Mapping[str, Any], name: str) -> NDArray[Any]:
    if name not in values:
        raise ValueError(
            f'the observation lacks {name}, which the policy wants; it has '
            f'{", ".join(sorted(map(str, values))) or "nothing"}'
        )
    value = values[name]
    if hasattr(value, 'detach'):  # a tensor, maybe on a GPU
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def _picture(value: NDArray[Any], name: str) -> NDArray[np.uint8]:
    picture = _without_batch(value, 3, name)
    if picture.ndim != 3 or 3 not in (picture.shape[0], picture.shape[2]):
        raise ValueError(
            f'{name} has shape {value.shape}: give (row, col, 3), or (3, row, col) as LeRobot does'
        )
    if picture.shape[2] != 3:
        picture = picture.transpose(1, 2, 0)  # (row, col, 3)
    if picture.dtype == np.uint8:
        return np.ascontiguousarray(picture)
    if not np.issubdtype(picture.dtype, np.floating):
        raise ValueError(f'{name} is of type {picture.dtype}: give uint8, or floats from 0 to 1')
    low, high = float(picture.min(initial=0.0)), float(picture.max(initial=0.0))
    if not 0.0 <= low <= high <= 1.0:
        raise ValueError(
            f'{name} has values from {low:.3g} to {high:.3g}: give floats from 0 to 1, as they '
            'are before the pre-processor, or uint8'
        )
    return np.ascontiguousarray(np.rint(picture * 255.0), np.uint8)


def _vector(value: NDArray[Any], name: str) -> NDArray[np.float32]:
    return np.ascontiguousarray(_without_batch(value, 1, name), np.float32)


def _without_batch(value: NDArray[Any], dimensions: int, name: str) -> NDArray[Any]:
    if value.ndim == dimensions + 1:
        if value.shape[0] != 1:
            raise ValueError(
                f'{name} is a batch of {value.shape[0]}: give one observation at a time'
            )
        value = value[0]
    return value
