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
The newest sample of every input stream, its age, and whether a tick may use it.

It never looks inside a sample, and asks the time of the clock that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar('Value')

Clock = Callable[[], int]
"""Returns the time in nanoseconds; the time base is the caller's."""

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Refusal:
    """Why a tick cannot run: ``stream`` names the input, ``reason`` the fault and the remedy."""

    stream: str
    reason: str


@dataclass(frozen=True)
class _Sample(Generic[Value]):
    value: Value
    received_ns: int


class ObservationBuffer(Generic[Value]):
    """
    Keeps the newest sample of each stream. Owned by the executor thread; holds no lock.

    ``max_age_s`` maps every stream name to the age in seconds beyond which its newest sample
    is refused.
    """

    def __init__(self, max_age_s: Mapping[str, float], clock: Clock) -> None:
        self._max_age_s = dict(max_age_s)
        self._clock = clock
        self._samples: dict[str, _Sample[Value]] = {}
        self._rejected: dict[str, str] = {}

    def put(self, stream: str, value: Value) -> None:
        """Keep ``value`` as the newest of ``stream``, received now."""
        self._samples[stream] = _Sample(value, self._clock())
        self._rejected.pop(stream, None)

    def reject(self, stream: str, reason: str) -> None:
        """Note that the newest message of ``stream`` was unusable, until a good one comes."""
        self._rejected[stream] = reason

    def ages_s(self) -> dict[str, float | None]:
        """Age of every stream's newest good sample in seconds, None before the first."""
        now = self._clock()
        return {
            stream: (now - self._samples[stream].received_ns) / NANOSECONDS
            if stream in self._samples
            else None
            for stream in self._max_age_s
        }

    def newest(self) -> dict[str, Value] | Refusal:
        """Return the newest sample of every stream, or the first reason why not."""
        for stream, age in self.ages_s().items():
            if stream in self._rejected:
                return Refusal(stream, self._rejected[stream])
            if age is None:
                return Refusal(stream, f'nothing received yet on {stream}')
            if age > self._max_age_s[stream]:
                return Refusal(
                    stream,
                    f'newest message on {stream} is {age:.2f} s old, '
                    f'more than its max_age_s of {self._max_age_s[stream]:.2f} s',
                )
        return {stream: self._samples[stream].value for stream in self._max_age_s}

    def clear(self) -> None:
        """Forget every sample."""
        self._samples.clear()
        self._rejected.clear()
