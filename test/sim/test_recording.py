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

"""The expert, and the recorder that writes its episodes for LeRobot."""

from __future__ import annotations

import numpy as np
import pytest

from attention_mapper_ros.sim import recording
from attention_mapper_ros.sim.expert import EPISODE_STEPS, Expert, RecoveryNoise
from attention_mapper_ros.sim.scene import CONTROL_HZ, DeskArm, JOINT_NAMES, policy_view

SEEDS = range(400, 440)


def expert_distances(noisy: bool) -> list[float]:
    arm = DeskArm(0)
    expert = Expert(arm)
    distances = []
    for seed in SEEDS:
        arm.reset(seed)
        noise = RecoveryNoise(np.random.default_rng(seed))
        for _ in range(EPISODE_STEPS):
            action = expert.action()
            if noisy:
                action = noise.disturb(action, arm.gripper_to_target_m())
            arm.step(action, 1 / CONTROL_HZ)
        distances.append(arm.gripper_to_target_m())
    return distances


def test_expert_reaches_the_cube_wherever_it_lies():
    assert np.mean(np.array(expert_distances(noisy=False)) <= 0.02) >= 0.95


def test_expert_finds_back_when_it_is_pushed():
    assert np.mean(np.array(expert_distances(noisy=True)) <= 0.03) >= 0.9


def test_expert_moves_no_joint_by_a_jump():
    arm = DeskArm(0)
    expert = Expert(arm)
    for _ in range(EPISODE_STEPS):
        action = expert.action()
        assert np.abs(action - arm.positions()).max() < 0.2
        arm.step(action, 1 / CONTROL_HZ)


@pytest.fixture(scope='module')
def dataset_root(tmp_path_factory):
    root = tmp_path_factory.mktemp('recorded') / 'reach'
    assert recording.main(['--output', str(root), '--episodes', '2', '--seed', '7']) == 0
    return root


def test_lerobot_reads_the_recorded_dataset_as_version_3(dataset_root):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    dataset = LeRobotDataset('local/reach', root=dataset_root)
    assert recording.dataset_summary(dataset_root)['codebase_version'] == 'v3.0'
    assert dataset.num_episodes == 2
    assert dataset.num_frames == 2 * EPISODE_STEPS
    assert dataset.fps == 10
    assert list(dataset.meta.features['action']['names']) == list(JOINT_NAMES)
    frame = dataset[5]
    for camera in ('front', 'wrist'):
        assert tuple(frame[f'observation.images.{camera}'].shape) == (3, 144, 192)
    assert frame['task'] == recording.TASK


def test_the_dataset_holds_the_very_pixels_and_joints_of_the_episode(dataset_root):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    arm = DeskArm(7)
    episode = recording.expert_episode(arm, 7)
    arm.close()
    recorded = LeRobotDataset('local/reach', root=dataset_root)[9]
    picture = (recorded['observation.images.front'] * 255).round().numpy().astype(np.uint8)
    np.testing.assert_array_equal(picture.transpose(1, 2, 0), episode[9].images['front'])
    np.testing.assert_allclose(recorded['observation.state'], episode[9].state_rad, atol=1e-6)
    np.testing.assert_allclose(recorded['action'], episode[9].action_rad, atol=1e-6)


def test_recording_shrinks_pictures_as_the_live_node_does():
    import cv2

    picture = np.random.default_rng(0).integers(0, 256, (288, 384, 3), dtype=np.uint8)
    live = cv2.resize(picture, (192, 144), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(policy_view(picture), live)


def test_recording_refuses_a_folder_that_exists(tmp_path, capsys):
    assert recording.main(['--output', str(tmp_path), '--episodes', '1']) == 2
    message = capsys.readouterr().err
    assert f'output folder {tmp_path} already exists' in message
    assert 'name another one or remove it' in message


@pytest.mark.parametrize(
    ('option', 'value', 'reason'),
    [('--episodes', '0', 'episodes is 0; it must be 1 or more'), ('--seed', '-1', 'seed is -1')],
)
def test_recording_refuses_impossible_numbers(tmp_path, capsys, option, value, reason):
    assert recording.main(['--output', str(tmp_path / 'new'), option, value]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()
