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

"""What the parameters say against what the loaded policy wants; known before the first tick."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.control.joints import Joint, JointMap
from attention_mapper_ros.control.schedule import ActionSchedule, make_schedule
from attention_mapper_ros.nodes.policy_config import CameraConfig, PolicyConfig
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter, PolicySpec
from attention_mapper_ros.ros.observations import CameraInput

OTHER_GROUPS = ('latent', 'joints', 'environment', 'language')
"""Token groups that are no cameras, as ``attention.layout.TokenLayout`` names them."""


def camera_inputs(cameras: Sequence[CameraConfig], spec: PolicySpec) -> dict[str, CameraInput]:
    """
    Return how each configured camera feeds the policy, by camera name, in the policy's order.

    Raises ValueError for an image of the policy without camera, a camera without image, two
    cameras for one image, and a camera with the name of another token group.
    """
    wanted = {image.name: image for image in spec.images}
    for camera in cameras:
        if camera.name in OTHER_GROUPS:
            raise ValueError(
                f'camera {camera.name} has the name of a token group: its share could not be told '
                f'from that of the {camera.name}; choose another name in cameras.names'
            )
        if camera.feature not in wanted:
            raise ValueError(
                f'camera {camera.name} is mapped to feature {camera.feature}, which the policy '
                f'does not have: set cameras.{camera.name}.feature to one of {", ".join(wanted)}, '
                'or remove it from cameras.names'
            )
    mapped = {camera.feature: camera for camera in cameras}
    for feature in wanted:
        names = [camera.name for camera in cameras if camera.feature == feature]
        if not names:
            raise ValueError(
                f'policy wants feature {feature}, no camera is mapped to it: add it under '
                'cameras: in the parameter file'
            )
        if len(names) > 1:
            raise ValueError(
                f'cameras {" and ".join(names)} are both mapped to feature {feature}: '
                'map each to its own'
            )
    return {
        mapped[feature].name: CameraInput(
            camera=mapped[feature].name,
            feature=feature,
            height=image.height,
            width=image.width,
            compressed=mapped[feature].compressed,
            resize=mapped[feature].resize,
        )
        for feature, image in wanted.items()
    }


def joint_maps(joints: Sequence[Joint], spec: PolicySpec) -> tuple[JointMap | None, JointMap]:
    """
    Return the maps of the policy's state (None when it has no joint state) and of its action.

    A joint whose index lies beyond one of the two vectors takes no part in that one. Raises
    ValueError when the joints do not fill a vector, and for a policy with an environment
    state, for which there is no topic.
    """
    if spec.environment_size:
        raise ValueError(
            f'policy wants observation.environment_state of {spec.environment_size} numbers, '
            'which no topic carries: train it from cameras and joints instead'
        )
    if not joints:
        raise ValueError(
            f'parameter joints.names is empty, the policy has {spec.action_size} actions: list '
            'the joints under joints: in the parameter file, in the order of the policy'
        )
    size = max(spec.state_size, spec.action_size)
    for joint in joints:
        if joint.index >= size:
            raise ValueError(
                f'joint {joint.name} has policy index {joint.index}, the policy has a state of '
                f'{spec.state_size} and an action of {spec.action_size} numbers: '
                'remove it from joints.names or correct its index'
            )
    return (
        _joint_map(joints, spec.state_size) if spec.state_size else None,
        _joint_map(joints, spec.action_size),
    )


def action_schedule(config: PolicyConfig, spec: PolicySpec) -> ActionSchedule:
    """Return a new schedule as configured; ValueError for more steps than a chunk has."""
    return make_schedule(
        config.schedule,
        spec.chunk_size,
        config.n_action_steps or spec.action_steps,
        config.temporal_ensemble_coeff,
    )


def warm_up(adapter: PolicyAdapter, request: AttentionRequest) -> None:
    """
    Run forwards on a black observation: the first of a kind costs several times the next.

    One with the attention asked for, which computes its baseline too, and one with none.
    """
    spec = adapter.spec
    images = {
        image.name: np.zeros((image.height, image.width, 3), dtype=np.uint8)
        for image in spec.images
    }
    state = np.zeros(spec.state_size, dtype=np.float32)
    for asked in (request, None):
        adapter.infer(Observation(images=images, state=state), asked)


def _joint_map(joints: Sequence[Joint], size: int) -> JointMap:
    return JointMap([joint for joint in joints if joint.index < size], size)
