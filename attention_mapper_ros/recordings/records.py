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

"""What analysis says of a step, of an episode and of a whole run, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import CellGeometry
from attention_mapper_ros.attention.summary import AttentionSummary


@dataclass(frozen=True)
class AnalysedCamera:
    """
    One camera of an analysed episode.

    ``height``, ``width``: of its own picture; ``cells``: where they lie on it.
    """

    name: str
    feature: str
    height: int
    width: int
    cells: CellGeometry


@dataclass(frozen=True)
class StepRecord:
    """
    One row of the table. Actions are (action,) float32 in the policy's units.

    ``attention`` names groups by token group and cameras by feature. ``predicted``: what the
    forward on this step says to do now. ``planned``: what the schedule would have sent, planned
    ``chunk_position`` steps ago. ``recorded``: what was sent when it was recorded, None where
    nothing was. ``attention_shift``: total variation distance between this step's attention and
    that of the forward that planned its action, nan where nothing is planned. ``latency_s``: this
    step's part of its batch's forward.
    """

    episode: int
    step: int
    time_s: float
    attention: AttentionSummary
    predicted: NDArray[np.float32]
    planned: NDArray[np.float32] | None
    recorded: NDArray[np.float32] | None
    chunk_position: int
    attention_shift: float
    latency_s: float


@dataclass(frozen=True)
class EpisodeSummary:
    """
    One analysed episode, as ``episode.json`` keeps it.

    ``groups``: names of the token groups, cameras by their own names. ``skipped``: ticks of a bag
    that could not be used, by reason. ``quantity``: what the maps are of, ``one``: what 1.0 on
    them stands for.
    """

    number: int
    name: str
    task: str
    success: bool | None
    steps: int
    duration_s: float
    cameras: tuple[AnalysedCamera, ...]
    groups: tuple[str, ...]
    action_names: tuple[str, ...]
    quantity: str
    one: float
    skipped: Mapping[str, int]
    took_s: float
