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
A policy drives the desk arm, and every tick of it is recorded, whether it succeeds or not.

Closed loop with LeRobot's own select_action, on seeds that no training has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attention_mapper_ros.sim.dataset import (
    check_output,
    Frame,
    RecordedEpisode,
    TASK,
    write_dataset,
)
from attention_mapper_ros.sim.disturbance import Disturbance, DisturbedDesk, drawn
from attention_mapper_ros.sim.evaluation import CHECKPOINT, NEAR_M, PolicyRunner, TICKS
from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM, wander
from attention_mapper_ros.sim.scene import CONTROL_HZ, DeskArm

AWAY_TASK = 'bring the gripper to the red cube from anywhere over the table'
EPISODES = 24
HOLD_TICKS = 10  # at the cube, a second; then the episode is over


@dataclass(frozen=True)
class EpisodePlan:
    """
    What is played: so many episodes, of consecutive seeds counted from those of evaluation.

    ``steps``: the longest that an episode takes. ``disturb``: the chance of each that something
    goes wrong, 0 to 1. ``away``: the chance that it begins with the arm anywhere over the table
    and not near home, which is a task of its own.
    """

    episodes: int = EPISODES
    seed: int = 0
    steps: int = TICKS
    disturb: float = 0.0
    away: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        for name, least in (('episodes', 1), ('seed', 0), ('steps', 1)):
            value = getattr(self, name)
            if value < least:
                raise ValueError(f'number of {name} is {value}; it must be {least} or more')
        for name in ('disturb', 'away'):
            chance = getattr(self, name)
            if not 0.0 <= chance <= 1.0:
                raise ValueError(f'{name} is {chance}; it is a chance, 0 to 1')


@dataclass(frozen=True)
class PlayedEpisode:
    """One episode that a policy played, and what went wrong around it."""

    seed: int
    recorded: RecordedEpisode
    disturbance: Disturbance | None

    @property
    def success(self) -> bool:
        """Whether the gripper was at the cube at its end."""
        return bool(self.recorded.frames[-1].success)


def policy_episodes(runner: PolicyRunner, plan: EpisodePlan) -> Iterator[PlayedEpisode]:
    """
    Play the episodes of a plan, one after the other.

    An episode ends when the gripper has been within NEAR_M of the cube for a second, or after
    its last step.
    """
    arm = DeskArm()
    desk = DisturbedDesk(arm)
    first = EVALUATION_SEEDS_FROM + plan.seed
    try:
        for seed in range(first, first + plan.episodes):
            disturbance = drawn(seed, plan.disturb)
            arm.reset(seed)
            rng = np.random.default_rng([seed, 5])
            away = rng.random() < plan.away
            if away:
                wander(arm, rng)
            desk.begin(disturbance)
            frames = _play(arm, desk, runner, plan.steps)
            recorded = RecordedEpisode(frames, AWAY_TASK if away else TASK)
            yield PlayedEpisode(seed, recorded, disturbance)
    finally:
        arm.close()


def record_policy(
    output: Path,
    policy: Path | None,
    plan: EpisodePlan,
    videos: bool = False,
    report: Callable[[PlayedEpisode], None] = lambda played: None,
) -> None:
    """
    Write what a policy does as a LeRobotDataset (v3) with the feature ``next.success``.

    ``output`` must not exist. ``policy``: a folder, None for the shipped one. ``report`` gets
    every episode when it is over. Raises ValueError for a folder that is no ACT checkpoint, and
    for a policy that does not fit the arm.
    """
    check_output(output)
    runner = PolicyRunner.load(policy or CHECKPOINT)

    def told() -> Iterator[RecordedEpisode]:
        for played in policy_episodes(runner, plan):
            report(played)
            yield played.recorded

    write_dataset(output, told(), success=True, videos=videos)


def _play(arm: DeskArm, desk: DisturbedDesk, runner: PolicyRunner, ticks: int) -> list[Frame]:
    runner.reset()
    frames: list[Frame] = []
    held = 0  # ticks at the cube
    for tick in range(ticks):
        desk.happen(tick)
        images, state_rad = desk.see(), arm.positions()
        action_rad = runner.act(images, state_rad)
        arm.step(action_rad, 1 / CONTROL_HZ)
        near = arm.gripper_to_target_m() <= NEAR_M
        frames.append(Frame(images, state_rad, action_rad, near))
        held = held + 1 if near else 0
        if held == HOLD_TICKS:
            break
    return frames
