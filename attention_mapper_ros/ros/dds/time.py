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

"""Time points, as rclpy.time has them."""

from __future__ import annotations

from typing import Any

from attention_mapper_ros.ros.dds.clock_type import ClockType
from attention_mapper_ros.ros.dds.duration import Duration, NANOSECONDS_PER_SECOND
from attention_mapper_ros.ros.dds.messages import message_class


class Time:
    """A point in time of one kind of clock; points of different clocks do not compare."""

    def __init__(
        self,
        *,
        seconds: float = 0,
        nanoseconds: float = 0,
        clock_type: ClockType = ClockType.SYSTEM_TIME,
    ) -> None:
        if not isinstance(clock_type, ClockType):
            raise TypeError('Clock type must be a ClockType enum')
        if seconds < 0:
            raise ValueError('Seconds value must not be negative')
        if nanoseconds < 0:
            raise ValueError('Nanoseconds value must not be negative')
        total = int(seconds * NANOSECONDS_PER_SECOND) + int(nanoseconds)
        if total >= 2**63:
            raise OverflowError('Total nanoseconds value is too large to store in C time point.')
        self._nanoseconds = total
        self._clock_type = clock_type

    @property
    def nanoseconds(self) -> int:
        return self._nanoseconds

    def seconds_nanoseconds(self) -> tuple[int, int]:
        """Get time as separate seconds and nanoseconds components."""
        return divmod(self._nanoseconds, NANOSECONDS_PER_SECOND)

    @property
    def clock_type(self) -> ClockType:
        return self._clock_type

    def __repr__(self) -> str:
        return f'Time(nanoseconds={self.nanoseconds}, clock_type={self.clock_type.name})'

    def __add__(self, other: object) -> Time:
        if isinstance(other, Duration):
            return self._moved(other.nanoseconds)
        return NotImplemented

    def __radd__(self, other: object) -> Time:
        return self.__add__(other)

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Time):
            self._check_clock(other, "Can't subtract times with different clock types")
            return Duration(nanoseconds=self.nanoseconds - other.nanoseconds)
        if isinstance(other, Duration):
            return self._moved(-other.nanoseconds)
        return NotImplemented

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Time):
            self._check_clock(other)
            return self.nanoseconds == other.nanoseconds
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self._nanoseconds, self._clock_type))

    def __lt__(self, other: object) -> bool:
        if isinstance(other, Time):
            self._check_clock(other)
            return self.nanoseconds < other.nanoseconds
        return NotImplemented

    def __le__(self, other: object) -> bool:
        if isinstance(other, Time):
            self._check_clock(other)
            return self.nanoseconds <= other.nanoseconds
        return NotImplemented

    def __gt__(self, other: object) -> bool:
        if isinstance(other, Time):
            self._check_clock(other)
            return self.nanoseconds > other.nanoseconds
        return NotImplemented

    def __ge__(self, other: object) -> bool:
        if isinstance(other, Time):
            self._check_clock(other)
            return self.nanoseconds >= other.nanoseconds
        return NotImplemented

    def to_msg(self) -> Any:
        seconds, nanoseconds = self.seconds_nanoseconds()
        return message_class('builtin_interfaces/msg/Time')(sec=seconds, nanosec=nanoseconds)

    @classmethod
    def from_msg(cls, msg: Any, clock_type: ClockType = ClockType.ROS_TIME) -> Time:
        if getattr(getattr(msg, '_definition', None), 'name', '') != (
            'builtin_interfaces/msg/Time'
        ):
            raise TypeError('Must pass a builtin_interfaces.msg.Time object')
        return cls(seconds=msg.sec, nanoseconds=msg.nanosec, clock_type=clock_type)

    def _moved(self, nanoseconds: int) -> Time:
        total = self._nanoseconds + nanoseconds
        if total < 0:
            raise ValueError('Subtraction leads to negative time')
        if total >= 2**63:
            raise OverflowError('Addition leads to overflow in C storage.')
        return Time(nanoseconds=total, clock_type=self.clock_type)

    def _check_clock(
        self, other: Time, problem: str = "Can't compare times with different clock types"
    ) -> None:
        if self.clock_type != other.clock_type:
            raise TypeError(problem)
