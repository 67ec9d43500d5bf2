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

"""A policy of which it is known what it looks at, and frames whose every pixel is known."""

import numpy as np
from planted_policy import BLUE, FRONT, make_planted_checkpoint, RED, scene, SIZES, WRIST
import pytest

from attention_mapper_ros.faithfulness.experiment import experiment, Settings
from attention_mapper_ros.faithfulness.explanation import explanation
from attention_mapper_ros.faithfulness.sample import Sample, Score
from attention_mapper_ros.policies.registry import load_policy

CLASSES = ('target', 'distractor')
# Red, each on one cell, and blue away from it.
SQUARES = [
    ((64, 32), (128, 64)),
    ((128, 64), (32, 32)),
    ((96, 64), (32, 32)),
    ((128, 32), (32, 64)),
]
HALF = 20  # of a square's side, pixels
NAMES = ('raw', 'rollout', 'gradient', 'rollout - mean', 'occlusion')


@pytest.fixture(scope='package')
def adapter(tmp_path_factory):
    """Load the policy whose cross-attention looks beside what it acts upon."""
    folder = tmp_path_factory.mktemp('planted') / 'detour'
    return load_policy(make_planted_checkpoint(folder, detour=True), 'cpu')


@pytest.fixture(scope='package')
def samples():
    """Return four frames of four episodes, with a red target and a blue distractor."""
    return [
        Sample(scene((red, RED), (blue, BLUE), seed=number), number, 0, shown(red, blue))
        for number, (red, blue) in enumerate(SQUARES)
    ]


def shown(red, blue):
    """Return which pixel shows what; nothing is on the wrist's picture."""
    front = np.zeros(SIZES[FRONT], np.uint8)
    for number, (x, y) in ((2, blue), (1, red)):
        front[max(y - HALF, 0) : y + HALF, max(x - HALF, 0) : x + HALF] = number
    return {FRONT: front, WRIST: np.zeros(SIZES[WRIST], np.uint8)}


@pytest.fixture(scope='package')
def score(adapter):
    return Score(executed=adapter.spec.action_steps)


@pytest.fixture(scope='package')
def explanations(adapter, score):
    return [explanation(name, adapter, score) for name in NAMES]


@pytest.fixture(scope='package')
def findings(adapter, explanations, samples, score):
    """Run the whole experiment."""
    settings = Settings(score, steps=4, randomised_frames=3, draws=1, classes=CLASSES)
    return experiment(adapter, explanations, samples, settings)
