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

"""
The table of an episode, ``attention.parquet``: one row per step.

doc/analysis.md describes every column. Rows are written as they come, a few hundred at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import pyarrow as pa
import pyarrow.parquet as pq

from attention_mapper_ros.recordings.records import AnalysedCamera, StepRecord

FILE = 'attention.parquet'
_ROWS_AT_ONCE = 256  # a few tens of kilobytes
_ACTION = pa.list_(pa.float32())
_OF_A_CAMERA = (
    ('entropy', pa.float32()),
    ('peak_row', pa.int32()),
    ('peak_col', pa.int32()),
    ('peak_x', pa.float32()),
    ('peak_y', pa.float32()),
    ('peak_ratio', pa.float32()),
)


def table_schema(groups: Sequence[str], cameras: Sequence[str]) -> pa.Schema:
    """Return the columns for these token groups and cameras, both by their own names."""
    return pa.schema(
        [
            ('episode', pa.int32()),
            ('step', pa.int32()),
            ('time_s', pa.float64()),
            *((f'share_{group}', pa.float32()) for group in groups),
            ('entropy', pa.float32()),
            *((f'{name}_{camera}', kind) for camera in cameras for name, kind in _OF_A_CAMERA),
            ('chunk_position', pa.int32()),
            ('attention_shift', pa.float32()),
            ('predicted_action', _ACTION),
            ('planned_action', _ACTION),
            ('recorded_action', _ACTION),
            ('predicted_error', pa.float32()),
            ('planned_error', pa.float32()),
            ('latency_s', pa.float32()),
        ]
    )


class TableWriter:
    """
    Writes a new table. Belongs to one thread.

    ``names``: token group to the name that its column gets. Whole only after ``close``.
    """

    def __init__(
        self, path: Path, cameras: Sequence[AnalysedCamera], names: Mapping[str, str]
    ) -> None:
        self._cameras = tuple(cameras)
        self._names = dict(names)
        self._schema = table_schema(
            list(self._names.values()), [camera.name for camera in self._cameras]
        )
        self._writer = pq.ParquetWriter(path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, record: StepRecord) -> None:
        """Append one row."""
        self._rows.append(self._row(record))
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Complete the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []

    def _row(self, record: StepRecord) -> dict[str, Any]:
        attention = record.attention
        row: dict[str, Any] = {
            'episode': record.episode,
            'step': record.step,
            'time_s': record.time_s,
            'entropy': attention.entropy,
            'chunk_position': record.chunk_position,
            'attention_shift': record.attention_shift,
            'predicted_action': record.predicted,
            'planned_action': record.planned,
            'recorded_action': record.recorded,
            'predicted_error': action_error(record.predicted, record.recorded),
            'planned_error': action_error(record.planned, record.recorded),
            'latency_s': record.latency_s,
        }
        row.update({f'share_{self._names[k]}': share for k, share in attention.shares.items()})
        for camera in self._cameras:
            row.update(_of_camera(record, camera))
        return row


def action_error(
    action: NDArray[np.float32] | None, recorded: NDArray[np.float32] | None
) -> float | None:
    """
    Return the mean absolute difference of two actions, (action,), in the policy's units.

    That is the loss ACT is trained with (Zhao et al. 2023). None where there are not two.
    """
    if action is None or recorded is None:
        return None
    return float(np.abs(action - recorded).mean())


def _of_camera(record: StepRecord, camera: AnalysedCamera) -> dict[str, Any]:
    peak = record.attention.peaks[camera.feature]
    x, y = camera.cells.centre(peak.row, peak.col)
    values = (
        record.attention.camera_entropy[camera.feature],
        peak.row,
        peak.col,
        x,
        y,
        peak.ratio,
    )
    return {
        f'{name}_{camera.name}': value
        for (name, _), value in zip(_OF_A_CAMERA, values, strict=True)
    }
