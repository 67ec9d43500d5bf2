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

"""Timers with rcl's arithmetic: the phase is kept, missed periods are skipped, not made up."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from attention_mapper_ros.ros.dds.clock import (
    Clock,
    ClockChange,
    JumpHandle,
    JumpThreshold,
    TimeJump,
)
from attention_mapper_ros.ros.dds.clock_type import ClockType
from attention_mapper_ros.ros.dds.context import Context, get_default_context
from attention_mapper_ros.ros.dds.duration import Duration
from attention_mapper_ros.ros.dds.exceptions import ROSInterruptException


class Timer:
    """Calls back once a period; any thread may cancel or reset it."""

    def __init__(
        self,
        callback: Callable[..., Any] | None,
        callback_group: Any,
        timer_period_ns: int,
        clock: Clock,
        *,
        context: Context | None = None,
        autostart: bool = True,
    ) -> None:
        if timer_period_ns < 0:
            raise ValueError(f'timer period must not be negative: {timer_period_ns} ns')
        self._context = get_default_context() if context is None else context
        self._clock = clock
        self._period_ns = int(timer_period_ns)
        self._lock = threading.Lock()
        self._last_call_ns = clock.now().nanoseconds
        self._next_call_ns = self._last_call_ns + self._period_ns
        self._canceled = not autostart
        self._jumps: JumpHandle | None = None
        self._before_jump_ns = 0
        self._executor_event = False
        self._wake: Callable[[], None] = _nothing
        self.callback = callback
        self.callback_group = callback_group

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def timer_period_ns(self) -> int:
        return self._period_ns

    @timer_period_ns.setter
    def timer_period_ns(self, value: int) -> None:
        # As in rcl: it counts from the next call on.
        self._period_ns = int(value)
        self._wake()

    def is_ready(self) -> bool:
        return not self._canceled and self.time_until_next_call_ns() <= 0

    def is_canceled(self) -> bool:
        return self._canceled

    def cancel(self) -> None:
        self._canceled = True

    def reset(self) -> None:
        """Start again: the next call is one period from now."""
        with self._lock:
            self._next_call_ns = self._clock.now().nanoseconds + self._period_ns
            self._canceled = False
        self._wake()

    def time_since_last_call(self) -> int:
        return self._clock.now().nanoseconds - self._last_call_ns

    def time_until_next_call(self) -> int | None:
        """Nanoseconds until the next call, None if the timer is canceled."""
        return None if self._canceled else self.time_until_next_call_ns()

    def time_until_next_call_ns(self) -> int:
        return self._next_call_ns - self._clock.now().nanoseconds

    def wait_timeout_ns(self) -> int | None:
        """How long an executor may sleep for this timer; None: until something else wakes it."""
        if self._canceled:
            return None
        clock_is_simulated = self._clock.clock_type is ClockType.ROS_TIME and getattr(
            self._clock, 'ros_time_is_active', False
        )
        remaining = self.time_until_next_call_ns()
        if clock_is_simulated and remaining > 0:
            return None
        return max(0, remaining)

    def take(self) -> None:
        """Note the call and set the next one: in phase, and in the future."""
        with self._lock:
            now = self._clock.now().nanoseconds
            self._last_call_ns = now
            following = self._next_call_ns + self._period_ns
            if following <= now:
                if self._period_ns == 0:
                    following = now
                else:
                    missed = 1 + (now - following) // self._period_ns
                    following += missed * self._period_ns
            self._next_call_ns = following

    def attach(self, wake: Callable[[], None]) -> None:
        """Tell the timer whom to wake when its next call moves, and follow its clock's jumps."""
        self._wake = wake
        if self._clock.clock_type is ClockType.ROS_TIME:
            threshold = JumpThreshold(
                min_forward=Duration(nanoseconds=1), min_backward=Duration(nanoseconds=-1)
            )
            self._jumps = self._clock.create_jump_callback(
                threshold, pre_callback=self._before_jump, post_callback=self._on_jump
            )

    def _before_jump(self) -> None:
        self._before_jump_ns = self._clock.now().nanoseconds

    def _on_jump(self, jump: TimeJump) -> None:
        """
        Follow a jump of ROS time as rcl does.

        A change between system and simulated time keeps the place within the period (rcl's own
        arithmetic, which waits what had passed rather than what was left), unless one of the two
        clocks has no time yet. A jump to before the last call starts a new period, and that is
        also what happens at the first simulated time.
        """
        with self._lock:
            now = self._clock.now().nanoseconds
            if jump.clock_change != ClockChange.ROS_TIME_NO_CHANGE:
                left = self._next_call_ns - self._before_jump_ns
                if now and self._before_jump_ns and left:
                    self._last_call_ns = now - left
                    self._next_call_ns = self._last_call_ns + self._period_ns
            elif self._next_call_ns > now and now < self._last_call_ns:
                self._last_call_ns = now
                self._next_call_ns = now + self._period_ns
        self._wake()

    def destroy(self) -> None:
        self._canceled = True
        if self._jumps is not None:
            self._jumps.unregister()
            self._jumps = None


class Rate:
    """Sleeps in a fixed rhythm in a thread other than the executor's."""

    def __init__(self, timer: Timer, *, context: Context) -> None:
        self._timer = timer
        self._event = threading.Event()
        self._closed = False
        timer.callback = self._event.set
        context.on_shutdown(self._close)

    def sleep(self) -> None:
        """Block until the timer fires; raises when the context or the rate is gone."""
        if self._closed:
            raise RuntimeError('Rate cannot sleep because it has been destroyed')
        self._event.wait()
        self._event.clear()
        if self._closed:
            raise ROSInterruptException

    def destroy(self) -> None:
        self._timer.destroy()
        self._close()

    def _close(self) -> None:
        self._closed = True
        self._event.set()


def _nothing() -> None:
    return None
