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

"""Notices forwards that hang, and too many failed ones in a row."""

from __future__ import annotations

from collections import deque

from attention_mapper_ros.control.clock import Clock, NANOSECONDS


class ForwardWatchdog:
    """
    Told of every forward's beginning and end; says when one hangs and when there is no hope.

    A forward that takes longer than ``timeout_s`` is a failure, once, and remains one when it
    returns: that late return does not end a row of failures. ``max_failures`` in a row exhaust
    it, 0 never does. Forwards end in the order in which they began; the next may begin before
    the end of the last has been told. The clock should be a steady one: a jump forward would
    be taken for a hang. Owned by the executor thread; holds no lock.
    """

    def __init__(self, timeout_s: float, max_failures: int, clock: Clock) -> None:
        if not timeout_s > 0:
            raise ValueError(f'timeout_s is {timeout_s}: give positive seconds')
        if max_failures < 0:
            raise ValueError(f'max_failures is {max_failures}: give a count, 0 for no limit')
        self._timeout_s = timeout_s
        self._max_failures = max_failures
        self._clock = clock
        self._begun_ns: deque[int] = deque()
        self._failures_in_a_row = 0

    @property
    def failures_in_a_row(self) -> int:
        """Failed forwards since the last one that returned in time, one that hangs included."""
        return self._failures_in_a_row + (self.overdue_s() is not None)

    @property
    def exhausted(self) -> bool:
        """Whether ``max_failures`` forwards in a row have failed."""
        return 0 < self._max_failures <= self.failures_in_a_row

    def begin(self) -> None:
        """Note that a forward begins."""
        self._begun_ns.append(self._clock())

    def succeed(self) -> None:
        """Note that the oldest forward returned its actions."""
        if self._end():
            self._failures_in_a_row += 1
        else:
            self._failures_in_a_row = 0

    def fail(self) -> None:
        """Note that the oldest forward raised an error."""
        self._end()
        self._failures_in_a_row += 1

    def forgive(self) -> None:
        """Forget the failures so far, when activated anew; what runs is still watched."""
        self._failures_in_a_row = 0

    def overdue_s(self) -> float | None:
        """Seconds since the oldest forward began once over ``timeout_s``; None until then."""
        if not self._begun_ns:
            return None
        running_s = (self._clock() - self._begun_ns[0]) / NANOSECONDS
        return running_s if running_s > self._timeout_s else None

    def _end(self) -> bool:
        """End the oldest forward; return whether it took too long."""
        late = self.overdue_s() is not None
        if self._begun_ns:
            self._begun_ns.popleft()
        return late
