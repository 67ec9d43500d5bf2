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

"""What a policy saw of the simulated arm, and what is known about it."""

from __future__ import annotations

from act_checkpoints import make_act_checkpoint
import numpy as np
import pytest

from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.sim.evaluation import PolicyRunner
from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM
from attention_mapper_ros.sim.scene import CONTROL_HZ, DeskArm
from attention_mapper_ros.sim.views import CLASSES, classes, feature, observe, policy_views

CAMERAS = {'front': (144, 192), 'wrist': (144, 192)}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Return a policy for the arm that knows nothing, and executes three actions of a chunk."""
    folder = tmp_path_factory.mktemp('policy') / 'act'
    return make_act_checkpoint(folder, CAMERAS, chunk=4, n_action_steps=3)


@pytest.fixture(scope='module')
def views(folder):
    adapter = load_policy(folder, 'cpu')
    yield list(policy_views(adapter, 4, seed=5))
    adapter.close()


def test_every_view_is_of_an_episode_of_its_own_that_no_training_has_seen(views):
    first = EVALUATION_SEEDS_FROM + 5
    assert [view.seed for view in views] == [first, first + 1, first + 2, first + 3]


def test_views_are_of_all_phases_of_an_episode(views):
    assert sorted(view.tick for view in views) == [0, 8, 16, 24]


def test_arm_was_driven_as_by_select_action(views, folder):
    view = next(view for view in views if view.tick == 8)
    runner = PolicyRunner.load(folder)
    arm = DeskArm(view.seed)
    runner.reset()
    for _ in range(view.tick):
        arm.step(runner.action(arm), 1 / CONTROL_HZ)
    np.testing.assert_allclose(view.observation.state, arm.positions(), atol=1e-3)
    assert view.observation.state.dtype == np.float32
    arm.close()


def test_pixels_around_the_target_are_known_to_be_the_target():
    arm = DeskArm(3)
    shown = classes(arm)
    number = 1 + list(CLASSES).index('target')
    for camera in ('front', 'wrist'):
        assert shown[feature(camera)].shape == (288, 384)
        col, row = arm.target_pixel(camera)
        assert shown[feature(camera)][round(row), round(col)] == number
    seen = observe(arm).images[feature('front')]
    red, green, _ = seen[round(row_of(arm) / 2), round(col_of(arm) / 2)].astype(int)
    assert red > 2 * green  # and red it is, in the picture that the policy gets
    arm.close()


def row_of(arm):
    return arm.target_pixel('front')[1]


def col_of(arm):
    return arm.target_pixel('front')[0]


def test_all_classes_are_seen_by_the_wrist_or_the_front(views):
    seen = {
        number for view in views for grid in view.classes.values() for number in np.unique(grid)
    }
    assert seen == {0, 1, 2, 3}


def test_policy_of_another_robot_is_refused_with_what_the_arm_has(tmp_path):
    adapter = load_policy(make_act_checkpoint(tmp_path / 'other'), 'cpu')
    with pytest.raises(ValueError, match='does not fit the simulated arm') as refused:
        next(iter(policy_views(adapter, 1)))
    assert 'observation.images.front 192x144' in str(refused.value)
    adapter.close()
