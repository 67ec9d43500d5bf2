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
The simulated desk arm as a robot on the graph: cameras and joints out, actions in.

It behaves as a robot driver does, and additionally begins a new episode, with the cubes in
other places, whenever the arm has reached its target or the time is up.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from attention_mapper_ros.nodes.run import run_node
from attention_mapper_ros.ros.client import Node, QoSProfile
from attention_mapper_ros.ros.diagnostics import Finding, Level, NodeDiagnostics, StatusReport
from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import (
    CameraInfo,
    CompressedImage,
    Header,
    Image,
    JointState,
    Trigger,
)
from attention_mapper_ros.ros.messages import ACTION_MESSAGES, positions_by_name
from attention_mapper_ros.ros.parameters import ParameterDeclarer, ParameterDoc
from attention_mapper_ros.ros.qos import ACTION_QOS
from attention_mapper_ros.sim.episodes import EpisodeKeeper
from attention_mapper_ros.sim.rendering import RenderingUnavailableError
from attention_mapper_ros.sim.scene import CameraInfo as Intrinsics
from attention_mapper_ros.sim.scene import CAMERAS, DeskArm

JOINTS_HZ = 50.0  # joint states, and the step of the physics
LONGEST_STEP_S = 0.2  # a stalled process lets the simulation fall behind instead of jumping
JPEG_QUALITY = 90
RELIABLE_QOS = QoSProfile(depth=1)

PARAMETERS = (
    ParameterDoc('seed', 0, 'of the first episode: where the cubes lie', low=0, high=2**31 - 1),
    ParameterDoc('camera_rate_hz', 10.0, 'frames per second of each camera', low=0.5, high=60.0),
    ParameterDoc('policy_node', 'act_policy', 'node whose action is followed, relative name'),
    ParameterDoc(
        'action_message',
        'joint_state',
        'type of the action that is followed',
        choices=tuple(ACTION_MESSAGES),
    ),
    ParameterDoc(
        'new_episodes', True, 'begin a new episode when the target is reached or time is up'
    ),
)


class SimRobotNode(Node):
    """
    Publishes ``<camera>/image_raw``, ``camera_info`` and ``joint_states``, follows the action.

    Everything runs on the executor's thread, to which the simulation and its GL context
    belong. A camera that nobody subscribes to is not rendered.
    """

    def __init__(self, **node_options: Any) -> None:
        super().__init__(
            'sim_robot', automatically_declare_parameters_from_overrides=True, **node_options
        )
        declarer = ParameterDeclarer(self)
        values = {doc.name: declarer.declare(doc) for doc in PARAMETERS}
        declarer.refuse_unknown()
        self._arm = DeskArm(values['seed'])
        self._keeper = EpisodeKeeper(seed=values['seed'])
        self._new_episodes = values['new_episodes']
        self._keeper.start(self._arm, time.monotonic())
        self._driven = False
        self._targets = self._arm.positions()
        self._stepped_s = time.monotonic()

        self._images = {
            camera: self.create_publisher(Image, f'{camera}/image_raw', RELIABLE_QOS)
            for camera in CAMERAS
        }
        self._compressed = {
            camera: self.create_publisher(
                CompressedImage, f'{camera}/image_raw/compressed', RELIABLE_QOS
            )
            for camera in CAMERAS
        }
        self._infos = {
            camera: self.create_publisher(CameraInfo, f'{camera}/camera_info', RELIABLE_QOS)
            for camera in CAMERAS
        }
        self._joints = self.create_publisher(JointState, 'joint_states', 10)
        policy_node = values['policy_node']
        message_type, _ = ACTION_MESSAGES[values['action_message']]
        self._action = self.create_subscription(
            message_type, f'{policy_node}/action', self._on_action, ACTION_QOS
        )
        self._reset_policy = self.create_client(Trigger, f'{policy_node}/reset')
        self._physics_timer = self.create_timer(1.0 / JOINTS_HZ, self._on_physics)
        self._camera_timer = self.create_timer(1.0 / values['camera_rate_hz'], self._on_cameras)
        self._diagnostics = NodeDiagnostics(self, ['episodes'], self._episodes, 'simulation')
        self.get_logger().info(
            f'simulated arm with {", ".join(self._arm.joint_names)}, cameras '
            f'{", ".join(CAMERAS)} at {values["camera_rate_hz"]:g} Hz'
        )

    def close(self) -> None:
        """Release the simulation."""
        self._diagnostics.close()
        self._arm.close()

    def _on_action(self, message: Any) -> None:
        try:
            positions = positions_by_name(message, self._arm.joint_names)
        except ValueError as error:
            self.get_logger().warning(f'action ignored: {error}', throttle_duration_sec=5.0)
            return
        if not self._driven:
            # The first episode's time begins with the first action, not while a policy loads.
            self._keeper.start(self._arm, time.monotonic())
            self._driven = True
        self._targets = np.array(
            [
                positions.get(name, at)
                for name, at in zip(self._arm.joint_names, self._targets, strict=True)
            ]
        )

    def _on_physics(self) -> None:
        now = time.monotonic()
        targets = self._keeper.targets(self._targets, now)
        self._arm.step(targets, min(now - self._stepped_s, LONGEST_STEP_S))
        self._stepped_s = now
        self._joints.publish(
            JointState(
                header=self._header(''),
                name=list(self._arm.joint_names),
                position=self._arm.positions().tolist(),
                velocity=self._arm.velocities().tolist(),
            )
        )
        if self._new_episodes and self._driven:
            self._keep_episodes(now)

    def _keep_episodes(self, now: float) -> None:
        end = self._keeper.update(self._arm, now)
        if end is None:
            return
        self.get_logger().info(
            f'episode {end.number} {"reached the cube" if end.reached else "ran out of time"} '
            f'after {end.duration_s:.1f} s'
        )
        self._targets = self._arm.positions()
        if self._reset_policy.service_is_ready():
            self._reset_policy.call_async(Trigger.Request())

    def _on_cameras(self) -> None:
        for camera in CAMERAS:
            image, compressed = self._images[camera], self._compressed[camera]
            header = self._header(f'{camera}_camera')
            self._infos[camera].publish(_camera_info(self._arm.camera_info(camera), header))
            raw_wanted = image.get_subscription_count() > 0
            compressed_wanted = compressed.get_subscription_count() > 0
            if not (raw_wanted or compressed_wanted):
                continue
            frame = self._arm.render(camera)
            if raw_wanted:
                image.publish(encode_image(frame, header))
            if compressed_wanted:
                compressed.publish(encode_compressed(frame, header, JPEG_QUALITY))

    def _episodes(self) -> dict[str, StatusReport]:
        keeper = self._keeper
        words = f'{keeper.successes} of {keeper.episodes} episodes reached the target'
        values = {
            'episodes': str(keeper.episodes),
            'successes': str(keeper.successes),
            'distance_m': f'{self._arm.gripper_to_target_m():.3f}',
        }
        return {'episodes': StatusReport([Finding(Level.OK, words)], values)}

    def _header(self, frame_id: str) -> Header:
        return Header(stamp=self.get_clock().now().to_msg(), frame_id=frame_id)


def _camera_info(intrinsics: Intrinsics, header: Header) -> CameraInfo:
    fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
    return CameraInfo(
        header=header,
        height=intrinsics.height,
        width=intrinsics.width,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def main(args: list[str] | None = None) -> int:
    """Run the simulated robot until it is told to stop; return the process's exit status."""
    return run_node(SimRobotNode, 'sim_robot', args, (ValueError, RenderingUnavailableError))


if __name__ == '__main__':
    sys.exit(main())
