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
The robot of the soak: cameras at 30 Hz and joints at 50 Hz, every message numbered.

A message's number is the last word of its frame_id. Ends on SIGTERM or SIGINT and then writes one
line of JSON: how many messages of each stream were sent.

    python soak_source.py WIDTH HEIGHT JOINT [JOINT ...]
"""

from collections import Counter
from collections.abc import Sequence
import json
import math
import sys
from typing import Any

import numpy as np

from attention_mapper_ros.ros.client import ExternalShutdownException, Node, rclpy
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import Header, Image, JointState

CAMERAS = ('front', 'wrist')
CAMERA_HZ, JOINTS_HZ = 30.0, 50.0
PICTURES = 7  # different ones, in turn: a camera that repeats itself counts as frozen


class Source(Node):
    """Owned by the one thread that spins it."""

    def __init__(self, width: int, height: int, joints: Sequence[str]) -> None:
        super().__init__('soak_source')
        random = np.random.default_rng(0)
        self._frames = random.integers(0, 256, (PICTURES, height, width, 3), dtype=np.uint8)
        self._names = list(joints)
        self.sent: Counter[str] = Counter()
        self._cameras = {c: self.create_publisher(Image, f'{c}/image_raw', 1) for c in CAMERAS}
        self._joints = self.create_publisher(JointState, 'joint_states', 10)
        self._timers = [
            self.create_timer(1.0 / CAMERA_HZ, self._on_cameras),
            self.create_timer(1.0 / JOINTS_HZ, self._on_joints),
        ]

    def _on_cameras(self) -> None:
        for camera, publisher in self._cameras.items():
            header = self._header(camera)
            publisher.publish(encode_image(self._frames[self.sent[camera] % PICTURES], header))

    def _on_joints(self) -> None:
        header = self._header('joints')
        angle = 0.1 * math.sin(self.sent['joints'] / 50.0)
        positions = [angle] * len(self._names)
        self._joints.publish(JointState(header=header, name=self._names, position=positions))

    def _header(self, stream: str) -> Any:
        self.sent[stream] += 1
        stamp = self.get_clock().now().to_msg()
        return Header(stamp=stamp, frame_id=f'{stream} {self.sent[stream]}')


def main() -> None:
    """Send until told to stop."""
    rclpy.init(args=[])
    source = Source(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
    try:
        rclpy.spin(source)
    except (KeyboardInterrupt, ExternalShutdownException):
        sys.stdout.write(json.dumps(source.sent) + '\n')
        sys.stdout.flush()


if __name__ == '__main__':
    main()
