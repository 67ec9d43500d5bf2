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
How much memory one way to run a tick needs, measured in a process of its own.

    python benchmarks/tick_memory.py FOLDER CAMERAS HEIGHT WIDTH WAY [--device D] [--threads N]

prints one JSON object in MiB. ``whole``: the most that the process ever had in memory, loading
included. ``ticks``: the most while ticks run. ``growth``: how much more that is than right
before the first tick. On CUDA the same of the device's allocated memory, with ``device_``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import resource
import subprocess
import sys
from typing import Any

TICKS = 4
_MIB = 2**20
_KIB_PER_MIB = 1024


def memory_of(
    way: str, folder: Path, size: tuple[int, int, int], device: str, threads: int
) -> dict[str, float]:
    """Measure a way in a fresh process. ``size``: cameras, height, width."""
    command = [sys.executable, __file__, str(folder), *map(str, size), way]
    command += ['--device', device, '--threads', str(threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Load, run a few ticks, print."""
    parser = argparse.ArgumentParser(description='Memory of one way to run a tick.')
    parser.add_argument('folder', type=Path)
    for name in ('cameras', 'height', 'width'):
        parser.add_argument(name, type=int)
    parser.add_argument('way')
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--threads', type=int, default=1)
    sys.stdout.write(json.dumps(_measure(parser.parse_args())) + '\n')


def _measure(arguments: argparse.Namespace) -> dict[str, float]:
    from tick_ways import load_ways, random_observation
    import torch

    torch.set_num_threads(arguments.threads)
    ways = load_ways(arguments.folder, [arguments.way], arguments.device)
    size = (arguments.cameras, arguments.height, arguments.width)
    observations = [random_observation(seed, *size) for seed in range(TICKS)]
    loading = _peak_resident()
    before = _restart_peak()
    cuda: Any = torch.cuda if arguments.device.startswith('cuda') else None
    if cuda:
        loaded, held = cuda.max_memory_allocated() / _MIB, cuda.memory_allocated() / _MIB
        cuda.reset_peak_memory_stats()
    for images, state in observations:
        ways[arguments.way].run(images, state)
    ticks = _peak_resident()
    figures = {'whole': max(loading, ticks), 'ticks': ticks, 'growth': ticks - before}
    if cuda:
        peak = cuda.max_memory_allocated() / _MIB
        figures |= {
            'device_whole': max(loaded, peak),
            'device_ticks': peak,
            'device_growth': peak - held,
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


if __name__ == '__main__':
    main()
