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
A LeRobotDataset (v3) as a recording: whole episodes, read from their first step to their last.

Memory does not grow with an episode: rows and video frames come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CameraTokens, CellGeometry
from attention_mapper_ros.control.schedule import ActionSchedule
from attention_mapper_ros.policies.adapter import Observation, PolicySpec
from attention_mapper_ros.recordings.asked import attention_request, request_in_words
from attention_mapper_ros.recordings.dataset_rows import (
    decode_picture,
    episode_rows,
    last_values,
    REMEDY,
)
from attention_mapper_ros.recordings.dataset_video import EpisodeVideo
from attention_mapper_ros.recordings.lerobot_dataset import (
    ACTION,
    ENVIRONMENT,
    LeRobotRecording,
    picture_size,
    PICTURES,
    STATE,
)
from attention_mapper_ros.recordings.options import AttentionOptions
from attention_mapper_ros.recordings.planning import checkpoint_schedule
from attention_mapper_ros.recordings.recording import Episode, EpisodeError, Shown, Step
from attention_mapper_ros.rendering.overlay import OverlayStyle

_CAMERA_PREFIX = 'observation.images.'
# What datasets call it: per frame, judged at the last one, and per episode.
_SUCCESS_OF_FRAME = ('next.success', 'success', 'is_success')
_SUCCESS_OF_EPISODE = ('success', 'is_success')


class DatasetRecording:
    """
    The episodes of a dataset. Belongs to one thread at a time.

    An episode's success is what the dataset says in a column ``success`` or ``is_success`` of its
    episodes, or at the last frame in a feature ``next.success``, ``success`` or ``is_success``.
    """

    def __init__(self, dataset: LeRobotRecording) -> None:
        self._dataset = dataset
        self._metadata = dataset.metadata

    @classmethod
    def open(cls, source: str | Path) -> DatasetRecording:
        """Open a local folder or a hub id; raises as ``LeRobotRecording.open``."""
        return cls(LeRobotRecording.open(source))

    @property
    def source(self) -> str:
        return self._dataset.source

    @property
    def fps(self) -> float:
        return float(self._metadata.fps)

    @property
    def action_names(self) -> tuple[str, ...]:
        return self._dataset.action_names

    @property
    def policy(self) -> str:
        """A dataset names none."""
        return ''

    @property
    def skipped(self) -> Mapping[str, int]:
        """A step of a dataset is used, or its episode is refused."""
        return {}

    def episodes(self, chosen: Sequence[int] | None) -> tuple[Episode, ...]:
        lengths = self._dataset.chosen(chosen)
        successes = self._successes(list(lengths))
        rows = self._metadata.episodes
        return tuple(
            Episode(
                number=number,
                length=length,
                task=', '.join(rows[number]['tasks']),
                success=successes.get(number),
            )
            for number, length in lengths.items()
        )

    def check(self, spec: PolicySpec) -> None:
        self._dataset.check(spec)

    def camera_name(self, feature: str) -> str:
        return feature.removeprefix(_CAMERA_PREFIX)

    def cells(self, camera: CameraTokens, height: int, width: int) -> CellGeometry:
        """Return the policy's own cells: pictures of a dataset are not resized."""
        return camera.geometry

    def schedule(self, spec: PolicySpec) -> ActionSchedule:
        """Return what LeRobot's ``select_action`` does with this checkpoint."""
        return checkpoint_schedule(spec)

    def shown(self, options: AttentionOptions, spec: PolicySpec) -> Shown:
        """Return what the options say; ``asked.DEFAULTS`` where they leave it open."""
        executed = self.schedule(spec).queries_executed
        request = attention_request(options, self.action_names, executed)
        return Shown(request, request_in_words(request, self.action_names), OverlayStyle())

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the state's numbers, empty where unknown."""
        return self._dataset.names_of(STATE)

    def steps(self, episode: Episode, spec: PolicySpec) -> Iterator[Step]:
        if not episode.length:
            raise EpisodeError(f'episode {episode.number} of {self.source} has no frames')
        root = self._folder_with(episode.number)
        stored, vectors = self._features_of(spec)
        rows = episode_rows(
            root / self._metadata.get_data_file_path(episode.number),
            episode.number,
            [
                'timestamp',
                *vectors,
                *(name for name, kind in stored.items() if kind == 'image'),
            ],
        )
        index = -1
        with ExitStack() as open_videos:
            videos = {
                name: open_videos.enter_context(closing(self._video(root, episode.number, name)))
                for name, kind in stored.items()
                if kind == 'video'
            }
            for index, row in enumerate(rows):
                if index >= episode.length:
                    break
                pictures = {
                    name: videos[name].frame_at(row['timestamp'])
                    if kind == 'video'
                    else self._picture(root, episode.number, index, name, row[name])
                    for name, kind in stored.items()
                }
                yield _step(index, row, pictures, spec)
        if index + 1 != episode.length:
            raise EpisodeError(
                f'episode {episode.number} of {self.source} has {index + 1} frames or more, its '
                f'description says {episode.length}: {REMEDY}'
            )

    def _features_of(self, spec: PolicySpec) -> tuple[dict[str, str], list[str]]:
        """Return pictures, name to ``image`` or ``video``, and vectors that a step needs."""
        stored = {
            image.name: str(self._dataset.feature(image.name, PICTURES)['dtype'])
            for image in spec.images
        }
        vectors = [
            name
            for name, numbers in ((STATE, spec.state_size), (ENVIRONMENT, spec.environment_size))
            if numbers
        ]
        shape = self._metadata.features.get(ACTION, {}).get('shape')
        if shape is not None and tuple(shape) == (spec.action_size,):
            vectors.append(ACTION)
        return stored, vectors

    def _video(self, root: Path, episode: int, name: str) -> EpisodeVideo:
        row = self._metadata.episodes[episode]
        return EpisodeVideo(
            root / self._metadata.get_video_file_path(episode, name),
            float(row[f'videos/{name}/from_timestamp']),
            self.fps,
            self._size(name),
        )

    def _picture(
        self, root: Path, episode: int, index: int, name: str, value: Mapping[str, Any]
    ) -> NDArray[np.uint8]:
        what = f'{name} of frame {index} of episode {episode} of {self.source}'
        return decode_picture(value, root, self._size(name), what)

    def _size(self, name: str) -> tuple[int, int]:
        height, width, _ = picture_size(self._metadata.features[name])
        return height, width

    def _folder_with(self, episode: int) -> Path:
        """Return the folder in which the files of an episode are; fetched from the hub first."""
        try:
            self._dataset.check_files([episode])
        except ValueError as error:
            raise EpisodeError(str(error)) from error
        if self._dataset.root is not None:
            return self._dataset.root
        return Path(self._dataset.load([episode]).root)

    def _successes(self, episodes: Sequence[int]) -> dict[int, bool]:
        rows = self._metadata.episodes
        for name in _SUCCESS_OF_EPISODE:
            if name in rows.column_names:
                return {number: bool(rows[number][name]) for number in episodes}
        for name in _SUCCESS_OF_FRAME:
            if name in self._metadata.features:
                return self._at_the_end(name, episodes)
        return {}

    def _at_the_end(self, name: str, episodes: Sequence[int]) -> dict[int, bool]:
        values: dict[int, float] = {}
        paths = {self._metadata.get_data_file_path(number): number for number in episodes}
        for path, number in paths.items():
            values.update(last_values(self._folder_with(number) / path, name))
        return {number: values[number] > 0 for number in episodes if number in values}


def _step(
    index: int,
    row: Mapping[str, Any],
    pictures: Mapping[str, NDArray[np.uint8]],
    spec: PolicySpec,
) -> Step:
    observation = Observation(
        images=pictures,
        state=np.asarray(row[STATE] if spec.state_size else (), np.float32),
        environment=np.asarray(row[ENVIRONMENT], np.float32) if spec.environment_size else None,
    )
    action = np.asarray(row[ACTION], np.float32) if ACTION in row else None
    return Step(index, float(row['timestamp']), observation, pictures, action)
