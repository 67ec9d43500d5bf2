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
How much memory a way to run a tick needs, asked in the process that runs it.

Figures are MiB. ``whole``: the most that the process ever had in memory, loading included.
``ticks``: the most while ticks ran. ``growth``: how much more that is than right before the first
tick. On CUDA the same of the device's allocated memory, with ``device_``.
"""

from __future__ import annotations

from pathlib import Path
import resource
import sys

import torch

_MIB = 2**20
_KIB_PER_MIB = 1024


class TickMemory:
    """Counts from its making, which is after loading and before the first tick."""

    def __init__(self, device: str) -> None:
        """Note what loading needed and count anew."""
        self._is_cuda = device.startswith('cuda')
        self._loading = _peak_resident()
        self._before = _restart_peak()
        if self._is_cuda:
            self._device_loading = torch.cuda.max_memory_allocated() / _MIB
            self._device_before = torch.cuda.memory_allocated() / _MIB
            torch.cuda.reset_peak_memory_stats()

    def figures(self) -> dict[str, float]:
        """Return the peaks, MiB."""
        ticks = _peak_resident()
        figures = {
            'whole': max(self._loading, ticks),
            'ticks': ticks,
            'growth': ticks - self._before,
        }
        if self._is_cuda:
            peak = torch.cuda.max_memory_allocated() / _MIB
            figures |= {
                'device_whole': max(self._device_loading, peak),
                'device_ticks': peak,
                'device_growth': peak - self._device_before,
            }
        return figures


def _restart_peak() -> float:
    """Forget the peak so far and return the present resident memory, MiB."""
    try:
        Path('/proc/self/clear_refs').write_text('5', encoding='ascii')  # see proc(5)
    except OSError:
        return _peak_resident()  # not Linux: growth counts from the peak of loading
    return _peak_resident()


def _peak_resident() -> float:
    """Return the peak resident memory since the last restart, MiB."""
    try:
        status = Path('/proc/self/status').read_text(encoding='ascii')
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (_MIB if sys.platform == 'darwin' else _KIB_PER_MIB)
    lines = dict(line.split(':', 1) for line in status.splitlines())
    return int(lines['VmHWM'].split()[0]) / _KIB_PER_MIB
