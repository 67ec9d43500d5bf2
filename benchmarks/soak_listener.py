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
Who hears everything that the policy node says during a soak, and writes down what was wrong.

An action carries the stamp of its tick and no number. What can be known of it from outside:

- stamps must grow: an equal one is an action that came twice, a smaller one is out of order;
- ticks keep their phase, so a gap of n periods is n - 1 ticks without an action. The node says on
  /diagnostics how many ticks it missed, skipped, or found the model still busy at; what is
  missing beyond those was lost on the way;
- the middleware reports messages of a reliable writer that it could not hand over.

Overlays have the header of their frame, and its number: numbers must grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import time
from typing import Any

import numpy as np

from attention_mapper_ros.ros.client import Node, QoSProfile, SubscriptionEventCallbacks
from attention_mapper_ros.ros.interfaces import CompressedImage, DiagnosticArray, JointState
from attention_mapper_ros.ros.messages import nanoseconds

NODE = 'act_policy'
DEPTH = 100  # ten seconds of actions: a listener that is held up loses none
ACCOUNTED = ('missed_ticks', 'skipped_ticks', 'late_ticks')


@dataclass
class Order:
    """Whether numbers grow: how many came twice, how many too late."""

    newest: int = -1
    received: int = 0
    doubled: int = 0
    reordered: int = 0

    def take(self, number: int) -> None:
        self.received += 1
        self.doubled += number == self.newest
        self.reordered += number < self.newest
        self.newest = max(self.newest, number)


@dataclass
class Heard:
    """What came in one stretch of time: nanoseconds of actions, and the node's own figures."""

    actions: Order = field(default_factory=Order)
    overlays: dict[str, Order] = field(default_factory=dict)
    stamps_ns: list[int] = field(default_factory=list)
    arrivals_ns: list[int] = field(default_factory=list)
    not_handed_over: int = 0
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def counted(self, name: str) -> int:
        """Return by how much one of the node's counters grew."""
        return int(self.last.get(name, 0)) - int(self.first.get(name, 0))

    def without_action(self, period_s: float) -> int:
        """Return how many ticks between the first and the last action had none."""
        gaps = np.diff(sorted(set(self.stamps_ns))) / (period_s * 1e9)
        return int((np.round(gaps) - 1).clip(0).sum())

    def lost(self, period_s: float) -> int:
        """Return how many actions were sent, as far as can be known, and did not come."""
        unaccounted = self.without_action(period_s) - sum(map(self.counted, ACCOUNTED))
        return max(self.not_handed_over, unaccounted, 0)


class Listener(Node):
    """Owned by the thread that spins it; ``begin`` forgets what came before."""

    def __init__(self, overlays_of: Sequence[str]) -> None:
        super().__init__('soak_listener')
        self.heard = Heard()
        self._subscriptions = [
            self.create_subscription(
                JointState,
                f'{NODE}/action',
                self._on_action,
                QoSProfile(depth=DEPTH),
                event_callbacks=SubscriptionEventCallbacks(message_lost=self._on_lost),
            ),
            self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10),
        ]
        for camera in overlays_of:
            topic = f'{NODE}/attention/{camera}/image/compressed'
            self._subscriptions.append(
                self.create_subscription(
                    CompressedImage, topic, lambda m, c=camera: self._on_overlay(c, m), 10
                )
            )

    def begin(self) -> None:
        self.heard = Heard(first=self.heard.last, last=self.heard.last)

    def _on_action(self, message: Any) -> None:
        stamp = nanoseconds(message.header.stamp)
        self.heard.actions.take(stamp)
        self.heard.stamps_ns.append(stamp)
        self.heard.arrivals_ns.append(time.monotonic_ns())

    def _on_lost(self, event: Any) -> None:
        self.heard.not_handed_over += event.total_count_change

    def _on_overlay(self, camera: str, message: Any) -> None:
        number = int(message.header.frame_id.rpartition(' ')[2])
        self.heard.overlays.setdefault(camera, Order()).take(number)

    def _on_diagnostics(self, message: Any) -> None:
        values = {
            pair.key: pair.value
            for status in message.status
            if status.name.startswith(f'{NODE}: ')
            for pair in status.values
        }
        self.heard.last = {**self.heard.last, **values}
