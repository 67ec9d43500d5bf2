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

"""The policy node's ears: cameras and joints come in on their topics."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from attention_mapper_ros.control.joints import JointMap
from attention_mapper_ros.nodes.policy_config import CameraConfig, PolicyConfig, StreamQos
from attention_mapper_ros.nodes.policy_intake import JOINTS, JOINTS_TYPE, PolicyIntake
from attention_mapper_ros.nodes.qos_advice import overriding_options, subscription_events
from attention_mapper_ros.ros.client import InvalidTopicNameException, Node
from attention_mapper_ros.ros.interfaces import get_message
from attention_mapper_ros.ros.observations import CameraInput
from attention_mapper_ros.ros.qos import stream_qos


class PolicyInputs:
    """
    Subscribes to every camera and to the joints, until ``undo`` is unwound.

    Belongs to the executor thread. What becomes of the messages is the intake's.
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
        self._intake = PolicyIntake(
            config,
            cameras,
            state_map,
            action_map,
            clock=lambda: int(node.get_clock().now().nanoseconds),
            warn=node.get_logger().warning,
            topic_of=lambda stream: str(self._subscriptions[stream].topic_name),
        )
        self.clear, self.newest = self._intake.clear, self._intake.newest
        self.measured, self.figures = self._intake.measured, self._intake.figures
        self._types = {camera.name: camera.message_type for camera in config.cameras}
        self._types[JOINTS] = JOINTS_TYPE
        self._subscriptions = {
            camera.name: self._subscribe_camera(camera) for camera in config.cameras
        }
        self._subscriptions[JOINTS] = self._subscribe(
            JOINTS, JOINTS, self._intake.take_joints, config.joints_qos, 'joints.reliability'
        )

    def reject_foreign_types(self) -> None:
        """Say so when an input topic carries only messages of another type: none will come."""
        for stream, subscription in self._subscriptions.items():
            topic = subscription.topic_name
            infos = self._node.get_publishers_info_by_topic(topic)
            types = {info.topic_type for info in infos}
            wanted = self._types[stream]
            if types and wanted not in types:
                self._intake.block(
                    stream,
                    f'topic {topic} carries {", ".join(sorted(types))}, this node wants {wanted}: '
                    'remap the topic, or set image_transport to what the camera publishes',
                )

    def _subscribe_camera(self, camera: CameraConfig) -> Any:
        _check_topic(self._node, camera)
        return self._subscribe(
            camera.name,
            camera.stream,
            partial(self._intake.take_image, camera.name),
            camera.qos,
            f'cameras.{camera.name}.reliability',
        )

    def _subscribe(
        self, stream: str, topic: str, callback: Any, qos: StreamQos, parameter: str
    ) -> Any:
        made = self._node.create_subscription(
            get_message(self._types[stream]),
            topic,
            callback,
            stream_qos(qos.reliability, qos.depth),
            event_callbacks=subscription_events(self._node, topic, parameter),
            qos_overriding_options=overriding_options(self._node, topic, 'subscription'),
        )
        self._undo.callback(self._node.destroy_subscription, made)
        return made


def _check_topic(node: Node, camera: CameraConfig) -> None:
    try:
        node.resolve_topic_name(camera.topic)
    except (InvalidTopicNameException, RuntimeError, ValueError) as error:
        raise ValueError(
            f'parameter cameras.{camera.name}.topic is {camera.topic!r}, which cannot be the name '
            'of a topic: use letters, digits, underscores and single slashes, such as '
            f'{camera.name}/image_raw'
        ) from error
