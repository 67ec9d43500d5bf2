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
A process that publishes what a policy node publishes for the page, and says what it is asked.

Writes one JSON line per event to its standard output; run with ``--ros-args`` as a node.
"""

from __future__ import annotations

import json
import sys

from attention_mapper_ros.nodes.policy_settings import NAMES
from attention_mapper_ros.nodes.valid_values import one_of, pick_of
from attention_mapper_ros.ros.client import ExternalShutdownException, Node, Parameter, rclpy
from attention_mapper_ros.ros.diagnostics import Finding, Level, NodeDiagnostics, StatusReport
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    Float32MultiArray,
    ParameterDescriptor,
    SetBool,
    SetParametersResult,
    Time,
    Trigger,
)
from attention_mapper_ros.ros.messages import shares
from attention_mapper_ros.ros.qos import ATTENTION_QOS


def say(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + '\n')
    sys.stdout.flush()


SIZES = pick_of({'decoder_cross': 2, 'encoder_self': 4})
SETTINGS = {
    'attention.method': ('rollout', one_of(['raw', 'rollout'])),
    'attention.module': ('decoder_cross', one_of(['decoder_cross', 'encoder_self'])),
    'attention.layer': (-1, SIZES),
    'attention.head': ('mean', SIZES),
    'attention.query': ('mean', SIZES),
    'attention.target': ('action', one_of(['action', 'pan'])),
    'attention.baseline': ('none', ''),
    'attention.baseline_operation': ('subtract', ''),
}
assert set(SETTINGS) == set(NAMES)


class PageRobot(Node):
    def __init__(self) -> None:
        super().__init__('act_policy')
        self._tick = 0
        self._pictures = {
            camera: self.create_publisher(
                CompressedImage, f'~/attention/{camera}/image/compressed', ATTENTION_QOS
            )
            for camera in ('front', 'wrist')
        }
        self._share = self.create_publisher(Float32MultiArray, '~/attention/share', ATTENTION_QOS)
        self._diagnostics = NodeDiagnostics(self, ('policy', 'ticks'), self._collect)
        self.create_service(SetBool, '~/enable', self._on_enable)
        self.create_service(Trigger, '~/reset', self._on_reset)
        for name, (value, constraints) in SETTINGS.items():
            descriptor = ParameterDescriptor(
                description=f'about {name}',
                additional_constraints=constraints,
                dynamic_typing=not isinstance(value, str) or value == 'mean',
            )
            self.declare_parameter(name, value, descriptor)
        self.add_on_set_parameters_callback(self._on_set)
        self._watched: bool | None = None
        self.create_timer(0.1, self._on_tick)

    def _on_tick(self) -> None:
        self._tick += 1
        watchers = [writer.get_subscription_count() for writer in self._pictures.values()]
        watched = min(watchers) > 0 if self._watched is not True else max(watchers) > 0
        if watched != self._watched:
            self._watched = watched
            say(watched=watched)
        for camera, writer in self._pictures.items():
            data = f'{camera} {self._tick}'.encode()
            writer.publish(CompressedImage(format='jpeg', data=data))
        self._share.publish(
            shares({'joints': 0.25, 'front': 0.5, 'wrist': 0.25}, Time(sec=1), self._tick)
        )

    def _collect(self) -> dict[str, StatusReport]:
        slow = [Finding(Level.WARN, 'slow')]
        return {
            'policy': StatusReport([Finding(Level.OK, 'active')], {'state': 'enabled'}),
            'ticks': StatusReport(slow, {'tick': str(self._tick)}),
        }

    def _on_set(self, parameters):
        value = parameters[0].value
        if value == 7 or value == '9' * 30:
            return SetParametersResult(successful=False, reason='there is no 7')
        say(set=parameters[0].name, to=value if isinstance(value, (str, int)) else list(value))
        return SetParametersResult(successful=True)

    def _on_enable(self, request, response):
        say(enable=request.data)
        response.success, response.message = True, 'as you wish'
        return response

    def _on_reset(self, _, response):
        say(reset=True)
        # As `ros2 param set` from elsewhere does.
        self.set_parameters([Parameter('attention.module', value='encoder_self')])
        response.success, response.message = False, 'not now'
        return response


def main() -> None:
    rclpy.init(args=sys.argv)
    try:
        rclpy.spin(PageRobot())
    except (KeyboardInterrupt, ExternalShutdownException):
        return
    finally:
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
