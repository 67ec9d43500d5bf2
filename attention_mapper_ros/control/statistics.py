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

"""Rates and latencies over the last seconds, for diagnostics. Asks the time of nobody."""

from __future__ import annotations

from collections import deque
import math
from statistics import median

from attention_mapper_ros.control.clock import NANOSECONDS


class RateMeter:
    """
    Events per second over the last ``span_s`` seconds, and ``window`` events at the most.

    ``count`` from one thread, ``rate_hz`` from any: the deque's own operations are atomic.
    """

    def __init__(self, window: int = 50, span_s: float = 5.0) -> None:
        self._times_ns: deque[int] = deque(maxlen=window)
        self._span_ns = int(span_s * NANOSECONDS)

    def count(self, now_ns: int) -> None:
        """Note one event; a clock that went backwards begins a new window."""
        if self._times_ns and now_ns < self._times_ns[-1]:
            self._times_ns.clear()
        self._times_ns.append(now_ns)

    def rate_hz(self, now_ns: int) -> float:
        """Return the rate; a single pause hardly moves it, a lasting one takes it to zero."""
        times = list(self._times_ns)
        if len(times) < 2:
            return 0.0
        silence_ns = now_ns - times[-1]
        recent = [time_ns for time_ns in times if time_ns > now_ns - self._span_ns]
        if len(recent) < 2:
            return NANOSECONDS / max(silence_ns, times[-1] - times[-2], 1)
        counted_ns = recent[-1] - recent[0]
        interval_ns = counted_ns / (len(recent) - 1)
        # What is overdue by more than an interval counts as time without events.
        counted_ns += max(0, silence_ns - round(interval_ns))
        return NANOSECONDS * (len(recent) - 1) / max(counted_ns, 1)


class LatencyWindow:
    """Median and 95th percentile of the last durations in seconds; nan before the first."""

    def __init__(self, window: int = 100) -> None:
        self._seconds: deque[float] = deque(maxlen=window)

    def add(self, seconds: float) -> None:
        """Note one duration."""
        self._seconds.append(seconds)

    def median(self) -> float:
        """Return the median in seconds."""
        values = list(self._seconds)
        return median(values) if values else math.nan

    def p95(self) -> float:
        """Return the 95th percentile in seconds."""
        values = sorted(self._seconds)
        return values[math.ceil(0.95 * len(values)) - 1] if values else math.nan
