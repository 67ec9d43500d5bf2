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
Where the time of a tick goes: clocks around the methods that do a stage's work.

The clocks are put on objects from outside and taken off again. On a GPU each waits for the
device before it is read, which is why shares are not measured in the rounds that are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
import time
from typing import Any

from tick_ways import METHOD, STAGES, Way
import torch


def measure_stages(
    way: Way, tick: Callable[[int], object], rounds: int, device: str
) -> dict[str, float]:
    """Return the median milliseconds of each stage; ``tick`` runs the way once."""
    taken: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for number in range(rounds):
        clock = _StageClock(device)
        with ExitStack() as stack:
            for stage, methods in way.stages.items():
                for owner, name in methods:
                    stack.enter_context(clock.on(stage, owner, name))
            clock.timed(METHOD, tick)(number)
        for stage in STAGES:
            taken[stage].append(clock.seconds.get(stage, 0.0))
    return {stage: median(seconds) * 1e3 for stage, seconds in taken.items()}


class _StageClock:
    """Adds up what each stage takes; a stage inside another is not counted to the outer one."""

    def __init__(self, device: str) -> None:
        self.seconds: dict[str, float] = {}
        self._is_cuda = device.startswith('cuda')
        self._inner: list[float] = []  # seconds of inner stages, for each open one

    def on(self, stage: str, owner: Any, name: str) -> ExitStack:
        """Time this method until the returned context ends."""
        setattr(owner, name, self.timed(stage, getattr(owner, name)))
        stack = ExitStack()
        stack.callback(delattr, owner, name)  # the class's own method shows again
        return stack

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

        def run(*arguments: Any, **named: Any) -> Any:
            start = self._now()
            self._inner.append(0.0)
            try:
                return function(*arguments, **named)
            finally:
                taken = self._now() - start
                own = taken - self._inner.pop()
                self.seconds[stage] = self.seconds.get(stage, 0.0) + own
                if self._inner:
                    self._inner[-1] += taken

        return run

    def _now(self) -> float:
        if self._is_cuda:
            torch.cuda.synchronize()
        return time.perf_counter()
