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
The one interface between whatever was recorded and its analysis.

A recording has episodes, an episode has steps; a step holds what the policy sees and what people
are shown of it. Datasets and bags implement it; analysis knows nothing of either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CameraTokens, CellGeometry
from attention_mapper_ros.attention.request import AttentionRequest
from attention_mapper_ros.control.schedule import ActionSchedule
from attention_mapper_ros.policies.adapter import Observation, PolicySpec
from attention_mapper_ros.recordings.options import AttentionOptions
from attention_mapper_ros.rendering.overlay import OverlayStyle


class EpisodeError(ValueError):
    """An episode that cannot be read, or not to its end; the others may be whole."""


@dataclass(frozen=True)
class Episode:
    """
    One episode, known before it is read.

    ``number``: the recording's own number of it, 0 for a bag. ``length``: its steps, None where
    only reading tells, and then ``estimate`` is about how many. ``task``: in words, '' where
    unknown. ``success``: None where the recording does not say.
    """

    number: int
    length: int | None
    task: str = ''
    success: bool | None = None
    estimate: int | None = None

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f'episode_{self.number:06d}'


@dataclass(frozen=True)
class Step:
    """
    One step of an episode.

    ``index`` counts within the episode from 0; ``time_s`` is since the episode's first step.
    ``observation`` is what the policy sees; ``pictures`` are each camera's own, feature to
    (row, col, RGB) uint8, for people, the very ones of ``observation`` where nothing was resized.
    ``action``: (action,) float32, what was recorded, in the policy's units; None where nothing
    was. ``begins_plan``: what was planned before this step does not reach over to it, as after an
    outage. ``origin``: the recording's own, for what writes back to its format.
    """

    index: int
    time_s: float
    observation: Observation
    pictures: Mapping[str, NDArray[np.uint8]]
    action: NDArray[np.float32] | None = None
    begins_plan: bool = False
    origin: Any = None


@dataclass(frozen=True)
class Shown:
    """
    What is asked of the attention and how it is drawn.

    ``label``: the request in the words of a picture's label. ``jpeg_quality``: of compressed
    overlays in a bag, 1 to 100.
    """

    request: AttentionRequest
    label: str
    style: OverlayStyle
    jpeg_quality: int = 85


class Recording(Protocol):
    """Episodes of one robot. Belongs to one thread at a time."""

    @property
    def source(self) -> str:
        """What it was opened from: a folder, a file or a hub id."""

    @property
    def fps(self) -> float:
        """Steps per second."""

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of the action's numbers, empty where unknown."""

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the joint state's numbers, empty where unknown."""

    @property
    def policy(self) -> str:
        """The checkpoint that was meant to be run on it, empty where the recording names none."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """Steps of the episode that was read last which no policy could use, by reason."""

    def episodes(self, chosen: Sequence[int] | None) -> tuple[Episode, ...]:
        """Return these episodes, all when None. Raises ValueError for one that is not there."""

    def check(self, spec: PolicySpec) -> None:
        """Raise ValueError, with the remedy, if it lacks what the policy wants."""

    def camera_name(self, feature: str) -> str:
        """Return what people call the camera of an image feature."""

    def cells(self, camera: CameraTokens, height: int, width: int) -> CellGeometry:
        """Return where a camera's cells lie on its own picture of this size."""

    def schedule(self, spec: PolicySpec) -> ActionSchedule:
        """Return a new schedule: which action of which chunk would have gone out."""

    def shown(self, options: AttentionOptions, spec: PolicySpec) -> Shown:
        """
        Return what is shown, as the options say, and where they leave it open as it was recorded.

        Raises ValueError for words that make no request; the policy checks the rest.
        """

    def steps(self, episode: Episode, spec: PolicySpec) -> Iterator[Step]:
        """
        Read an episode from its first step to its last, one at a time.

        Raises EpisodeError for one that cannot be read to its end, naming file and remedy.
        """
