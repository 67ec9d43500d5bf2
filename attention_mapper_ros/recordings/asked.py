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

"""From the options of an analysis to what is asked of a policy's attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from attention_mapper_ros.attention.places import DECODER_CROSS
from attention_mapper_ros.attention.request import (
    AttentionRequest,
    Baseline,
    GRADIENT,
    OPERATIONS,
    ROLLOUT,
)
from attention_mapper_ros.attention.selection import parse_pick, Selection
from attention_mapper_ros.recordings.options import AttentionOptions

WHOLE_ACTION = 'action'
DEFAULTS: Mapping[str, Any] = {
    'method': ROLLOUT,
    'layer': 'last',
    'head': 'mean',
    'query': 'mean',
    'module': DECODER_CROSS,
    'target': WHOLE_ACTION,
    'baseline': 'none',
}
_BASELINES = {
    'none': Baseline(),
    **{
        f'{picture}{sign}': Baseline(picture, operation)
        for picture in ('blank', 'mean')
        for sign, operation in (('', OPERATIONS[0]), ('/', OPERATIONS[1]))
    },
}


def attention_request(
    options: AttentionOptions, action_names: Sequence[str], queries_executed: int
) -> AttentionRequest:
    """
    Return the request; what the options leave open is as ``DEFAULTS`` say.

    ``baseline`` is ``none``, or the picture ``blank`` or ``mean`` that is subtracted, or, with a
    slash behind it, divided by. ``target`` is a name or a number of the action. Raises ValueError
    for words that make none; the policy checks the rest.
    """
    given = {name: value for name, value in asdict(options).items() if value is not None}
    asked = {**DEFAULTS, **given}
    layers, heads, queries = (
        parse_pick(asked[name], f'attention {name}') for name in ('layer', 'head', 'query')
    )
    target = _target(str(asked['target']), action_names)
    if target is not None and asked['method'] != GRADIENT:
        raise ValueError(
            f'attention method {asked["method"]!r} explains no single action: choose method '
            f'{GRADIENT!r}, or no target'
        )
    return AttentionRequest(
        method=asked['method'],
        selection=Selection(layers, heads, queries, asked['module'], queries_executed),
        baseline=baseline_of(asked['baseline']),
        target=target,
    )


def baseline_of(word: str) -> Baseline:
    """Return the baseline that a word stands for. Raises ValueError for an unknown one."""
    if word not in _BASELINES:
        raise ValueError(
            f'attention baseline {word!r} is unknown: choose {", ".join(_BASELINES)} (with a '
            'slash it is divided by, else subtracted)'
        )
    return _BASELINES[word]


def request_in_words(request: AttentionRequest, action_names: Sequence[str]) -> str:
    """Return what the maps show, with a target by its name."""
    words = str(request)
    if request.target is None or request.target >= len(action_names):
        return words
    return words.replace(f'of action {request.target}', f'of {action_names[request.target]}', 1)


def _target(text: str, names: Sequence[str]) -> int | None:
    if text in names:
        return names.index(text)
    if text == WHOLE_ACTION:
        return None
    if text.isdecimal():
        return int(text)
    known = ', '.join(names) or 'a number'
    raise ValueError(f'attention target {text!r} is unknown: choose {WHOLE_ACTION} or {known}')
