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

"""What ``bench_analyze`` analyses: a LeRobot dataset of two cameras, made for the purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tick_ways import JOINTS

EPISODES = 2


def make_dataset(root: Path, height: int, width: int, steps: int, videos: bool) -> None:
    """
    Write two episodes in which something moves over a smooth ground, as cameras see it.

    ``videos``: H.264 or AV1, as LeRobot writes it; otherwise PNG.
    """
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    picture = {
        'dtype': 'video' if videos else 'image',
        'shape': (height, width, 3),
        'names': ['height', 'width', 'channels'],
    }
    vector = {'dtype': 'float32', 'shape': (JOINTS,), 'names': None}
    names = [f'observation.images.camera_{index}' for index in range(2)]
    dataset = LeRobotDataset.create(
        'local/benchmark',
        fps=30,
        root=root,
        use_videos=videos,
        features={
            **{name: dict(picture) for name in names},
            'observation.state': vector,
            'action': dict(vector),
        },
    )
    rows, cols = np.mgrid[:height, :width]
    ground = np.stack([rows * 255 // height, cols * 255 // width, (rows + cols) % 256], axis=2)
    noise = np.random.default_rng(0).integers(0, 12, ground.shape)
    for _ in range(EPISODES):
        for step in range(steps):
            frame = np.clip(ground + noise, 0, 255).astype(np.uint8)
            at = step * (width - width // 8) // steps
            frame[height // 3 : height // 2, at : at + width // 8] = (220, 40, 30)
            vectors = np.full(JOINTS, step / steps, np.float32)
            dataset.add_frame(
                {
                    **{name: np.roll(frame, 40 * k, axis=1) for k, name in enumerate(names)},
                    'observation.state': vectors,
                    'action': vectors,
                    'task': 'none',
                }
            )
        dataset.save_episode()
    dataset.finalize()
