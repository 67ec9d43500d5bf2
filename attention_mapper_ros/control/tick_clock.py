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

"""Counts the ticks that a timer should have made and did not."""

from __future__ import annotations

import math

from attention_mapper_ros.control.clock import NANOSECONDS

EARLY = 0.1
"""Of a period: a tick that comes so much before it is due is still the one that is due."""


class TickClock:
    """
    Lays ticks on a grid: tick k is due at the start plus k periods, however late any came.

    The start is the first tick's time, moved back when a later tick comes before it is due: a
    timer can be late but not early, so the earliest tick tells the grid best. Lateness does not
    add up, and misses nothing as long as it is less than 1 - ``EARLY`` of a period. Give it the
    time of the clock that the timer runs on. Raises ValueError for a period that is not positive.
    """

    _start_ns: int | None

    def __init__(self, period_s: float) -> None:
        if not period_s > 0:
            raise ValueError(f'period_s is {period_s}: give positive seconds')
        self._period_ns = period_s * NANOSECONDS
        self.restart()

    def restart(self) -> None:
        """Forget the grid: the next tick is the first, as after a jump of the clock."""
        self._start_ns = None
        self._index = 0

    def tick(self, now_ns: int) -> int:
        """Note a tick; return how many were due between the one before and this one."""
        if self._start_ns is None:
            self._start_ns = now_ns
            return 0
        due = math.floor((now_ns - self._start_ns) / self._period_ns + EARLY)
        index = max(due, self._index + 1)
        missed = index - self._index - 1
        self._index = index
        self._start_ns = min(self._start_ns, now_ns - round(index * self._period_ns))
        return missed
