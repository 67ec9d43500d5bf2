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

"""What the policy node tells about itself once a second, on /diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import math
import time

from attention_mapper_ros.control.observation_buffer import ObservationBuffer
from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.statistics import RateMeter
from attention_mapper_ros.nodes.overlay_worker import OverlayWorker
from attention_mapper_ros.ros.interfaces import DiagnosticStatus


@dataclass
class TickCounts:
    """Counters of the policy node, written by the executor thread only."""

    tick: int = 0
    skipped_ticks: int = 0
    failed_forwards: int = 0
    clamped_actions: int = 0
    dropped_actions: int = 0
    failed_drawings: int = 0
    skip_reason: str = ''
    action_age: int = 0
    ticks: RateMeter = field(default_factory=RateMeter)
    actions: RateMeter = field(default_factory=RateMeter)


@dataclass(frozen=True)
class PolicyReport:
    """Collects one report from the parts of the node; reads, never writes."""

    counts: TickCounts
    pacer: ActionPacer
    drawing: OverlayWorker
    buffer: ObservationBuffer[object]
    target_rate_hz: float
    fixed: Mapping[str, str]
    attention: Callable[[], str]

    def level_and_summary(self) -> tuple[bytes, str]:
        """Return a DiagnosticStatus level and one line that says why."""
        if self.counts.skip_reason:
            return DiagnosticStatus.ERROR, self.counts.skip_reason
        rate = self.counts.ticks.rate_hz(time.monotonic_ns())
        if rate < 0.8 * self.target_rate_hz:
            return (
                DiagnosticStatus.WARN,
                f'{rate:.1f} ticks per second instead of {self.target_rate_hz:g}',
            )
        return DiagnosticStatus.OK, 'enabled' if self.pacer.enabled else 'disabled'

    def values(self) -> dict[str, str]:
        """Return every figure as text, by key."""
        now = time.monotonic_ns()
        counts, pacer, drawing = self.counts, self.pacer, self.drawing
        values = {
            'state': self._state(),
            'tick': str(counts.tick),
            'rate_hz': f'{counts.ticks.rate_hz(now):.2f}',
            'target_rate_hz': f'{self.target_rate_hz:g}',
            'action_rate_hz': f'{counts.actions.rate_hz(now):.2f}',
            'overlay_rate_hz': f'{drawing.rate.rate_hz(now):.2f}',
            'forward_ms': _milliseconds(pacer.forward.median()),
            'forward_p95_ms': _milliseconds(pacer.forward.p95()),
            'draw_ms': _milliseconds(drawing.latency.median()),
            'late_ticks': str(pacer.late_ticks),
            'skipped_ticks': str(counts.skipped_ticks),
            'skip_reason': counts.skip_reason,
            'failed_forwards': str(counts.failed_forwards),
            'failed_drawings': str(counts.failed_drawings),
            'overlays_dropped': str(drawing.dropped),
            'clamped_actions': str(counts.clamped_actions),
            'dropped_actions': str(counts.dropped_actions),
            'queue_depth': str(pacer.depth),
            # in actions: the one that went out last comes from a forward that many before
            'action_age': str(counts.action_age),
            'episode': str(pacer.episode),
            'attention': self.attention(),
            **self.fixed,
        }
        for stream, age in self.buffer.ages_s().items():
            values[f'age_ms {stream}'] = 'none yet' if age is None else f'{age * 1e3:.0f}'
        return values

    def _state(self) -> str:
        if self.counts.skip_reason:
            return 'waiting'
        return 'enabled' if self.pacer.enabled else 'disabled'


def _milliseconds(seconds: float) -> str:
    return 'none yet' if math.isnan(seconds) else f'{seconds * 1e3:.1f}'
