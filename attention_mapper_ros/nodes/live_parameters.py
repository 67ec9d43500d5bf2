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
What can be changed while the policy node runs: its parameters, and the settings they make.

Valid layers, heads and queries depend on the policy: ``live_settings`` checks those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from attention_mapper_ros.attention.places import DECODER_CROSS, ENCODER_SELF
from attention_mapper_ros.attention.request import (
    AttentionRequest,
    Baseline,
    GRADIENT,
    METHODS,
    OPERATIONS,
    PICTURES,
    ROLLOUT,
)
from attention_mapper_ros.attention.selection import parse_pick, Selection
from attention_mapper_ros.rendering.colour_scale import COLOUR_MAPS
from attention_mapper_ros.rendering.overlay import OverlayStyle, STRIPS
from attention_mapper_ros.rendering.placement import INTERPOLATIONS
from attention_mapper_ros.ros.parameters import ParameterDoc

DEFAULT_METHOD = ROLLOUT
MODULES = (DECODER_CROSS, ENCODER_SELF)
"""Attention over the tokens of the observation: what can be laid over a picture."""
WHOLE_ACTION = 'action'
PICKS = 'an index, several (0,2), last, mean or max'

ATTENTION_PARAMETERS = (
    ParameterDoc(
        'attention.method',
        DEFAULT_METHOD,
        'from attention weights to a map: raw (the selection as it is), rollout (carried back '
        'through the encoder to the input), gradient (what moves attention.target)',
        choices=METHODS,
        live=True,
    ),
    ParameterDoc(
        'attention.module',
        DECODER_CROSS,
        'attention whose layers, heads and queries are meant; encoder_self for method raw only',
        choices=MODULES,
        live=True,
    ),
    ParameterDoc(
        'attention.layer', -1, f'layer: {PICKS}; -1 is the last', live=True, dynamic=True
    ),
    ParameterDoc('attention.head', 'mean', f'attention head: {PICKS}', live=True, dynamic=True),
    ParameterDoc(
        'attention.query',
        'mean',
        f'query, an index into the action chunk: {PICKS}; mean and max are over the executed '
        'actions (of encoder_self: index of a token, over all tokens)',
        live=True,
        dynamic=True,
    ),
    ParameterDoc(
        'attention.target',
        WHOLE_ACTION,
        "method gradient: what is explained, a joint's robot name or action (the norm of the "
        'whole executed action)',
        live=True,
    ),
    ParameterDoc(
        'attention.baseline',
        'none',
        'picture whose attention is taken out: none, blank (black), mean (of the training data)',
        choices=PICTURES,
        live=True,
    ),
    ParameterDoc(
        'attention.baseline_operation',
        'subtract',
        "how the baseline's attention is taken out",
        choices=OPERATIONS,
        live=True,
    ),
    ParameterDoc(
        'attention.publish_weights',
        False,
        'publish every layer and head on ~/attention/weights while somebody subscribes',
        live=True,
    ),
)

OVERLAY_PARAMETERS = (
    ParameterDoc(
        'overlay.colour_map',
        'inferno',
        'colours of the overlay',
        choices=tuple(COLOUR_MAPS),
        live=True,
    ),
    ParameterDoc(
        'overlay.max_ratio',
        4.0,
        'attention, relative to uniform, at the bright end of the fixed scale',
        low=1.1,
        high=1000.0,
        live=True,
    ),
    ParameterDoc(
        'overlay.opacity_low',
        OverlayStyle.opacity_low,
        'how much of the frame the colour of no attention covers',
        low=0.0,
        high=1.0,
        live=True,
    ),
    ParameterDoc(
        'overlay.opacity_high',
        OverlayStyle.opacity_high,
        'how much of the frame the colour of max_ratio covers',
        low=0.0,
        high=1.0,
        live=True,
    ),
    ParameterDoc(
        'overlay.strip',
        'below',
        'label, legend and share bar: below the picture, inside it, or none',
        choices=STRIPS,
        live=True,
    ),
    ParameterDoc(
        'overlay.scale',
        0,
        'enlarge the picture so many times, 0 makes it wide enough to read',
        low=0,
        high=16,
        live=True,
    ),
    ParameterDoc(
        'overlay.interpolation',
        'smooth',
        'between the centres of the cells',
        choices=INTERPOLATIONS,
        live=True,
    ),
    ParameterDoc(
        'overlay.joint_badge', False, "write the joints' share on the picture", live=True
    ),
    ParameterDoc(
        'overlay.jpeg_quality', 85, 'of the compressed overlay', low=1, high=100, live=True
    ),
)

LIVE_PARAMETERS = (*ATTENTION_PARAMETERS, *OVERLAY_PARAMETERS)


@dataclass(frozen=True)
class LiveConfig:
    """
    The settings in force; replaced as a whole, so threads may share it.

    ``label``: the request in the words of a picture's label, joints by their names.
    """

    request: AttentionRequest
    label: str
    style: OverlayStyle
    jpeg_quality: int
    publish_weights: bool


def live_config(
    values: Mapping[str, Any], joints: Sequence[str], queries_executed: int
) -> LiveConfig:
    """
    Return the settings that these parameter values make.

    ``joints``: robot names in the order of the action vector. Raises ValueError, with the
    remedy, for values that make none.
    """
    request = _request(values, joints, queries_executed)
    style = replace(
        OverlayStyle(),
        **{
            name.removeprefix('overlay.'): values[name]
            for name in (doc.name for doc in OVERLAY_PARAMETERS)
            if name != 'overlay.jpeg_quality'
        },
    )
    return LiveConfig(
        request=request,
        label=_label(request, joints),
        style=style,
        jpeg_quality=values['overlay.jpeg_quality'],
        publish_weights=values['attention.publish_weights'],
    )


def _request(
    values: Mapping[str, Any], joints: Sequence[str], queries_executed: int
) -> AttentionRequest:
    layers, heads, queries = (
        parse_pick(values[name], name)
        for name in ('attention.layer', 'attention.head', 'attention.query')
    )
    method = values['attention.method']
    target = _target(values['attention.target'], joints)
    return AttentionRequest(
        method=method,
        selection=Selection(layers, heads, queries, values['attention.module'], queries_executed),
        baseline=Baseline(values['attention.baseline'], values['attention.baseline_operation']),
        target=target if method == GRADIENT else None,
    )


def _target(name: str, joints: Sequence[str]) -> int | None:
    """Return the place of a joint in the action vector, None for the whole action."""
    if name in joints:
        return joints.index(name)
    if name in ('', WHOLE_ACTION):
        return None
    raise ValueError(
        f'parameter attention.target is {name!r}: choose {WHOLE_ACTION} or a joint, '
        f'{", ".join(joints)}'
    )


def _label(request: AttentionRequest, joints: Sequence[str]) -> str:
    if request.target is None:
        return str(request)
    rest = str(replace(request, target=None)).removeprefix(request.method)
    return f'{request.method} of {joints[request.target]}{rest}'
