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

"""What the policy node is configured with, read from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any

from attention_mapper_ros.control.joints import Joint
from attention_mapper_ros.nodes.act_policy_config import checked_names


@dataclass(frozen=True)
class StreamQos:
    """Reliability, a word of ``RELIABILITIES``, and history depth of one stream."""

    reliability: str
    depth: int


@dataclass(frozen=True)
class CameraConfig:
    """One camera: where its frames come from and which image of the policy they are."""

    name: str
    topic: str
    feature: str
    transport: str
    resize: str
    max_age_s: float
    max_frozen_s: float
    qos: StreamQos

    @property
    def stream(self) -> str:
        """The topic that its messages come on, relative as ``topic`` is."""
        return f'{self.topic}/compressed' if self.compressed else self.topic

    @property
    def message_type(self) -> str:
        """Which messages come on it."""
        return f'sensor_msgs/msg/{"CompressedImage" if self.compressed else "Image"}'

    @property
    def compressed(self) -> bool:
        """Whether pictures come compressed."""
        return self.transport == 'compressed'


@dataclass(frozen=True)
class SafetyConfig:
    """What the gate of the actions and the watchdog of the forwards go by."""

    on_limit: str
    on_stale: str
    ramp_s: float
    max_steps: Mapping[str, float]  # rad or m per tick, by robot name; inf sets no limit
    inference_timeout_s: float
    max_failures: int


@dataclass(frozen=True)
class PolicyConfig:
    """What the node is configured with; seconds, ticks per second, rad and m."""

    policy: str
    device: str
    precision: str
    torch_threads: int
    rate_hz: float
    schedule: str
    n_action_steps: int
    temporal_ensemble_coeff: float
    action_message: str
    start_enabled: bool
    dry_run: bool
    stamp_source: str
    max_skew_s: float
    safety: SafetyConfig
    cameras: tuple[CameraConfig, ...]
    joints: tuple[Joint, ...]
    joints_max_age_s: float
    joints_qos: StreamQos
    action_qos: StreamQos
    attention_qos: StreamQos


def read_config(values: Mapping[str, Any]) -> PolicyConfig:
    """
    Return the configuration from the values of all parameters, by name.

    Raises ValueError, naming parameter, value and remedy, for what does not fit together.
    """
    if not values['policy']:
        raise ValueError(
            'parameter policy is empty: set it to a LeRobot checkpoint, a local folder or a hub id'
        )
    joints = checked_names(values, 'joints.names')
    return PolicyConfig(
        policy=values['policy'],
        device=values['device'],
        precision=values['precision'],
        torch_threads=values['torch_threads'],
        rate_hz=values['rate_hz'],
        schedule=values['schedule'],
        n_action_steps=values['n_action_steps'],
        temporal_ensemble_coeff=values['temporal_ensemble_coeff'],
        action_message=values['action_message'],
        start_enabled=values['start_enabled'],
        dry_run=values['dry_run'],
        stamp_source=values['stamp_source'],
        max_skew_s=values['max_skew_s'] or math.inf,
        safety=SafetyConfig(
            on_limit=values['on_limit'],
            on_stale=values['on_stale'],
            ramp_s=values['ramp_s'],
            max_steps={
                values[f'joints.{name}.robot_name']: values[f'joints.{name}.max_step'] or math.inf
                for name in joints
            },
            inference_timeout_s=values['inference_timeout_s'],
            max_failures=values['max_failures'],
        ),
        cameras=tuple(_camera(values, name) for name in checked_names(values, 'cameras.names')),
        joints=tuple(_joint(values, name) for name in joints),
        joints_max_age_s=values['joints.max_age_s'],
        joints_qos=_qos(values, 'joints.'),
        action_qos=_qos(values, 'action_'),
        attention_qos=_qos(values, 'attention.'),
    )


def _camera(values: Mapping[str, Any], name: str) -> CameraConfig:
    prefix = f'cameras.{name}.'
    return CameraConfig(
        name=name,
        topic=values[f'{prefix}topic'],
        feature=values[f'{prefix}feature'],
        transport=values['image_transport'] or values[f'{prefix}transport'],
        resize=values[f'{prefix}resize'],
        max_age_s=values[f'{prefix}max_age_s'],
        max_frozen_s=values[f'{prefix}max_frozen_s'],
        qos=_qos(values, prefix),
    )


def _joint(values: Mapping[str, Any], name: str) -> Joint:
    prefix = f'joints.{name}.'
    return Joint(
        name=values[f'{prefix}robot_name'],
        index=values[f'{prefix}index'],
        unit=values[f'{prefix}unit'],
        lower=values[f'{prefix}lower'],
        upper=values[f'{prefix}upper'],
    )


def _qos(values: Mapping[str, Any], prefix: str) -> StreamQos:
    return StreamQos(values[f'{prefix}reliability'], values[f'{prefix}depth'])
