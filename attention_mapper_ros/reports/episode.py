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

"""One analysed episode, reduced to what trends are made of; its maps are read once, in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import pandas as pd

from attention_mapper_ros.recordings import map_store
from attention_mapper_ros.recordings.records import AnalysedCamera, EpisodeSummary
from attention_mapper_ros.recordings.results import EpisodeResult

PARTS = 4  # of the episode, for which maps are drawn: quarters
_STEPS_AT_ONCE = 512  # of 15 x 20 cells, 600 kB


@dataclass(frozen=True)
class CameraTrend:
    """
    Where the attention lay in one camera; maps are (row, col), 1.0 is uniform over all tokens.

    ``peaks``: how many steps had their peak in each cell. ``mean_map``: over the steps,
    ``part_maps``: (part, row, col) over each quarter, with those before it where an episode has
    fewer steps than quarters. ``centre``: (step, 2), the centre of the attention as a part of the
    picture's width and height, 0 to 1. The last three are None where no maps were kept.
    """

    peaks: NDArray[np.int64]
    mean_map: NDArray[np.float64] | None = None
    part_maps: NDArray[np.float64] | None = None
    centre: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class EpisodeTrend:
    """
    One episode. Everything is (step,) unless its shape is given, nan where there was nothing.

    ``shares``: (step, group), in the order of ``summary.groups``. ``entropy``: (step, 1 + camera),
    over all tokens, then over each camera's own cells. Errors are in the policy's units.
    """

    result: EpisodeResult
    time_s: NDArray[np.float64]
    shares: NDArray[np.float64]
    entropy: NDArray[np.float64]
    chunk_position: NDArray[np.int64]
    attention_shift: NDArray[np.float64]
    predicted_error: NDArray[np.float64]
    planned_error: NDArray[np.float64]
    cameras: Mapping[str, CameraTrend]

    @property
    def summary(self) -> EpisodeSummary:
        """What is known of the episode as a whole."""
        return self.result.summary


def read_trend(result: EpisodeResult) -> EpisodeTrend:
    """
    Read an episode's table and maps.

    Raises ValueError, naming the file and the remedy, for what is missing, damaged or empty, and
    for maps of another number of steps than the table has.
    """
    table, summary = result.table(), result.summary
    cameras = [camera.name for camera in summary.cameras]
    shares = [f'share_{group}' for group in summary.groups]
    entropies = ['entropy', *(f'entropy_{camera}' for camera in cameras)]
    columns = _Columns(table, result)
    if not len(table):
        raise ValueError(
            f'{result.folder} has no steps: remove it, and leave the episode out of the analysis'
        )
    return EpisodeTrend(
        result=result,
        time_s=columns.numbers(['time_s'])[:, 0],
        shares=columns.finite(shares),
        entropy=columns.finite(entropies),
        chunk_position=columns.finite(['chunk_position'])[:, 0].astype(np.int64),
        attention_shift=columns.numbers(['attention_shift'])[:, 0],
        predicted_error=columns.numbers(['predicted_error'])[:, 0],
        planned_error=columns.numbers(['planned_error'])[:, 0],
        cameras={
            camera.name: _camera(result, camera, columns, len(table)) for camera in summary.cameras
        },
    )


def map_blocks(
    result: EpisodeResult, camera: AnalysedCamera, steps: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """
    Yield the maps of an episode in blocks: the first step of each, and (step, row, col).

    Raises ValueError where there are not as many as the table has steps.
    """
    store = result.maps()
    shape = (steps, camera.cells.rows, camera.cells.cols)
    found = store[camera.name].shape if camera.name in store else None
    if found != shape:
        raise ValueError(
            f'{result.folder / map_store.FOLDER} has maps of shape {found} for camera '
            f'{camera.name}, the table asks for {shape}: remove {result.folder} and analyse it '
            'again'
        )
    for start in range(0, steps, _STEPS_AT_ONCE):
        yield start, np.asarray(store[camera.name][start : start + _STEPS_AT_ONCE], np.float64)


def has_maps(result: EpisodeResult) -> bool:
    """Return whether the maps of an episode were kept."""
    return (result.folder / map_store.FOLDER).is_dir()


class _Columns:
    """Columns of a table as numbers; says which one is missing."""

    def __init__(self, table: pd.DataFrame, result: EpisodeResult) -> None:
        self._table = table
        self._folder = result.folder

    def numbers(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return (step, name), nan where there is nothing."""
        missing = [name for name in names if name not in self._table.columns]
        if missing:
            raise ValueError(
                f'the table of {self._folder} has no column {", ".join(missing)}: remove the '
                'folder and analyse the episode again'
            )
        values: NDArray[np.float64] = self._table[list(names)].to_numpy(np.float64)
        return values

    def finite(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return (step, name); refuse nan and infinity, from which no trend can be made."""
        values = self.numbers(names)
        bad = [name for place, name in enumerate(names) if not np.isfinite(values[:, place]).all()]
        if bad:
            raise ValueError(
                f'the table of {self._folder} has values of {", ".join(bad)} that are not finite: '
                'does the policy compute NaN? Remove the folder and analyse the episode again'
            )
        return values


def _camera(
    result: EpisodeResult, camera: AnalysedCamera, columns: _Columns, steps: int
) -> CameraTrend:
    rows, cols = camera.cells.rows, camera.cells.cols
    names = [f'peak_row_{camera.name}', f'peak_col_{camera.name}']
    cells = columns.finite(names).astype(np.int64)  # (step, 2)
    inside = (cells >= 0) & (cells < (rows, cols))
    if not inside.all():
        raise ValueError(
            f'the table of {result.folder} has peaks outside the {rows} x {cols} cells of camera '
            f'{camera.name}: remove the folder and analyse the episode again'
        )
    peaks = np.zeros((rows, cols), np.int64)
    np.add.at(peaks, (cells[:, 0], cells[:, 1]), 1)
    if not has_maps(result):
        return CameraTrend(peaks)
    return _with_maps(peaks, result, camera, steps)


def _with_maps(
    peaks: NDArray[np.int64], result: EpisodeResult, camera: AnalysedCamera, steps: int
) -> CameraTrend:
    total = np.zeros((PARTS, *peaks.shape))
    counts = np.zeros(PARTS, np.int64)
    centres: list[NDArray[np.float64]] = []
    for start, block in map_blocks(result, camera, steps):
        part = (np.arange(start, start + len(block)) * PARTS) // steps
        np.add.at(total, part, block)
        np.add.at(counts, part, 1)
        centres.append(_centres(block, camera))
    parts = np.empty_like(total)
    for place in range(PARTS):  # an episode of three steps has not every quarter
        parts[place] = total[place] / counts[place] if counts[place] else parts[place - 1]
    return CameraTrend(peaks, total.sum(axis=0) / steps, parts, np.concatenate(centres))


def _centres(maps: NDArray[np.float64], camera: AnalysedCamera) -> NDArray[np.float64]:
    """Return the centre of mass of each map, (step, 2), x and y as parts of the picture."""
    cells = camera.cells
    x = (cells.origin_x + np.arange(cells.cols) * cells.stride_x + 0.5) / camera.width
    y = (cells.origin_y + np.arange(cells.rows) * cells.stride_y + 0.5) / camera.height
    weights = np.maximum(maps, 0.0)
    total = weights.sum(axis=(1, 2))
    even = np.array([x.mean(), y.mean()])  # of a map without anything on it
    moments = np.stack([weights.sum(axis=1) @ x, weights.sum(axis=2) @ y], axis=1)
    centres: NDArray[np.float64] = np.where(
        total[:, None] > 0, moments / np.maximum(total, 1e-12)[:, None], even
    )
    return centres
