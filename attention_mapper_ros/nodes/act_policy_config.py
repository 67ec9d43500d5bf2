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

"""The parameters of the act_policy node: their documentation and the values it runs with."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import Any

from attention_mapper_ros.control.joints import Joint, UNITS
from attention_mapper_ros.control.schedule import SCHEDULES
from attention_mapper_ros.nodes.live_parameters import LIVE_PARAMETERS
from attention_mapper_ros.ros.messages import ACTION_MESSAGES
from attention_mapper_ros.ros.parameters import ParameterDeclarer, ParameterDoc

TRANSPORTS = ('raw', 'compressed')
RESIZES = ('none', 'stretch')
PRECISIONS = ('float32', 'bfloat16')

_LONGEST = 10_000  # more actions or joints than any policy has: the loaded one says how many

NODE_PARAMETERS = (
    ParameterDoc('policy', '', 'LeRobot checkpoint: a local folder or a hub id'),
    ParameterDoc(
        'device', 'auto', 'torch device of the policy: auto (cuda if there is one), cpu, cuda:0'
    ),
    ParameterDoc(
        'precision',
        'float32',
        'of the forward: float32, or bfloat16 where the device computes with it',
        choices=PRECISIONS,
    ),
    ParameterDoc(
        'torch_threads', 0, 'CPU threads of one forward, 0 leaves it to torch', low=0, high=256
    ),
    ParameterDoc(
        'rate_hz', 10.0, 'ticks per second: actions out and forwards wanted', low=0.1, high=500.0
    ),
    ParameterDoc(
        'schedule',
        'queue',
        'which action goes out: queue (the executed part of a chunk, then the next chunk, as '
        "LeRobot's select_action), ensemble (LeRobot's temporal ensembling), latest (the first "
        'action of the newest chunk)',
        choices=SCHEDULES,
    ),
    ParameterDoc(
        'n_action_steps',
        0,
        "actions executed from one chunk by schedule queue, 0 takes the checkpoint's",
        low=0,
        high=_LONGEST,
    ),
    ParameterDoc(
        'temporal_ensemble_coeff',
        0.01,
        'schedule ensemble: weight exp(-coeff * i) of the i-th oldest prediction',
        low=-10.0,
        high=10.0,
    ),
    ParameterDoc(
        'action_message',
        'joint_state',
        'type of ~/action: sensor_msgs/JointState, trajectory_msgs/JointTrajectory, '
        'std_msgs/Float64MultiArray',
        choices=tuple(ACTION_MESSAGES),
    ),
    ParameterDoc(
        'start_enabled',
        True,
        'publish actions from the start; false waits for a call of ~/enable',
    ),
    ParameterDoc(
        'image_transport',
        '',
        'transport of all cameras, raw or compressed; empty takes the one of each camera',
        choices=('', *TRANSPORTS),
    ),
    ParameterDoc('cameras.names', ['front', 'wrist'], 'cameras: one per image of the policy'),
    ParameterDoc('joints.names', [''], 'joints, each described by joints.<name>.*'),
    ParameterDoc(
        'joints.max_age_s', 0.5, 'older joint states skip the tick, seconds', low=0.01, high=60.0
    ),
)


def camera_parameters(name: str) -> tuple[ParameterDoc, ...]:
    """Return the parameters of one camera of ``cameras.names``."""
    prefix = f'cameras.{name}'
    return (
        ParameterDoc(f'{prefix}.topic', f'{name}/image_raw', 'image topic, relative'),
        ParameterDoc(
            f'{prefix}.feature', f'observation.images.{name}', 'image feature of the policy'
        ),
        ParameterDoc(
            f'{prefix}.transport',
            'raw',
            'raw: sensor_msgs/Image on the topic; compressed: sensor_msgs/CompressedImage on '
            '<topic>/compressed',
            choices=TRANSPORTS,
        ),
        ParameterDoc(
            f'{prefix}.resize',
            'none',
            "none refuses a size that is not the policy's; stretch resizes by pixel area",
            choices=RESIZES,
        ),
        ParameterDoc(
            f'{prefix}.max_age_s', 0.5, 'older frames skip the tick, seconds', low=0.01, high=60.0
        ),
    )


def joint_parameters(name: str, index: int) -> tuple[ParameterDoc, ...]:
    """Return the parameters of one joint, at this place in ``joints.names``."""
    prefix = f'joints.{name}'
    return (
        ParameterDoc(f'{prefix}.robot_name', name, 'name in joint_states and in ~/action'),
        ParameterDoc(
            f'{prefix}.index',
            index,
            "place in the policy's state and action",
            low=0,
            high=_LONGEST - 1,
        ),
        ParameterDoc(f'{prefix}.unit', 'rad', "unit in the policy's dataset", choices=UNITS),
        ParameterDoc(
            f'{prefix}.lower', -math.pi, 'lower limit, rad or m', low=-1000.0, high=1000.0
        ),
        ParameterDoc(
            f'{prefix}.upper', math.pi, 'upper limit, rad or m', low=-1000.0, high=1000.0
        ),
    )


@dataclass(frozen=True)
class CameraConfig:
    """One camera: where its frames come from and which image of the policy they are."""

    name: str
    topic: str
    feature: str
    transport: str
    resize: str
    max_age_s: float


@dataclass(frozen=True)
class PolicyConfig:
    """What the node was started with."""

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
    cameras: tuple[CameraConfig, ...]
    joints: tuple[Joint, ...]
    joints_max_age_s: float


def declare_config(declarer: ParameterDeclarer) -> tuple[PolicyConfig, dict[str, Any]]:
    """
    Declare every parameter of the node; return the fixed ones and the values of the live ones.

    Raises ValueError, naming parameter, value and remedy, for what is unknown or not allowed.
    """
    values = {doc.name: declarer.declare(doc) for doc in NODE_PARAMETERS}
    live = {doc.name: declarer.declare(doc) for doc in LIVE_PARAMETERS}
    cameras = tuple(
        _declare_camera(declarer, name, values['image_transport'])
        for name in _names(values, 'cameras.names')
    )
    joints = tuple(
        _declare_joint(declarer, name, index)
        for index, name in enumerate(_names(values, 'joints.names'))
    )
    declarer.refuse_unknown()
    if not values['policy']:
        raise ValueError(
            'parameter policy is empty: set it to a LeRobot checkpoint, a local folder or a hub id'
        )
    config = PolicyConfig(
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
        cameras=cameras,
        joints=joints,
        joints_max_age_s=values['joints.max_age_s'],
    )
    return config, live


def _names(values: dict[str, Any], parameter: str) -> list[str]:
    names = [str(name) for name in values[parameter] if name]
    for name in names:
        if not name.isidentifier():
            raise ValueError(
                f'parameter {parameter} contains {name!r}: use letters, digits and underscores, '
                'it becomes part of topic and parameter names'
            )
    if len(set(names)) != len(names):
        raise ValueError(f'parameter {parameter} is {names}: each name may stand only once')
    return names


def _declare_camera(declarer: ParameterDeclarer, name: str, transport: str) -> CameraConfig:
    topic, feature, own_transport, resize, max_age_s = (
        declarer.declare(doc) for doc in camera_parameters(name)
    )
    return CameraConfig(name, topic, feature, transport or own_transport, resize, max_age_s)


def _declare_joint(declarer: ParameterDeclarer, name: str, index: int) -> Joint:
    return Joint(*(declarer.declare(doc) for doc in joint_parameters(name, index)))
