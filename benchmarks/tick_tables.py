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

"""The tables of ``bench_tick``, and whether its goals are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench_report import say
import numpy as np
from tick_ways import OURS, STAGES, STOCK

_NAME_COLUMNS = 33
# Ratios to LeRobot at two cameras of 480x640, by device and method.
GOAL_SIZE = (2, 480, 640)
TIME_GOALS = {
    'cpu': {'raw': 0.65, 'rollout': 0.65, 'gradient': 2.0},
    'cuda': {'raw': 0.4, 'rollout': 0.4},
}
MEMORY_GOAL = 1.0
# Of the range of the actions, in float32.
ACTION_GOAL = 1e-4


class Result(Protocol):
    """What ``bench_tick`` measures for one size and number of cameras."""

    cameras: int
    height: int
    width: int
    median_ms: dict[str, float]
    least_ms: dict[str, float]
    ratio: dict[str, tuple[float, float, float]]
    processor_ratio: dict[str, float]
    difference: dict[str, float]
    spread: float
    stages_ms: dict[str, dict[str, float]]
    memory_mib: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Goal:
    """One goal: ``found`` shall be at most ``limit``."""

    what: str
    found: float
    limit: float
    reached: bool


def show_times(result: Result) -> None:
    """Write medians, ratios and differences of one size."""
    say(f'\n{_title(result)}')
    say(
        _row(
            '',
            ['median', 'least', 'ratio (middle half)', 'processor time', 'actions differ by'],
            18,
        )
    )
    for name, median in result.median_ms.items():
        low, middle, high = result.ratio[name]
        cells = [
            f'{median:.1f} ms',
            f'{result.least_ms[name]:.1f} ms',
            f'{middle:.3f} ({low:.2f}-{high:.2f})',
            f'{result.processor_ratio[name]:.3f}',
            f'{result.difference[name]:.1e}',
        ]
        say(_row(name, cells, 19))
    say(
        '  ratio: to LeRobot in the same round, of the time that passed and of processor time\n'
        '  actions differ by: the most from LeRobot, of their range; between these observations '
        f'LeRobot itself {result.spread:.1e}'
    )


def show_stages(result: Result) -> None:
    """Write what each stage takes of a tick."""
    say(_row('stages: ms, share of the tick', STAGES, 20))
    for name, taken in result.stages_ms.items():
        total = sum(taken.values())
        cells = [f'{taken[stage]:.1f} {taken[stage] / total:4.0%}' for stage in STAGES]
        say(_row(name, cells, 20))
    say(
        '  weights that a method wants are made within encoder and decoder; on CUDA a replayed '
        'graph shows as method'
    )


def show_memory(result: Result) -> None:
    """Write what each way needs in a process of its own."""
    memory = result.memory_mib
    kinds = list(memory[STOCK])
    say(_row('memory: MiB, ratio to LeRobot', kinds, 14))
    for name, figures in memory.items():
        ratios = _memory_ratios(memory, name)
        say(_row(name, [f'{figures[kind]:.0f} {ratios[kind]:5.2f}' for kind in kinds], 14))
    say('  whole: the most ever, loading included; ticks: while ticking; growth: over before them')


def show_growth(results: Sequence[Result]) -> None:
    """Write how the cost of each way grows with cameras, for each size."""
    for size in dict.fromkeys((result.height, result.width) for result in results):
        alike = [result for result in results if (result.height, result.width) == size]
        cameras = np.array([result.cameras for result in alike])
        if len(set(cameras)) < 2:
            continue
        say(f'\ngrowth with cameras, {size[0]}x{size[1]}: a line through {cameras.tolist()}')
        say(_row('', ['per camera', 'without', 'farthest off'], 14))
        for name in alike[0].median_ms:
            times = np.array([result.median_ms[name] for result in alike])
            slope, start = np.polyfit(cameras, times, 1)
            off = float(np.max(np.abs(slope * cameras + start - times) / times))
            say(_row(name, [f'{slope:.1f} ms', f'{start:.1f} ms', f'{off:.1%}'], 14))


def goals_of(result: Result, device: str) -> list[Goal]:
    """Return the goals that this result decides."""
    goals = []
    where = _title(result)
    for name, (precision, method) in OURS.items():
        if precision != 'float32' or name not in result.ratio:
            continue
        difference = result.difference[name]
        goals.append(_goal(f'{name}, difference of actions, {where}', difference, ACTION_GOAL))
        if (result.cameras, result.height, result.width) != GOAL_SIZE:
            continue
        limit = TIME_GOALS.get(device.partition(':')[0], {}).get(method or '')
        if limit is not None:
            goals.append(_goal(f'{name}, time to LeRobot, {where}', result.ratio[name][1], limit))
        goals += [
            _goal(f'{name}, memory {kind} to LeRobot, {where}', figure, MEMORY_GOAL)
            for kind, figure in _memory_ratios(result.memory_mib, name).items()
            if kind.endswith(('whole', 'ticks'))
        ]
    return goals


def show_goals(goals: Sequence[Goal]) -> None:
    """Write each goal and whether it is reached."""
    say('\ngoals')
    for goal in goals:
        word = 'reached' if goal.reached else 'MISSED '
        say(f'  {word}  {goal.found:9.3g} of {goal.limit:g}  {goal.what}')


def _goal(what: str, found: float, limit: float) -> Goal:
    return Goal(what, found, limit, found <= limit)


def _title(result: Result) -> str:
    plural = '' if result.cameras == 1 else 's'
    return f'{result.cameras} camera{plural} {result.height}x{result.width}'


def _memory_ratios(memory: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float]:
    if name not in memory:
        return {}
    stock = memory[STOCK]
    # To the percent: what is loaded is the same, and allocators round.
    return {
        kind: round(figure / max(stock[kind], 1.0), 2) for kind, figure in memory[name].items()
    }


def _row(name: str, cells: Sequence[str], width: int) -> str:
    padded = ''.join(f'  {cell:>{width}}' for cell in cells)
    return f'  {name:{_NAME_COLUMNS}}{padded}'
