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

"""What the demo shows and keeps: a status line, a video of the overlays, and a bag."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
import time
from typing import Any

from attention_mapper_ros.rendering.video import side_by_side, VideoWriter
from attention_mapper_ros.ros.bag import BagWriter
from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.diagnostics import DIAGNOSTICS_TOPIC, Level, level_of, task_of
from attention_mapper_ros.ros.images import decode_compressed
from attention_mapper_ros.ros.interfaces import (
    CameraInfo,
    CompressedImage,
    DiagnosticArray,
    DiagnosticStatus,
    Float32MultiArray,
    Image,
    JointState,
)
from attention_mapper_ros.ros.messages import shares_by_group
from attention_mapper_ros.ros.qos import ATTENTION_QOS

POLICY = 'act_policy'
CAMERAS = ('front', 'wrist')
VIDEO_FPS = 5.0
QUEUE_DEPTH = 20  # of recorded topics: half a second of joint states


class DemoMonitor(Node):
    """
    Watches the demo's graph.

    Everything runs on the executor's thread, to which video and bag belong. Recording ends
    after ``record_s`` seconds, or when the disk takes no more, which ``failure`` then says;
    watching goes on.
    """

    def __init__(self, output: Path, record_s: float) -> None:
        super().__init__('demo_monitor')
        self._record_until = time.monotonic() + record_s
        self._overlays: dict[str, CompressedImage] = {}
        self._shares: dict[str, float] = {}
        self._statuses: dict[str, DiagnosticStatus] = {}
        self.overlay_seen = False
        self.failure = ''
        self._bag: BagWriter | None = BagWriter(output / 'bag')
        self._video: VideoWriter | None = VideoWriter(output / 'attention.mp4', VIDEO_FPS)
        self._recorded = [
            self._record(topic, kind, name) for topic, (kind, name) in _recorded_topics().items()
        ]
        self._watched = [
            self.create_subscription(
                CompressedImage,
                f'{POLICY}/attention/{camera}/image/compressed',
                partial(self._on_overlay, camera),
                ATTENTION_QOS,
            )
            for camera in CAMERAS
        ]
        self._watched += [
            self.create_subscription(
                Float32MultiArray, f'{POLICY}/attention/share', self._on_share, ATTENTION_QOS
            ),
            self.create_subscription(
                DiagnosticArray, DIAGNOSTICS_TOPIC, self._on_diagnostics, QUEUE_DEPTH
            ),
        ]
        self._video_timer = self.create_timer(1.0 / VIDEO_FPS, self._on_video)

    def close(self) -> None:
        """Complete the video and the bag."""
        try:
            if self._bag is not None:
                self._bag.close()
            if self._video is not None:
                self._video.close()
        except OSError as error:
            self._give_up(error)
        self._bag = self._video = None

    def _give_up(self, error: OSError) -> None:
        """End a recording that cannot be written; nothing of it looks finished."""
        bag, video = self._bag, self._video
        self._bag = self._video = None
        if bag is not None:
            bag.abort()
        if video is not None:
            video.abort()
        self.failure = (
            f'nothing more is recorded and the recording is incomplete: {error}. The rest goes '
            'on; for a recording make room and start again, or give another --output'
        )
        self.get_logger().error(self.failure)

    def status_line(self) -> str:
        """Return rate, latency and shares in one line, or what is wrong."""
        policy = self._figures(POLICY)
        if 'forward_ms' not in policy:
            return 'waiting for the policy'
        if policy['forward_ms'] == 'none yet':
            return 'waiting for the first forward'
        level, fault = self._worst_fault()
        if level >= Level.ERROR:
            return f'tick {policy["tick"]}  {fault}'
        shares = '  '.join(f'{name} {share:.0%}' for name, share in self._shares.items())
        episodes = self._figures('sim_robot')
        return (
            f'tick {policy["tick"]}  {float(policy["rate_hz"]):.1f} Hz  '
            f'forward {policy["forward_ms"]} ms  overlays '
            f'{float(policy["overlay_rate_hz"]):.1f} Hz  attention: {shares}  '
            f'cube reached {episodes.get("successes", 0)} of {episodes.get("episodes", 0)} times'
            f'{fault and "  "}{fault}'
        )

    def _figures(self, node: str) -> dict[str, str]:
        """Return all figures of a node, from the newest status of each of its tasks."""
        return {
            pair.key: pair.value
            for name, status in self._statuses.items()
            if task_of(name, node) is not None
            for pair in status.values
        }

    def _worst_fault(self) -> tuple[Level, str]:
        """Return level and words of the policy's worst status; no words when all are well."""
        faults = [
            (level, f'{level.name} {task}: {status.message}')
            for name, status in self._statuses.items()
            if (task := task_of(name, POLICY)) is not None
            and (level := level_of(status)) > Level.OK
        ]
        return max(faults, key=lambda fault: fault[0], default=(Level.OK, ''))

    def _record(self, topic: str, kind: Any, type_name: str) -> Any:
        subscription: Any = None

        def keep(serialised: bytes) -> None:
            if self._bag is None:
                return
            if time.monotonic() > self._record_until:
                self.get_logger().info('the recording is complete, the demo goes on')
                self.close()
                return
            now_ns = self.get_clock().now().nanoseconds
            try:
                self._bag.write(subscription.topic_name, now_ns, serialised)
            except OSError as error:
                self._give_up(error)

        subscription = self.create_subscription(kind, topic, keep, QUEUE_DEPTH, raw=True)
        assert self._bag is not None
        self._bag.add_topic(subscription.topic_name, type_name)
        return subscription

    def _on_overlay(self, camera: str, message: CompressedImage) -> None:
        self.overlay_seen = True
        self._overlays[camera] = message

    def _on_share(self, message: Float32MultiArray) -> None:
        self._shares = shares_by_group(message)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._statuses[status.name] = status

    def _on_video(self) -> None:
        if self._video is not None and len(self._overlays) == len(CAMERAS):
            frames = [decode_compressed(self._overlays[camera]) for camera in CAMERAS]
            try:
                self._video.write(side_by_side(frames))
            except OSError as error:
                self._give_up(error)


def _recorded_topics() -> Mapping[str, tuple[Any, str]]:
    """Return the topics that go into the bag, with their types: inputs, actions, attention."""
    topics: dict[str, tuple[Any, str]] = {
        'joint_states': (JointState, 'sensor_msgs/msg/JointState'),
        f'{POLICY}/action': (JointState, 'sensor_msgs/msg/JointState'),
        f'{POLICY}/attention/share': (Float32MultiArray, 'std_msgs/msg/Float32MultiArray'),
        DIAGNOSTICS_TOPIC: (DiagnosticArray, 'diagnostic_msgs/msg/DiagnosticArray'),
    }
    for camera in CAMERAS:
        attention = f'{POLICY}/attention/{camera}'
        compressed = (CompressedImage, 'sensor_msgs/msg/CompressedImage')
        topics[f'{camera}/image_raw/compressed'] = compressed
        topics[f'{camera}/camera_info'] = (CameraInfo, 'sensor_msgs/msg/CameraInfo')
        topics[f'{attention}/image/compressed'] = compressed
        topics[f'{attention}/map'] = (Image, 'sensor_msgs/msg/Image')
    return topics
