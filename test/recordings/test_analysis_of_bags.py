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

"""Bags through the whole analysis, and attention bags of datasets and of bags out of it."""

from act_checkpoints import make_act_checkpoint
import numpy as np
import pytest
from robot_bag import action_entry, CAMERAS, run, write_bag, write_parameters
from small_dataset import EPISODE_FRAMES

from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings import (
    analyze,
    AttentionOptions,
    BagOptions,
    OutputOptions,
)
from attention_mapper_ros.recordings.bag import BagRecording
from attention_mapper_ros.ros.bag_reader import BagReader

TICKS = 12
NUMBERS_ALONE = OutputOptions(video=False, gif=False, frames='none')


@pytest.fixture(scope='module')
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp('policy') / 'act'
    return make_act_checkpoint(folder, CAMERAS, state=2, actions=2, n_action_steps=4)


@pytest.fixture(scope='module')
def params_file(policy, tmp_path_factory):
    file = tmp_path_factory.mktemp('params') / 'robot.yaml'
    return write_parameters(file, policy, attention__method='raw')


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """Return a run of the robot with the actions that a node sent."""
    entries = run(TICKS)
    entries += [action_entry(15 + 100 * k, 20 + 100 * k, 0.1 * k, -0.1) for k in range(TICKS)]
    ordered = sorted(entries, key=lambda entry: entry[1])
    return write_bag(tmp_path_factory.mktemp('bag') / 'run', ordered)


def topics_of(path):
    return {topic.name: topic for topic in BagReader(path).topics}


def test_bag_is_one_episode_seen_by_the_parameter_file(bag, params_file, policy, tmp_path):
    bag_options = BagOptions(params_file)
    result = analyze(bag, '', tmp_path / 'out', bag=bag_options, outputs=NUMBERS_ALONE, batch=5)
    assert result.settings['method'] == 'raw'
    assert result.settings['policy']['path'] == str(policy)
    [episode] = result.episodes
    table = episode.table()
    assert len(table) == episode.summary.steps == TICKS
    recording = BagRecording.open(bag, params_file)
    adapter = load_policy(policy, 'cpu')
    recording.check(adapter.spec)
    request = recording.live(adapter.spec).request
    [seen] = recording.episodes(None)
    for step in recording.steps(seen, adapter.spec):
        maps = adapter.infer(step.observation, request).maps()
        for camera in CAMERAS:
            expected = maps.cameras[f'observation.images.{camera}']
            np.testing.assert_allclose(episode.maps()[camera][step.index], expected, atol=1e-4)
    adapter.close()


def test_options_win_over_the_parameter_file(bag, params_file, policy, tmp_path):
    result = analyze(
        bag, policy, tmp_path / 'out', bag=BagOptions(params_file), outputs=NUMBERS_ALONE,
        attention=AttentionOptions(method='gradient', target='lift', baseline='mean'),
    )  # fmt: skip
    assert result.settings['attention'].startswith('gradient of lift')
    assert result.settings['attention'].endswith('minus mean picture')


def test_recorded_ticks_meet_their_own_actions(bag, params_file, policy, tmp_path):
    options = BagOptions(params_file, ticks='recorded')
    [episode] = analyze(
        bag, policy, tmp_path / 'out', bag=options, outputs=NUMBERS_ALONE
    ).episodes  # fmt: skip
    recorded = np.stack(episode.table()['recorded_action'].to_list())
    np.testing.assert_allclose(recorded[:, 0], 0.1 * np.arange(TICKS), atol=1e-6)


def test_attention_of_a_bag_is_written_beside_and_merged_with_its_inputs(
    bag, params_file, policy, tmp_path
):
    for inputs in (False, True):
        file = tmp_path / f'{inputs}.mcap'
        outputs = OutputOptions(
            gif=False, frames='none', bag=file, bag_inputs=inputs, bag_compressed=True
        )
        result = analyze(
            bag, policy, tmp_path / str(inputs), bag=BagOptions(params_file), outputs=outputs
        )
        assert not list(result.episodes[0].folder.glob('*.mcap'))
        assert file.name.encode() in file.read_bytes()  # as rosbag2 writes it into the file
        topics = topics_of(file)
        for name in ('front/map', 'wrist/map', 'front/image/compressed', 'share'):
            assert topics[f'/act_policy/attention/{name}'].messages == TICKS
        assert ('/front/image_raw' in topics) == inputs
        assert ('/act_policy/action' in topics) == inputs


def test_attention_of_a_dataset_is_a_bag_per_episode(recorded, tmp_path):
    policy = make_act_checkpoint(tmp_path / 'policy', state=2, actions=2)
    outputs = OutputOptions(
        video=False, gif=False, frames='none', bag=tmp_path / 'seen.mcap', bag_inputs=True
    )
    analyze(recorded, policy, tmp_path / 'out', episodes=[1, 3], outputs=outputs)
    files = sorted(path.name for path in tmp_path.glob('*.mcap'))
    assert files == ['seen_episode_000001.mcap', 'seen_episode_000003.mcap']
    for number in (1, 3):
        topics = topics_of(tmp_path / f'seen_episode_{number:06d}.mcap')
        steps = EPISODE_FRAMES[number]
        assert topics['/act_policy/attention/front/image'].messages == steps
        assert topics['/act_policy/attention/wrist/map'].messages == steps
        assert topics['/front/image_raw'].messages == steps
        assert topics['/joint_states'].messages == steps


def test_bag_that_is_there_already_is_not_written_over(bag, params_file, policy, tmp_path):
    file = tmp_path / 'mine.mcap'
    file.write_bytes(b'somebody wants this')
    outputs = OutputOptions(gif=False, frames='none', bag=file)
    with pytest.raises(ValueError, match=r'mine\.mcap exists already: remove it'):
        analyze(bag, policy, tmp_path / 'out', bag=BagOptions(params_file), outputs=outputs)
    assert file.read_bytes() == b'somebody wants this'
    assert not (tmp_path / 'out').exists()


def test_bag_without_a_parameter_file_is_refused(bag, policy, tmp_path):
    with pytest.raises(ValueError, match='--params-file is missing'):
        analyze(bag, policy, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_bag_without_a_camera_of_the_policy_is_refused_with_what_it_has(
    params_file, policy, tmp_path
):
    entries = [entry for entry in run(3) if not entry[0].startswith('/wrist')]
    folder = write_bag(tmp_path / 'bag', entries)
    with pytest.raises(ValueError, match=r'/wrist/image_raw.*/front/image_raw'):
        analyze(folder, policy, tmp_path / 'out', bag=BagOptions(params_file))


def test_ticks_that_the_node_would_have_skipped_are_counted(params_file, policy, tmp_path):
    entries = [entry for entry in run(30) if not 800 < entry[1] < 1900]
    folder = write_bag(tmp_path / 'bag', entries)
    [episode] = analyze(
        folder, policy, tmp_path / 'out', bag=BagOptions(params_file), outputs=NUMBERS_ALONE
    ).episodes  # fmt: skip
    assert episode.summary.skipped['stale'] >= 3
    table = episode.table()
    gap = int(np.argmax(np.diff(table['time_s']))) + 1
    assert table['time_s'].diff().max() > 0.5
    assert table['chunk_position'][gap] == 0  # after an outage it plans anew
