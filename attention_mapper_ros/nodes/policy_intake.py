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
From a message to what a tick sees: one way for the live node and for the replay of a bag.

Where messages come from, and what time it is, is the caller's. Nothing is decoded here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.clock import Clock, NANOSECONDS
from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.control.observation_buffer import ObservationBuffer, Refusal
from attention_mapper_ros.nodes.policy_config import PolicyConfig
from attention_mapper_ros.nodes.policy_figures import InputFigures
from attention_mapper_ros.ros.images import same_pixels
from attention_mapper_ros.ros.messages import nanoseconds
from attention_mapper_ros.ros.observations import CameraInput

JOINTS = 'joint_states'
"""The stream and the topic of the joints; the other streams are cameras, by their names."""

JOINTS_TYPE = 'sensor_msgs/msg/JointState'


class PolicyIntake:
    """
    Checks every message as it comes, and keeps the newest of each stream.

    Belongs to one thread. A message that can never be used is refused as it comes; decoding is
    left to whoever takes what is ``newest``. ``state_map`` is None for a policy without joint
    state; joints are taken all the same, for ``measured``. ``warn`` is told, once per stream,
    what is odd though it can be used; ``topic_of`` names a stream's topic there.
    """

    def __init__(
        self,
        config: PolicyConfig,
        cameras: Mapping[str, CameraInput],
        state_map: JointMap | None,
        action_map: JointMap,
        clock: Clock,
        warn: Callable[[str], Any],
        topic_of: Callable[[str], str],
    ) -> None:
        self._cameras = dict(cameras)
        self._state_map, self._action_map = state_map, action_map
        self._clock, self._warn, self._topic_of = clock, warn, topic_of
        self._by_header = config.stamp_source == 'header'
        self._joints_max_age_s = config.joints_max_age_s
        self._buffer: ObservationBuffer[Any] = ObservationBuffer(
            _max_ages_s(config, state_map is not None),
            clock,
            max_skew_s=config.max_skew_s,
            max_frozen_s={camera.name: camera.max_frozen_s for camera in config.cameras},
        )
        self._previous: dict[str, Any] = {}  # each camera's newest message
        self._unstamped: set[str] = set()  # streams that a warning has been given for
        self._unmeasured = False  # as well
        self._measured: tuple[NDArray[np.float64], int] | None = None

    def take_image(self, camera: str, message: Any) -> None:
        """Take an Image or CompressedImage of a camera, as its transport is."""
        try:
            self._cameras[camera].check(message)
        except ValueError as error:
            self._buffer.reject(camera, f'camera {camera}: {error}')
            return
        previous = self._previous.get(camera)
        self._previous[camera] = message
        repeated = previous is not None and same_pixels(previous, message)
        self._buffer.put(camera, message, self._stamp_ns(camera, message), repeated)

    def take_joints(self, message: Any) -> None:
        """Take a JointState."""
        if self._state_map is not None:
            try:
                state = self._state_map.state(message.name, message.position)
            except ValueError as error:
                self._buffer.reject(JOINTS, str(error))
                return
            self._buffer.put(JOINTS, state, self._stamp_ns(JOINTS, message))
        self._measure(message)

    def block(self, stream: str, reason: str) -> None:
        """Refuse a stream until a good message comes on it."""
        self._buffer.block(stream, reason)

    def clear(self) -> None:
        """Forget everything that has come."""
        self._buffer.clear()
        self._previous.clear()
        self._measured = None

    def newest(self) -> dict[str, Any] | Refusal:
        """Return what the next tick sees: messages by camera, the state under ``JOINTS``."""
        return self._buffer.newest()

    def measured(self) -> NDArray[np.float64] | None:
        """
        Return where the joints of the action are, (joint,) rad or m.

        None before the first message, nan once the newest one is too old to go by.
        """
        if self._measured is None:
            return None
        positions, received_ns = self._measured
        age_s = (self._clock() - received_ns) / NANOSECONDS
        fresh = age_s <= self._joints_max_age_s
        return positions if fresh else np.full_like(positions, np.nan)

    def figures(self) -> dict[str, InputFigures]:
        """Return the figures of every stream that a tick waits for."""
        received, unusable = self._buffer.received(), self._buffer.unusable()
        rates, reasons = self._buffer.rates_hz(self._clock()), self._buffer.reasons()
        return {
            stream: InputFigures(
                age_s=age,
                rate_hz=rates.get(stream, 0.0),
                received=received.get(stream, 0),
                unusable=unusable.get(stream, 0),
                reason=reasons.get(stream, ''),
            )
            for stream, age in self._buffer.ages_s().items()
        }

    def _measure(self, message: Any) -> None:
        try:
            positions = self._action_map.robot_positions(message.name, message.position)
        except ValueError as error:
            # A joint of the action that the policy does not see: it can go on without.
            if not self._unmeasured:
                self._unmeasured = True
                self._warn(f'actions begin without a ramp: {error}')
            return
        self._measured = (positions, self._clock())

    def _stamp_ns(self, stream: str, message: Any) -> int | None:
        """Return the stamp that the spread is judged by; None takes the time of receipt."""
        if not self._by_header:
            return None
        stamp = nanoseconds(message.header.stamp)
        if stamp:
            return stamp
        if stream not in self._unstamped:
            self._unstamped.add(stream)
            self._warn(
                f'messages on {self._topic_of(stream)} have no stamp: the time when they are '
                'received is taken instead; the driver should set header.stamp'
            )
        return None


def _max_ages_s(config: PolicyConfig, joints: bool) -> dict[str, float]:
    ages = {camera.name: camera.max_age_s for camera in config.cameras}
    if joints:
        ages[JOINTS] = config.joints_max_age_s
    return ages
