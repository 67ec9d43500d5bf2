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

"""A policy drives the arm while it is recorded, and what goes wrong around it is seen by it."""

from __future__ import annotations

from act_checkpoints import make_act_checkpoint
import numpy as np
import pytest

from attention_mapper_ros.sim import recording
from attention_mapper_ros.sim.dataset import SUCCESS, TASK
from attention_mapper_ros.sim.disturbance import (
    BEGINS,
    CLEAR_M,
    COVERED,
    DARK,
    Disturbance,
    DisturbedDesk,
    drawn,
    MOVED,
    TWO_RED,
)
from attention_mapper_ros.sim.evaluation import CHECKPOINT, NEAR_M, PolicyRunner
from attention_mapper_ros.sim.policy_episodes import (
    AWAY_TASK,
    EpisodePlan,
    HOLD_TICKS,
    policy_episodes,
)
from attention_mapper_ros.sim.recording import EVALUATION_SEEDS_FROM
from attention_mapper_ros.sim.scene import CONTROL_HZ, CUBES, DeskArm

SEED = 4  # of an episode that the shipped policy finishes in two seconds


@pytest.fixture(scope='module')
def runner():
    return PolicyRunner.load(CHECKPOINT)


@pytest.fixture
def arm():
    arm = DeskArm(EVALUATION_SEEDS_FROM + SEED)
    yield arm
    arm.close()


def seen_with(arm, disturbance, ticks=1):
    desk = DisturbedDesk(arm)
    desk.begin(disturbance)
    for tick in range(ticks):
        desk.happen(tick)
    return desk.see()


def test_the_shipped_policy_reaches_the_cube_and_its_episode_ends_a_second_later(runner):
    (played,) = policy_episodes(runner, EpisodePlan(episodes=1, seed=SEED))
    frames = played.recorded.frames
    assert played.success
    assert played.seed == EVALUATION_SEEDS_FROM + SEED
    assert [frame.success for frame in frames[-HOLD_TICKS:]] == [True] * HOLD_TICKS
    assert not frames[-HOLD_TICKS - 1].success
    assert len(frames) < 40


def test_recorded_actions_and_pictures_are_what_the_policy_did_and_saw(runner, arm):
    (played,) = policy_episodes(runner, EpisodePlan(episodes=1, seed=SEED, steps=12))
    runner.reset()
    for frame in played.recorded.frames:
        np.testing.assert_array_equal(frame.images['front'], seen_with(arm, None)['front'])
        np.testing.assert_allclose(frame.state_rad, arm.positions(), atol=1e-9)
        action = runner.action(arm)
        np.testing.assert_allclose(frame.action_rad, action, atol=1e-6)
        arm.step(action, 1 / CONTROL_HZ)
        assert frame.success == (arm.gripper_to_target_m() <= NEAR_M)


def test_in_the_dark_the_policy_fails_where_it_would_succeed(runner, monkeypatch):
    monkeypatch.setattr(
        'attention_mapper_ros.sim.policy_episodes.drawn', lambda seed, chance: Disturbance(DARK, 0)
    )
    (played,) = policy_episodes(runner, EpisodePlan(episodes=1, seed=SEED, steps=30))
    assert not played.success
    assert played.recorded.task == TASK  # the words do not tell


def test_darkness_is_seen_by_every_camera(arm):
    bright, dark = seen_with(arm, None), seen_with(arm, Disturbance(DARK, 0))
    for camera, picture in dark.items():
        assert picture.mean() < 0.35 * bright[camera].mean()


def test_a_cover_darkens_one_camera_and_leaves_the_other(arm):
    bright = seen_with(arm, None)
    covered = seen_with(arm, Disturbance(COVERED, 0, 'wrist'))
    assert covered['wrist'].mean() < 0.1 * bright['wrist'].mean()
    np.testing.assert_array_equal(covered['front'], bright['front'])


def test_two_red_cubes_look_alike(arm):
    pictures = seen_with(arm, None), seen_with(arm, Disturbance(TWO_RED, 0))

    def pixels(picture, strong, weak):
        return int(((picture[..., strong] > 110) & (picture[..., weak] < 60)).sum())

    before, after = (sum(pixels(one, 0, 2) for one in seen.values()) for seen in pictures)
    assert after > 1.3 * before
    assert sum(pixels(one, 2, 0) for one in pictures[1].values()) == 0


def test_cubes_are_moved_clear_of_the_gripper_and_the_arm_stays(arm):
    before_rad = arm.positions()
    before_m = [np.array(arm.data.body(cube).xpos) for cube in CUBES]
    seen_with(arm, Disturbance(MOVED, 2, seed=11), ticks=3)
    np.testing.assert_array_equal(arm.positions(), before_rad)
    for cube, place_m in zip(CUBES, before_m, strict=True):
        now_m = arm.data.body(cube).xpos
        assert np.linalg.norm(now_m - place_m) > 0.005
        assert np.linalg.norm(now_m - arm.tip_position_m()) >= CLEAR_M


@pytest.mark.parametrize('kind', BEGINS)
def test_nothing_is_disturbed_before_its_tick_nor_after_the_next_beginning(arm, kind):
    well = seen_with(arm, None)
    desk = DisturbedDesk(arm)
    desk.begin(Disturbance(kind, 3, seed=5))
    for tick in range(3):
        desk.happen(tick)
    for camera, picture in desk.see().items():
        np.testing.assert_array_equal(picture, well[camera])
    desk.happen(3)
    changed = desk.see()
    assert any((changed[camera] != well[camera]).any() for camera in well)
    arm.reset(EVALUATION_SEEDS_FROM + SEED)
    desk.begin(None)
    for camera, picture in desk.see().items():
        np.testing.assert_array_equal(picture, well[camera])


def test_the_seed_decides_what_goes_wrong_with_the_chance_that_was_asked_for():
    found = [drawn(seed, 0.5) for seed in range(400)]
    assert found == [drawn(seed, 0.5) for seed in range(400)]
    wrong = [one for one in found if one is not None]
    assert 160 < len(wrong) < 240
    assert {one.kind for one in wrong} == set(BEGINS)
    for one in wrong:
        assert BEGINS[one.kind][0] <= one.begins <= BEGINS[one.kind][1]
    assert [drawn(seed, 0.0) for seed in range(50)] == [None] * 50
    assert None not in [drawn(seed, 1.0) for seed in range(50)]


def test_more_disturbance_keeps_what_goes_wrong_already():
    few = {seed: drawn(seed, 0.3) for seed in range(100)}
    many = {seed: drawn(seed, 0.7) for seed in range(100)}
    assert all(many[seed] == one for seed, one in few.items() if one is not None)


def test_a_start_away_from_home_is_a_task_of_its_own(runner):
    plan = EpisodePlan(episodes=1, seed=SEED, steps=1, away=1.0)
    (away,), (home,) = (
        policy_episodes(runner, plan),
        policy_episodes(runner, EpisodePlan(episodes=1, seed=SEED, steps=1)),
    )
    assert (away.recorded.task, home.recorded.task) == (AWAY_TASK, TASK)
    moved_rad = away.recorded.frames[0].state_rad - home.recorded.frames[0].state_rad
    assert np.abs(moved_rad).max() > 0.2


def test_the_command_writes_a_dataset_that_says_which_episodes_failed(tmp_path, capsys):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    root = tmp_path / 'played'
    options = ['--driver', 'policy', '--episodes', '2', '--seed', str(SEED), '--steps', '14']
    assert recording.main(['--output', str(root), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    dataset = LeRobotDataset('local/played', root=root)
    assert dataset.num_episodes == 2
    assert dataset.meta.features[SUCCESS]['dtype'] == 'bool'
    for episode in range(2):
        last = dataset.meta.episodes[episode]['dataset_to_index'] - 1
        said = next(line for line in lines if line.startswith(f'episode {episode}:'))
        assert bool(dataset[last][SUCCESS]) == ('reached the cube' in said)
    reached = {bool(frame) for frame in dataset.hf_dataset[SUCCESS]}
    assert reached == {True, False}  # on the way and at the cube


def test_cameras_are_stored_as_videos_on_request(tmp_path):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    root = tmp_path / 'played'
    options = ['--driver', 'policy', '--episodes', '2', '--steps', '4', '--videos']
    assert recording.main(['--output', str(root), '--seed', str(SEED), *options]) == 0
    dataset = LeRobotDataset('local/played', root=root)
    assert dataset.meta.video_keys == ['observation.images.front', 'observation.images.wrist']
    assert len(list(root.glob('videos/*/*/*.mp4'))) == 2
    arm = DeskArm(EVALUATION_SEEDS_FROM + SEED)
    for camera, picture in seen_with(arm, None).items():
        stored = dataset[0][f'observation.images.{camera}'].numpy().transpose(1, 2, 0) * 255
        assert np.abs(stored - picture).mean() < 6
    arm.close()


def test_a_recording_that_is_interrupted_does_not_look_finished(tmp_path, monkeypatch):
    def interrupt(arm, seed, noisy):
        raise KeyboardInterrupt

    root = tmp_path / 'expert'
    (tmp_path / 'expert.part').mkdir()  # of an earlier one
    (tmp_path / 'expert.part' / 'old').touch()
    with monkeypatch.context() as patch:
        patch.setattr(recording, 'expert_episode', interrupt)
        with pytest.raises(KeyboardInterrupt):
            recording.main(['--output', str(root), '--episodes', '1'])
    assert not root.exists()
    assert recording.main(['--output', str(root), '--episodes', '1']) == 0
    assert [path.name for path in tmp_path.iterdir()] == ['expert']


def test_a_policy_of_another_robot_is_refused_before_anything_is_made(tmp_path, capsys):
    folder = make_act_checkpoint(tmp_path / 'act', {'top': (144, 192)})
    options = ['--driver', 'policy', '--policy', str(folder)]
    assert recording.main(['--output', str(tmp_path / 'new'), *options]) == 2
    assert 'observation.images.top' in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ['act']


@pytest.mark.parametrize(
    ('options', 'reason'),
    [
        (['--disturb', '0.5'], '--disturb is 0.5, but the expert drives: add --driver policy'),
        (['--driver', 'policy', '--disturb', '50'], 'disturb is 50.0; it is a chance'),
        (['--driver', 'policy', '--steps', '0'], 'number of steps is 0; it must be 1 or more'),
        (['--driver', 'policy', '--policy', 'nowhere'], 'policy nowhere has no config.json'),
    ],
)
def test_impossible_requests_are_refused_before_anything_is_made(
    tmp_path, capsys, options, reason
):
    assert recording.main(['--output', str(tmp_path / 'new'), *options]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'new').exists()
