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

"""What the arithmetic of a forward takes at least on this machine."""

from __future__ import annotations

from collections.abc import Callable
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

_REPEATS = 6


def operations(run: Callable[[], object]) -> int:
    """Return the floating point operations of matrix products and convolutions in ``run``."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def fastest(precision: str, device: str) -> float:
    """
    Return the operations per second of the fastest product that could be found.

    A large matrix product and a large 3x3 convolution, which the libraries do best, each the best
    of some runs.
    """
    dtype = getattr(torch, precision)
    matrix = torch.rand(4096, 4096, dtype=dtype, device=device)
    channels_last = torch.channels_last
    pictures = torch.rand(8, 512, 60, 80, dtype=dtype, device=device)
    pictures = pictures.to(memory_format=channels_last)
    kernel = torch.rand(512, 512, 3, 3, dtype=dtype, device=device)
    kernel = kernel.to(memory_format=channels_last)
    with torch.inference_mode():
        return max(
            _rate(lambda: matrix @ matrix, device),
            _rate(lambda: torch.conv2d(pictures, kernel, padding=1), device),
        )


def _rate(run: Callable[[], object], device: str) -> float:
    wanted, shortest = operations(run), float('inf')
    for _ in range(_REPEATS):
        began = time.perf_counter()
        run()
        if device.startswith('cuda'):
            torch.cuda.synchronize()
        shortest = min(shortest, time.perf_counter() - began)
    return wanted / shortest
