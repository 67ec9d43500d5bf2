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

"""Small datasets that LeRobot itself wrote."""

from __future__ import annotations

import numpy as np
import pytest

HEIGHT, WIDTH = 96, 128
EPISODE_FRAMES = (4, 6, 5, 3)
JOINTS = ['pan', 'lift']


@pytest.fixture(scope='session')
def pictures():
    """Return the picture of a moment, noise: every byte of it counts."""

    def picture(episode, index, camera):
        random = np.random.default_rng([episode, index, camera == 'front'])
        return random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)

    return picture


@pytest.fixture(scope='session')
def recorded(tmp_path_factory, pictures):
    """Write four episodes of two cameras and two joints."""
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    root = tmp_path_factory.mktemp('recorded') / 'two_joints'
    picture = {
        'dtype': 'image',
        'shape': (HEIGHT, WIDTH, 3),
        'names': ['height', 'width', 'channels'],
    }
    joints = {'dtype': 'float32', 'shape': (2,), 'names': JOINTS}
    dataset = LeRobotDataset.create(
        'local/two_joints',
        fps=10,
        root=root,
        use_videos=False,
        features={
            'observation.images.front': picture,
            'observation.images.wrist': dict(picture),
            'observation.state': joints,
            'action': dict(joints),
        },
    )
    for episode, frames in enumerate(EPISODE_FRAMES):
        for index in range(frames):
            dataset.add_frame(
                {
                    'observation.images.front': pictures(episode, index, 'front'),
                    'observation.images.wrist': pictures(episode, index, 'wrist'),
                    'observation.state': np.array([episode, index], np.float32),
                    'action': np.array([index, episode], np.float32),
                    'task': 'none',
                }
            )
        dataset.save_episode()
    dataset.finalize()
    return root


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Cut the network, as on a robot: a local folder must be enough."""
    import socket

    def refused(*arguments, **named):
        raise OSError('the network was asked')

    monkeypatch.setattr(socket, 'create_connection', refused)
    monkeypatch.setattr(socket, 'getaddrinfo', refused)
