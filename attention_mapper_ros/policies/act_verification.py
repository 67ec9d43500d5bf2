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

"""Whether our forward gives LeRobot's actions; found out when a policy is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.act_input import ActPreparation
from attention_mapper_ros.policies.adapter import Observation, PolicyError, PolicySpec

# In deviations of the training data's actions, of which their range is several.
_TOLERANCE = 1e-4


def action_difference(
    policy: Any, forward: ActForward, preparation: ActPreparation, spec: PolicySpec
) -> float:
    """
    Return the largest difference to LeRobot's actions on one observation of noise.

    ``policy``: LeRobot's ``ACTPolicy`` with the same weights, in float32. In normalised units:
    deviations of the training data's actions.
    """
    observation = _noise(spec)
    with torch.no_grad():
        expected = policy.predict_action_chunk(preparation.by_lerobot(observation))
        inputs = preparation.prepare([observation])
        actions = forward(inputs.images, inputs.state, inputs.environment)
    return float((actions - expected.float()).abs().max() / expected.abs().max().clamp_min(1.0))


def check_difference(difference: float) -> None:
    """Raise PolicyError when the actions are not LeRobot's. NaN is none of ours: it passes."""
    if difference > _TOLERANCE:
        from importlib.metadata import version

        raise PolicyError(
            f"the actions differ from LeRobot's own by {difference:g} deviations (at most "
            f'{_TOLERANCE:g} may come from rounding): LeRobot {version("lerobot")} computes ACT '
            'otherwise than the versions that this package knows, 0.4.4 to 0.6; install one of '
            'those'
        )


def _noise(spec: PolicySpec) -> Observation:
    random = np.random.default_rng(0)
    return Observation(
        images={
            image.name: random.integers(0, 256, (image.height, image.width, 3), np.uint8)
            for image in spec.images
        },
        state=random.standard_normal(spec.state_size).astype(np.float32),
        environment=(
            random.standard_normal(spec.environment_size).astype(np.float32)
            if spec.environment_size
            else None
        ),
    )
