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

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.policies.act_forward import ActForward
from attention_mapper_ros.policies.act_input import ActPreparation
from attention_mapper_ros.policies.adapter import Observation, PolicyError, PolicySpec

# In deviations of the training data's actions, of which their range is several.
_TOLERANCE = 1e-4
# On GPUs PyTorch lets convolutions keep three digits (TF32) unless told otherwise, in LeRobot's
# forward as in ours. Another model is off by far more.
_TOLERANCE_OF_GPUS = 2e-2


def lerobot_actions(policy: Any, preparation: ActPreparation, spec: PolicySpec) -> torch.Tensor:
    """
    Return what LeRobot's ``ACTPolicy`` does on one observation of noise, (1, chunk, action).

    In normalised units: deviations of the training data's actions.
    """
    with torch.no_grad():
        batch = preparation.by_lerobot(_noise(spec))
        actions: torch.Tensor = policy.predict_action_chunk(batch).float()
    return actions


def action_difference(
    forward: ActForward, preparation: ActPreparation, spec: PolicySpec, expected: torch.Tensor
) -> float:
    """Return the largest difference to ``expected`` of the same observation, in its units."""
    with torch.no_grad():
        inputs = preparation.prepare([_noise(spec)])
        actions = forward(inputs.images, inputs.state, inputs.environment)
    return float((actions - expected).abs().max() / expected.abs().max().clamp_min(1.0))


def check_difference(difference: float, device: torch.device) -> None:
    """Raise PolicyError when the actions are not LeRobot's. NaN is none of ours: it passes."""
    tolerance = _TOLERANCE if device.type == 'cpu' else _TOLERANCE_OF_GPUS
    if difference > tolerance:
        from importlib.metadata import version

        raise PolicyError(
            f"the actions differ from LeRobot's own by {difference:g} deviations (at most "
            f'{tolerance:g} may come from rounding): LeRobot {version("lerobot")} computes ACT '
            'otherwise than the versions that this package knows, 0.4.4 to 0.6; install one of '
            'those'
        )


def check_grids(forward: ActForward, layout: TokenLayout) -> None:
    """Raise RuntimeError if the grids of the last forward are not those of the layout."""
    expected = tuple((c.geometry.rows, c.geometry.cols) for c in layout.cameras)
    if expected not in forward.grid_sizes:
        raise RuntimeError(
            f'the backbone makes camera grids {forward.grid_sizes}, the layout has {expected}: '
            'this version of LeRobot builds the sequence otherwise'
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
