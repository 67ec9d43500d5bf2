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

"""A process of the soak seen from outside: its memory and its processor time, from /proc."""

from __future__ import annotations

from dataclasses import dataclass, field
import os
from pathlib import Path
import time

import numpy as np

_PAGE_BYTES = os.sysconf('SC_PAGE_SIZE')
_TICKS_PER_S = os.sysconf('SC_CLK_TCK')
MIB = 2**20
ENDS = 0.1  # share of the samples at each end that its memory is the median of


@dataclass
class Watched:
    """Samples of one process: seconds, MiB in memory, and seconds of processor time."""

    pid: int
    seconds: list[float] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)
    processor_s: list[float] = field(default_factory=list)

    def sample(self) -> None:
        folder = Path('/proc') / str(self.pid)
        pages = int((folder / 'statm').read_text().split()[1])
        # behind the name in brackets, which may hold spaces: state is the third field
        fields = (folder / 'stat').read_text().rpartition(') ')[2].split()
        self.seconds.append(time.monotonic())
        self.memory_mib.append(pages * _PAGE_BYTES / MIB)
        self.processor_s.append((int(fields[11]) + int(fields[12])) / _TICKS_PER_S)

    def begin(self) -> None:
        """Forget the samples so far."""
        self.seconds, self.memory_mib, self.processor_s = [], [], []
        self.sample()

    @property
    def ends_mib(self) -> tuple[float, float]:
        """Memory at the beginning and at the end."""
        count = max(1, int(len(self.memory_mib) * ENDS))
        first, last = self.memory_mib[:count], self.memory_mib[-count:]
        return float(np.median(first)), float(np.median(last))

    @property
    def growth(self) -> float:
        """How much more memory there is at the end, as a share of that at the beginning."""
        first, last = self.ends_mib
        return last / first - 1.0

    @property
    def mib_per_hour(self) -> float:
        """Slope of a straight line through the samples."""
        if len(self.seconds) < 3:
            return float('nan')
        return float(np.polyfit(self.seconds, self.memory_mib, 1)[0]) * 3600.0

    @property
    def cores(self) -> float:
        """Processor time by time."""
        took = self.seconds[-1] - self.seconds[0]
        return (self.processor_s[-1] - self.processor_s[0]) / took if took else float('nan')
