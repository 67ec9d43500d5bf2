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

"""Frames of datasets that LeRobot wrote, and datasets that do not fit the policy."""

from dataclasses import replace
import importlib.util
import json
import shutil

import numpy as np
import pytest
from small_dataset import picture_at

from attention_mapper_ros.policies.adapter import ImageFeature, PolicySpec
from attention_mapper_ros.recordings.lerobot_dataset import LeRobotRecording

SPEC = PolicySpec(
    family='act',
    images=(
        ImageFeature('observation.images.front', 96, 128),
        ImageFeature('observation.images.wrist', 96, 128),
    ),
    state_size=2,
    action_size=2,
    chunk_size=8,
    action_steps=4,
    temporal_ensemble_coeff=None,
    identity='0' * 12,
)


@pytest.fixture
def changed(recorded, tmp_path):
    """Return a copy of the dataset whose info.json was edited."""

    def changed(edit):
        folder = tmp_path / 'copy'
        shutil.copytree(recorded, folder)
        path = folder / 'meta' / 'info.json'
        info = json.loads(path.read_text())
        edit(info)
        path.write_text(json.dumps(info))
        return folder

    return changed


@pytest.mark.parametrize('places', [[(0, 0), (1, 5), (3, 2)], [(0, 1), (1, 1), (2, 4), (3, 0)]])
def test_frames_are_the_very_bytes_and_numbers_that_were_recorded(recorded, places):
    frames = list(LeRobotRecording.open(recorded).frames(places, SPEC))
    assert [(frame.episode, frame.index) for frame in frames] == places
    for frame, (episode, index) in zip(frames, places, strict=True):
        for camera in ('front', 'wrist'):
            image = frame.observation.images[f'observation.images.{camera}']
            assert image.dtype == np.uint8
            np.testing.assert_array_equal(image, picture_at(episode, index, camera))
        assert frame.observation.state.dtype == np.float32
        np.testing.assert_array_equal(frame.observation.state, [episode, index])


def test_only_what_the_policy_wants_is_handed_over(recorded):
    spec = replace(SPEC, images=SPEC.images[1:], state_size=0)
    [frame] = LeRobotRecording.open(recorded).frames([(2, 1)], spec)
    assert set(frame.observation.images) == {'observation.images.wrist'}
    assert frame.observation.state.shape == (0,)


def test_description_tells_episodes_and_names_of_the_action(recorded):
    recording = LeRobotRecording.open(recorded)
    assert recording.lengths == {0: 4, 1: 6, 2: 5, 3: 3}
    assert recording.action_names == ('pan', 'lift')
    assert recording.chosen([1, 3]) == {1: 6, 3: 3}


def test_episode_that_is_not_there_is_refused_with_the_range(recorded):
    with pytest.raises(ValueError, match='has no episode 4: it has 4, choose 0 to 3'):
        LeRobotRecording.open(recorded).chosen([0, 4])


def test_dataset_without_a_camera_of_the_policy_is_refused_with_what_it_has(recorded):
    spec = replace(SPEC, images=(ImageFeature('observation.images.top', 96, 128),))
    with pytest.raises(ValueError) as refused:
        LeRobotRecording.open(recorded).check(spec)
    message = str(refused.value)
    assert 'no picture feature observation.images.top' in message
    assert 'observation.images.front, observation.images.wrist, observation.state' in message


def test_pictures_of_another_size_are_refused_and_not_resized(recorded):
    spec = replace(SPEC, images=(ImageFeature('observation.images.front', 48, 64),))
    with pytest.raises(ValueError, match=r'as 128x96 pixels .* wants 64x48 pixels'):
        next(iter(LeRobotRecording.open(recorded).frames([(0, 0)], spec)))


def test_size_is_understood_however_the_axes_are_named(changed):
    def channels_first(info):
        feature = info['features']['observation.images.front']
        feature.update(shape=[3, 96, 128], names=['channels', 'height', 'width'])

    LeRobotRecording.open(changed(channels_first)).check(SPEC)


def test_state_of_another_size_is_refused(recorded):
    with pytest.raises(ValueError, match=r'observation\.state of shape \(2,\), .* wants \(6,\)'):
        LeRobotRecording.open(recorded).check(replace(SPEC, state_size=6))


def test_environment_that_the_dataset_lacks_is_refused(recorded):
    with pytest.raises(ValueError, match=r'no feature observation\.environment_state'):
        LeRobotRecording.open(recorded).check(replace(SPEC, environment_size=3))


def test_older_dataset_is_refused_with_the_converter_of_the_installed_lerobot(changed):
    folder = changed(lambda info: info.update(codebase_version='v2.1'))
    with pytest.raises(ValueError) as refused:
        LeRobotRecording.open(folder)
    message = str(refused.value)
    assert 'is of version v2.1' in message
    module = message.partition('python -m ')[2].split()[0]
    assert module.endswith('convert_dataset_v21_to_v30')
    assert importlib.util.find_spec(module) is not None


def test_folder_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r'has no meta.info\.json: it is not a LeRobot dataset'):
        LeRobotRecording.open(tmp_path)


def test_path_that_does_not_exist_is_refused_without_making_it(tmp_path):
    missing = tmp_path / 'not' / 'there'
    with pytest.raises(ValueError, match='neither a folder on this machine nor a hub id'):
        LeRobotRecording.open(missing)
    assert not missing.exists()


@pytest.mark.parametrize('part', ['meta/tasks.parquet', 'meta/episodes', 'data'])
def test_dataset_that_was_copied_in_part_is_refused(changed, part):
    folder = changed(lambda info: None)
    path = folder / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ValueError, match=f'has no {part}.*copy the whole dataset'):
        LeRobotRecording.open(folder)


def test_hub_dataset_without_a_network_is_refused_with_its_name():
    with pytest.raises(ValueError, match=r"dataset 'nobody/nothing' could not be read .*check"):
        LeRobotRecording.open('nobody/nothing')
