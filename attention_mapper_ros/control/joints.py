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
Between a robot's joints (radians, metres, any order) and a policy's vectors (its own units).

LeRobot datasets speak radians, degrees or ranges from -100 to 100; ROS speaks radians and
metres. The mapping is per joint. Plain numpy, no messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

UNITS = ('rad', 'deg', 'm', 'range_-100_100', 'range_0_100')
"""How the policy's dataset wrote a joint; the ranges run from the lower to the upper limit."""


@dataclass(frozen=True)
class Joint:
    """
    One joint: ``name`` on the robot, ``index`` in the policy's state and action vectors.

    ``lower`` and ``upper`` are its limits in radians (metres for a sliding joint).
    """

    name: str
    index: int
    unit: str
    lower: float
    upper: float

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(
                f'unit of joint {self.name!r} is {self.unit!r}: choose one of {", ".join(UNITS)}'
            )
        if not self.lower < self.upper:
            raise ValueError(
                f'limits of joint {self.name!r} are {self.lower} to {self.upper}: '
                'lower must be less than upper'
            )
        if self.unit.startswith('range') and not math.isfinite(self.upper - self.lower):
            raise ValueError(
                f'joint {self.name!r} has unit {self.unit!r} without limits: '
                'give its lower and upper limit, the range runs between them'
            )

    @property
    def scale_and_offset(self) -> tuple[float, float]:
        """``policy = robot * scale + offset``."""
        if self.unit == 'deg':
            return 180.0 / math.pi, 0.0
        span = self.upper - self.lower
        if self.unit == 'range_-100_100':
            return 200.0 / span, -100.0 - 200.0 * self.lower / span
        if self.unit == 'range_0_100':
            return 100.0 / span, -100.0 * self.lower / span
        return 1.0, 0.0


class JointMap:
    """
    Converts between messages' names and positions and the policy's vectors.

    ``size`` is the length of the policy's vector; the joints must fill it exactly. Raises
    ValueError otherwise. Immutable after construction, so any thread may use it.
    """

    def __init__(self, joints: Sequence[Joint], size: int) -> None:
        indices = sorted(joint.index for joint in joints)
        if indices != list(range(size)):
            raise ValueError(
                f'joints have the policy indices {indices}, the policy wants 0 to {size - 1}, '
                'each once: add the missing joints or correct their index'
            )
        names = [joint.name for joint in joints]
        if len(set(names)) != len(names):
            raise ValueError(f'joints are named {names}: each robot name may stand only once')
        ordered = sorted(joints, key=lambda joint: joint.index)
        self.names = [joint.name for joint in ordered]
        factors = np.array([joint.scale_and_offset for joint in ordered], dtype=np.float64)
        self._scale, self._offset = factors.reshape(-1, 2).T
        self._lower = np.array([joint.lower for joint in ordered], dtype=np.float64)
        self._upper = np.array([joint.upper for joint in ordered], dtype=np.float64)
        for limits in (self._lower, self._upper):
            limits.setflags(write=False)

    @property
    def lower(self) -> NDArray[np.float64]:
        """Lower limits, (joint,) in radians or metres, in the order of ``names``; read-only."""
        return self._lower

    @property
    def upper(self) -> NDArray[np.float64]:
        """Upper limits, (joint,) in radians or metres, in the order of ``names``; read-only."""
        return self._upper

    def state(
        self, names: Sequence[str], positions: Sequence[float] | NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Return the policy's state, (state,) float32; the rest as ``robot_positions``."""
        robot = self.robot_positions(names, positions)
        return (robot * self._scale + self._offset).astype(np.float32)

    def robot_positions(
        self, names: Sequence[str], positions: Sequence[float] | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """
        Return the positions of this map's joints, (joint,) float64 in rad or m, in its order.

        Matched by name, in whatever order they come. Raises ValueError for a joint that is
        missing, without position, or not finite.
        """
        if len(positions) < len(names):
            raise ValueError(
                f'joint message has {len(names)} names and {len(positions)} positions: '
                'every joint needs a position'
            )
        place = {name: index for index, name in enumerate(names)}
        missing = [name for name in self.names if name not in place]
        if missing:
            raise ValueError(
                f'joint {missing[0]!r} is missing from the joint message, which has '
                f'{", ".join(names) or "no joints"}: correct its robot name under joints: in the '
                'parameter file'
            )
        robot = np.array([positions[place[name]] for name in self.names], dtype=np.float64)
        if not np.isfinite(robot).all():
            bad = int(np.flatnonzero(~np.isfinite(robot))[0])
            raise ValueError(
                f'position of joint {self.names[bad]!r} is {robot[bad]}: '
                'the robot driver must send finite positions'
            )
        return robot

    def positions(self, action: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return robot positions, (joint,) float64 in radians or metres, for one action."""
        return (action.astype(np.float64) - self._offset) / self._scale
