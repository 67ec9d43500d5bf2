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

"""One analysed folder as a whole: its episodes, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.recordings.records import AnalysedCamera
from attention_mapper_ros.recordings.results import (
    AnalysisResult,
    EpisodeResult,
    read_results,
)
from attention_mapper_ros.reports.episode import EpisodeTrend, read_trend

UNFINISHED = '.unfinished-*'
Track = Callable[[Sequence[EpisodeResult], str], Iterable[EpisodeResult]]


@dataclass(frozen=True)
class Run:
    """
    The episodes of one folder, of the same groups and cameras, and the mean of their pictures.

    ``label``: what people call it. ``mean_frames``: camera to (row, col, RGB) uint8.
    ``unfinished``: episodes that were still being analysed, or whose analysis was interrupted.
    """

    label: str
    result: AnalysisResult
    episodes: tuple[EpisodeTrend, ...]
    mean_frames: Mapping[str, NDArray[np.uint8]] = field(repr=False)
    unfinished: int = 0

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the token groups."""
        return self.episodes[0].summary.groups

    @property
    def cameras(self) -> tuple[AnalysedCamera, ...]:
        """The cameras and where their cells lie."""
        return self.episodes[0].summary.cameras

    @property
    def quantity(self) -> str:
        """What the maps are of."""
        return self.episodes[0].summary.quantity

    @property
    def steps(self) -> int:
        """Steps of all episodes."""
        return sum(len(episode.time_s) for episode in self.episodes)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks, each once, in the order in which they come."""
        return tuple(dict.fromkeys(episode.summary.task for episode in self.episodes))

    def of_episodes(self, episodes: Sequence[EpisodeTrend]) -> Run:
        """Return the run as if it had only these."""
        return replace(self, episodes=tuple(episodes))

    def with_outcome(self, success: bool) -> list[EpisodeTrend]:
        """Return the episodes of which the recording says that they ended so."""
        return [each for each in self.episodes if each.summary.success is success]


def load_run(folder: Path, label: str, track: Track = lambda results, _: results) -> Run:
    """
    Read a folder that ``attention-mapper analyze`` wrote.

    ``track`` is handed the episodes and yields them, to show how far it is. Raises ValueError,
    naming the file and the remedy, for a folder without a whole episode, for damaged files and
    for episodes that do not have the same groups and cameras.
    """
    result = read_results(folder)
    unfinished = sum(1 for _ in folder.glob(UNFINISHED))
    if not result.episodes:
        waiting = f', {unfinished} are unfinished' if unfinished else ''
        raise ValueError(
            f'{folder} has no analysed episode{waiting}: let "attention-mapper analyze" finish '
            'one or more'
        )
    frames = _MeanFrames(result.episodes[0])
    episodes = []
    for each in track(result.episodes, f'reading {label}'):
        _check_alike(result.episodes[0], each)
        episodes.append(read_trend(each))
        frames.add(each)
    return Run(label, result, tuple(episodes), frames.means(), unfinished)


def labels(folders: Sequence[Path]) -> list[str]:
    """Return a short name for each folder, the last parts of its path by which it is told."""
    paths = [folder.resolve().parts for folder in folders]
    if len(set(paths)) < len(paths):
        raise ValueError('a folder is named twice: name each one once')
    depth = 1
    while len({path[-depth:] for path in paths}) < len(paths):
        depth += 1
    return ['/'.join(path[-depth:]).replace('//', '/') for path in paths]


class _MeanFrames:
    """The mean of all pictures of each camera, every step counting the same."""

    def __init__(self, first: EpisodeResult) -> None:
        self._cameras = first.summary.cameras
        self._sums = {
            camera.name: np.zeros((camera.height, camera.width, 3)) for camera in self._cameras
        }
        self._steps = 0

    def add(self, episode: EpisodeResult) -> None:
        for name, total in self._sums.items():
            frame = episode.mean_frame(name)
            if frame.shape != total.shape:
                raise ValueError(
                    f'the mean frame of camera {name} in {episode.folder} has shape '
                    f'{frame.shape}, its description says {total.shape}: remove the folder and '
                    'analyse the episode again'
                )
            total += frame * float(episode.summary.steps)
        self._steps += episode.summary.steps

    def means(self) -> dict[str, NDArray[np.uint8]]:
        steps = max(self._steps, 1)
        return {
            name: np.clip(np.round(total / steps), 0, 255).astype(np.uint8)
            for name, total in self._sums.items()
        }


def _check_alike(first: EpisodeResult, other: EpisodeResult) -> None:
    for what in ('groups', 'cameras'):
        one, another = (getattr(each.summary, what) for each in (first, other))
        if one != another:
            raise ValueError(
                f'{first.folder.name} and {other.folder.name} of {first.folder.parent} have '
                f'different {what} ({_names(one)} and {_names(another)}): analyse them into '
                'folders of their own'
            )


def _names(parts: Sequence[str | AnalysedCamera]) -> str:
    return ', '.join(
        part
        if isinstance(part, str)
        else f'{part.name} of {part.cells.rows} x {part.cells.cols} cells on {part.width} x '
        f'{part.height} pixels'
        for part in parts
    )
