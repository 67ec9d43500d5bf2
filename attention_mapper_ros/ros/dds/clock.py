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
Clocks, as rclpy.clock has them: system, steady, and ROS time that /clock may override.

It takes no subscription; `time_source` feeds the ROS clock.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
import threading
import time
from types import TracebackType
from typing import Any

from attention_mapper_ros.ros.dds.clock_type import ClockType
from attention_mapper_ros.ros.dds.context import Context, get_default_context
from attention_mapper_ros.ros.dds.duration import Duration
from attention_mapper_ros.ros.dds.exceptions import NotInitializedException
from attention_mapper_ros.ros.dds.time import Time


class ClockChange(IntEnum):
    ROS_TIME_NO_CHANGE = 1
    ROS_TIME_ACTIVATED = 2
    ROS_TIME_DEACTIVATED = 3
    SYSTEM_TIME_NO_CHANGE = 4


class JumpThreshold:
    """Which jumps of a clock call back: at least one of the three must be given."""

    def __init__(
        self,
        *,
        min_forward: Duration | None,
        min_backward: Duration | None,
        on_clock_change: bool = True,
    ) -> None:
        if min_forward is not None and min_forward.nanoseconds <= 0:
            raise ValueError('min_forward must be a positive non-zero duration')
        if min_backward is not None and min_backward.nanoseconds >= 0:
            raise ValueError('min_backward must be a negative non-zero duration')
        if min_forward is None and min_backward is None and not on_clock_change:
            raise ValueError('At least one jump threshold must be enabled')
        self.min_forward = min_forward
        self.min_backward = min_backward
        self.on_clock_change = on_clock_change


class TimeJump:
    def __init__(self, clock_change: ClockChange, delta: Duration) -> None:
        if not isinstance(clock_change, ClockChange):
            raise TypeError('clock_change must be an instance of rclpy.clock.ClockChange')
        self._clock_change = clock_change
        self._delta = delta

    @property
    def clock_change(self) -> ClockChange:
        return self._clock_change

    @property
    def delta(self) -> Duration:
        return self._delta


class JumpHandle:
    """A registered jump callback; a context manager that unregisters itself."""

    def __init__(
        self,
        *,
        clock: Clock,
        threshold: JumpThreshold,
        pre_callback: Callable[[], None] | None,
        post_callback: Callable[[TimeJump], None] | None,
    ) -> None:
        if pre_callback is None and post_callback is None:
            raise ValueError('One of pre_callback or post_callback must be callable')
        if pre_callback is not None and not callable(pre_callback):
            raise ValueError('pre_callback must be callable if given')
        if post_callback is not None and not callable(post_callback):
            raise ValueError('post_callback must be callable if given')
        self.threshold = threshold
        self.pre_callback = pre_callback
        self.post_callback = post_callback
        self._clock: Clock | None = clock
        clock._jump_handles.append(self)

    def wants(self, jump: TimeJump) -> bool:
        if jump.clock_change in (ClockChange.ROS_TIME_ACTIVATED, ClockChange.ROS_TIME_DEACTIVATED):
            return self.threshold.on_clock_change
        forward, backward = self.threshold.min_forward, self.threshold.min_backward
        if forward is not None and jump.delta >= forward:
            return True
        return backward is not None and jump.delta <= backward

    def unregister(self) -> None:
        if self._clock is not None:
            self._clock._jump_handles.remove(self)
            self._clock = None

    def __enter__(self) -> JumpHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unregister()


class Clock:
    """A source of time points; reading it is safe from any thread."""

    _clock_type: ClockType
    _jump_handles: list[JumpHandle]

    def __new__(cls, *, clock_type: ClockType = ClockType.SYSTEM_TIME) -> Clock:
        if not isinstance(clock_type, ClockType):
            raise TypeError('Clock type must be a ClockType enum')
        kind = ROSClock if clock_type is ClockType.ROS_TIME else cls
        self = super().__new__(kind)
        self._clock_type = clock_type
        self._jump_handles = []
        return self

    def __init__(self, *, clock_type: ClockType = ClockType.SYSTEM_TIME) -> None:
        del clock_type  # used by __new__, which may choose the class

    @property
    def clock_type(self) -> ClockType:
        return self._clock_type

    def __repr__(self) -> str:
        return f'Clock(clock_type={self.clock_type.name})'

    def now(self) -> Time:
        return Time(nanoseconds=self._now_ns(), clock_type=self.clock_type)

    def create_jump_callback(
        self,
        threshold: JumpThreshold,
        *,
        pre_callback: Callable[[], None] | None = None,
        post_callback: Callable[[TimeJump], None] | None = None,
    ) -> JumpHandle:
        return JumpHandle(
            clock=self,
            threshold=threshold,
            pre_callback=pre_callback,
            post_callback=post_callback,
        )

    def sleep_until(self, until: Time, context: Context | None = None) -> bool:
        """Sleep until the time is reached (True), or the context or the time source goes."""
        context = get_default_context() if context is None else context
        if not context.ok():
            raise NotInitializedException
        if until.clock_type != self._clock_type:
            raise ValueError("until's clock type does not match this clock's type")
        woken = threading.Event()
        changed = False

        def on_jump(jump: TimeJump) -> None:
            nonlocal changed
            changed = changed or jump.clock_change in (
                ClockChange.ROS_TIME_ACTIVATED,
                ClockChange.ROS_TIME_DEACTIVATED,
            )
            if changed or self.now() >= until:
                woken.set()

        context.on_shutdown(woken.set)
        threshold = JumpThreshold(min_forward=Duration(nanoseconds=1), min_backward=None)
        with self.create_jump_callback(threshold, post_callback=on_jump):
            while not woken.is_set() and self._now_ns() < until.nanoseconds:
                woken.wait(self._seconds_until(until.nanoseconds))
        if not context.ok() or changed:
            return False
        return self.now() >= until

    def sleep_for(self, rel_time: Duration, context: Context | None = None) -> bool:
        return self.sleep_until(self.now() + rel_time, context)

    def _now_ns(self) -> int:
        if self._clock_type is ClockType.STEADY_TIME:
            return time.monotonic_ns()
        return time.time_ns()

    def _seconds_until(self, nanoseconds: int) -> float | None:
        """How long a thread may sleep before looking again; None: until the clock jumps."""
        return max(0.0, (nanoseconds - self._now_ns()) / 1e9)


class ROSClock(Clock):
    """
    System time, or the time of /clock once simulated time is on.

    The override is written by the thread that runs the time source and read by any.
    """

    _override_ns: int
    _active: bool

    def __new__(cls, **kwargs: Any) -> ROSClock:
        del kwargs
        self = super().__new__(cls, clock_type=ClockType.ROS_TIME)
        assert isinstance(self, ROSClock)
        self._override_ns = 0
        self._active = False
        return self

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        del kwargs

    @property
    def ros_time_is_active(self) -> bool:
        """True while the time comes from /clock."""
        return self._active

    def set_ros_time_override(self, time: Time) -> None:
        """Set the time that this clock reports while ROS time is active."""
        if not isinstance(time, Time):
            raise TypeError(
                f'Time must be specified as rclpy.time.Time. Received type: {type(time)}'
            )
        if not self._active:
            self._override_ns = time.nanoseconds
            return
        jump = TimeJump(
            ClockChange.ROS_TIME_NO_CHANGE,
            Duration(nanoseconds=time.nanoseconds - self._override_ns),
        )
        self._jump(jump, lambda: setattr(self, '_override_ns', time.nanoseconds))

    def _set_ros_time_is_active(self, enabled: bool) -> None:
        if enabled == self._active:
            return
        change = ClockChange.ROS_TIME_ACTIVATED if enabled else ClockChange.ROS_TIME_DEACTIVATED
        # As in rcl, a change of the source has no distance.
        jump = TimeJump(change, Duration())
        self._jump(jump, lambda: setattr(self, '_active', enabled))

    def _jump(self, jump: TimeJump, change: Callable[[], None]) -> None:
        concerned = [handle for handle in self._jump_handles if handle.wants(jump)]
        for handle in concerned:
            if handle.pre_callback is not None:
                handle.pre_callback()
        change()
        for handle in concerned:
            if handle.post_callback is not None:
                handle.post_callback(jump)

    def _now_ns(self) -> int:
        return self._override_ns if self._active else time.time_ns()

    def _seconds_until(self, nanoseconds: int) -> float | None:
        return None if self._active else super()._seconds_until(nanoseconds)
