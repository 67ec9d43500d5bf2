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

"""The policy node's ears: cameras and joints come in, are checked, and the newest are kept."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.control.observation_buffer import (
    NANOSECONDS,
    ObservationBuffer,
    Refusal,
)
from attention_mapper_ros.nodes.policy_config import CameraConfig, PolicyConfig, StreamQos
from attention_mapper_ros.nodes.policy_figures import InputFigures
from attention_mapper_ros.nodes.qos_advice import overriding_options, subscription_events
from attention_mapper_ros.ros.client import InvalidTopicNameException, Node
from attention_mapper_ros.ros.images import same_pixels
from attention_mapper_ros.ros.interfaces import CompressedImage, Image, JointState
from attention_mapper_ros.ros.messages import nanoseconds
from attention_mapper_ros.ros.observations import CameraInput
from attention_mapper_ros.ros.qos import stream_qos

JOINTS = 'joint_states'


class PolicyInputs:
    """
    Subscribes to every camera and to the joints, until ``undo`` is unwound.

    Belongs to the executor thread. A message that can never be used is refused as it comes;
    decoding is left to the inference thread. ``state_map`` is None for a policy without joint
    state; the joints are heard all the same, for ``measured``.
    """

    def __init__(
        self,
        node: Node,
        config: PolicyConfig,
        cameras: Mapping[str, CameraInput],
        state_map: JointMap | None,
        action_map: JointMap,
        undo: ExitStack,
    ) -> None:
        self._node, self._undo = node, undo
        self._cameras = dict(cameras)
        self._state_map, self._action_map = state_map, action_map
        self._by_header = config.stamp_source == 'header'
        self._joints_max_age_s = config.joints_max_age_s
        self._buffer: ObservationBuffer[Any] = ObservationBuffer(
            _max_ages_s(config, state_map is not None),
            self._now_ns,
            max_skew_s=config.max_skew_s,
            max_frozen_s={camera.name: camera.max_frozen_s for camera in config.cameras},
        )
        self._previous: dict[str, Any] = {}  # each camera's newest message
        self._unstamped: set[str] = set()  # streams that a warning has been given for
        self._unmeasured = False  # as well
        self._measured: tuple[NDArray[np.float64], int] | None = None
        self._subscriptions = {
            camera.name: self._subscribe_camera(camera) for camera in config.cameras
        }
        self._subscriptions[JOINTS] = self._subscribe(
            JointState, JOINTS, self._on_joints, config.joints_qos, 'joints.reliability'
        )

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
        age_s = (self._now_ns() - received_ns) / NANOSECONDS
        fresh = age_s <= self._joints_max_age_s
        return positions if fresh else np.full_like(positions, np.nan)

    def figures(self) -> dict[str, InputFigures]:
        """Return the figures of every stream that a tick waits for."""
        received, unusable = self._buffer.received(), self._buffer.unusable()
        rates, reasons = self._buffer.rates_hz(self._now_ns()), self._buffer.reasons()
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

    def reject_foreign_types(self) -> None:
        """Say so when an input topic carries only messages of another type: none will come."""
        for stream, subscription in self._subscriptions.items():
            topic = subscription.topic_name
            infos = self._node.get_publishers_info_by_topic(topic)
            types = {info.topic_type for info in infos}
            wanted = self._wanted_type(stream)
            if types and wanted not in types:
                self._buffer.block(
                    stream,
                    f'topic {topic} carries {", ".join(sorted(types))}, this node wants {wanted}: '
                    'remap the topic, or set image_transport to what the camera publishes',
                )

    def _subscribe_camera(self, camera: CameraConfig) -> Any:
        compressed = camera.transport == 'compressed'
        _check_topic(self._node, camera)
        return self._subscribe(
            CompressedImage if compressed else Image,
            f'{camera.topic}/compressed' if compressed else camera.topic,
            partial(self._on_image, camera.name),
            camera.qos,
            f'cameras.{camera.name}.reliability',
        )

    def _subscribe(
        self, kind: Any, topic: str, callback: Any, qos: StreamQos, parameter: str
    ) -> Any:
        made = self._node.create_subscription(
            kind,
            topic,
            callback,
            stream_qos(qos.reliability, qos.depth),
            event_callbacks=subscription_events(self._node, topic, parameter),
            qos_overriding_options=overriding_options(self._node, topic, 'subscription'),
        )
        self._undo.callback(self._node.destroy_subscription, made)
        return made

    def _on_image(self, camera: str, message: Any) -> None:
        try:
            self._cameras[camera].check(message)
        except ValueError as error:
            self._buffer.reject(camera, f'camera {camera}: {error}')
            return
        previous = self._previous.get(camera)
        self._previous[camera] = message
        repeated = previous is not None and same_pixels(previous, message)
        self._buffer.put(camera, message, self._stamp_ns(camera, message), repeated)

    def _on_joints(self, message: JointState) -> None:
        if self._state_map is not None:
            try:
                state = self._state_map.state(message.name, message.position)
            except ValueError as error:
                self._buffer.reject(JOINTS, str(error))
                return
            self._buffer.put(JOINTS, state, self._stamp_ns(JOINTS, message))
        self._measure(message)

    def _measure(self, message: JointState) -> None:
        try:
            positions = self._action_map.robot_positions(message.name, message.position)
        except ValueError as error:
            # A joint of the action that the policy does not see: it can go on without.
            if not self._unmeasured:
                self._unmeasured = True
                self._node.get_logger().warning(f'actions begin without a ramp: {error}')
            return
        self._measured = (positions, self._now_ns())

    def _stamp_ns(self, stream: str, message: Any) -> int | None:
        """Return the stamp that the spread is judged by; None takes the time of receipt."""
        if not self._by_header:
            return None
        stamp = nanoseconds(message.header.stamp)
        if stamp:
            return stamp
        if stream not in self._unstamped:
            self._unstamped.add(stream)
            self._node.get_logger().warning(
                f'messages on {self._subscriptions[stream].topic_name} have no stamp: the time '
                'when they are received is taken instead; the driver should set header.stamp'
            )
        return None

    def _wanted_type(self, stream: str) -> str:
        if stream == JOINTS:
            return 'sensor_msgs/msg/JointState'
        compressed = self._cameras[stream].compressed
        return f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)


def _check_topic(node: Node, camera: CameraConfig) -> None:
    try:
        node.resolve_topic_name(camera.topic)
    except (InvalidTopicNameException, RuntimeError, ValueError) as error:
        raise ValueError(
            f'parameter cameras.{camera.name}.topic is {camera.topic!r}, which cannot be the name '
            'of a topic: use letters, digits, underscores and single slashes, such as '
            f'{camera.name}/image_raw'
        ) from error


def _max_ages_s(config: PolicyConfig, joints: bool) -> dict[str, float]:
    ages = {camera.name: camera.max_age_s for camera in config.cameras}
    if joints:
        ages[JOINTS] = config.joints_max_age_s
    return ages
