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
Frames of a LeRobotDataset (v3), local or on the hub, as the observations that a policy wants.

LeRobot reads and decodes; here it is made sure that what comes out is what the policy was built
for, before anything is decoded, and that a local folder never sends a word to the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.policies.adapter import Observation, PolicySpec
from attention_mapper_ros.policies.lerobot_install import require_lerobot
from attention_mapper_ros.recordings.dataset_source import (
    check_folder,
    fetch_metadata,
    hub_errors_named,
    local_id,
)

STATE, ENVIRONMENT, ACTION = 'observation.state', 'observation.environment_state', 'action'
PICTURES = ('image', 'video')
# LeRobot's own words for the last axis of a picture that is stored row by row.
_CHANNELS = ('channel', 'channels', 'c')


@dataclass(frozen=True)
class RecordedFrame:
    """One moment of a recording; ``index`` counts within the episode, from 0."""

    episode: int
    index: int
    observation: Observation


class LeRobotRecording:
    """
    A LeRobotDataset whose description is known and whose frames are read when asked for.

    Belongs to one thread. Open one with ``LeRobotRecording.open``. ``metadata``: LeRobot's own of
    it; ``root``: its folder, None for one from the hub.
    """

    def __init__(self, source: str, metadata: Any, root: Path | None) -> None:
        """Take LeRobot's ``LeRobotDatasetMetadata``."""
        self.source = source
        self.metadata = metadata
        self.root = root
        self._features: Mapping[str, Mapping[str, Any]] = metadata.features

    @classmethod
    def open(cls, source: str | Path) -> LeRobotRecording:
        """
        Read the description of a dataset, a local folder or a hub id (owner/name).

        A local folder is read without the network; of a hub dataset only ``meta/`` is fetched.
        Raises ValueError for one that is not there, not whole or not of version 3, PolicyError
        without LeRobot.
        """
        require_lerobot()
        folder = Path(source).expanduser()
        if folder.exists():
            check_folder(folder)
            from lerobot.datasets.lerobot_dataset import LeRobotDatasetMetadata

            return cls(str(source), LeRobotDatasetMetadata(local_id(folder), folder), folder)
        return cls(str(source), fetch_metadata(str(source)), None)

    @property
    def lengths(self) -> Mapping[int, int]:
        """Number of frames of every episode."""
        episodes = self.metadata.episodes.select_columns(['episode_index', 'length'])
        return {int(row['episode_index']): int(row['length']) for row in episodes}

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of the action's numbers, empty where the dataset has none."""
        return self.names_of(ACTION)

    def names_of(self, feature: str) -> tuple[str, ...]:
        """Return the names of a vector's numbers, empty where the dataset has none."""
        names = self._features.get(feature, {}).get('names')
        if isinstance(names, Mapping):  # {'motors': [...]} in some datasets
            names = next(iter(names.values()), None)
        return tuple(map(str, names)) if isinstance(names, list | tuple) else ()

    def chosen(self, episodes: Sequence[int] | None) -> Mapping[int, int]:
        """
        Return the lengths of these episodes, of all when None.

        Raises ValueError, naming the valid range, for one that is not there.
        """
        lengths = self.lengths
        if episodes is None:
            return lengths
        for episode in episodes:
            if episode not in lengths:
                raise ValueError(
                    f'{self.source} has no episode {episode}: it has {len(lengths)}, choose '
                    f'{min(lengths)} to {max(lengths)}'
                )
        return {episode: lengths[episode] for episode in episodes}

    def check(self, spec: PolicySpec) -> None:
        """
        Refuse a dataset that lacks a feature of the policy, or has it in another shape.

        Pictures are never resized here: a policy sees other things in a resized one. Raises
        ValueError naming the feature, what the dataset has, and the remedy.
        """
        for image in spec.images:
            feature = self.feature(image.name, PICTURES)
            size = picture_size(feature)
            if size != (image.height, image.width, 3):
                raise ValueError(
                    f'{self.source} has {image.name} as {_size_in_words(size)}, the policy wants '
                    f'{_size_in_words((image.height, image.width, 3))}: name the dataset that it '
                    'was trained on, or resize the pictures of this one as the training did'
                )
        for name, numbers in ((STATE, spec.state_size), (ENVIRONMENT, spec.environment_size)):
            if numbers:
                shape = tuple(self.feature(name, ())['shape'])
                if shape != (numbers,):
                    raise ValueError(
                        f'{self.source} has {name} of shape {shape}, the policy wants '
                        f'({numbers},): name the dataset that it was trained on'
                    )

    def frames(
        self, places: Sequence[tuple[int, int]], spec: PolicySpec
    ) -> Iterator[RecordedFrame]:
        """
        Read the frames at these places, (episode, index in the episode), in order.

        Only the episodes that occur are read, and fetched from the hub. Raises ValueError as
        ``check`` does, and for a dataset whose files are missing or disagree with its
        description.
        """
        self.check(spec)
        lengths = self.chosen(sorted({episode for episode, _ in places}))
        self.check_files(list(lengths))
        dataset = self.load(list(lengths))
        starts, start = {}, 0  # of every episode within what was loaded
        for episode, length in lengths.items():
            starts[episode] = start
            start += length
        for episode, index in places:
            item = dataset[starts[episode] + index]
            found = int(item['episode_index']), int(item['frame_index'])
            if found != (episode, index):
                raise ValueError(
                    f'{self.source} has frame {found[1]} of episode {found[0]} where its '
                    f'description has frame {index} of episode {episode}: record or fetch it again'
                )
            yield RecordedFrame(episode, index, _observation(item, spec))

    def feature(self, name: str, dtypes: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the description of a feature of one of these types, of any for none."""
        if name in self._features and (not dtypes or self._features[name]['dtype'] in dtypes):
            return self._features[name]
        observed = sorted(key for key in self._features if key.startswith('observation.'))
        raise ValueError(
            f'{self.source} has no {"picture " if dtypes else ""}feature {name}, which the policy '
            f'wants; it has {", ".join(observed) or "no observation"}: name the dataset that the '
            'policy was trained on, or rename the feature'
        )

    def check_files(self, episodes: Sequence[int]) -> None:
        """Refuse a local dataset that lacks a file: LeRobot would look for it on the hub."""
        if self.root is None:
            return
        videos = self.metadata.video_keys  # LeRobot decodes all, wanted or not
        for episode in episodes:
            paths = [self.metadata.get_data_file_path(episode)]
            paths += [self.metadata.get_video_file_path(episode, name) for name in videos]
            for path in paths:
                if not (self.root / path).is_file():
                    raise ValueError(
                        f'{self.root / path} is missing, it holds episode {episode}: copy the '
                        'whole dataset'
                    )

    def load(self, episodes: list[int]) -> Any:
        """Return LeRobot's dataset of these episodes, whose files are fetched where needed."""
        from lerobot.datasets.lerobot_dataset import LeRobotDataset

        with hub_errors_named(self.source):
            whole = len(episodes) == len(self.lengths)
            return LeRobotDataset(
                self.metadata.repo_id, root=self.root, episodes=None if whole else episodes
            )


def picture_size(feature: Mapping[str, Any]) -> tuple[int, ...]:
    """Return (height, width, channels) of a picture feature, whichever way it is stored."""
    shape, names = tuple(feature['shape']), feature.get('names')
    if len(shape) != 3:
        return shape
    by_name = isinstance(names, list | tuple) and len(names) == 3
    channels_last = names[2] in _CHANNELS if by_name and names else shape[2] == 3
    return shape if channels_last else (shape[1], shape[2], shape[0])


def _size_in_words(size: tuple[int, ...]) -> str:
    if len(size) != 3:
        return f'an array of shape {size}'
    height, width, channels = size
    return f'{width}x{height} pixels with {channels} channels'


def _observation(item: Mapping[str, Any], spec: PolicySpec) -> Observation:
    """Turn what LeRobot read back into what the policy was given when it was recorded."""
    return Observation(
        images={image.name: _pixels(item[image.name]) for image in spec.images},
        state=_vector(item[STATE]) if spec.state_size else np.zeros(0, np.float32),
        environment=_vector(item[ENVIRONMENT]) if spec.environment_size else None,
    )


def _pixels(picture: Any) -> NDArray[np.uint8]:
    """
    Turn LeRobot's float32 tensor (3, row, col) from 0 to 1 into uint8 (row, col, 3).

    Exact: a float32 is near enough to k / 255 for rounding to find k again.
    """
    values = picture.numpy().transpose(1, 2, 0)  # (row, col, 3)
    return np.ascontiguousarray(np.rint(values * 255), dtype=np.uint8)


def _vector(values: Any) -> NDArray[np.float32]:
    return np.array(values.numpy(), np.float32)
