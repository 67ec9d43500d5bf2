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

"""An analysis read back, and folders that hold none."""

import numpy as np
import pytest

from attention_mapper_ros.attention.layout import (
    CameraTokens,
    CellGeometry,
    TokenGroup,
    TokenLayout,
)
from attention_mapper_ros.attention.maps import fold, Scale
from attention_mapper_ros.attention.summary import summarise
from attention_mapper_ros.recordings.map_store import MapWriter
from attention_mapper_ros.recordings.records import AnalysedCamera, EpisodeSummary, StepRecord
from attention_mapper_ros.recordings.results import (
    read_results,
    SETTINGS,
    write_episode,
    write_json,
)
from attention_mapper_ros.recordings.table import TableWriter

FRONT = 'observation.images.front'
CELLS = CellGeometry(3, 4, 0.0, 0.0, 32.0, 32.0)
LAYOUT = TokenLayout(
    (TokenGroup('joints', 0, 2), TokenGroup(FRONT, 2, 14)), (CameraTokens(FRONT, 2, CELLS),)
)
CAMERA = AnalysedCamera('front', FRONT, 96, 128, CELLS)
STEPS = 150  # more than a chunk of maps


def attention_at(step):
    tokens = np.random.default_rng(step).random(LAYOUT.size).astype(np.float32)
    return tokens / tokens.sum()


@pytest.fixture
def analysed(tmp_path):
    folder = tmp_path / 'episode_000000'
    folder.mkdir()
    table = TableWriter(
        folder / 'attention.parquet', [CAMERA], {'joints': 'joints', FRONT: 'front'}
    )
    store = MapWriter(folder / 'maps.zarr', [CAMERA], Scale('attention', 1 / LAYOUT.size))
    for step in range(STEPS):
        recorded = np.array([1, 3], np.float32) if step % 2 else None
        table.write(
            StepRecord(
                episode=0,
                step=step,
                time_s=step / 10,
                attention=summarise(attention_at(step), LAYOUT),
                predicted=np.array([1, 2], np.float32),
                planned=None if step == 0 else np.array([0, 0], np.float32),
                recorded=recorded,
                chunk_position=0,
                attention_shift=0.0,
                latency_s=0.1,
            )
        )
        store.write(fold(attention_at(step), LAYOUT, 'raw', 'all'))
    table.close()
    store.close()
    summary = EpisodeSummary(
        0, 'episode_000000', 'push', None, STEPS, 14.9, (CAMERA,), ('joints', 'front'),
        ('pan', 'lift'), 'attention', 1 / LAYOUT.size, {'stale': 2}, 1.0,
    )  # fmt: skip
    write_episode(folder, summary)
    write_json(tmp_path / SETTINGS, {'format': 1})
    return tmp_path, summary


def test_everything_written_is_read_back(analysed):
    folder, summary = analysed
    [episode] = read_results(folder).episodes
    assert episode.summary == summary
    maps = episode.maps()['front']
    assert maps.shape == (STEPS, 3, 4)
    for step in (0, 63, 64, STEPS - 1):
        expected = attention_at(step)[2:].reshape(3, 4) * LAYOUT.size
        np.testing.assert_allclose(maps[step], expected, rtol=1e-6)


def test_table_has_a_row_per_step_with_phase_and_errors(analysed):
    table = read_results(analysed[0]).episodes[0].table()
    assert list(table['step']) == list(range(STEPS))
    assert table['phase'].iloc[0] == 0.0
    assert table['phase'].iloc[-1] == 1.0
    assert np.isnan(table['predicted_error'][0])  # nothing was recorded
    assert table['predicted_error'][1] == 0.5
    assert table['planned_error'][1] == 2.0
    shares = table['share_joints'] + table['share_front']
    np.testing.assert_allclose(shares, 1.0, rtol=1e-5)


def test_peak_lies_on_the_pixel_that_its_cell_is_centred_on(analysed):
    table = read_results(analysed[0]).episodes[0].table()
    for step in (0, 7, 99):
        grid = attention_at(step)[2:].reshape(3, 4)
        row, col = np.unravel_index(grid.argmax(), grid.shape)
        assert (table['peak_row_front'][step], table['peak_col_front'][step]) == (row, col)
        assert (table['peak_x_front'][step], table['peak_y_front'][step]) == (32 * col, 32 * row)
        assert table['peak_ratio_front'][step] == pytest.approx(grid.max() * LAYOUT.size)


def test_folder_without_an_analysis_is_refused(tmp_path):
    with pytest.raises(ValueError, match='is no output of "attention-mapper analyze"'):
        read_results(tmp_path)


def test_analysis_of_another_format_is_refused(tmp_path):
    write_json(tmp_path / SETTINGS, {'format': 99})
    with pytest.raises(ValueError, match='is of format 99, this version reads 1'):
        read_results(tmp_path)


@pytest.mark.parametrize('damage', ['no json', '[]', '{"number": 0}'])
def test_damaged_description_is_named(analysed, damage):
    folder, _ = analysed
    (folder / 'episode_000000' / 'episode.json').write_text(damage)
    with pytest.raises(ValueError, match=r'episode\.json.* analyse it again'):
        read_results(folder)


def test_damaged_table_is_named(analysed):
    folder, _ = analysed
    (folder / 'episode_000000' / 'attention.parquet').write_bytes(b'nothing')
    with pytest.raises(ValueError, match=r'attention\.parquet cannot be read .*analyse it again'):
        read_results(folder).episodes[0].table()


def test_unfinished_episode_is_not_seen(analysed):
    folder, _ = analysed
    (folder / 'episode_000000').rename(folder / '.unfinished-episode_000000')
    assert read_results(folder).episodes == ()
