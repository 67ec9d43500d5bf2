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
The policy node's figures as text, by concern and key, as /diagnostics carries them.

No key is in two concerns, so that a reader may put all of them together.
"""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Final

from attention_mapper_ros.nodes.policy_figures import PolicyFigures

NONE_YET: Final = 'none yet'


def policy_state(figures: PolicyFigures) -> str:
    """Return the one word for what the node does: waiting, enabled, disabled, or not active."""
    if figures.state != 'active':
        return figures.state
    if figures.ticks.skip_reason:
        return 'waiting'
    return 'enabled' if figures.enabled else 'disabled'


def _policy(figures: PolicyFigures) -> dict[str, str]:
    memory = figures.forward.memory_bytes
    return {
        'state': policy_state(figures),
        'lifecycle': figures.state,
        'enabled': _word(figures.enabled),
        'dry_run': _word(figures.dry_run),
        'policy': figures.policy,
        'checkpoint': figures.identity,
        'device': figures.device,
        'device_memory_mb': '' if memory is None else f'{memory / 1e6:.0f}',
        'schedule': figures.schedule,
        'attention': figures.attention.label,
    }


def _ticks(figures: PolicyFigures) -> dict[str, str]:
    ticks = figures.ticks
    return {
        'tick': str(ticks.number),
        'episode': str(ticks.episode),
        'rate_hz': f'{ticks.rate_hz:.2f}',
        'target_rate_hz': f'{ticks.target_rate_hz:g}',
        'late_ticks': str(ticks.late),
        'missed_ticks': str(ticks.missed),
        'skipped_ticks': str(sum(ticks.skipped.values())),
        **{f'skipped_ticks {kind}': str(count) for kind, count in ticks.skipped.items()},
        'skip_reason': ticks.skip_reason,
    }


def _inputs(figures: PolicyFigures) -> dict[str, str]:
    values = {}
    for stream, of_stream in figures.inputs.items():
        age_s = of_stream.age_s
        values[f'age_ms {stream}'] = NONE_YET if age_s is None else f'{age_s * 1e3:.0f}'
        values[f'rate_hz {stream}'] = f'{of_stream.rate_hz:.2f}'
        values[f'received {stream}'] = str(of_stream.received)
        values[f'unusable {stream}'] = str(of_stream.unusable)
        values[f'unusable_reason {stream}'] = of_stream.reason
    return values


def _forward(figures: PolicyFigures) -> dict[str, str]:
    forward = figures.forward
    return {
        'forward_ms': _milliseconds(forward.median_s),
        'forward_p95_ms': _milliseconds(forward.p95_s),
        'failed_forwards': str(forward.failed),
        'failed_in_a_row': str(forward.failed_in_a_row),
        'overdue_ms': '0' if forward.overdue_s is None else f'{forward.overdue_s * 1e3:.0f}',
        'forward_error': forward.error,
    }


def _actions(figures: PolicyFigures) -> dict[str, str]:
    actions = figures.actions
    return {
        'action_rate_hz': f'{actions.rate_hz:.2f}',
        'queue_depth': str(actions.queue_depth),
        'action_age': str(actions.age),
        'clamped_actions': str(actions.clamped),
        'limited_actions': str(actions.limited),
        'rejected_actions': str(actions.rejected),
        'not_finite_actions': str(actions.not_finite),
        'held_actions': str(actions.held),
        'ramping': _word(actions.ramping),
        'action_reason': actions.reason,
        'other_publishers': ', '.join(actions.other_publishers),
    }


def _attention(figures: PolicyFigures) -> dict[str, str]:
    attention = figures.attention
    return {
        'overlay_rate_hz': f'{attention.rate_hz:.2f}',
        'draw_ms': _milliseconds(attention.draw_s),
        'overlays_dropped': str(attention.dropped),
        'failed_drawings': str(attention.failed),
    }


CONCERN_VALUES: Final[dict[str, Callable[[PolicyFigures], dict[str, str]]]] = {
    'policy': _policy,
    'ticks': _ticks,
    'inputs': _inputs,
    'forward': _forward,
    'actions': _actions,
    'attention': _attention,
}
"""What each concern shows; its keys are the tasks of the node's diagnostics, in this order."""


def _milliseconds(seconds: float) -> str:
    return NONE_YET if math.isnan(seconds) else f'{seconds * 1e3:.1f}'


def _word(value: bool) -> str:
    return 'true' if value else 'false'
