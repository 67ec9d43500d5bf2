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
What an analysis has left in its folder, read back: settings, episodes, tables, maps, pictures.

doc/analysis.md describes the files. Only whole episodes are seen: one that is being written, or
whose writing was interrupted, has another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import pandas as pd
import pyarrow as pa

from attention_mapper_ros.attention.layout import CellGeometry
from attention_mapper_ros.recordings import map_store, table
from attention_mapper_ros.recordings.records import AnalysedCamera, EpisodeSummary

FORMAT = 1
SETTINGS, EPISODE = 'analysis.json', 'episode.json'
SKIPPED_SUFFIX = '.skipped.json'
VIDEO, GIF, FRAMES = 'attention.mp4', 'attention.gif', 'frames'


@dataclass(frozen=True)
class EpisodeResult:
    """One analysed episode in its folder."""

    folder: Path
    summary: EpisodeSummary

    def table(self) -> pd.DataFrame:
        """
        Return the steps in order, one row each, with the column ``phase``, 0 to 1, added.

        Raises ValueError, naming the file, for one that is missing or damaged.
        """
        path = self.folder / table.FILE
        try:
            frame = pd.read_parquet(path)
        except (OSError, pa.ArrowException) as error:
            raise ValueError(
                f'{path} cannot be read ({error}): remove {self.folder} and analyse it again'
            ) from error
        frame['phase'] = frame['step'] / max(len(frame) - 1, 1)
        return frame

    def maps(self) -> Mapping[str, Any]:
        """Return each camera's maps, by its name: a zarr array (step, row, col) float32."""
        return map_store.read_maps(self.folder / map_store.FOLDER)

    def mean_frame(self, camera: str) -> NDArray[np.uint8]:
        """Return the mean of all pictures of a camera, (row, col, RGB) uint8."""
        path = self.folder / mean_frame_name(camera)
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError(
                f'{path} is missing or damaged: remove {self.folder} and analyse it again'
            )
        return np.ascontiguousarray(picture[:, :, ::-1], np.uint8)


@dataclass(frozen=True)
class AnalysisResult:
    """
    A folder of analysed episodes, in the order of their numbers.

    ``settings``: what ``analysis.json`` says of the run. ``skipped``: number of an episode that
    could not be analysed to the reason.
    """

    folder: Path
    settings: Mapping[str, Any]
    episodes: tuple[EpisodeResult, ...]
    skipped: Mapping[int, str]


def read_results(folder: Path) -> AnalysisResult:
    """
    Read an analysis folder; tables and maps are read when asked for.

    Raises ValueError for a folder that holds no analysis, or one of another format.
    """
    settings = read_settings(folder)
    if settings is None:
        raise ValueError(
            f'{folder} has no {SETTINGS}: it is no output of "attention-mapper analyze"'
        )
    found = (read_episode(path.parent) for path in folder.glob(f'episode_*/{EPISODE}'))
    episodes = sorted(found, key=lambda episode: episode.summary.number)
    skipped = (_read_json(path) for path in folder.glob(f'episode_*{SKIPPED_SUFFIX}'))
    return AnalysisResult(
        folder=folder,
        settings=settings,
        episodes=tuple(episodes),
        skipped={entry['number']: entry['reason'] for entry in skipped},
    )


def read_settings(folder: Path) -> dict[str, Any] | None:
    """Return what ``analysis.json`` says, None without one; ValueError for a foreign one."""
    path = folder / SETTINGS
    if not path.is_file():
        return None
    settings = _read_json(path)
    if settings.get('format') != FORMAT:
        raise ValueError(
            f'{path} is of format {settings.get("format")!r}, this version reads {FORMAT}: '
            'analyse again into another folder'
        )
    return settings


def read_episode(folder: Path) -> EpisodeResult:
    """Read one episode's folder. Raises ValueError for a damaged description."""
    path = folder / EPISODE
    content = _read_json(path)
    try:
        cameras = tuple(
            AnalysedCamera(**{**camera, 'cells': CellGeometry(**camera['cells'])})
            for camera in content.pop('cameras')
        )
        for name in ('groups', 'action_names'):
            content[name] = tuple(content[name])
        return EpisodeResult(folder, EpisodeSummary(cameras=cameras, **content))
    except (KeyError, TypeError) as error:
        raise ValueError(
            f'{path} is damaged ({error!r}): remove {folder} and analyse it again'
        ) from error


def write_episode(folder: Path, summary: EpisodeSummary) -> None:
    """Describe an episode; the last file of its folder, which makes it whole."""
    write_json(folder / EPISODE, asdict(summary))


def mean_frame_name(camera: str) -> str:
    """Return the file name of a camera's mean frame."""
    return f'mean_{camera}.png'


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file that is whole or not there."""
    part = path.with_name(f'{path.name}.part')
    part.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')
    part.replace(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f'{path} cannot be read ({error}): analyse it again') from error
    if not isinstance(content, dict):
        raise ValueError(f'{path} is damaged: it holds no JSON object; analyse it again')
    return content
