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
A small LeRobotDataset, written by LeRobot itself: noise, in which every byte counts.

Other tests use it too: ``make_dataset(tmp_path / 'dataset')``. It fits the checkpoints of
``act_checkpoints.make_act_checkpoint(folder, state=2, actions=2)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 96, 128
EPISODE_FRAMES = (4, 6, 5, 3)
JOINTS = ['pan', 'lift']


def picture_at(episode: int, index: int, camera: str) -> NDArray[np.uint8]:
    """Return the picture of a moment, (HEIGHT, WIDTH, 3)."""
    random = np.random.default_rng([episode, index, camera == 'front'])
    return random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def make_dataset(
    root: Path,
    episodes: Sequence[int] = EPISODE_FRAMES,
    videos: bool = False,
    successes: Sequence[bool] | None = None,
    tasks: Sequence[str] = ('none',),
) -> Path:
    """
    Write episodes of so many frames, of two cameras and two joints, to ``root`` and return it.

    ``successes``: of every episode, said at its last frame. ``tasks`` take turns.
    """
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    names = ['height', 'width', 'channels']
    dtype = 'video' if videos else 'image'
    picture = {'dtype': dtype, 'shape': (HEIGHT, WIDTH, 3), 'names': names}
    joints = {'dtype': 'float32', 'shape': (2,), 'names': JOINTS}
    features: dict[str, Any] = {
        'observation.images.front': picture,
        'observation.images.wrist': dict(picture),
        'observation.state': joints,
        'action': dict(joints),
    }
    if successes is not None:
        features['next.success'] = {'dtype': 'bool', 'shape': (1,), 'names': None}
    dataset = LeRobotDataset.create(
        f'local/{root.name}', fps=10, root=root, use_videos=videos, features=features
    )
    for episode, frames in enumerate(episodes):
        for index in range(frames):
            frame = {
                'observation.images.front': picture_at(episode, index, 'front'),
                'observation.images.wrist': picture_at(episode, index, 'wrist'),
                'observation.state': np.array([episode, index], np.float32),
                'action': np.array([index, episode], np.float32),
                'task': tasks[episode % len(tasks)],
            }
            if successes is not None:
                last = index == frames - 1
                frame['next.success'] = np.array([last and successes[episode]])
            dataset.add_frame(frame)
        dataset.save_episode()
    dataset.finalize()
    return root
