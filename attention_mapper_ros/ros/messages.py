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

"""Actions, shares and diagnostics as ROS messages."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.ros.interfaces import (
    Duration,
    Float32MultiArray,
    Float64MultiArray,
    Header,
    JointState,
    JointTrajectory,
    JointTrajectoryPoint,
    MultiArrayDimension,
    MultiArrayLayout,
)

Positions = NDArray[np.float64]
"""(joint,) in radians or metres."""


def joint_state(names: Sequence[str], positions: Positions, stamp: Any, period_s: float) -> Any:
    """Return the action as the joint state to reach."""
    return JointState(header=Header(stamp=stamp), name=list(names), position=positions.tolist())


def joint_trajectory(
    names: Sequence[str], positions: Positions, stamp: Any, period_s: float
) -> Any:
    """
    Return the action as a trajectory of one point, to be reached in one period.

    Its stamp is zero, which tells a trajectory controller to start at once.
    """
    seconds = int(period_s)
    time_from_start = Duration(sec=seconds, nanosec=int((period_s - seconds) * 1e9))
    point = JointTrajectoryPoint(positions=positions.tolist(), time_from_start=time_from_start)
    return JointTrajectory(joint_names=list(names), points=[point])


def float64_array(names: Sequence[str], positions: Positions, stamp: Any, period_s: float) -> Any:
    """Return the action as bare numbers, in the policy's joint order."""
    return Float64MultiArray(data=positions.tolist())


ACTION_MESSAGES: dict[str, tuple[Any, Callable[[Sequence[str], Positions, Any, float], Any]]] = {
    'joint_state': (JointState, joint_state),
    'joint_trajectory': (JointTrajectory, joint_trajectory),
    'float64_multi_array': (Float64MultiArray, float64_array),
}
"""The parameter ``action_message``: message type and how it is made."""


def positions_by_name(message: Any, order: Sequence[str]) -> dict[str, float]:
    """
    Return the positions that an action message asks for, by joint name.

    ``order`` names the numbers of a Float64MultiArray, which has no names of its own. Raises
    ValueError for a message whose names and positions do not fit each other.
    """
    if isinstance(message, JointTrajectory):
        names = message.joint_names
        positions = message.points[-1].positions if message.points else []
    elif isinstance(message, Float64MultiArray):
        names, positions = list(order), message.data
    else:
        names, positions = message.name, message.position
    if len(names) != len(positions) or not np.isfinite(positions).all():
        raise ValueError(
            f'action has {len(names)} joints and the positions {list(positions)}: '
            'each joint needs one finite position'
        )
    return dict(zip(names, positions, strict=True))


def shares(groups: Mapping[str, float], stamp: Any, tick: int) -> Float32MultiArray:
    """
    Return the share of each token group; one dimension of size 1 is labelled per group.

    Before them stands a dimension of size 1 whose label says which frame and tick they are of,
    since the message has no header: 'stamp=1795313781.461712179 tick=12'.
    """
    dimensions = [_moment(stamp, tick, len(groups))] + [
        MultiArrayDimension(label=name, size=1, stride=len(groups) - index)
        for index, name in enumerate(groups)
    ]
    return Float32MultiArray(
        layout=MultiArrayLayout(dim=dimensions, data_offset=0), data=list(groups.values())
    )


def shares_by_group(message: Any) -> dict[str, float]:
    """
    Return the shares of a message that ``shares`` made, by token group.

    Raises ValueError when labels and numbers do not fit each other.
    """
    groups = [dimension.label for dimension in message.layout.dim[1:]]
    if len(groups) != len(message.data):
        raise ValueError(f'share has {len(groups)} groups and {len(message.data)} numbers')
    return {group: float(share) for group, share in zip(groups, message.data, strict=True)}


def weights(values: NDArray[np.float32], stamp: Any, tick: int) -> Float32MultiArray:
    """
    Return attention weights, (layer, head, token), with their dimensions labelled.

    The first dimension, of size 1, says which frame and tick they are of, as in ``shares``. A
    reader gets the weights back by ``np.array(message.data).reshape([d.size for d in
    message.layout.dim])[0]``; ``stride`` counts the numbers of a dimension and all after it.
    """
    dimensions = [_moment(stamp, tick, values.size)] + [
        MultiArrayDimension(label=label, size=size, stride=int(np.prod(values.shape[axis:])))
        for axis, (label, size) in enumerate(
            zip(('layer', 'head', 'token'), values.shape, strict=True)
        )
    ]
    data = array('f')
    data.frombytes(np.ascontiguousarray(values, dtype=np.float32).data.cast('B'))
    return Float32MultiArray(layout=MultiArrayLayout(dim=dimensions, data_offset=0), data=data)


def _moment(stamp: Any, tick: int, numbers: int) -> MultiArrayDimension:
    label = f'stamp={stamp.sec}.{stamp.nanosec:09d} tick={tick}'
    return MultiArrayDimension(label=label, size=1, stride=numbers)


def nanoseconds(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
