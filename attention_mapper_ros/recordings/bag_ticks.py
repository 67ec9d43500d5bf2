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

"""When the policy node's ticks are on a bag's clock: at a rate, or as they were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from attention_mapper_ros.control.clock import NANOSECONDS
from attention_mapper_ros.recordings.options import RATE
from attention_mapper_ros.ros.bag_reader import BagReader
from attention_mapper_ros.ros.messages import nanoseconds

_EARLY_S = 0.1  # a stamp may be so much after its message: clocks of two machines
_LATE_S = 10.0  # and two periods: an action waits for its forward, and its recorder may be slow


class Tick(NamedTuple):
    """One tick; ``action`` is the message that was recorded for it, where that is known."""

    time_ns: int
    action: Any = None


class Ticks(Protocol):
    """The ticks of one replay, in order."""

    def begin(self, now_ns: int) -> None:
        """Note that there is a complete observation now, the first since the start."""

    def restart(self, now_ns: int) -> None:
        """Begin anew after a jump of the clock. Raises ValueError where that is impossible."""

    def due(self, before_ns: int) -> Iterator[Tick]:
        """Return, and be done with, the ticks that come before this time."""

    def rest(self, until_ns: int) -> Iterator[Tick]:
        """Return the ticks that are left when the last message has come, at this time."""


class RateTicks:
    """A tick at the first complete observation, and then one every period."""

    def __init__(self, rate_hz: float) -> None:
        self._period_ns = NANOSECONDS / rate_hz
        self._start_ns: int | None = None
        self._number = 0

    def begin(self, now_ns: int) -> None:
        if self._start_ns is None:
            self._start_ns, self._number = now_ns, 0

    def restart(self, now_ns: int) -> None:
        self._start_ns = None

    def due(self, before_ns: int) -> Iterator[Tick]:
        # Counted from the start: rounding does not add up.
        while self._start_ns is not None:
            tick = Tick(self._start_ns + round(self._number * self._period_ns))
            if tick.time_ns >= before_ns:
                return
            self._number += 1
            yield tick

    def rest(self, until_ns: int) -> Iterator[Tick]:
        return self.due(until_ns + 1)


class RecordedTicks:
    """
    The ticks whose actions were recorded: an action carries its tick's time as its stamp.

    Reads the bag's topic of the actions, JointState, on its own. Raises ValueError, while ticks
    are taken, when the stamps are of another clock than the bag's.
    """

    def __init__(self, reader: BagReader, topic: str, rate_hz: float) -> None:
        self._reader, self._topic = reader, topic
        self._latest_ns = round((_LATE_S + 2.0 / rate_hz) * NANOSECONDS)
        self._ticks = self._read()
        self._next = next(self._ticks, None)

    def begin(self, now_ns: int) -> None:
        return

    def restart(self, now_ns: int) -> None:
        raise ValueError(
            f'the clock of bag {self._reader.path} jumps, so recorded ticks cannot be told from '
            f'each other: choose ticks {RATE!r}, or cut the bag'
        )

    def due(self, before_ns: int) -> Iterator[Tick]:
        while self._next is not None and self._next.time_ns < before_ns:
            tick, self._next = self._next, next(self._ticks, None)
            yield tick

    def rest(self, until_ns: int) -> Iterator[Tick]:
        while self._next is not None:
            tick, self._next = self._next, next(self._ticks, None)
            yield tick

    def _read(self) -> Iterator[Tick]:
        newest_ns = 0
        for message in self._reader.messages([self._topic]):
            action = message.decoded()
            stamp_ns = nanoseconds(action.header.stamp)
            wait_ns = message.log_ns - stamp_ns
            if not -_EARLY_S * NANOSECONDS <= wait_ns <= self._latest_ns:
                raise ValueError(
                    f'an action on {self._topic} is stamped {wait_ns / NANOSECONDS:.3f} s before '
                    f'it was recorded in bag {self._reader.path}: its stamps are of another '
                    f'clock than the bag; choose ticks {RATE!r}'
                )
            if stamp_ns > newest_ns:
                newest_ns = stamp_ns
                yield Tick(stamp_ns, action)
