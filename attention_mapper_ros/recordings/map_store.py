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
The maps of an episode, ``maps.zarr``: one array (step, row, col) float32 per camera.

zarr keeps them in compressed chunks of steps, so that a part of a long episode is read without
the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
import zarr

from attention_mapper_ros.attention.maps import AttentionMaps, Scale
from attention_mapper_ros.recordings.records import AnalysedCamera

FOLDER = 'maps.zarr'
_STEPS_OF_A_CHUNK = 64  # of 15 x 20 cells, 77 kB
# The format that every zarr reads, Python 3.10's too, which writes no other.
_FORMAT: dict[str, Any] = {} if zarr.__version__.startswith('2.') else {'zarr_format': 2}


class MapWriter:
    """Writes a new store. Belongs to one thread; whole only after ``close``."""

    def __init__(self, path: Path, cameras: Sequence[AnalysedCamera], scale: Scale) -> None:
        group = zarr.open_group(str(path), mode='w', **_FORMAT)
        group.attrs['quantity'] = scale.quantity
        group.attrs['one'] = scale.one
        self._features = {camera.name: camera.feature for camera in cameras}
        self._arrays: dict[str, Any] = {
            camera.name: _new_array(path / camera.name, camera) for camera in cameras
        }
        self._waiting: dict[str, list[NDArray[np.float32]]] = {name: [] for name in self._arrays}
        self._count = 0

    def write(self, maps: AttentionMaps) -> None:
        """Append the maps of one step."""
        for name, feature in self._features.items():
            self._waiting[name].append(maps.cameras[feature])
        self._count += 1
        if self._count % _STEPS_OF_A_CHUNK == 0:
            self._flush()

    def close(self) -> None:
        """Complete the arrays."""
        self._flush()

    def _flush(self) -> None:
        for name, waiting in self._waiting.items():
            if waiting:
                self._arrays[name].append(np.stack(waiting))
                self._waiting[name] = []


def read_maps(path: Path) -> Mapping[str, Any]:
    """
    Open a store: camera to its zarr array, (step, row, col) float32, read when indexed.

    ``read_maps(path)['front'][10:20]`` reads ten steps. Raises ValueError for a folder that is no
    such store.
    """
    if not path.is_dir():
        raise ValueError(f'{path} is not there: analyse the episode again, with its maps')
    group = zarr.open_group(str(path), mode='r')
    return {str(name): array for name, array in group.arrays()}


def _new_array(path: Path, camera: AnalysedCamera) -> Any:
    rows, cols = camera.cells.rows, camera.cells.cols
    array = zarr.open_array(
        str(path),
        mode='w',
        shape=(0, rows, cols),
        chunks=(_STEPS_OF_A_CHUNK, rows, cols),
        dtype='float32',
        **_FORMAT,
    )
    array.attrs['feature'] = camera.feature
    return array
