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
What one tick costs, from raw pictures to actions, next to LeRobot's own tick without attention.

Each way runs in a process of its own, as it would on a robot. Every round runs one tick in each
way, one after the other in random order, on the same observation. Figures are
medians; a ratio is the median of the ratios within a round, since a busy machine slows all ways
of a round alike. The ratio of processor times shows how much of that is other programs' doing.
Policies have LeRobot's default ACT configuration (512 wide, 100 actions, VAE, ResNet-18) and
random weights. Sizes are height x width.

    python benchmarks/bench_tick.py [--sizes 480x640 ...] [--cameras 2 ...] [--device cuda]
        [--ways WAY ...] [--threads N] [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import product
import os
from pathlib import Path
import platform
import random
from tempfile import TemporaryDirectory
from typing import Any

from bench_report import options, say, write_figures
import numpy as np
from tick_tables import (
    Goal,
    goals_of,
    show_goals,
    show_growth,
    show_memory,
    show_stages,
    show_times,
)
from tick_ways import (
    action_range,
    make_checkpoint,
    NAMES,
    STOCK,
)
from tick_worker import Worker
import torch

# Of the rounds that are compared; shares of a tick need fewer than a ratio.
STAGE_ROUNDS_SHARE, LEAST_STAGE_ROUNDS = 4, 5


@dataclass
class Result:
    """The figures of one size and number of cameras; all by name of the way but ``spread``."""

    cameras: int
    height: int
    width: int
    median_ms: dict[str, float] = field(default_factory=dict)
    least_ms: dict[str, float] = field(default_factory=dict)
    # Quartiles of the ratio to LeRobot within a round; the middle one is the ratio.
    ratio: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    # The same of processor time, of all threads: what other programs do hardly shows in it.
    processor_ratio: dict[str, float] = field(default_factory=dict)
    # Largest difference of an action to LeRobot's, and how far LeRobot's own actions differ
    # between these observations; of the range of the actions.
    difference: dict[str, float] = field(default_factory=dict)
    spread: float = 0.0
    stages_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    memory_mib: dict[str, dict[str, float]] = field(default_factory=dict)


def measure(arguments: argparse.Namespace, cameras: int, height: int, width: int) -> Result:
    """Compare the ways on one kind of policy, and say it."""
    result = Result(cameras, height, width)
    size = (cameras, height, width)
    workers: dict[str, Worker] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_checkpoint(folder, *size, arguments.device)
        try:
            for way in arguments.ways:
                workers[way] = Worker(way, folder, size, arguments.device, arguments.threads)
            _compare_actions(workers, result)
            _compare_times(workers, arguments.rounds, result)
            show_times(result)
            rounds = max(LEAST_STAGE_ROUNDS, arguments.rounds // STAGE_ROUNDS_SHARE)
            result.memory_mib = {way: worker.memory() for way, worker in workers.items()}
            result.stages_ms = {way: worker.stages(rounds) for way, worker in workers.items()}
        finally:
            for worker in workers.values():
                worker.stop()
    show_stages(result)
    show_memory(result)
    return result


def _compare_actions(workers: Mapping[str, Worker], result: Result) -> None:
    """Also serves as the warm-up."""
    scale = action_range()
    chunks = {name: worker.actions() for name, worker in workers.items()}
    expected = chunks[STOCK]  # (observation, chunk, action)
    result.spread = float(np.ptp(expected, axis=0).max()) / scale
    for name, found in chunks.items():
        result.difference[name] = float(np.abs(found - expected).max()) / scale


def _compare_times(workers: Mapping[str, Worker], rounds: int, result: Result) -> None:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in workers}
    order = random.Random(0)
    for number in range(rounds):
        for name in order.sample(list(workers), len(workers)):
            taken[name].append(workers[name].tick(number))
    seconds = {name: np.array(each) for name, each in taken.items()}
    for name, each in seconds.items():  # (round, 2)
        result.median_ms[name] = float(np.median(each[:, 0])) * 1e3
        result.least_ms[name] = float(each[:, 0].min()) * 1e3
        ratios = each / seconds[STOCK]
        low, middle, high = np.quantile(ratios[:, 0], (0.25, 0.5, 0.75))
        result.ratio[name] = (float(low), float(middle), float(high))
        result.processor_ratio[name] = float(np.median(ratios[:, 1]))


def main() -> None:
    """Measure every size and say it."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    machine = _machine(arguments)
    say(', '.join(f'{name} {value}' for name, value in machine.items()))
    results = [
        measure(arguments, cameras, *size)
        for size, cameras in product(arguments.sizes, arguments.cameras)
    ]
    show_growth(results)
    goals = [goal for result in results for goal in goals_of(result, arguments.device)]
    show_goals(goals)
    write_figures(arguments, _figures(machine, results, goals))


def _arguments() -> argparse.Namespace:
    parser = options('Cost of a tick against LeRobot.', rounds=20)
    parser.add_argument(
        '--sizes', type=_size, nargs='+', default=[(240, 320), (480, 640)], metavar='HxW'
    )
    parser.add_argument('--cameras', type=int, nargs='+', default=[1, 2, 4], metavar='N')
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda or cuda:<index>')
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument(
        '--ways', nargs='+', choices=NAMES, default=list(NAMES), help='besides LeRobot'
    )
    arguments = parser.parse_args()
    if arguments.device == 'auto':
        arguments.device = 'cuda' if torch.cuda.is_available() else 'cpu'
    arguments.ways = [name for name in NAMES if name == STOCK or name in arguments.ways]
    if not _has_bfloat16(arguments.device):
        say(f'no bfloat16: {arguments.device} would have to imitate it')
        arguments.ways = [name for name in arguments.ways if 'bfloat16' not in name]
    return arguments


def _size(text: str) -> tuple[int, int]:
    height, separator, width = text.partition('x')
    if not (separator and height.isdecimal() and width.isdecimal()):
        raise argparse.ArgumentTypeError(f'{text} is no size: write height x width, 480x640')
    return int(height), int(width)


def _has_bfloat16(device: str) -> bool:
    from attention_mapper_ros.policies.adapter import PolicyError
    from attention_mapper_ros.policies.device import torch_device, torch_dtype

    try:
        torch_dtype('bfloat16', torch_device(device))
    except PolicyError:
        return False
    return True


def _machine(arguments: argparse.Namespace) -> dict[str, str]:
    """Say on what the figures were measured."""
    processor = platform.processor() or platform.machine()
    if arguments.device.startswith('cuda'):
        processor = torch.cuda.get_device_name(arguments.device)
    return {
        'device': f'{arguments.device} ({processor})',
        'threads': f'{arguments.threads} of {os.cpu_count()}',
        'PyTorch': torch.__version__,
        'LeRobot': version('lerobot'),
    }


def _figures(
    machine: Mapping[str, str], results: Sequence[Result], goals: Sequence[Goal]
) -> dict[str, Any]:
    return {
        'machine': dict(machine),
        'results': [asdict(result) for result in results],
        'goals': [asdict(goal) for goal in goals],
    }


if __name__ == '__main__':
    main()
