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

"""When an action goes out: all of them as long after their tick, and none waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.control.pacing import ActionPacer
from attention_mapper_ros.control.schedule import ScheduledAction
from attention_mapper_ros.nodes.action_output import ActionOutput
from attention_mapper_ros.ros.client import Clock, ClockType, Node


@dataclass(frozen=True)
class _Waiting:
    """An action that goes out a moment after its tick, if its plan is still in force then."""

    action: ScheduledAction
    stamp: Any
    plan: int


class ActionRelease:
    """
    Hands actions to the output at the time after their tick that the pacer says.

    Belongs to the executor thread. ``measured`` returns where the robot is, for the ramp;
    ``ticked_ns`` is the steady clock's time of the newest tick.
    """

    def __init__(
        self,
        node: Node,
        pacer: ActionPacer,
        actions: ActionOutput,
        measured: Callable[[], NDArray[np.float64] | None],
    ) -> None:
        self._node, self._pacer, self._actions = node, pacer, actions
        self._measured = measured
        self._waiting: _Waiting | None = None
        self._stamp: Any = None  # of the newest tick
        self._timer: Any = None
        self.ticked_ns = 0

    def start(self) -> None:
        """Get ready for ticks."""
        self._timer = self._node.create_timer(
            self._pacer.longest_wait_s,
            self._release,
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self._timer.cancel()

    def stop(self) -> None:
        """Let nothing out any more."""
        self._waiting = None
        self._node.destroy_timer(self._timer)

    def tick(self, stamp: Any) -> None:
        """Begin a tick; what still belongs to the one before goes out under its stamp."""
        self._release()
        self._stamp, self.ticked_ns = stamp, time.monotonic_ns()

    def send(self, action: ScheduledAction | None) -> None:
        """Let an action of this tick out as soon as it is due."""
        if action is None:
            return
        self._waiting = _Waiting(action, self._stamp, self._pacer.plan)
        if not self._call_after(self._pacer.offset_s):
            self._release()

    def wait(self) -> None:
        """Wait for the forward of this tick, as long as the pacer says."""
        self._call_after(self._pacer.longest_wait_s)

    def hold(self) -> bool:
        """Repeat what went out last, if actions are enabled; return whether something was."""
        return self._pacer.enabled and self._actions.hold(self._stamp)

    def _call_after(self, offset_s: float) -> bool:
        """Have ``_release`` called so long after the tick; return False if it is that late."""
        wait_ns = self.ticked_ns + round(offset_s * NANOSECONDS) - time.monotonic_ns()
        if wait_ns <= 0:
            return False
        self._timer.timer_period_ns = wait_ns
        self._timer.reset()
        return True

    def _release(self) -> None:
        """Let the action out that waits, if there is one and nothing has begun anew since."""
        waiting, self._waiting = self._waiting, None
        self._timer.cancel()
        if waiting is None and self._pacer.awaiting:
            waiting = self._instead()
        if waiting is not None and self._pacer.enabled and waiting.plan == self._pacer.plan:
            self._actions.send(waiting.action, self._measured(), waiting.stamp)

    def _instead(self) -> _Waiting | None:
        """Return what goes out when a forward does not answer; hold when nothing is planned."""
        action = self._pacer.overdue()
        if action is not None:
            return _Waiting(action, self._stamp, self._pacer.plan)
        if self.hold():
            self._pacer.skip()  # this tick has its action; what comes is for the next one
        return None
