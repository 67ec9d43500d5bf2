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

"""The way from where a robot stands to what its policy wants, over the first seconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.clock import NANOSECONDS

Positions = NDArray[np.float64]


class Ramp:
    """
    Moves linearly in time from a fixed ``start``, (joint,) in rad or m, to a moving target.

    ``length_s`` is positive. Only time between two targets counts, and a clock that goes
    backwards adds none.
    """

    def __init__(self, start: Positions, length_s: float, now_ns: int) -> None:
        self._start = start
        self._length_ns = length_s * NANOSECONDS
        self._elapsed_ns = 0
        self._newest_ns = now_ns

    @property
    def done(self) -> bool:
        """Whether the newest target was taken as it was."""
        return self._elapsed_ns >= self._length_ns

    def toward(self, target: Positions, now_ns: int) -> Positions:
        """Return the position between the start and the target for this time."""
        self._elapsed_ns += max(0, now_ns - self._newest_ns)
        self._newest_ns = now_ns
        share = min(1.0, self._elapsed_ns / self._length_ns)
        return (1.0 - share) * self._start + share * target

    def pause(self, now_ns: int) -> None:
        """Let the time since the newest target or pause pass without moving on."""
        self._newest_ns = now_ns
