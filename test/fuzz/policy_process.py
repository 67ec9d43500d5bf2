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

"""The policy node in a process of its own, watched from outside: alive, its memory, its log."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import subprocess
import sys

PAGE_BYTES = os.sysconf('SC_PAGE_SIZE')
MIB = 2**20


class PolicyProcess:
    """The executable act_policy with these parameters, on the client without ROS."""

    def __init__(self, parameters: Mapping[str, str], log: Path) -> None:
        self._log = log
        arguments = [part for name in parameters for part in ('-p', f'{name}:={parameters[name]}')]
        with log.open('wb') as output:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    '-m',
                    'attention_mapper_ros.nodes.act_policy',
                    '--ros-args',
                    *arguments,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    'ATTENTION_MAPPER_ROS_CLIENT': 'dds',
                    'PYTHONPATH': os.pathsep.join(path for path in sys.path if path),
                    'OMP_NUM_THREADS': '1',
                    # What is freed goes back at once: the process's size is what it keeps.
                    'MALLOC_TRIM_THRESHOLD_': '100000',
                    'MALLOC_ARENA_MAX': '2',
                },
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def lives(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text(encoding='utf-8', errors='replace')

    def memory_mib(self) -> float:
        """Return what the process has in memory now."""
        pages = int(Path(f'/proc/{self.pid}/statm').read_text().split()[1])
        return pages * PAGE_BYTES / MIB

    def peak_mib(self) -> float:
        """Return the most that it ever had."""
        status = Path(f'/proc/{self.pid}/status').read_text()
        (line,) = (line for line in status.splitlines() if line.startswith('VmHWM'))
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
