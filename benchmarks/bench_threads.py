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
What it costs a forward that another thread of the process has run the model before.

As in the node: a policy is loaded and warmed up, then a thread that goes on runs it. In one way
loading happens on the main thread, in the other on a thread that ends (``load_policy``). A process
is spoilt for good by the first, so every round starts one of each, in random order; figures are
medians, the ratio is the median of the ratios within a round.

    python benchmarks/bench_threads.py [--policy FOLDER] [--forwards N] [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
import os
from pathlib import Path
import platform
import random
import time

from bench_report import options, say, write_figures
import numpy as np

SHIPPED = Path(__file__).resolve().parents[1] / 'attention_mapper_ros' / 'sim' / 'checkpoint'
MAIN, PASSING = 'loaded on the main thread', 'loaded on a thread that ends'


def main() -> None:
    """Measure, and say it."""
    arguments = _arguments()
    rounds: dict[str, list[float]] = {MAIN: [], PASSING: []}
    for number in range(arguments.rounds):
        for way in random.Random(number).sample(list(rounds), len(rounds)):
            rounds[way].append(_measured(way, arguments))
    ratio = float(np.median(np.array(rounds[PASSING]) / np.array(rounds[MAIN])))
    medians = {way: float(np.median(each)) for way, each in rounds.items()}
    say(f'{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs, ms per forward')
    for way, milliseconds in medians.items():
        say(f'{way:<30} {milliseconds:7.1f}')
    say(f'ratio {ratio:.2f}')
    write_figures(arguments, {'ms': medians, 'ratio': ratio})


def _measured(way: str, arguments: argparse.Namespace) -> float:
    """Return the median milliseconds of a forward on its second thread, in a new process."""
    with get_context('spawn').Pool(1) as pool:
        return pool.apply(_forwards, (way, arguments.policy, arguments.forwards))


def _forwards(way: str, policy: Path, count: int) -> float:
    from attention_mapper_ros.attention.request import AttentionRequest
    from attention_mapper_ros.nodes.policy_check import warm_up
    from attention_mapper_ros.policies.act import ActAdapter
    from attention_mapper_ros.policies.adapter import Observation
    from attention_mapper_ros.policies.registry import load_policy

    adapter = ActAdapter.load(policy, 'cpu') if way == MAIN else load_policy(policy, 'cpu')
    request = AttentionRequest()
    warm_up(adapter, request)
    rng, spec = np.random.default_rng(0), adapter.spec
    observation = Observation(
        images={
            image.name: rng.integers(0, 256, (image.height, image.width, 3), dtype=np.uint8)
            for image in spec.images
        },
        state=np.zeros(spec.state_size, np.float32),
    )

    def run() -> float:
        times = []
        for _ in range(count):
            began = time.perf_counter()
            adapter.infer(observation, request)
            times.append(time.perf_counter() - began)
        return 1e3 * float(np.median(times))

    with ThreadPoolExecutor(1) as inference:
        return inference.submit(run).result()


def _arguments() -> argparse.Namespace:
    parser = options('What it costs a forward that another thread has run the model.', rounds=5)
    parser.add_argument('--policy', type=Path, default=SHIPPED)
    parser.add_argument('--forwards', type=int, default=60, help='of each process')
    return parser.parse_args()


if __name__ == '__main__':
    main()
