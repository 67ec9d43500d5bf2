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

"""Datasets through real policies into folders of results, whole or not there."""

from dataclasses import replace
import json
import shutil
import weakref

from act_checkpoints import make_act_checkpoint
import av
import numpy as np
import pandas as pd
import pytest
from small_dataset import EPISODE_FRAMES, make_dataset
from stock_lerobot import StockLeRobot

from attention_mapper_ros.policies.registry import load_policy
from attention_mapper_ros.recordings import analyze, AttentionOptions, OutputOptions
from attention_mapper_ros.recordings.dataset_recording import DatasetRecording
from attention_mapper_ros.recordings.recording import EpisodeError

NUMBERS_ALONE = OutputOptions(video=False, gif=False, frames='none')


@pytest.fixture(scope='module')
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp('policy') / 'act'
    return make_act_checkpoint(folder, state=2, actions=2, n_action_steps=4)


@pytest.fixture(scope='module')
def analysed(recorded, policy, tmp_path_factory):
    """Return a whole analysis with all pictures."""
    output = tmp_path_factory.mktemp('analysis') / 'out'
    outputs = OutputOptions(camera_videos=True, frames='heads', boxes=0.9)
    return analyze(recorded, policy, output, batch=4, outputs=outputs)


@pytest.fixture
def copied(recorded, tmp_path):
    return shutil.copytree(recorded, tmp_path / 'copy')


def numbers(result):
    """Return all tables in one, without what no two runs have in common."""
    tables = [episode.table().drop(columns='latency_s') for episode in result.episodes]
    return pd.concat(tables, ignore_index=True)


def assert_same(one, other):
    assert list(one.columns) == list(other.columns)
    for name in one.columns:
        left, right = one[name], other[name]
        if left.dtype == object:
            left, right = np.stack(left.to_list()), np.stack(right.to_list())
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5, err_msg=name)


def frames_in(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_every_episode_has_a_folder_with_everything_in_it(analysed):
    assert [episode.summary.number for episode in analysed.episodes] == [0, 1, 2, 3]
    for episode, steps in zip(analysed.episodes, EPISODE_FRAMES, strict=True):
        assert episode.summary.steps == steps == len(episode.table())
        assert sorted(path.name for path in episode.folder.iterdir()) == [
            'attention.gif',
            'attention.mp4',
            'attention.parquet',
            'episode.json',
            'frames',
            'front.mp4',
            'maps.zarr',
            'mean_front.png',
            'mean_wrist.png',
            'wrist.mp4',
        ]
        for video in ('attention.mp4', 'front.mp4', 'wrist.mp4'):
            assert frames_in(episode.folder / video) == steps
        pictures = sorted(path.name for path in (episode.folder / 'frames').iterdir())
        assert 'step_0000_layer_0.png' in pictures
        assert 'step_0000_layer_0_head_3.png' in pictures
        assert len(pictures) == steps * (1 + 4)  # one decoder layer of four heads


def test_maps_and_shares_are_those_of_single_forwards(analysed, recorded, policy):
    adapter = load_policy(policy, 'cpu')
    recording = DatasetRecording.open(recorded)
    request = next(iter(_requests(adapter)))
    [episode] = recording.episodes([1])
    result = analysed.episodes[1]
    table, stored = result.table(), result.maps()
    for step in recording.steps(episode, adapter.spec):
        maps = adapter.infer(step.observation, request).maps()
        for camera in ('front', 'wrist'):
            expected = maps.cameras[f'observation.images.{camera}']
            np.testing.assert_allclose(stored[camera][step.index], expected, atol=1e-4)
            row, col = np.unravel_index(expected.argmax(), expected.shape)
            assert table[f'peak_row_{camera}'][step.index] == row
            assert table[f'peak_x_{camera}'][step.index] == 32 * col
            share = maps.shares[f'observation.images.{camera}']
            assert table[f'share_{camera}'][step.index] == pytest.approx(share, abs=1e-5)
    adapter.close()


def _requests(adapter):
    from attention_mapper_ros.attention.request import AttentionRequest
    from attention_mapper_ros.attention.selection import Selection

    yield AttentionRequest('rollout', Selection(queries_executed=adapter.spec.action_steps))


def test_planned_actions_are_those_of_lerobots_select_action(analysed, recorded, policy):
    stock = StockLeRobot(policy)
    adapter = load_policy(policy, 'cpu')
    recording = DatasetRecording.open(recorded)
    for episode in recording.episodes(None):
        stock.policy.reset()
        table = analysed.episodes[episode.number].table()
        for step in recording.steps(episode, adapter.spec):
            expected = stock.select_action(step.observation)
            np.testing.assert_allclose(
                table['planned_action'][step.index], expected, rtol=1e-4, atol=1e-3
            )
            assert table['chunk_position'][step.index] == step.index % 4
            error = np.abs(table['planned_action'][step.index] - step.action).mean()
            assert table['planned_error'][step.index] == pytest.approx(error)
    adapter.close()


def test_attention_has_not_shifted_where_the_action_is_new(analysed):
    for episode in analysed.episodes:
        table = episode.table()
        fresh = table['chunk_position'] == 0
        assert (table['attention_shift'][fresh] == 0).all()
        assert (table['attention_shift'][~fresh] > 0).all()


def test_batches_change_nothing(analysed, recorded, policy, tmp_path):
    alone = analyze(recorded, policy, tmp_path / 'out', batch=1, outputs=NUMBERS_ALONE)
    assert_same(numbers(alone), numbers(analysed))


def test_processes_change_nothing(analysed, recorded, policy, tmp_path):
    result = analyze(recorded, policy, tmp_path / 'out', workers=2, outputs=NUMBERS_ALONE)
    assert_same(numbers(result), numbers(analysed))


def test_a_ray_cluster_changes_nothing(analysed, recorded, policy, tmp_path):
    result = analyze(
        recorded, policy, tmp_path / 'out', ray='local', workers=2, outputs=NUMBERS_ALONE
    )
    assert_same(numbers(result), numbers(analysed))


def test_shards_make_the_whole_together(analysed, recorded, policy, tmp_path):
    output = tmp_path / 'out'
    first = analyze(recorded, policy, output, shard=(0, 2), outputs=NUMBERS_ALONE)
    assert [episode.summary.number for episode in first.episodes] == [0, 2]
    whole = analyze(recorded, policy, output, shard=(1, 2), outputs=NUMBERS_ALONE)
    assert_same(numbers(whole), numbers(analysed))


def test_second_run_does_what_is_missing_and_nothing_else(recorded, policy, tmp_path):
    output = tmp_path / 'out'
    analyze(recorded, policy, output, episodes=[0, 2], outputs=NUMBERS_ALONE)
    kept = output / 'episode_000000' / 'attention.parquet'
    before = kept.stat().st_mtime_ns
    shutil.rmtree(output / 'episode_000002')
    (output / '.unfinished-episode_000002').mkdir()  # of a run that was killed
    (output / '.unfinished-episode_000002' / 'attention.parquet').write_bytes(b'half')
    told = []
    result = analyze(recorded, policy, output, outputs=NUMBERS_ALONE, on_progress=told.append)
    assert kept.stat().st_mtime_ns == before
    assert [episode.summary.number for episode in result.episodes] == [0, 1, 2, 3]
    assert not list(output.glob('.unfinished*'))
    assert told[-1].episodes == told[-1].total_episodes == 3
    assert told[-1].steps == told[-1].total_steps == sum(EPISODE_FRAMES[1:])


def test_folder_of_another_analysis_is_refused_with_what_differs(recorded, policy, tmp_path):
    output = tmp_path / 'out'
    analyze(recorded, policy, output, episodes=[0], outputs=NUMBERS_ALONE)
    with pytest.raises(ValueError, match=r"method 'rollout', not 'raw': name another --output"):
        analyze(
            recorded,
            policy,
            output,
            attention=AttentionOptions(method='raw'),
            outputs=NUMBERS_ALONE,
        )


def test_episode_whose_video_was_cut_off_is_skipped_and_named(policy, tmp_path):
    folder = make_dataset(tmp_path / 'd', (4, 5), videos=True)
    cut = next(iter((folder / 'videos').rglob('*.mp4')))
    content = cut.read_bytes()
    cut.write_bytes(content[: 6 * len(content) // 9])
    result = analyze(folder, policy, tmp_path / 'out', outputs=NUMBERS_ALONE)
    assert [episode.summary.number for episode in result.episodes] == [0]
    assert set(result.skipped) == {1}
    assert f'{cut} ' in result.skipped[1]
    assert 'copy or fetch the dataset again' in result.skipped[1]
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'analysis.json',
        'episode_000000',
        'episode_000001.skipped.json',
    ]


def test_broken_episode_leaves_the_others_whole(copied, policy, tmp_path):
    episodes = next(iter((copied / 'meta' / 'episodes').rglob('*.parquet')))
    table = pd.read_parquet(episodes)
    table.loc[1, 'length'] = 9
    table.to_parquet(episodes)
    result = analyze(copied, policy, tmp_path / 'out', outputs=NUMBERS_ALONE)
    assert [episode.summary.number for episode in result.episodes] == [0, 2, 3]
    assert 'has 6 frames' in result.skipped[1]


def test_strict_makes_a_broken_episode_an_error_and_keeps_finished_ones(copied, policy, tmp_path):
    episodes = next(iter((copied / 'meta' / 'episodes').rglob('*.parquet')))
    table = pd.read_parquet(episodes)
    table.loc[1, 'length'] = 0
    table.to_parquet(episodes)
    with pytest.raises(EpisodeError, match=r'episode 1 of .* has no frames'):
        analyze(copied, policy, tmp_path / 'out', outputs=NUMBERS_ALONE, strict=True)
    assert (tmp_path / 'out' / 'episode_000000' / 'episode.json').is_file()
    assert not (tmp_path / 'out' / 'episode_000001').exists()


def test_mended_episode_is_not_called_skipped_any_more(copied, policy, tmp_path):
    episodes = next(iter((copied / 'meta' / 'episodes').rglob('*.parquet')))
    whole = episodes.read_bytes()
    table = pd.read_parquet(episodes)
    table.loc[1, 'length'] = 0
    table.to_parquet(episodes)
    output = tmp_path / 'out'
    assert set(analyze(copied, policy, output, outputs=NUMBERS_ALONE).skipped) == {1}
    episodes.write_bytes(whole)
    result = analyze(copied, policy, output, outputs=NUMBERS_ALONE)
    assert result.skipped == {}
    assert len(result.episodes) == 4


def test_state_that_is_not_finite_is_an_error_of_its_episode(copied, policy, tmp_path):
    path = next(iter((copied / 'data').rglob('*.parquet')))
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    states = table['observation.state'].to_pylist()
    states[7] = [float('nan'), 0.0]  # frame 3 of episode 1
    column = table.schema.get_field_index('observation.state')
    changed = pa.array(states, table.schema.field(column).type)
    pq.write_table(table.set_column(column, table.schema.field(column), changed), path)
    result = analyze(copied, policy, tmp_path / 'out', batch=2, outputs=NUMBERS_ALONE)
    assert set(result.skipped) == {1}
    assert 'steps 2 to 3: observation.state[0] is nan' in result.skipped[1]


def test_policy_of_other_cameras_is_refused_before_anything_is_written(recorded, tmp_path):
    policy = make_act_checkpoint(tmp_path / 'p', {'top': (96, 128)}, state=2, actions=2)
    with pytest.raises(ValueError, match=r'no picture feature observation\.images\.top'):
        analyze(recorded, policy, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()


def test_episode_that_is_not_there_is_refused_before_anything_is_written(
    recorded, policy, tmp_path
):
    with pytest.raises(ValueError, match='has no episode 9: it has 4, choose 0 to 3'):
        analyze(recorded, policy, tmp_path / 'out', episodes=[0, 9])
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'batch': 0}, 'batch is 0'),
        ({'workers': 0}, 'workers is 0'),
        ({'shard': (2, 2)}, 'shard 2 of 2'),
        ({'attention': AttentionOptions(layer='7')}, 'attention layer 7 is outside'),
        ({'attention': AttentionOptions(target='elbow', method='gradient')}, "target 'elbow'"),
    ],
)
def test_options_that_cannot_be_are_refused_in_words(recorded, policy, tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        analyze(recorded, policy, tmp_path / 'out', **changes)


def test_target_is_called_by_the_datasets_name_of_it(recorded, policy, tmp_path):
    attention = AttentionOptions(method='gradient', target='lift')
    result = analyze(
        recorded, policy, tmp_path / 'out', episodes=[3], attention=attention,
        outputs=NUMBERS_ALONE,
    )  # fmt: skip
    assert result.settings['attention'].startswith('gradient of lift')


def test_a_few_batches_of_steps_are_in_memory_however_long_the_episode(
    policy, tmp_path, monkeypatch
):
    folder = make_dataset(tmp_path / 'd', (90,))
    steps, most = [], 0
    read = DatasetRecording.steps

    def watched(recording, episode, spec):
        for step in read(recording, episode, spec):
            steps.append(weakref.ref(step))
            yield step

    def count(progress):
        nonlocal most
        most = max(most, sum(step() is not None for step in steps))

    monkeypatch.setattr(DatasetRecording, 'steps', watched)

    analyze(folder, policy, tmp_path / 'out', batch=4, outputs=NUMBERS_ALONE, on_progress=count)
    # Two batches read ahead, one read, one run and one waiting, two written ahead, one in hand.
    assert most <= 4 * 8


def test_success_and_task_reach_the_results(policy, tmp_path):
    folder = make_dataset(tmp_path / 'd', (3, 3), successes=[True, False], tasks=('push', 'pull'))
    result = analyze(folder, policy, tmp_path / 'out', outputs=NUMBERS_ALONE)
    assert [episode.summary.success for episode in result.episodes] == [True, False]
    assert [episode.summary.task for episode in result.episodes] == ['push', 'pull']


def test_settings_say_what_was_analysed_and_how(analysed, recorded):
    settings = json.loads((analysed.folder / 'analysis.json').read_text())
    assert settings == analysed.settings
    assert settings['source'] == str(recorded)
    assert settings['attention'] == 'rollout, last layer, mean of heads, queries 0-3'
    assert settings['cameras'] == {
        'front': 'observation.images.front',
        'wrist': 'observation.images.wrist',
    }
    assert settings['versions']['lerobot']


def test_without_a_video_a_gif_can_be_had_alone(recorded, policy, tmp_path):
    outputs = replace(NUMBERS_ALONE, gif=True)
    result = analyze(recorded, policy, tmp_path / 'out', episodes=[1], outputs=outputs)
    names = {path.name for path in result.episodes[0].folder.iterdir()}
    assert 'attention.gif' in names
    assert 'attention.mp4' not in names
