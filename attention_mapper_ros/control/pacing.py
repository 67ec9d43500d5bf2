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
When an action goes out: at its tick, or as soon as the forward that it waits for is done.

Sits between the ticks, the forwards and an action schedule. Knows no time but the durations it
is told, and no threads.
"""

from __future__ import annotations

import math

from attention_mapper_ros.control.schedule import ActionSchedule, Chunk, ScheduledAction
from attention_mapper_ros.control.statistics import LatencyWindow

SLOW_FORWARD = 0.9
"""Of a period: a forward that takes longer cannot answer within its own tick."""


class ActionPacer:
    """
    Decides at every tick and at every delivered chunk whether an action goes out.

    A fast forward answers within its tick, so the schedule sees exactly the chunks that
    LeRobot's ``select_action`` would. When forwards take longer than a tick, no tick waits:
    the schedule goes on with what older chunks planned for it.
    Owned by the executor thread; holds no lock.
    """

    def __init__(self, schedule: ActionSchedule, period_s: float, enabled: bool) -> None:
        self._schedule = schedule
        self._period_s = period_s
        self._enabled = enabled
        self._awaiting = False
        self._plan = 0
        self.forward = LatencyWindow()
        self._answers = LatencyWindow()
        self.late_ticks = 0

    @property
    def enabled(self) -> bool:
        """Whether actions go out."""
        return self._enabled

    @property
    def plan(self) -> int:
        """Number of fresh starts; a chunk that belongs to an earlier plan is of no use."""
        return self._plan

    @property
    def position(self) -> int:
        """Number of actions handed out in this plan."""
        return self._schedule.position

    @property
    def depth(self) -> int:
        """Number of actions that are ready."""
        return self._schedule.depth

    @property
    def offset_s(self) -> float:
        """
        How long after its tick an action should go out, seconds, so that they come evenly.

        A planned action could go out at once, one that is new waits for its forward: the robot
        would get a long interval and a short one at every new chunk. So all wait as long as
        nearly all forwards take to answer. 0 while forwards are slow, when no tick waits for one.
        """
        if self._forwards_are_slow():
            return 0.0
        answer_s = self._answers.p95()
        return 0.0 if math.isnan(answer_s) else min(answer_s, SLOW_FORWARD * self._period_s)

    def answered(self, seconds: float) -> None:
        """Note how long after its tick the actions of a forward came."""
        self._answers.add(seconds)

    def tick(self, accepted: bool) -> ScheduledAction | None:
        """
        Return the action that goes out at this tick, or None when it must wait.

        ``accepted``: a forward on this tick's observation has begun; otherwise an older one
        is still running, and the tick counts as late.
        """
        if not accepted:
            self.late_ticks += 1
        if not self._enabled:
            return None
        return self._act(wait=accepted and not self._forwards_are_slow())

    def deliver(
        self, chunk: Chunk, position: int, plan: int, forward_s: float
    ) -> ScheduledAction | None:
        """
        Take the chunk that a forward made; return the action that waited for it, if one did.

        ``position`` and ``plan`` are those at which its observation was taken.
        """
        self.forward.add(forward_s)
        if plan != self._plan:
            return None
        self._schedule.receive(chunk, position)
        return self._act(wait=False) if self._awaiting else None

    @property
    def longest_wait_s(self) -> float:
        """How long a tick's action may wait for its forward, in seconds; then call ``overdue``."""
        return SLOW_FORWARD * self._period_s

    @property
    def awaiting(self) -> bool:
        """Whether a tick's action waits for its forward."""
        return self._awaiting

    def overdue(self) -> ScheduledAction | None:
        """Return what older chunks planned instead of the action that waits; None: it waits on."""
        return self._act(wait=False) if self._awaiting and self._enabled else None

    def skip(self) -> None:
        """Note a tick without a usable observation: no action waits any longer."""
        self._awaiting = False

    def enable(self, enabled: bool) -> None:
        """Let actions out or not; nothing that was computed before goes out afterwards."""
        if enabled == self._enabled:
            return
        self._enabled = enabled
        self.reset()

    def reset(self) -> None:
        """Forget what was planned: what comes from now on is another plan."""
        self._schedule.reset()
        self._awaiting = False
        self._plan += 1

    def _act(self, wait: bool) -> ScheduledAction | None:
        action = self._schedule.next()
        if action is None and not wait:
            action = self._schedule.next_late()
        self._awaiting = action is None
        return action

    def _forwards_are_slow(self) -> bool:
        # nan, before the first forward, compares as False
        return self.forward.median() > SLOW_FORWARD * self._period_s
