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

from collections.abc import Mapping
from dataclasses import replace
import math
from typing import Any

from attention_mapper_ros.control.action_gate import ON_LIMIT, ON_STALE
from attention_mapper_ros.control.joints import UNITS
from attention_mapper_ros.control.schedule import SCHEDULES
from attention_mapper_ros.nodes.live_parameters import LIVE_PARAMETERS
from attention_mapper_ros.ros.messages import ACTION_MESSAGES
from attention_mapper_ros.ros.parameters import GivenParameters, ParameterDoc

TRANSPORTS = ('raw', 'compressed')
RESIZES = ('none', 'stretch', 'letterbox')
PRECISIONS = ('float32', 'bfloat16')
RELIABILITIES = ('best_effort', 'reliable')
STAMP_SOURCES = ('header', 'receive')

_DEEPEST = 1000  # messages that wait in a history
_LONGEST = 10_000  # more actions or joints than any policy has: the loaded one says how many

FIXED = ('autostart', 'cameras.names', 'joints.names')
"""Read at the start and never again: they decide which other parameters there are."""

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
        'autostart',
        True,
        'configure and activate the node at its start; false leaves that to ros2 lifecycle',
    ),
    ParameterDoc(
        'start_enabled',
        True,
        'publish actions as soon as the node is active; false waits for a call of ~/enable',
    ),
    ParameterDoc(
        'dry_run',
        False,
        'publish everything but the action, whose topic is then not even advertised',
    ),
    ParameterDoc(
        'on_limit',
        'clamp',
        'an action outside the limits of a joint: clamp it, or reject the whole action',
        choices=ON_LIMIT,
    ),
    ParameterDoc(
        'on_stale',
        'hold',
        'while an input is missing or too old, or the model fails: hold repeats the last action, '
        'stop publishes none',
        choices=ON_STALE,
    ),
    ParameterDoc(
        'ramp_s',
        1.0,
        'after a start, the way from the measured position to what the policy wants takes so '
        'many seconds, 0 jumps there',
        low=0.0,
        high=60.0,
    ),
    ParameterDoc(
        'inference_timeout_s',
        5.0,
        'a forward that takes longer is an error, and what it says is not done, seconds',
        low=0.01,
        high=3600.0,
    ),
    ParameterDoc(
        'max_failures',
        10,
        'so many failed forwards in a row deactivate the node, 0 never does',
        low=0,
        high=1_000_000,
    ),
    ParameterDoc(
        'stamp_source',
        'header',
        'what max_skew_s judges: the stamps in the headers, or when the messages were received',
        choices=STAMP_SOURCES,
    ),
    ParameterDoc(
        'max_skew_s',
        0.5,
        'a larger spread between the stamps of the newest inputs skips the tick, seconds; 0 takes '
        'any',
        low=0.0,
        high=60.0,
    ),
    ParameterDoc(
        'action_reliability', 'reliable', 'reliability of ~/action', choices=RELIABILITIES
    ),
    ParameterDoc('action_depth', 1, 'history depth of ~/action', low=1, high=_DEEPEST),
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
    ParameterDoc(
        'joints.reliability',
        'best_effort',
        'reliability asked of joint_states; best_effort matches every robot',
        choices=RELIABILITIES,
    ),
    ParameterDoc('joints.depth', 1, 'history depth of joint_states', low=1, high=_DEEPEST),
    ParameterDoc(
        'attention.reliability',
        'reliable',
        'reliability of every topic below ~/attention; reliable matches every viewer',
        choices=RELIABILITIES,
    ),
    ParameterDoc(
        'attention.depth',
        1,
        'history depth of every topic below ~/attention',
        low=1,
        high=_DEEPEST,
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
            "none refuses a size that is not the policy's; stretch resizes by pixel area, "
            'letterbox too, but keeps the proportions and fills up with black',
            choices=RESIZES,
        ),
        ParameterDoc(
            f'{prefix}.max_age_s', 0.5, 'older frames skip the tick, seconds', low=0.01, high=60.0
        ),
        ParameterDoc(
            f'{prefix}.max_frozen_s',
            2.0,
            'a camera that sends the very same pixels for longer skips the tick, seconds; 0 takes '
            'any, as noiseless simulated cameras need it',
            low=0.0,
            high=3600.0,
        ),
        ParameterDoc(
            f'{prefix}.reliability',
            'best_effort',
            'reliability asked of the image topic; best_effort matches every driver',
            choices=RELIABILITIES,
        ),
        ParameterDoc(
            f'{prefix}.depth', 1, 'history depth of the image topic', low=1, high=_DEEPEST
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
        ParameterDoc(
            f'{prefix}.max_step',
            0.0,
            'longest way in one tick, rad or m; 0 sets no limit',
            low=0.0,
            high=1000.0,
        ),
    )


def declare_parameters(declarer: GivenParameters) -> None:
    """
    Declare every parameter of the node.

    All but ``FIXED`` can be set while the node is unconfigured, the live ones always. Raises
    ValueError, naming parameter, value and remedy, for what is unknown or not allowed.
    """
    values = {
        doc.name: declarer.declare(replace(doc, unconfigured=doc.name not in FIXED))
        for doc in NODE_PARAMETERS
    }
    docs = list(LIVE_PARAMETERS)
    for name in checked_names(values, 'cameras.names'):
        docs += [replace(doc, unconfigured=True) for doc in camera_parameters(name)]
    for index, name in enumerate(checked_names(values, 'joints.names')):
        docs += [replace(doc, unconfigured=True) for doc in joint_parameters(name, index)]
    for doc in docs:
        declarer.declare(doc)
    declarer.refuse_unknown()


def checked_names(values: Mapping[str, Any], parameter: str) -> list[str]:
    """Return the names of the cameras or joints; ValueError for one that cannot be a name."""
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
