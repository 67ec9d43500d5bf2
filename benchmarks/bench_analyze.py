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
Steps per second of an analysis, next to a loop of single forwards with stock LeRobot.

The loop takes a frame of LeRobot's dataset, runs LeRobot's processors and policy on it, and does
nothing else: no attention, no picture. The ways of this package write what they say. Every round
runs two episodes in each way, in random order; a ratio is the median of the ratios within a round.
Stages are timed one after the other, each with the machine to itself, so their sum is more than
an episode takes, in which they overlap. ``most``: what the loop would be multiplied by if its
forwards ran at the rate of the fastest product that the processor does in that precision, and
nothing else took any time; no analysis that does the same arithmetic can be faster.

    python benchmarks/bench_analyze.py [--size 480x640] [--steps 48] [--batch 8] [--device cpu]
        [--policy FOLDER --dataset FOLDER] [--images] [--workers N] [--rounds N] [--json FILE]

Without --policy and --dataset both are made: two cameras, H.264 or AV1 video as LeRobot writes it
(--images: PNG), and a policy of LeRobot's default ACT configuration with random weights. There
are two episodes either way, so that two workers have one each.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing, ExitStack
from importlib.metadata import version
import os
from pathlib import Path
import platform
import random
import shutil
from tempfile import TemporaryDirectory
import time
from typing import Any

from analyze_material import EPISODES, make_dataset
from arithmetic import fastest
from bench_report import options, say, write_figures
import numpy as np
from stock_loop import StockLoop
from tick_ways import make_checkpoint

from attention_mapper_ros.attention.request import AttentionRequest, ROLLOUT
from attention_mapper_ros.attention.selection import Selection
from attention_mapper_ros.policies.adapter import PolicyAdapter
from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings.crews import Workers
from attention_mapper_ros.recordings.dataset_recording import DatasetRecording
from attention_mapper_ros.recordings.episode_analysis import analyse_episode, forwards
from attention_mapper_ros.recordings.episode_writer import EpisodeWriter, WriterSettings
from attention_mapper_ros.recordings.options import AnalysisOptions, OutputOptions
from attention_mapper_ros.recordings.read_ahead import batches
from attention_mapper_ros.recordings.recording import Shown
from attention_mapper_ros.rendering.overlay import OverlayStyle

STOCK = 'LeRobot, single forwards'
NUMBERS = OutputOptions(video=False, gif=False, frames='none')
OUTPUTS = {
    'table and maps': NUMBERS,
    'and video': OutputOptions(gif=False, frames='none'),
    'everything': OutputOptions(),
}
GOAL = 3.0  # times as fast, at batch 8


def main() -> None:
    """Measure, and say it."""
    arguments = _arguments()
    with TemporaryDirectory() as name:
        folder = Path(name)
        dataset, policy = _materials(arguments, folder)
        figures = measure(arguments, dataset, policy, folder / 'out')
    _show(figures)
    write_figures(arguments, figures)


def measure(
    arguments: argparse.Namespace, dataset: Path, policy: Path, output: Path
) -> dict[str, Any]:
    """Run all ways in turn and return steps per second, ratios, bounds and stages."""
    stock = StockLoop(dataset, policy, arguments.device)
    precisions = ['float32'] + (['bfloat16'] if arguments.bfloat16 else [])
    recording = DatasetRecording.open(dataset)
    adapters = {name: load_policy(policy, arguments.device, name) for name in precisions}
    with ExitStack() as crews:
        ways: dict[str, Callable[[], int]] = {STOCK: stock.run}
        for precision, adapter in adapters.items():
            for what, outputs in OUTPUTS.items():
                ways[f'{what}, {precision}'] = _ours(
                    recording, adapter, outputs, arguments.batch, output
                )
            if arguments.workers > 1:
                name = f'everything, {precision}, {arguments.workers} workers'
                options = _options(arguments, dataset, policy, output, precision)
                ways[name] = _by_workers(crews, recording, options, arguments.workers)
        rates = _rates(ways, arguments.rounds)
    loop = float(np.median(rates[STOCK]))
    return {
        'machine': f'{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs',
        'versions': {name: version(name) for name in ('lerobot', 'torch', 'av')},
        'device': arguments.device,
        'batch': arguments.batch,
        'size': arguments.size,
        'steps_per_s': {name: float(np.median(each)) for name, each in rates.items()},
        'ratio': {
            name: float(np.median(np.array(each) / np.array(rates[STOCK])))
            for name, each in rates.items()
        },
        'operations': stock.operations(),
        'most': {
            name: fastest(name, arguments.device) / stock.operations() / loop
            for name in precisions
        },
        'stages_ms': {
            name: _stages(recording, adapter, arguments.batch, output)
            for name, adapter in adapters.items()
        },
    }


def _rates(ways: dict[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Return the steps per second of each way, one number a round."""
    for run in ways.values():
        run()  # the first of each compiles, allocates and opens
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in random.Random(number).sample(list(ways), len(ways)):
            began = time.perf_counter()
            steps = ways[name]()
            rates[name].append(steps / (time.perf_counter() - began))
    return rates


def _ours(
    recording: DatasetRecording,
    adapter: PolicyAdapter,
    outputs: OutputOptions,
    batch: int,
    output: Path,
) -> Callable[[], int]:
    settings = WriterSettings(outputs, _shown(adapter, outputs))

    def run() -> int:
        return sum(
            analyse_episode(
                recording, adapter, episode, batch, _empty(output), settings, lambda: None
            ).steps
            for episode in recording.episodes(range(EPISODES))
        )

    return run


def _by_workers(
    crews: ExitStack, recording: DatasetRecording, options: AnalysisOptions, count: int
) -> Callable[[], int]:
    """Return a way whose processes, started once, take an episode each."""
    crew = crews.enter_context(closing(Workers(options, count)))

    def run() -> int:
        _empty(options.output)
        episodes = recording.episodes(range(EPISODES))
        return sum(outcome.steps for outcome in crew.run(episodes, lambda steps: None))

    return run


def _options(
    arguments: argparse.Namespace, dataset: Path, policy: Path, output: Path, precision: str
) -> AnalysisOptions:
    return AnalysisOptions(
        str(dataset),
        str(policy),
        output.with_name(f'workers_{precision}'),
        device=arguments.device,
        precision=precision,
        batch=arguments.batch,
    )


def _shown(adapter: PolicyAdapter, outputs: OutputOptions) -> Shown:
    selection = Selection(queries_executed=adapter.spec.action_steps)
    request = AttentionRequest(ROLLOUT, selection, head_weights=outputs.frames != 'none')
    return Shown(request, str(request), OverlayStyle())


def _stages(
    recording: DatasetRecording, adapter: PolicyAdapter, batch: int, output: Path
) -> dict[str, float]:
    """Return milliseconds per step of each stage, run alone."""
    [episode] = recording.episodes([0])
    times: dict[str, float] = {}
    began = time.perf_counter()
    steps = list(recording.steps(episode, adapter.spec))
    times['reading and decoding'] = time.perf_counter() - began
    read = list(batches(steps, batch))
    request = _shown(adapter, OUTPUTS['everything']).request
    began = time.perf_counter()
    analysed = list(forwards(adapter, read, request, episode))
    times['model'] = time.perf_counter() - began
    written = 0.0
    for what, outputs in OUTPUTS.items():
        began = time.perf_counter()
        settings = WriterSettings(outputs, _shown(adapter, outputs))
        writer = EpisodeWriter(recording, adapter, episode, _empty(output), settings)
        with writer:
            for each in analysed:
                writer.write(each.step, each.inference, each.latency_s)
        writer.finish(0.0)
        seconds = time.perf_counter() - began
        times[f'writing: {what}'] = seconds - written
        written = seconds
    return {name: 1e3 * seconds / len(steps) for name, seconds in times.items()}


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _show(figures: dict[str, Any]) -> None:
    say(f'{figures["machine"]}, {figures["device"]}, batch {figures["batch"]}, {figures["size"]}')
    for name, rate in figures['steps_per_s'].items():
        say(f'{name:<32} {rate:7.2f} steps/s   {figures["ratio"][name]:5.2f}')
    say(f'(goal: {GOAL:g} at batch 8 on a CPU)')
    for precision, most in figures['most'].items():
        billions = figures['operations'] / 1e9
        say(f'most, {precision}: {most:.2f} ({billions:.1f} billion operations a step)')
    for precision, stages in figures['stages_ms'].items():
        total = sum(stages.values())
        say(f'\n{precision}, ms per step, each stage alone:')
        for name, milliseconds in stages.items():
            say(f'  {name:<26} {milliseconds:7.1f}   {milliseconds / total:4.0%}')


def _materials(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    if arguments.policy and arguments.dataset:
        return arguments.dataset, arguments.policy
    height, width = map(int, arguments.size.split('x'))
    policy = folder / 'policy'
    make_checkpoint(policy, 2, height, width, arguments.device)
    dataset = folder / 'dataset'
    make_dataset(dataset, height, width, arguments.steps, not arguments.images)
    return dataset, policy


def _arguments() -> argparse.Namespace:
    parser = options('Steps per second of an analysis.', rounds=5)
    parser.add_argument('--size', default='480x640', metavar='HxW', help='of two cameras')
    parser.add_argument('--steps', type=int, default=48, help='of an episode')
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--images', action='store_true', help='PNG instead of video')
    parser.add_argument('--policy', type=Path)
    parser.add_argument('--dataset', type=Path, help='its first two episodes')
    parser.add_argument('--workers', type=int, default=2, help='1: none')
    parser.add_argument(
        '--bfloat16', action=argparse.BooleanOptionalAction, default=True, help='also measure it'
    )
    return parser.parse_args()


if __name__ == '__main__':
    main()
