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
Rows of a LeRobot data file (v3), one episode at a time, without holding the file in memory.

A v3 file holds the rows of many episodes, in order; pictures that are no video lie in it as PNG or
JPEG. LeRobot's own dataset reads single rows by number, here they come in order, in small batches.
What is held is a page of the file, which with pictures is up to 1024 rows of them, compressed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from attention_mapper_ros.recordings.recording import EpisodeError

EPISODE, FRAME = 'episode_index', 'frame_index'
_ROWS_AT_ONCE = 16  # of pictures that are some hundred kilobytes each
REMEDY = 'copy or fetch the dataset again'


def episode_rows(path: Path, episode: int, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """
    Yield the rows of one episode with these columns, in order.

    Raises EpisodeError for a file that cannot be read, and for one without a column.
    """
    try:
        with pq.ParquetFile(path, memory_map=True, pre_buffer=False) as file:
            missing = [name for name in (EPISODE, *columns) if name not in file.schema_arrow.names]
            if missing:
                raise EpisodeError(
                    f'{path} has no column {missing[0]}, which the description of the dataset '
                    f'promises: {REMEDY}'
                )
            groups = [
                number
                for number in range(file.num_row_groups)
                if _may_hold(file.metadata.row_group(number), episode)
            ]
            for batch in file.iter_batches(
                _ROWS_AT_ONCE, row_groups=groups, columns=[EPISODE, *columns]
            ):
                yield from _of_episode(batch, episode)
    except (OSError, pa.ArrowException) as error:
        raise EpisodeError(f'{path} cannot be read ({error}): {REMEDY}') from error


def last_values(path: Path, column: str) -> dict[int, float]:
    """
    Return what a column of single numbers says at the end of every episode of a file.

    Raises EpisodeError for a file that cannot be read.
    """
    try:
        table = pq.read_table(path, columns=[EPISODE, column], memory_map=True)
    except (OSError, pa.ArrowException) as error:
        raise EpisodeError(f'{path} cannot be read ({error}): {REMEDY}') from error
    values = (np.ravel(value) for value in table[column].to_pylist())
    return {
        int(episode): float(value[-1])
        for episode, value in zip(table[EPISODE].to_pylist(), values, strict=True)
        if value.size
    }


def decode_picture(
    value: Mapping[str, Any], root: Path, size: tuple[int, int], what: str
) -> NDArray[np.uint8]:
    """
    Return a picture stored in a row, (row, col, RGB) uint8.

    ``value``: its ``bytes``, or a ``path`` below the dataset's folder. ``size``: (height, width)
    that it must have. Raises EpisodeError, with ``what`` it is, for one that cannot be decoded.
    """
    try:
        content = value['bytes']
        source = io.BytesIO(content) if content is not None else root / str(value['path'])
        with Image.open(source) as picture:
            pixels = np.asarray(picture.convert('RGB'), np.uint8)
    # SyntaxError: what Pillow says of a PNG with a broken part.
    except (OSError, SyntaxError, UnidentifiedImageError, TypeError, KeyError) as error:
        raise EpisodeError(f'{what} cannot be decoded ({error}): {REMEDY}') from error
    if pixels.shape[:2] != size:
        raise EpisodeError(
            f'{what} is {pixels.shape[1]}x{pixels.shape[0]} pixels, the description of the '
            f'dataset says {size[1]}x{size[0]}: {REMEDY}'
        )
    return pixels


def _may_hold(group: Any, episode: int) -> bool:
    """Whether a row group has rows of the episode, as far as its statistics tell."""
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema == EPISODE:
            known = column.statistics
            return known is None or not known.has_min_max or known.min <= episode <= known.max
    return True


def _of_episode(batch: pa.RecordBatch, episode: int) -> Iterator[dict[str, Any]]:
    wanted = pa.compute.equal(batch.column(EPISODE), episode)
    rows: list[dict[str, Any]] = batch.filter(wanted).to_pylist()
    yield from rows
