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

"""Which action of which forward each step would have sent, and how far attention has moved."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.attention.summary import total_variation
from attention_mapper_ros.control.schedule import ActionSchedule, make_schedule
from attention_mapper_ros.policies.adapter import PolicySpec


def checkpoint_schedule(spec: PolicySpec) -> ActionSchedule:
    """Return a new schedule that does what LeRobot's ``select_action`` does with a checkpoint."""
    coeff = spec.temporal_ensemble_coeff
    return make_schedule(
        'queue' if coeff is None else 'ensemble',
        spec.chunk_size,
        spec.action_steps,
        0.0 if coeff is None else coeff,
    )


@dataclass(frozen=True)
class PlannedStep:
    """
    What the schedule sends at a step.

    ``action``: (action,) float32 in the policy's units, None where nothing is planned;
    ``chunk_position``: so many steps ago the newest forward that takes part in it ran.
    ``attention_shift``: total variation distance between this step's attention and that
    forward's, nan without a plan.
    """

    action: NDArray[np.float32] | None
    chunk_position: int
    attention_shift: float


class EpisodePlan:
    """
    Follows an action schedule through an episode whose forwards all answer within their steps.

    Belongs to one thread; keeps the attention of as many steps as a chunk is long.
    """

    def __init__(self, schedule: ActionSchedule, chunk_size: int) -> None:
        self._schedule = schedule
        self._chunk_size = chunk_size
        self._looked: dict[int, NDArray[np.float32]] = {}  # position to attention, (token,)

    def step(
        self, chunk: NDArray[np.float32], attention: NDArray[np.float32], begins_plan: bool
    ) -> PlannedStep:
        """
        Take this step's forward: ``chunk`` (chunk, action) and ``attention`` (token,).

        ``begins_plan``: forget what was planned before.
        """
        if begins_plan:
            self._schedule.reset()
            self._looked.clear()
        position = self._schedule.position
        self._looked[position] = attention
        self._looked.pop(position - self._chunk_size, None)
        self._schedule.receive(chunk, position)
        action = self._schedule.next()
        if action is None:
            return PlannedStep(None, 0, math.nan)
        planned_on = self._looked.get(action.observed_position)
        return PlannedStep(
            action=action.values,
            chunk_position=action.position - action.observed_position,
            attention_shift=(
                math.nan if planned_on is None else total_variation(attention, planned_on)
            ),
        )
