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
Records episodes of the desk arm as a LeRobotDataset (v3): the expert's, or a policy's.

`python -m attention_mapper_ros.sim.recording --output DIR --episodes N --seed S`

The expert's are for training: all of them succeed. A policy's (`--driver policy`) are for looking
at it: every tick says whether the gripper is at the cube, and with `--disturb` some fail.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
import sys

import numpy as np

from attention_mapper_ros.sim.dataset import (
    check_output,
    dataset_summary,
    Frame,
    RecordedEpisode,
    TASK,
    write_dataset,
)
from attention_mapper_ros.sim.expert import EPISODE_STEPS, Expert, RecoveryNoise
from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    DeskArm,
    HOME_RAD,
    JOINT_NAMES,
    policy_view,
)

EXPERT, POLICY = 'expert', 'policy'  # who drives the arm
DEFAULT_EPISODES = 200  # of the expert: of 32 steps, with noise
KEPT_WITHIN_M = 0.025  # an episode that the noise has ruined is recorded again
WANDERING_SHARE = 0.4  # of the episodes begin with the arm somewhere over the table
WANDERING_RAD = np.array([0.75, 0.25, 0.25, 0.15, 0.75, 0.30])  # around home
WANDERING_LOWEST_M = 0.08  # the tip stays clear of the cubes
EVALUATION_SEEDS_FROM = 1_000_000  # recording uses seeds below, evaluation from here on

# What only a policy's recording has: name on the command line to type and help.
_POLICY_OPTIONS = {
    'policy': (Path, 'checkpoint folder; the shipped one if not given'),
    'steps': (int, 'longest episode, 10 steps a second (default: 60)'),
    'disturb': (float, 'chance of each episode that something goes wrong (default: 0)'),
    'away': (float, 'chance that it begins anywhere over the table, a second task (default: 0)'),
}


def expert_episode(arm: DeskArm, seed: int, noisy: bool = True) -> list[Frame] | None:
    """Play one episode; None if the noise kept the expert from the cube."""
    rng = np.random.default_rng([seed, 1])
    arm.reset(seed)
    if noisy and rng.random() < WANDERING_SHARE:
        wander(arm, rng)
    expert = Expert(arm)
    noise = RecoveryNoise(rng)
    frames = []
    for _ in range(EPISODE_STEPS):
        action = expert.action()
        images = {camera: policy_view(arm.render(camera)) for camera in CAMERAS}
        frames.append(Frame(images, arm.positions(), action))
        if noisy:
            arm.step(noise.disturb(action, arm.gripper_to_target_m()), 1 / CONTROL_HZ)
        else:
            arm.step(action, 1 / CONTROL_HZ)
    return frames if arm.gripper_to_target_m() <= KEPT_WITHIN_M else None


def expert_episodes(count: int, seed: int, noisy: bool = True) -> Iterator[list[Frame]]:
    """Yield `count` good episodes, one after the other."""
    arm = DeskArm(seed)
    try:
        attempt = seed
        for _ in range(count):
            episode = None
            while episode is None:
                episode = expert_episode(arm, attempt, noisy)
                attempt += 1
            yield episode
    finally:
        arm.close()


def record(
    output: Path, episodes: int = DEFAULT_EPISODES, seed: int = 0, videos: bool = False
) -> None:
    """Write a LeRobotDataset of `episodes` expert episodes to `output`, which must not exist."""
    check_output(output)
    _check_request(episodes, seed)
    played = (RecordedEpisode(frames, TASK) for frames in expert_episodes(episodes, seed))
    write_dataset(output, played, videos=videos)


def wander(arm: DeskArm, rng: np.random.Generator) -> None:
    """Put the arm somewhere over the table, clear of the cubes."""
    while True:
        arm.place_arm(HOME_RAD + rng.uniform(-1, 1, len(JOINT_NAMES)) * WANDERING_RAD)
        if arm.tip_position_m()[2] >= WANDERING_LOWEST_M:
            return


def _check_request(episodes: int, seed: int) -> None:
    if episodes < 1:
        raise ValueError(f'number of episodes is {episodes}; it must be 1 or more')
    if not 0 <= seed < EVALUATION_SEEDS_FROM // 2:
        raise ValueError(
            f'seed is {seed}; it must be 0 to {EVALUATION_SEEDS_FROM // 2 - 1}, '
            'the ones above are kept for evaluation'
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Record from the command line."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.driver == POLICY:
            _record_policy(arguments)
        else:
            _refuse_policy_options(arguments)
            episodes = DEFAULT_EPISODES if arguments.episodes is None else arguments.episodes
            record(arguments.output, episodes, arguments.seed, arguments.videos)
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)  # noqa: T201
        return 2
    info = dataset_summary(arguments.output)
    print(  # noqa: T201
        f'{arguments.output}: {info["total_episodes"]} episodes, {info["total_frames"]} frames, '
        f'{info["fps"]} Hz, LeRobot dataset {info["codebase_version"]}'
    )
    return 0


def _record_policy(arguments: argparse.Namespace) -> None:
    # Beside torch, it needs this module.
    from attention_mapper_ros.sim import policy_episodes

    given = {name: getattr(arguments, name) for name in _POLICY_OPTIONS}
    numbers = {'episodes': arguments.episodes, **given}
    policy = numbers.pop('policy')
    plan = policy_episodes.EpisodePlan(
        seed=arguments.seed,
        **{name: value for name, value in numbers.items() if value is not None},
    )
    done: list[policy_episodes.PlayedEpisode] = []

    def report(played: policy_episodes.PlayedEpisode) -> None:
        done.append(played)
        said = 'reached the cube' if played.success else 'failed'
        why = f' ({played.disturbance})' if played.disturbance is not None else ''
        steps = len(played.recorded.frames)
        print(f'episode {len(done) - 1}: {said} after {steps} steps{why}', flush=True)  # noqa: T201

    policy_episodes.record_policy(arguments.output, policy, plan, arguments.videos, report)
    reached = sum(played.success for played in done)
    print(f'{reached} of {len(done)} episodes reached the cube')  # noqa: T201


def _refuse_policy_options(arguments: argparse.Namespace) -> None:
    for name in _POLICY_OPTIONS:
        value = getattr(arguments, name)
        if value is not None:
            raise ValueError(
                f'--{name} is {value}, but the expert drives: add --driver policy, or leave it out'
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='attention-mapper record',
        description='Record episodes of the simulated desk arm as a LeRobotDataset (v3).',
    )
    parser.add_argument('--output', type=Path, required=True, help='folder to make')
    parser.add_argument(
        '--episodes', type=int, help="default: 200 of the expert's, 24 of a policy's"
    )
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--videos',
        action='store_true',
        help='cameras as MP4, as most datasets have them; else PNG, the very pixels',
    )
    parser.add_argument(
        '--driver',
        choices=(EXPERT, POLICY),
        default=EXPERT,
        help='who drives: the scripted expert, to train on (default), or a policy, to look at',
    )
    group = parser.add_argument_group('with --driver policy')
    for name, (kind, meaning) in _POLICY_OPTIONS.items():
        group.add_argument(f'--{name}', type=kind, help=meaning)
    return parser


if __name__ == '__main__':
    sys.exit(main())
