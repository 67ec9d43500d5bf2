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

"""Whether an observation fits a policy, told before the model sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.policies.adapter import Observation, PolicySpec


def check_observation(observation: Observation, spec: PolicySpec) -> None:
    """
    Raise ValueError, naming the feature, if the observation does not fit the policy.

    Checks names, shapes and types of everything, and that states are finite. Costs
    microseconds: no pixel is read.
    """
    wanted = {image.name for image in spec.images}
    for name in sorted(wanted ^ observation.images.keys()):
        if name in wanted:
            raise ValueError(f'the observation lacks {name}, which the policy wants')
        raise ValueError(
            f'the observation has {name}, which the policy does not know; it wants '
            f'{", ".join(sorted(wanted)) or "no images"}'
        )
    for image in spec.images:
        _check_array(
            image.name, observation.images[image.name], (image.height, image.width, 3), 'uint8'
        )
    _check_vector('observation.state', observation.state, spec.state_size)
    if observation.environment is not None or spec.environment_size:
        if observation.environment is None:
            raise ValueError(
                'the observation lacks observation.environment_state, which the policy wants'
            )
        _check_vector(
            'observation.environment_state', observation.environment, spec.environment_size
        )


def _check_vector(name: str, values: NDArray[np.float32], size: int) -> None:
    _check_array(name, values, (size,), 'float32')
    if not np.isfinite(values).all():
        index = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f'{name}[{index}] is {values[index]}: the policy needs finite numbers')


def _check_array(
    name: str,
    values: NDArray[np.uint8] | NDArray[np.float32],
    shape: tuple[int, ...],
    dtype: str,
) -> None:
    if values.shape != shape or values.dtype != dtype:
        raise ValueError(
            f'{name} has shape {values.shape} and type {values.dtype}, the policy wants shape '
            f'{shape} and type {dtype}'
        )
