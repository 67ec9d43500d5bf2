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
A LeRobot policy whose every call also says where it looked.

    mapper = AttentionMapper('lerobot-user/act_policy')
    action, maps = mapper.select_action(observation)
    pictures = mapper.draw(observation, maps)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.maps import AttentionMaps
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter
from attention_mapper_ros.policies.lerobot_observation import from_lerobot
from attention_mapper_ros.policies.registry import load_policy, wrap_policy
from attention_mapper_ros.recordings.asked import attention_request
from attention_mapper_ros.recordings.options import AttentionOptions
from attention_mapper_ros.recordings.planning import checkpoint_schedule
from attention_mapper_ros.rendering.overlay import OverlayAnnotator, OverlayStyle
from attention_mapper_ros.rendering.palette import short_name


class AttentionMapper:
    """
    Runs a policy on every call, so that there is attention on every call.

    Actions come as from LeRobot's ``select_action``: the executed part of a chunk one after the
    other, or ensembled where the checkpoint says so. Belongs to one thread.
    """

    def __init__(
        self,
        policy: Any,
        preprocessor: Any = None,
        postprocessor: Any = None,
        *,
        attention: AttentionOptions | None = None,
        action_names: Sequence[str] = (),
        device: str = 'auto',
        precision: str = 'float32',
    ) -> None:
        """
        Take a checkpoint, a local folder or a hub id, or a LeRobot policy and its processors.

        A loaded policy is used as it is, on its own device, and must have been loaded without
        torch.compile. ``action_names``: names of the action's numbers, for ``attention.target``.
        Raises PolicyError for a policy that cannot be run, ValueError for attention that it does
        not have.
        """
        self._adapter: PolicyAdapter = (
            load_policy(policy, device, precision)
            if isinstance(policy, str | Path)
            else wrap_policy(policy, preprocessor, postprocessor, precision)
        )
        self._schedule = checkpoint_schedule(self._adapter.spec)
        self._request = attention_request(
            attention or AttentionOptions(), action_names, self._schedule.queries_executed
        )
        self._adapter.check_request(self._request)
        self._annotator = OverlayAnnotator()

    @property
    def adapter(self) -> PolicyAdapter:
        """The policy, with whatever else can be asked of it."""
        return self._adapter

    @property
    def request(self) -> AttentionRequest:
        """What ``select_action`` asks of the attention."""
        return self._request

    def reset(self) -> None:
        """Begin a new episode."""
        self._schedule.reset()

    def select_action(
        self, observation: Mapping[str, Any] | Observation
    ) -> tuple[NDArray[np.float32], AttentionMaps]:
        """
        Return this step's action, (action,) float32 in the dataset's units, and its maps.

        ``observation``: as LeRobot's robots and datasets give it: features to arrays or tensors,
        pictures (row, col, 3) uint8 or (3, row, col) from 0 to 1, with or without a batch of one.
        The maps are of the forward on this very observation; the action may have been planned by
        an earlier one. Raises ValueError for an observation that does not fit the policy.
        """
        seen = self._observation(observation)
        inference = self._adapter.infer(seen, self._request)
        self._schedule.receive(inference.actions, self._schedule.position)
        action = self._schedule.next()
        assert action is not None  # a forward has just answered for this position
        return action.values, inference.maps()

    def draw(
        self,
        observation: Mapping[str, Any] | Observation,
        maps: AttentionMaps,
        label: str = '',
        style: OverlayStyle | None = None,
    ) -> dict[str, NDArray[np.uint8]]:
        """Return the overlay of every camera by its name, (row, col, RGB) uint8."""
        if style is not None and style != self._annotator.style:
            self._annotator = OverlayAnnotator(style)
        images = self._observation(observation).images
        shares = {short_name(group): share for group, share in maps.shares.items()}
        return {
            short_name(camera.feature): self._annotator.annotate(
                images[camera.feature],
                maps.cameras[camera.feature],
                camera.geometry,
                shares,
                short_name(camera.feature),
                label or f'{maps.method}',
                maps.scale.quantity,
            )
            for camera in maps.layout.cameras
        }

    def _observation(self, observation: Mapping[str, Any] | Observation) -> Observation:
        if isinstance(observation, Observation):
            return observation
        return from_lerobot(observation, self._adapter.spec)
