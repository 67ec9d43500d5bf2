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
Keeps the live demo going: one episode after the other, for as long as it runs.

An episode ends when the gripper has stayed at the red cube for a moment, or when its time is up.
Then the arm drives back to its start pose, whatever the policy wants meanwhile, the cubes move to
new places, and the next episode begins. The time is handed in; nothing here knows ROS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attention_mapper_ros.sim.evaluation import NEAR_M
from attention_mapper_ros.sim.scene import DeskArm, Floats

HOLD_S = 1.5  # at the cube, long enough for an eye to see it
LIMIT_S = 8.0  # twice what a slow but good episode takes
RETURN_S = 1.2  # for the way back, no faster than the expert moves


@dataclass(frozen=True)
class EpisodeEnd:
    """How an episode ended; it is given out when the next one begins."""

    number: int  # from 1
    seed: int
    reached: bool  # within NEAR_M for HOLD_S
    duration_s: float  # without the way back


class EpisodeKeeper:
    """
    Decides when an episode is over and sets up the next one.

    Call `start` once; then in every step `targets` for what the servos are to do and, after the
    physics, `update`. When `update` returns an EpisodeEnd a new episode has just begun: that is
    the moment to reset the policy. Belongs to the thread that owns the DeskArm.
    """

    def __init__(self, seed: int = 0, hold_s: float = HOLD_S, limit_s: float = LIMIT_S) -> None:
        self._seed = seed
        self._hold_s = hold_s
        self._limit_s = limit_s
        self._began_s = 0.0
        self._near_since_s: float | None = None
        self._return: _Return | None = None
        self.episodes = 0  # finished
        self.successes = 0

    @property
    def seed(self) -> int:
        """Seed of the running episode."""
        return self._seed

    @property
    def returning(self) -> bool:
        """Whether the arm is on its way back, deaf to the policy."""
        return self._return is not None

    def start(self, arm: DeskArm, now_s: float) -> None:
        """Set up the first episode."""
        self._begin(arm, now_s)

    def targets(self, wanted_rad: npt.ArrayLike, now_s: float) -> Floats:
        """Return the joint targets to drive to, (6,): the policy's, or those of the way back."""
        if self._return is not None:
            return self._return.pose(now_s)
        return np.asarray(wanted_rad, np.float64)

    def update(self, arm: DeskArm, now_s: float) -> EpisodeEnd | None:
        """Look at the arm; return how the episode ended once the next one has begun."""
        if self._return is None:
            self._watch(arm, now_s)
            return None
        if now_s < self._return.began_s + RETURN_S:
            return None
        end = self._return.end
        self._seed += 1
        self._begin(arm, now_s)
        return end

    def _begin(self, arm: DeskArm, now_s: float) -> None:
        arm.reset(self._seed)
        self._began_s = now_s
        self._near_since_s = None
        self._return = None

    def _watch(self, arm: DeskArm, now_s: float) -> None:
        if arm.gripper_to_target_m() > NEAR_M:
            self._near_since_s = None
        elif self._near_since_s is None:
            self._near_since_s = now_s
        reached = self._near_since_s is not None and now_s - self._near_since_s >= self._hold_s
        if not reached and now_s - self._began_s < self._limit_s:
            return
        self.episodes += 1
        self.successes += reached
        end = EpisodeEnd(self.episodes, self._seed, reached, now_s - self._began_s)
        self._return = _Return(now_s, arm.positions(), arm.start_pose(self._seed + 1), end)


@dataclass(frozen=True)
class _Return:
    """The way back to where the next episode begins."""

    began_s: float
    from_rad: Floats
    to_rad: Floats
    end: EpisodeEnd

    def pose(self, now_s: float) -> Floats:
        share = float(np.clip((now_s - self.began_s) / RETURN_S, 0.0, 1.0))
        share = share * share * (3.0 - 2.0 * share)  # gentle at both ends
        return np.asarray(self.from_rad + share * (self.to_rad - self.from_rad))
