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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.layout import TokenLayout
from attention_mapper_ros.attention.maps import AttentionMaps, fold, Scale
from attention_mapper_ros.attention.request import AttentionRequest, GRADIENT


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

    ``attention`` is (token,) float32 and sums to 1: what ``request`` asked for; both are None
    when nothing was asked. ``head_weights``, when asked for: module to (layer, head, token)
    float32, each row a distribution; the encoder's self-attention averaged over all its
    queries, the cross-attention over the requested ones. ``forward_s`` is the time in seconds
    from the observation to the actions on the CPU, pre- and post-processing included; of a
    batch, the time of the whole batch.
    """

    actions: NDArray[np.float32]
    attention: NDArray[np.float32] | None
    layout: TokenLayout
    request: AttentionRequest | None
    forward_s: float
    head_weights: Mapping[str, NDArray[np.float32]] | None = None

    def maps(self) -> AttentionMaps:
        """Return maps and shares. Raises ValueError when no attention was asked for."""
        if self.attention is None or self.request is None:
            raise ValueError('this inference carries no attention: ask infer() for some')
        quantity = 'relevance' if self.request.method == GRADIENT else 'attention'
        return fold(
            self.attention,
            self.layout,
            self.request.method,
            str(self.request),
            Scale(quantity, 1.0 / self.layout.size),
        )


OnActions = Callable[[NDArray[np.float32], float], None]
"""Gets the actions, (chunk, action) in dataset units, and the seconds that they took."""


class PolicyError(ValueError):
    """A policy that cannot be run as it is; the message says what to do about it."""


class PolicyAdapter(Protocol):
    """A loaded policy. Owned by one thread at a time (the inference thread); not thread-safe."""

    @classmethod
    def load(
        cls, policy: str | Path, device: str = 'auto', precision: str = 'float32'
    ) -> PolicyAdapter:
        """
        Load a checkpoint from a local folder or from the hub.

        ``device``: a torch device (``cpu``, ``cuda``, ``cuda:1``, ``mps``) or ``auto``, the best
        there is. ``precision``: ``float32`` or ``bfloat16``. Raises PolicyError.
        """

    @classmethod
    def wrap(
        cls, policy: Any, preprocessor: Any, postprocessor: Any, precision: str = 'float32'
    ) -> PolicyAdapter:
        """
        Adapt a policy that LeRobot has loaded, with its processors, on the device where it is.

        The policy is copied and not changed. Raises PolicyError.
        """

    @property
    def spec(self) -> PolicySpec:
        """What the policy wants and gives."""

    @property
    def layout(self) -> TokenLayout:
        """The tokens that the policy attends to, known before the first observation."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods of ``attention.request.METHODS`` that work for this policy."""

    @property
    def attention_shape(self) -> Mapping[str, tuple[int, int, int]]:
        """The policy's attention modules: name to number of (layers, heads, queries)."""

    @property
    def weight_stages(self) -> tuple[str, ...]:
        """Parts of the weights, from the output to the input, for ``randomised``."""

    @property
    def device(self) -> str:
        """The torch device that computes, ``cpu`` or ``cuda:0``."""

    def memory_bytes(self) -> int | None:
        """Return the bytes of the device's own memory in use, None where that is the host's."""

    @property
    def precision_error(self) -> float:
        """
        How far reduced precision took the actions from those in float32 on one observation.

        The largest difference of any number of the chunk, in deviations of the training data's
        actions; 0.0 in float32.
        """

    def check_request(self, request: AttentionRequest) -> None:
        """Raise ValueError, naming the valid range, if the policy has no such attention."""

    def infer(
        self,
        observation: Observation,
        request: AttentionRequest | None,
        on_actions: OnActions | None = None,
    ) -> Inference:
        """
        Run the model once on this observation, never touching any action queue.

        What is asked of the attention does not change the actions. With None nothing is
        captured. ``on_actions`` gets the actions as soon as they are there, before attention
        costs any time. Raises ValueError for an observation that does not fit ``spec`` and for a
        request that the policy cannot fulfil.
        """

    def infer_batch(
        self, observations: Sequence[Observation], request: AttentionRequest | None
    ) -> tuple[Inference, ...]:
        """Run the model once on all these observations; the rest as ``infer``."""

    def predict(self, observations: Sequence[Observation]) -> NDArray[np.float32]:
        """Return the actions alone, (batch, chunk, action) in dataset units."""

    def knock_out(
        self, observation: Observation, tokens: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """
        Return the actions when no attention can look at some tokens.

        ``tokens``: (variant, token), True where a variant masks; not all of one variant.
        Result: (variant, chunk, action) in dataset units. The vision backbone runs once.
        """

    def randomised(self, stages: int, seed: int) -> PolicyAdapter:
        """
        Return a copy in which the first so many ``weight_stages`` are drawn anew.

        From a normal distribution with each tensor's own mean and deviation, so that the
        scale of what flows through the model stays, and what was learned goes.
        """

    def close(self) -> None:
        """Release memory."""
