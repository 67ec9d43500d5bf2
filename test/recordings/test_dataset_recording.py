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

"""Whole episodes of datasets that LeRobot wrote, in order, and datasets with something broken."""

import shutil
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_dataset import EPISODE_FRAMES, HEIGHT, make_dataset, picture_at, WIDTH

from attention_mapper_ros.policies.adapter import ImageFeature, PolicySpec
from attention_mapper_ros.recordings.dataset_recording import DatasetRecording
from attention_mapper_ros.recordings.recording import EpisodeError

FRONT, WRIST = 'observation.images.front', 'observation.images.wrist'
SPEC = PolicySpec(
    family='act',
    images=(ImageFeature(FRONT, 96, 128), ImageFeature(WRIST, 96, 128)),
    state_size=2,
    action_size=2,
    chunk_size=8,
    action_steps=4,
    temporal_ensemble_coeff=None,
    identity='0' * 12,
)


@pytest.fixture(scope='session')
def filmed(tmp_path_factory):
    """Return a dataset whose pictures are videos, many episodes in one file."""
    return make_dataset(tmp_path_factory.mktemp('filmed') / 'two_joints', (5, 9, 7), videos=True)


@pytest.fixture
def copied(recorded, tmp_path):
    return shutil.copytree(recorded, tmp_path / 'copy')


def steps_of(folder, number, spec=SPEC):
    recording = DatasetRecording.open(folder)
    [episode] = recording.episodes([number])
    return list(recording.steps(episode, spec))


@pytest.mark.parametrize('episode', range(len(EPISODE_FRAMES)))
def test_steps_are_the_very_bytes_and_numbers_that_were_recorded(recorded, episode):
    steps = steps_of(recorded, episode)
    assert [step.index for step in steps] == list(range(EPISODE_FRAMES[episode]))
    for index, step in enumerate(steps):
        for name, camera in ((FRONT, 'front'), (WRIST, 'wrist')):
            np.testing.assert_array_equal(
                step.observation.images[name], picture_at(episode, index, camera)
            )
        np.testing.assert_array_equal(step.observation.state, [episode, index])
        np.testing.assert_array_equal(step.action, [index, episode])
        assert step.time_s == pytest.approx(index / 10)


@pytest.mark.parametrize('episode', range(3))
def test_video_frames_are_those_that_lerobot_decodes(filmed, episode):
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    steps = steps_of(filmed, episode)
    dataset = LeRobotDataset('local/two_joints', root=filmed, video_backend='pyav')
    start = sum((5, 9, 7)[:episode])
    assert len(steps) == (5, 9, 7)[episode]
    for index, step in enumerate(steps):
        item = dataset[start + index]
        for name in (FRONT, WRIST):
            expected = np.rint(item[name].numpy().transpose(1, 2, 0) * 255)
            np.testing.assert_array_equal(step.observation.images[name], expected)


def test_only_what_the_policy_wants_is_decoded(filmed, tmp_path):
    """A broken video of a camera that the policy does not see is nobody's business."""
    folder = shutil.copytree(filmed, tmp_path / 'copy')
    [video] = (folder / 'videos' / WRIST).rglob('*.mp4')
    video.write_bytes(b'no video')
    spec = PolicySpec(**{**vars(SPEC), 'images': SPEC.images[:1]})
    assert len(steps_of(folder, 1, spec)) == 9


def test_broken_video_is_named(filmed, tmp_path):
    folder = shutil.copytree(filmed, tmp_path / 'copy')
    [video] = (folder / 'videos' / WRIST).rglob('*.mp4')
    video.write_bytes(b'no video')
    with pytest.raises(EpisodeError, match=r'videos.*\.mp4 cannot be opened.*fetch the dataset'):
        steps_of(folder, 1)


def test_video_that_was_copied_in_part_fails_at_the_frame_that_is_missing(filmed, tmp_path):
    folder = shutil.copytree(filmed, tmp_path / 'copy')
    [video] = (folder / 'videos' / FRONT).rglob('*.mp4')
    content = video.read_bytes()
    # The index stays whole: only the pictures behind the middle are gone.
    middle = len(content) // 2
    video.write_bytes(content[:middle] + bytes(len(content) - middle - 4000) + content[-4000:])
    with pytest.raises(EpisodeError, match=r'\.mp4 (cannot be|ends before|has no frame)'):
        for number in range(3):
            steps_of(folder, number)


def test_missing_file_is_an_error_of_the_episodes_in_it(copied):
    recording = DatasetRecording.open(copied)
    [episode] = recording.episodes([2])
    next(iter((copied / 'data').rglob('*.parquet'))).unlink()
    with pytest.raises(EpisodeError, match=r'\.parquet is missing, it holds episode 2'):
        next(recording.steps(episode, SPEC))


def test_damaged_file_is_an_error_of_the_episodes_in_it(copied):
    path = next(iter((copied / 'data').rglob('*.parquet')))
    content = path.read_bytes()
    path.write_bytes(content[:1000] + bytes(1000) + content[2000:])
    with pytest.raises(EpisodeError, match=r'frame|cannot be'):
        for number in range(4):
            steps_of(copied, number)


def test_episode_without_a_feature_is_named(copied):
    path = next(iter((copied / 'data').rglob('*.parquet')))
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(['observation.state']), path)
    with pytest.raises(EpisodeError, match=r'has no column observation\.state'):
        steps_of(copied, 0)


def test_episode_of_fewer_frames_than_described_is_an_error_at_its_end(copied):
    path = next(iter((copied / 'data').rglob('*.parquet')))
    table = pq.read_table(path)
    kept = [
        not (episode == 1 and frame == 5)
        for episode, frame in zip(
            table['episode_index'].to_pylist(), table['frame_index'].to_pylist(), strict=True
        )
    ]
    pq.write_table(table.filter(pa.array(kept)), path)
    with pytest.raises(EpisodeError, match=r'has 5 frames.*description says 6'):
        steps_of(copied, 1)


def test_episode_without_frames_is_an_error(copied):
    path = next(iter((copied / 'meta' / 'episodes').rglob('*.parquet')))
    episodes = pd.read_parquet(path)
    episodes.loc[1, 'length'] = 0
    episodes.to_parquet(path)
    with pytest.raises(EpisodeError, match=r'episode 1 of .* has no frames'):
        steps_of(copied, 1)


def most_held(folder):
    """Return the most bytes that numpy, Python and Arrow held while an episode was read."""
    recording = DatasetRecording.open(folder)
    [episode] = recording.episodes(None)
    most = 0
    tracemalloc.start()
    try:
        for _ in recording.steps(episode, SPEC):
            most = max(most, tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes())
    finally:
        tracemalloc.stop()
    return most


@pytest.mark.parametrize('videos', [True, False], ids=['videos', 'pictures'])
def test_memory_does_not_grow_with_the_length_of_an_episode(tmp_path, videos):
    short, long = (
        make_dataset(tmp_path / str(length), (length,), videos=videos) for length in (40, 160)
    )
    if not videos:
        # A page is decompressed as a whole, and LeRobot's have up to 1024 rows: make small ones.
        for folder in (short, long):
            path = next(iter((folder / 'data').rglob('*.parquet')))
            pq.write_table(pq.read_table(path), path, write_batch_size=8, data_page_size=1 << 16)
    most_held(short)  # the first time imports and caches count as well
    # Held, the other 120 steps would be 240 pictures; of those that PyAV made only the objects
    # around them are seen here, seven pictures' worth.
    pictures = 2 if videos else 20
    assert most_held(long) - most_held(short) < pictures * HEIGHT * WIDTH * 3


def test_success_is_what_the_last_frame_says(tmp_path):
    folder = make_dataset(tmp_path / 'd', (3, 4, 3), successes=[True, False, True])
    episodes = DatasetRecording.open(folder).episodes(None)
    assert [episode.success for episode in episodes] == [True, False, True]


def test_success_of_the_episodes_description_goes_first(tmp_path):
    folder = make_dataset(tmp_path / 'd', (3, 4), successes=[True, True])
    path = next(iter((folder / 'meta' / 'episodes').rglob('*.parquet')))
    episodes = pd.read_parquet(path)
    episodes['success'] = [False, True]
    episodes.to_parquet(path)
    found = DatasetRecording.open(folder).episodes(None)
    assert [episode.success for episode in found] == [False, True]


def test_dataset_that_does_not_say_leaves_success_open(recorded):
    assert {episode.success for episode in DatasetRecording.open(recorded).episodes(None)} == {
        None
    }


def test_task_is_the_one_of_the_episode(tmp_path):
    folder = make_dataset(tmp_path / 'd', (3, 4, 3), tasks=('push', 'pull'))
    tasks = [episode.task for episode in DatasetRecording.open(folder).episodes(None)]
    assert tasks == ['push', 'pull', 'push']
