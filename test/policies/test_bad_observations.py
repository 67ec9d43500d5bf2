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

"""An observation that does not fit is refused with the feature, the value and what is wanted."""

from dataclasses import replace

from act_checkpoints import random_observation
import numpy as np
import pytest

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'


@pytest.fixture
def observation(adapter):
    return random_observation(adapter.spec)


def test_missing_camera_is_named(adapter, observation):
    images = {FRONT: observation.images[FRONT]}
    with pytest.raises(ValueError, match=f'lacks {WRIST}'):
        adapter.infer(replace(observation, images=images), None)


def test_camera_that_the_policy_does_not_know_is_named(adapter, observation):
    images = {**observation.images, 'observation.images.side': observation.images[FRONT]}
    with pytest.raises(ValueError, match=rf'observation\.images\.side.*wants {FRONT}, {WRIST}'):
        adapter.infer(replace(observation, images=images), None)


@pytest.mark.parametrize(
    ('image', 'told'),
    [
        (np.zeros((128, 96, 3), np.uint8), r'\(128, 96, 3\).*\(96, 128, 3\)'),
        (np.zeros((3, 96, 128), np.uint8), r'\(3, 96, 128\)'),
        (np.zeros((96, 128), np.uint8), r'\(96, 128\)'),
        (np.zeros((96, 128, 4), np.uint8), r'\(96, 128, 4\)'),
        (np.zeros((96, 128, 3), np.float32), 'float32.*uint8'),
    ],
)
def test_image_of_another_shape_or_type_is_refused(adapter, observation, image, told):
    images = {**observation.images, WRIST: image}
    with pytest.raises(ValueError, match=rf'{WRIST}.*{told}'):
        adapter.infer(replace(observation, images=images), None)


@pytest.mark.parametrize(
    ('state', 'told'),
    [
        (np.zeros(5, np.float32), r'\(5,\).*\(6,\)'),
        (np.zeros((1, 6), np.float32), r'\(1, 6\)'),
        (np.zeros(6, np.float64), 'float64.*float32'),
        (np.array([0, 0, np.nan, 0, 0, 0], np.float32), r'state\[2\] is nan'),
        (np.array([0, 0, 0, 0, 0, np.inf], np.float32), r'state\[5\] is inf'),
    ],
)
def test_state_that_does_not_fit_is_refused(adapter, observation, state, told):
    with pytest.raises(ValueError, match=told):
        adapter.infer(replace(observation, state=state), None)


def test_environment_state_is_wanted_where_the_policy_has_one_and_nowhere_else(
    adapter, observation, load
):
    with pytest.raises(ValueError, match=r'environment_state.*\(0,\)'):
        adapter.infer(replace(observation, environment=np.zeros(2, np.float32)), None)
    policy = load(cameras={}, environment=2)
    fitting = random_observation(policy.spec)
    with pytest.raises(ValueError, match=r'lacks observation\.environment_state'):
        policy.infer(replace(fitting, environment=None), None)
    with pytest.raises(ValueError, match=r'environment_state\[1\] is nan'):
        policy.infer(replace(fitting, environment=np.array([0, np.nan], np.float32)), None)
