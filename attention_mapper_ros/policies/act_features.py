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

"""What a LeRobot ACT wants, gives and attends to, read off its configuration and modules."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.attention.geometry import cell_geometry
from attention_mapper_ros.attention.layout import CameraTokens, TokenGroup, TokenLayout
from attention_mapper_ros.policies.act_input import ENVIRONMENT
from attention_mapper_ros.policies.adapter import ImageFeature, PolicyError, PolicySpec

FAMILY = 'act'

_RGB_CHANNELS = 3


def act_spec(config: Any, identity: str) -> PolicySpec:
    """Return the spec. Raises PolicyError for features that ACT or this package cannot handle."""
    state, environment = config.robot_state_feature, config.env_state_feature
    if environment is not None and ENVIRONMENT not in config.input_features:
        raise PolicyError(
            f'the policy has an environment state under another name than {ENVIRONMENT}, which '
            "LeRobot's ACT does not read: rename the feature and train again"
        )
    return PolicySpec(
        family=FAMILY,
        images=tuple(
            _image_feature(name, tuple(feature.shape))
            for name, feature in config.image_features.items()
        ),
        state_size=state.shape[0] if state else 0,
        action_size=config.action_feature.shape[0],
        chunk_size=config.chunk_size,
        action_steps=config.n_action_steps,
        temporal_ensemble_coeff=config.temporal_ensemble_coeff,
        identity=identity,
        environment_size=environment.shape[0] if environment else 0,
    )


def _image_feature(name: str, shape: tuple[int, ...]) -> ImageFeature:
    if len(shape) != 3 or shape[0] != _RGB_CHANNELS:
        raise PolicyError(
            f'camera feature {name} has shape {shape}; only RGB images, (3, height, width), are '
            'supported: train the policy without this feature, or on RGB'
        )
    return ImageFeature(name, height=shape[1], width=shape[2])


def act_layout(model: Any, spec: PolicySpec) -> TokenLayout:
    """Describe ``encoder_in_tokens`` as ``ACT.forward`` builds it."""
    groups = [TokenGroup('latent', 0, 1)]
    for name, size in (('joints', spec.state_size), ('environment', spec.environment_size)):
        if size:
            groups.append(TokenGroup(name, groups[-1].stop, groups[-1].stop + 1))
    cameras = []
    for image in spec.images:
        geometry = cell_geometry(model.backbone, image.height, image.width)
        camera = CameraTokens(image.name, groups[-1].stop, geometry)
        cameras.append(camera)
        groups.append(TokenGroup(camera.feature, camera.start, camera.stop))
    return TokenLayout(tuple(groups), tuple(cameras))


def takes_whole_chunks(postprocessor: Any) -> bool:
    """
    Return whether (1, chunk, action) can go through the post-processor at once.

    LeRobot calls it with (1, action). Its own steps for ACT work element by element, a step
    of somebody else need not.
    """
    from lerobot.processor import DeviceProcessorStep, UnnormalizerProcessorStep

    elementwise = (DeviceProcessorStep, UnnormalizerProcessorStep)
    return all(type(step) in elementwise for step in postprocessor.steps)
