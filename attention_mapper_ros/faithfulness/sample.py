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

"""One frame of the experiment: what the policy saw, where it comes from, and what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.action_change import Predict
from attention_mapper_ros.policies.adapter import Observation, PolicyAdapter

Item = TypeVar('Item')


@dataclass(frozen=True)
class Sample:
    """
    One observation, with its ``episode`` and its ``index`` in it.

    Frames of one episode look alike: intervals are drawn over episodes. ``classes``, where the
    truth is known: camera feature to (row, col) uint8, which object every pixel shows, in any
    resolution of the picture that the policy sees; 0 is none of them.
    """

    observation: Observation
    episode: int
    index: int
    classes: Mapping[str, NDArray[np.uint8]] | None = None


class Track(Protocol):
    """Hands out the items of a sequence, one by one, and may show how far it is."""

    def __call__(self, items: Sequence[Item], title: str) -> Iterable[Item]:
        """Return the items in their order; ``title`` says what is done with them."""


def untracked(items: Sequence[Item], title: str) -> Iterable[Item]:
    """Hand out the items and show nothing."""
    return items


@dataclass(frozen=True)
class Score:
    """
    What of the action counts: its first ``executed`` rows, all numbers or only the ``target``.

    ``batch``: pictures in one forward.
    """

    executed: int
    target: int | None = None
    batch: int = 16

    def cut(self, actions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cut what counts out of (..., chunk, action); the number of dimensions stays."""
        rows = actions[..., : self.executed, :]
        return rows if self.target is None else rows[..., self.target : self.target + 1]

    def predict(self, adapter: PolicyAdapter, observation: Observation) -> Predict:
        """Return the policy as a function of the pictures alone, the joints held as they are."""

        def predict(pictures: Sequence[Mapping[str, NDArray[np.uint8]]]) -> NDArray[np.float32]:
            observations = [
                Observation(images, observation.state, observation.environment)
                for images in pictures
            ]
            return self.cut(adapter.predict(observations))

        return predict
