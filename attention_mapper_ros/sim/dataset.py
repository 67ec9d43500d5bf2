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
The datasets of the desk arm: what is in a frame, and LeRobot's own writer of version 3.

State and action are joint positions in radians; the images are what the policy will see live,
shrunk by the same function.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
from typing import Any
import warnings

import numpy as np

from attention_mapper_ros.sim.scene import (
    CAMERAS,
    CONTROL_HZ,
    Floats,
    Image,
    JOINT_NAMES,
    POLICY_HEIGHT,
    POLICY_WIDTH,
)

TASK = 'bring the gripper to the red cube'
SUCCESS = 'next.success'  # LeRobot's name for what holds after the action


@dataclass(frozen=True)
class Frame:
    """
    One tick of an episode, as a policy would see it.

    ``success``: whether the gripper is at the cube after the action; None where nobody asks.
    """

    images: dict[str, Image]  # camera -> (144, 192, 3) RGB
    state_rad: Floats  # (6,)
    action_rad: Floats  # (6,)
    success: bool | None = None


@dataclass(frozen=True)
class RecordedEpisode:
    """The frames of one episode, first to last, and its task in words."""

    frames: list[Frame]
    task: str


def dataset_features(success: bool = False, videos: bool = False) -> dict[str, dict[str, Any]]:
    """
    Return the features of the dataset, in LeRobot's notation.

    ``success``: with ``next.success``, one bool per frame. ``videos``: cameras as MP4 instead of
    PNG, which are smaller and not the very pixels.
    """
    joints = {'dtype': 'float32', 'shape': (len(JOINT_NAMES),), 'names': list(JOINT_NAMES)}
    features: dict[str, dict[str, Any]] = {
        f'observation.images.{camera}': {
            'dtype': 'video' if videos else 'image',
            'shape': (POLICY_HEIGHT, POLICY_WIDTH, 3),
            'names': ['height', 'width', 'channels'],
        }
        for camera in CAMERAS
    }
    features |= {'observation.state': joints, 'action': dict(joints)}
    if success:
        features[SUCCESS] = {'dtype': 'bool', 'shape': (1,), 'names': None}
    return features


def write_dataset(
    output: Path,
    episodes: Iterable[RecordedEpisode],
    success: bool = False,
    videos: bool = False,
) -> None:
    """
    Write a LeRobotDataset (v3) to ``output``, episode by episode, and read it back.

    Until it is whole the folder is called ``<name>.part``; what an interrupted recording left
    there is removed. Raises ValueError where the folder exists already, and for a dataset that
    LeRobot does not read back whole.
    """
    check_output(output)
    from lerobot.datasets.lerobot_dataset import LeRobotDataset  # seconds to import

    part = output.with_name(output.name + '.part')
    if part.exists():
        shutil.rmtree(part)
    dataset = LeRobotDataset.create(
        repo_id=f'local/{output.name}',
        fps=round(CONTROL_HZ),
        features=dataset_features(success, videos),
        root=part,
        robot_type='desk_arm',
        use_videos=videos,
    )
    count = 0
    for episode in episodes:
        for frame in episode.frames:
            dataset.add_frame({**_as_lerobot(frame), 'task': episode.task})
        with warnings.catch_warnings():
            # LeRobot makes statistics of next.success as well, in numbers.
            warnings.filterwarnings('ignore', 'Converting input from bool')
            dataset.save_episode()
        count += 1
    dataset.finalize()
    check(part, count, dataset_features(success, videos))
    part.rename(output)


def check(root: Path, episodes: int, features: dict[str, dict[str, Any]]) -> None:
    """Raise ValueError unless `root` holds a dataset that LeRobot reads, with statistics."""
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    dataset = LeRobotDataset(f'local/{root.name}', root=root)
    if dataset.num_episodes != episodes:
        raise ValueError(
            f'{root} holds {dataset.num_episodes} episodes instead of {episodes}; '
            'remove the folder and record again'
        )
    for key in features:
        if not {'mean', 'std', 'min', 'max'} <= set(dataset.meta.stats.get(key, {})):
            raise ValueError(
                f'{root} has no statistics of {key}; remove the folder and record again'
            )
        if not np.isfinite(np.asarray(dataset[0][key])).all():
            raise ValueError(f'{root} has bad values in {key}; remove it and record again')


def check_output(output: Path) -> None:
    """Raise ValueError where there is something already."""
    if output.exists():
        raise ValueError(
            f'output folder {output} already exists; name another one or remove it first'
        )


def dataset_summary(root: Path) -> dict[str, Any]:
    """Return the dataset's own info file."""
    info: dict[str, Any] = json.loads((root / 'meta' / 'info.json').read_text(encoding='utf-8'))
    return info


def _as_lerobot(frame: Frame) -> dict[str, Any]:
    row: dict[str, Any] = {
        **{f'observation.images.{camera}': image for camera, image in frame.images.items()},
        'observation.state': frame.state_rad.astype(np.float32),
        'action': frame.action_rad.astype(np.float32),
    }
    if frame.success is not None:
        row[SUCCESS] = np.array([frame.success])
    return row
