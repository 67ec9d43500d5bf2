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

"""An analysed episode read into trends, and what of it is refused."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from attention_mapper_ros.recordings import map_store, results, table
from attention_mapper_ros.reports.episode import PARTS, read_trend
from attention_mapper_ros.reports.run import labels, load_run


@pytest.fixture
def folder(analysed, plan):
    return analysed('run', [plan(number, steps=9 + number) for number in range(3)])


def rewrite_table(folder, change):
    path = folder / 'episode_000001' / table.FILE
    frame = pd.read_parquet(path)
    change(frame).to_parquet(path)


def test_means_over_steps_are_those_of_the_table_and_the_maps(folder):
    episode = results.read_results(folder).episodes[1]
    trend, frame = read_trend(episode), episode.table()
    assert trend.shares.shape == (10, 4)
    assert trend.shares.mean(axis=0) == pytest.approx(
        [frame[f'share_{group}'].mean() for group in ('latent', 'joints', 'front', 'wrist')]
    )
    maps = episode.maps()['front'][:]
    assert trend.cameras['front'].mean_map == pytest.approx(maps.mean(axis=0), rel=1e-5)
    assert trend.cameras['front'].peaks.sum() == 10
    assert trend.cameras['front'].peaks[2, 3] == 10


def test_parts_of_the_episode_have_the_maps_of_their_steps(folder):
    episode = results.read_results(folder).episodes[0]
    maps = episode.maps()['wrist'][:]  # nine steps: 3, 2, 2 and 2
    parts = read_trend(episode).cameras['wrist'].part_maps
    assert parts[0] == pytest.approx(maps[:3].mean(axis=0), rel=1e-5)
    assert parts[PARTS - 1] == pytest.approx(maps[7:].mean(axis=0), rel=1e-5)


def test_the_centre_of_the_attention_is_where_the_cells_are(analysed, plan):
    right = plan(0, spot=lambda phase: (2.0, 5.0))
    left = plan(1, spot=lambda phase: (2.0, 0.0))
    run = load_run(analysed('sides', [right, left]), 'sides')
    centres = [each.cameras['front'].centre.mean(axis=0) for each in run.episodes]
    assert centres[0][0] > 0.6 > 0.4 > centres[1][0]
    assert centres[0][1] == pytest.approx(64.5 / 144, abs=0.05)


def test_an_episode_shorter_than_its_parts_has_them_all(analysed, plan):
    run = load_run(analysed('short', [plan(0, steps=1)]), 'short')
    parts = run.episodes[0].cameras['front'].part_maps
    assert np.isfinite(parts).all()
    assert (parts[0] == parts[-1]).all()


def test_no_kept_maps_leave_peaks_and_shares(analysed, plan, robot):
    run = load_run(analysed('bare', [plan(0)], robot(maps=False)), 'bare')
    front = run.episodes[0].cameras['front']
    assert front.mean_map is None
    assert front.peaks.sum() == 30


def test_a_missing_table_is_named_with_the_remedy(folder):
    (folder / 'episode_000001' / table.FILE).unlink()
    with pytest.raises(ValueError, match=r'episode_000001.*attention\.parquet.*analyse it again'):
        load_run(folder, 'run')


def test_a_damaged_table_is_named_with_the_remedy(folder):
    path = folder / 'episode_000001' / table.FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=r'episode_000001.*cannot be read.*analyse it again'):
        load_run(folder, 'run')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda frame: frame.drop(columns='share_wrist'), 'no column share_wrist'),
        (lambda frame: frame.assign(entropy=np.nan), 'values of entropy that are not finite'),
        (lambda frame: frame.assign(peak_row_front=7), 'peaks outside the 5 x 6 cells'),
        (lambda frame: frame.iloc[:0], 'has no steps'),
        (lambda frame: frame.iloc[:4], r'maps of shape \(10, 5, 6\) .* asks for \(4, 5, 6\)'),
    ],
)
def test_tables_that_make_no_trend_are_refused_with_the_folder(folder, change, message):
    rewrite_table(folder, change)
    with pytest.raises(ValueError, match=message) as refusal:
        load_run(folder, 'run')
    assert 'episode_000001' in str(refusal.value)


def test_a_missing_mean_frame_is_named(folder):
    (folder / 'episode_000002' / results.mean_frame_name('wrist')).unlink()
    with pytest.raises(ValueError, match=r'episode_000002.*mean_wrist\.png.*analyse it again'):
        load_run(folder, 'run')


def test_maps_of_a_missing_camera_are_named(folder):
    shutil.rmtree(folder / 'episode_000000' / map_store.FOLDER / 'front')
    with pytest.raises(ValueError, match=r'maps of shape None for camera front'):
        load_run(folder, 'run')


def test_a_folder_without_a_whole_episode_is_refused_and_says_what_is_unfinished(analysed):
    folder = analysed('empty', [])
    with pytest.raises(ValueError, match='no analysed episode: let'):
        load_run(folder, 'empty')
    (folder / '.unfinished-episode_000000').mkdir()
    with pytest.raises(ValueError, match='no analysed episode, 1 are unfinished'):
        load_run(folder, 'empty')


def test_a_folder_that_is_no_analysis_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r'no analysis\.json'):
        load_run(tmp_path, 'none')


def test_episodes_of_other_cameras_are_refused_with_both_named(folder, analysed, plan, robot):
    other = analysed('other', [plan(7)], robot(groups=('latent', 'front')))
    (other / 'episode_000007').rename(folder / 'episode_000007')
    with pytest.raises(ValueError, match=r'episode_000000 and episode_000007 .* different groups'):
        load_run(folder, 'run')


def test_unfinished_and_skipped_episodes_are_known(folder):
    (folder / '.unfinished-episode_000005').mkdir()
    (folder / 'episode_000004.skipped.json').write_text(
        json.dumps({'number': 4, 'reason': 'the video is damaged'})
    )
    run = load_run(folder, 'run')
    assert run.unfinished == 1
    assert run.result.skipped == {4: 'the video is damaged'}


def test_folders_are_told_apart_by_as_much_of_their_path_as_it_takes(tmp_path):
    assert labels([tmp_path / 'a', tmp_path / 'b']) == ['a', 'b']
    assert labels([tmp_path / 'x' / 'a', tmp_path / 'y' / 'a']) == ['x/a', 'y/a']
    with pytest.raises(ValueError, match='named twice'):
        labels([tmp_path / 'a', tmp_path / 'b' / '..' / 'a'])
