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
Small ACT checkpoints with random weights, made and saved by LeRobot itself.

Other tests use them too: ``make_act_checkpoint(tmp_path / 'policy')``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attention_mapper_ros.policies.adapter import Observation, PolicySpec

TWO_CAMERAS: Mapping[str, tuple[int, int]] = {'front': (96, 128), 'wrist': (96, 128)}


def make_act_checkpoint(
    folder: Path,
    cameras: Mapping[str, tuple[int, int]] = TWO_CAMERAS,
    state: int = 6,
    actions: int = 6,
    chunk: int = 8,
    environment: int = 0,
    seed: int = 0,
    **config: Any,
) -> Path:
    """
    Save a random ACT policy with its processors in ``folder`` and return the folder.

    ``cameras``: name to (height, width), in the policy's order; the features are called
    ``observation.images.<name>``. ``state`` or ``environment`` 0: a policy without. Anything
    else goes into ``ACTConfig``, ``n_decoder_layers=2`` say.
    """
    from lerobot.configs.types import FeatureType, PolicyFeature
    from lerobot.policies.act.configuration_act import ACTConfig
    from lerobot.policies.act.modeling_act import ACTPolicy
    from lerobot.policies.factory import make_pre_post_processors

    inputs = {
        f'observation.images.{name}': PolicyFeature(FeatureType.VISUAL, (3, height, width))
        for name, (height, width) in cameras.items()
    }
    if state:
        inputs['observation.state'] = PolicyFeature(FeatureType.STATE, (state,))
    if environment:
        inputs['observation.environment_state'] = PolicyFeature(FeatureType.ENV, (environment,))
    small: dict[str, Any] = {
        'input_features': inputs,
        'output_features': {'action': PolicyFeature(FeatureType.ACTION, (actions,))},
        'chunk_size': chunk,
        'n_action_steps': chunk,
        'device': 'cpu',
        'pretrained_backbone_weights': None,
        'dim_model': 32,
        'n_heads': 4,
        'dim_feedforward': 64,
        'n_encoder_layers': 2,
        'use_vae': False,
        'push_to_hub': False,
    }
    act_config = ACTConfig(**{**small, **config})
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        policy = ACTPolicy(act_config)
        # LeRobot's start values leave biases at zero and norms at one; a trained policy has not.
        for parameter in policy.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
    policy.save_pretrained(folder)
    for pipeline in make_pre_post_processors(
        act_config, dataset_stats=_statistics(act_config, np.random.default_rng(seed))
    ):
        pipeline.save_pretrained(folder)
    return folder


def random_observation(spec: PolicySpec, seed: int = 0) -> Observation:
    """Return an observation that fits the policy."""
    random = np.random.default_rng(seed)
    return Observation(
        images={
            image.name: random.integers(0, 256, (image.height, image.width, 3), np.uint8)
            for image in spec.images
        },
        state=random.normal(0.0, 30.0, spec.state_size).astype(np.float32),
        environment=(
            random.normal(0.0, 1.0, spec.environment_size).astype(np.float32)
            if spec.environment_size
            else None
        ),
    )


def _statistics(config: Any, random: np.random.Generator) -> dict[str, dict[str, torch.Tensor]]:
    """Statistics of a dataset in degrees, and of images between 0 and 1."""
    statistics = {}
    for name, feature in {**config.input_features, **config.output_features}.items():
        visual = name.startswith('observation.images.')
        shape = (3, 1, 1) if visual else tuple(feature.shape)
        mean, std = (0.45, 0.25) if visual else (10.0, 40.0)
        centre = mean * random.uniform(0.9, 1.1, shape)
        spread = std * random.uniform(0.9, 1.1, shape)
        statistics[name] = {
            'mean': torch.tensor(centre, dtype=torch.float32),
            'std': torch.tensor(spread, dtype=torch.float32),
            'min': torch.tensor(centre - 2 * spread, dtype=torch.float32),
            'max': torch.tensor(centre + 2 * spread, dtype=torch.float32),
        }
    return statistics
