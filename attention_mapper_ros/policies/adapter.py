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
The one interface that a policy family implements.

An adapter loads a checkpoint, says which observation features it wants and how its tokens are
laid out, and runs one observation. It knows neither ROS nor pictures nor schedules.
Adapters are found through the entry-point group ``attention_mapper_ros.policies``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.selection import Selection


@dataclass(frozen=True)
class ImageFeature:
    """One camera that the policy wants: RGB uint8, (height, width, 3)."""

    name: str
    height: int
    width: int


@dataclass(frozen=True)
class PolicySpec:
    """
    What a loaded policy wants and gives, known before the first observation.

    ``state_size`` is 0 for a policy without joint state. ``chunk_size`` actions come out of one
    forward, of which ``action_steps`` are executed before the next chunk (``n_action_steps``).
    ``environment_size`` is 0 for a policy without an environment state (object poses, say).
    ``identity`` tells two checkpoints apart: a SHA-256 of the weights, shortened to 12 digits.
    """

    family: str
    images: tuple[ImageFeature, ...]
    state_size: int
    action_size: int
    chunk_size: int
    action_steps: int
    temporal_ensemble_coeff: float | None
    identity: str
    environment_size: int = 0


@dataclass(frozen=True)
class Observation:
    """
    One observation in the units of the policy's dataset.

    ``images``: feature name to (height, width, 3) uint8 RGB, exactly those of ``PolicySpec``;
    ``state``: (state,) float32, empty for a policy without joint state; ``environment``:
    (environment,) float32, None for a policy without. Only read, never written to.
    """

    images: Mapping[str, NDArray[np.uint8]]
    state: NDArray[np.float32]
    environment: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Inference:
    """
    One forward: ``actions`` (chunk, action) float32 in dataset units, and where it looked.

    ``attention`` is (token,) float32 and sums to 1: the selected layer, head and queries,
    reduced; None when no selection was asked for. ``forward_s`` is the time in seconds from
    the observation to the actions on the CPU, pre- and post-processing included.
    """

    actions: NDArray[np.float32]
    attention: NDArray[np.float32] | None
    layout: TokenLayout
    selection: Selection | None
    forward_s: float


class PolicyError(ValueError):
    """A policy that cannot be run as it is; the message says what to do about it."""


class PolicyAdapter(Protocol):
    """A loaded policy. Owned by one thread at a time (the inference thread); not thread-safe."""

    @classmethod
    def load(cls, policy: str | Path, device: str = 'auto') -> PolicyAdapter:
        """
        Load a checkpoint from a local folder or from the hub.

        ``device``: a torch device (``cpu``, ``cuda``, ``cuda:1``, ``mps``) or ``auto``, the best
        there is. Raises PolicyError.
        """

    @property
    def spec(self) -> PolicySpec:
        """What the policy wants and gives."""

    @property
    def layout(self) -> TokenLayout:
        """The tokens that the policy attends to, known before the first observation."""

    def check_selection(self, selection: Selection) -> None:
        """Raise ValueError, naming the valid range, if the policy has no such attention."""

    def infer(self, observation: Observation, selection: Selection | None) -> Inference:
        """
        Run the model once on this observation, never touching any action queue.

        The actions are bitwise equal with and without a selection. With None nothing is
        captured. Raises ValueError for an observation that does not fit ``spec`` and for a
        selection that the policy does not have.
        """

    def close(self) -> None:
        """Release hooks and memory."""
