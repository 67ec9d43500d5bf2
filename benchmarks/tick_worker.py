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
One way to run a tick, in a process of its own.

In one process the ways would share what the allocator learned from the others, and their peaks
of memory. A worker runs one thing at a time when told to, and sleeps otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tick_memory import TickMemory
from tick_stages import measure_stages
from tick_ways import load_way, random_observation
import torch

OBSERVATIONS = 5


class Worker:
    """A process that has loaded one way. Answers in the order of the questions."""

    def __init__(
        self, way: str, folder: Path, size: tuple[int, int, int], device: str, threads: int
    ) -> None:
        """Start loading; ``size`` is (cameras, height, width)."""
        context = get_context('spawn')
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, way, folder, size, device, threads)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def actions(self) -> NDArray[np.float32]:
        """Run the first ticks and return (observation, chunk, action), dataset units."""
        chunks: NDArray[np.float32] = self._ask('actions')
        return chunks

    def memory(self) -> dict[str, float]:
        """Return what loading and all ticks so far needed, see ``tick_memory``."""
        figures: dict[str, float] = self._ask('memory')
        return figures

    def tick(self, number: int) -> tuple[float, float]:
        """Run one tick and return its seconds, passed and of the processor."""
        seconds: tuple[float, float] = self._ask('tick', number)
        return seconds

    def stages(self, rounds: int) -> dict[str, float]:
        """Return the median milliseconds of each stage."""
        figures: dict[str, float] = self._ask('stages', rounds)
        return figures

    def stop(self) -> None:
        """End the process."""
        self._pipe.close()  # which the process takes as its end
        self._process.join()

    def _ask(self, question: str, *arguments: int) -> Any:
        self._pipe.send((question, arguments))
        try:
            return self._pipe.recv()
        except EOFError as error:
            raise RuntimeError('a way ended early; what it wrote above says why') from error


def _serve(
    pipe: Connection,
    way: str,
    folder: Path,
    size: tuple[int, int, int],
    device: str,
    threads: int,
) -> None:
    """Load the way, then answer questions until the pipe is closed."""
    torch.set_num_threads(threads)
    served = _Served(way, folder, size, device)
    while True:
        try:
            question, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(getattr(served, question)(*arguments))


class _Served:
    """What a worker answers, under the names of the questions."""

    def __init__(self, way: str, folder: Path, size: Sequence[int], device: str) -> None:
        self._way = load_way(folder, way, device)
        self._device = device
        self._observations = [random_observation(seed, *size) for seed in range(OBSERVATIONS)]
        self._memory = TickMemory(device)

    def actions(self) -> NDArray[np.float32]:
        return np.stack([self._run(number) for number in range(OBSERVATIONS)])

    def memory(self) -> dict[str, float]:
        return self._memory.figures()

    def tick(self, number: int) -> tuple[float, float]:
        start, start_processor = time.perf_counter(), time.process_time()
        self._run(number)
        return time.perf_counter() - start, time.process_time() - start_processor

    def stages(self, rounds: int) -> dict[str, float]:
        return measure_stages(self._way, self._run, rounds, self._device)

    def _run(self, number: int) -> NDArray[np.float32]:
        return self._way.run(*self._observations[number % OBSERVATIONS])
