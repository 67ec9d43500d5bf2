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
Records the expert's episodes as a LeRobotDataset (v3).

`python -m attention_mapper_ros.sim.recording --output DIR --episodes N --seed S`

State and action are joint positions in radians; the images are what the policy will see live,
shrunk by the same function.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

import numpy as np

from attention_mapper_ros.sim.expert import EPISODE_STEPS, Expert, RecoveryNoise
from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    DeskArm,
    Floats,
    HOME_RAD,
    Image,
    JOINT_NAMES,
    POLICY_HEIGHT,
    policy_view,
    POLICY_WIDTH,
)

TASK = 'bring the gripper to the red cube'
DEFAULT_EPISODES = 200  # of 32 steps, with noise
KEPT_WITHIN_M = 0.025  # an episode that the noise has ruined is recorded again
WANDERING_SHARE = 0.4  # of the episodes begin with the arm somewhere over the table
WANDERING_RAD = np.array([0.75, 0.25, 0.25, 0.15, 0.75, 0.30])  # around home
WANDERING_LOWEST_M = 0.08  # the tip stays clear of the cubes
EVALUATION_SEEDS_FROM = 1_000_000  # recording uses seeds below, evaluation from here on


@dataclass(frozen=True)
class Frame:
    """One tick of an episode, as a policy would see it."""

    images: dict[str, Image]  # camera -> (144, 192, 3) RGB
    state_rad: Floats  # (6,)
    action_rad: Floats  # (6,)


def dataset_features() -> dict[str, dict[str, Any]]:
    """Return the features of the dataset, in LeRobot's notation."""
    joints = {'dtype': 'float32', 'shape': (len(JOINT_NAMES),), 'names': list(JOINT_NAMES)}
    features: dict[str, dict[str, Any]] = {
        f'observation.images.{camera}': {
            'dtype': 'image',
            'shape': (POLICY_HEIGHT, POLICY_WIDTH, 3),
            'names': ['height', 'width', 'channels'],
        }
        for camera in CAMERAS
    }
    return {**features, 'observation.state': joints, 'action': dict(joints)}


def expert_episode(arm: DeskArm, seed: int, noisy: bool = True) -> list[Frame] | None:
    """Play one episode; None if the noise kept the expert from the cube."""
    rng = np.random.default_rng([seed, 1])
    arm.reset(seed)
    if noisy and rng.random() < WANDERING_SHARE:
        _wander(arm, rng)
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


def record(output: Path, episodes: int = DEFAULT_EPISODES, seed: int = 0) -> None:
    """Write a LeRobotDataset of `episodes` expert episodes to `output`, which must not exist."""
    _check_request(output, episodes, seed)
    from lerobot.datasets.lerobot_dataset import LeRobotDataset  # seconds to import

    dataset = LeRobotDataset.create(
        repo_id=f'local/{output.name}',
        fps=round(CONTROL_HZ),
        features=dataset_features(),
        root=output,
        robot_type='desk_arm',
        use_videos=False,
    )
    for episode in expert_episodes(episodes, seed):
        for frame in episode:
            dataset.add_frame(_as_lerobot(frame))
        dataset.save_episode()
    dataset.finalize()
    check(output, episodes)


def check(root: Path, episodes: int) -> None:
    """Raise ValueError unless `root` holds a dataset that LeRobot reads, with statistics."""
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    dataset = LeRobotDataset(f'local/{root.name}', root=root)
    if dataset.num_episodes != episodes:
        raise ValueError(
            f'{root} holds {dataset.num_episodes} episodes instead of {episodes}; '
            'remove the folder and record again'
        )
    for key in dataset_features():
        if not {'mean', 'std', 'min', 'max'} <= set(dataset.meta.stats.get(key, {})):
            raise ValueError(
                f'{root} has no statistics of {key}; remove the folder and record again'
            )
        if not np.isfinite(np.asarray(dataset[0][key])).all():
            raise ValueError(f'{root} has bad values in {key}; remove it and record again')


def _wander(arm: DeskArm, rng: np.random.Generator) -> None:
    """Put the arm somewhere over the table, clear of the cubes."""
    while True:
        arm.place_arm(HOME_RAD + rng.uniform(-1, 1, len(JOINT_NAMES)) * WANDERING_RAD)
        if arm.tip_position_m()[2] >= WANDERING_LOWEST_M:
            return


def _as_lerobot(frame: Frame) -> dict[str, Any]:
    return {
        **{f'observation.images.{camera}': image for camera, image in frame.images.items()},
        'observation.state': frame.state_rad.astype(np.float32),
        'action': frame.action_rad.astype(np.float32),
        'task': TASK,
    }


def _check_request(output: Path, episodes: int, seed: int) -> None:
    if output.exists():
        raise ValueError(
            f'output folder {output} already exists; name another one or remove it first'
        )
    if episodes < 1:
        raise ValueError(f'number of episodes is {episodes}; it must be 1 or more')
    if not 0 <= seed < EVALUATION_SEEDS_FROM // 2:
        raise ValueError(
            f'seed is {seed}; it must be 0 to {EVALUATION_SEEDS_FROM // 2 - 1}, '
            'the ones above are kept for evaluation'
        )


def dataset_summary(root: Path) -> dict[str, Any]:
    """Return the dataset's own info file."""
    info: dict[str, Any] = json.loads((root / 'meta' / 'info.json').read_text(encoding='utf-8'))
    return info


def main(argv: Sequence[str] | None = None) -> int:
    """Record from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m attention_mapper_ros.sim.recording',
        description="Record the scripted expert's episodes as a LeRobotDataset (v3).",
    )
    parser.add_argument('--output', type=Path, required=True, help='folder to make')
    parser.add_argument('--episodes', type=int, default=DEFAULT_EPISODES)
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        record(arguments.output, arguments.episodes, arguments.seed)
    except (ValueError, RuntimeError, OSError) as error:
        print(f'error: {error}', file=sys.stderr)  # noqa: T201
        return 2
    info = dataset_summary(arguments.output)
    print(  # noqa: T201
        f'{arguments.output}: {info["total_episodes"]} episodes, {info["total_frames"]} frames, '
        f'{info["fps"]} Hz, LeRobot dataset {info["codebase_version"]}'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
