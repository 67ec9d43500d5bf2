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
A robot in a process of its own, which can be told on its standard input what to break.

Each line in is a command, [name, arguments], as JSON; each line out is something that it heard on
the graph, with the steady clock's time. Without ``--silent`` it has two cameras and two joints.
"""

import ctypes
import json
import queue
import sys
import threading
import time

from cyclonedds.internal import DDS
import numpy as np

from attention_mapper_ros.ros.client import Node, QoSProfile, rclpy, ReliabilityPolicy
from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.images import encode_image
from attention_mapper_ros.ros.interfaces import (
    ChangeState,
    Clock,
    CompressedImage,
    DiagnosticArray,
    Header,
    Image,
    JointState,
    Time,
    Transition,
    Trigger,
)

CAMERAS = ('front', 'wrist')
JOINTS = ('pan', 'lift')
POSITIONS = (0.1, -0.2)
SIZE = (64, 96)  # rows and columns of a frame
RATE_HZ = 20.0
CLOCK_HZ = 50.0
NANOSECONDS = 1_000_000_000
HEARD = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
SERVICES = {
    'reset': (Trigger, 'act_policy/reset', Trigger.Request()),
    'activate': (
        ChangeState,
        'act_policy/change_state',
        ChangeState.Request(transition=Transition(id=Transition.TRANSITION_ACTIVATE)),
    ),
}


def say(kind, **values):
    values.update(kind=kind, at_s=time.monotonic())
    sys.stdout.write(json.dumps(values) + '\n')
    sys.stdout.flush()


class BreakableRobot:
    """Every method ``do_<name>`` is a command."""

    def __init__(self, name, silent):
        self.node = Node(name)
        self._frames = np.random.default_rng(0)
        self._kept = {}  # subscriptions, clients and what else must not be collected
        self._publishers = {}
        self._timers = {}
        self._cameras = {}
        self._joints = {'names': JOINTS, 'positions': POSITIONS}
        self._clock_ns = None  # simulated time less the steady clock's
        self._kept['action'] = self.node.create_subscription(
            JointState, 'act_policy/action', self._on_action, HEARD
        )
        self._kept['diagnostics'] = self.node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, HEARD
        )
        if not silent:
            for camera in CAMERAS:
                self.do_camera(camera, size=SIZE, frozen=False, rate_hz=RATE_HZ)
            self._publishers['joints'] = self.node.create_publisher(JointState, 'joint_states', 1)
            self.do_joints(rate_hz=RATE_HZ)

    # What can be broken

    def do_camera(self, camera, **changes):
        """Change rate, size or content of a camera; with another size it is a new driver."""
        settings = self._cameras.setdefault(camera, {'size': None})
        size = tuple(changes.get('size', settings['size']))
        if size != settings['size']:
            self._restart_camera(camera)
            settings['picture'] = None
        settings.update(changes, size=size)
        if 'rate_hz' in changes:
            self._set_timer(camera, changes['rate_hz'], lambda: self._send_image(camera))

    def do_joints(self, **changes):
        """Change names, positions or rate of the joints."""
        self._joints.update(changes)
        if 'rate_hz' in changes:
            self._set_timer('joints', changes['rate_hz'], self._send_joints)

    def do_clock(self, at_s):
        """Let simulated time go on from ``at_s``, published on /clock."""
        self._clock_ns = int(at_s * NANOSECONDS) - time.monotonic_ns()
        if '/clock' not in self._publishers:
            self._publishers['/clock'] = self.node.create_publisher(Clock, '/clock', 1)
            self._set_timer('clock', CLOCK_HZ, self._send_clock)

    def do_ballast(self, rate_hz, size):
        """Send so many bytes on a topic that is recorded and that nobody decodes."""
        publisher = self.node.create_publisher(CompressedImage, 'front/image_raw/compressed', 1)
        data = self._frames.bytes(size)
        self._set_timer('ballast', rate_hz, lambda: publisher.publish(CompressedImage(data=data)))

    def do_intrude(self, on):
        """Publish on the action topic, as a second policy would."""
        if on:
            self._publishers['intruder'] = self.node.create_publisher(
                JointState, 'act_policy/action', 1
            )
        else:
            self.node.destroy_publisher(self._publishers.pop('intruder'))

    def do_deaf_mute(self, on):
        """Let nothing in and nothing out, as if the network were cut."""
        switch = DDS._dll_handle.dds_domain_set_deafmute
        switch.argtypes = (ctypes.c_int32, ctypes.c_bool, ctypes.c_bool, ctypes.c_int64)
        code = switch(self.node.context._participant.entity._ref, on, on, cyclone.INFINITY_NS)
        assert code == 0, code

    # What it can be asked for

    def do_hear(self, topic):
        """Report every image on a topic."""

        def report(message):
            stamp_ns = _nanoseconds(message.header.stamp)
            say('image', topic=topic, age_s=(self._now_ns() - stamp_ns) / NANOSECONDS)

        self._kept[topic] = self.node.create_subscription(Image, topic, report, HEARD)

    def do_deafen(self, topic):
        """Listen to a topic no longer."""
        self.node.destroy_subscription(self._kept.pop(topic))

    def do_call(self, service):
        """Call a service of the policy node and report its answer."""
        kind, name, request = SERVICES[service]
        if service not in self._kept:
            self._kept[service] = self.node.create_client(kind, name)
        client = self._kept[service]
        assert client.wait_for_service(timeout_sec=60.0), name

        def report(future):
            say('answer', service=service, success=future.result().success)

        client.call_async(request).add_done_callback(report)

    def do_ping(self, number):
        """Say that every command so far has been done."""
        say('pong', number=number)

    # The robot

    def _restart_camera(self, camera):
        old = self._publishers.pop(camera, None)
        if old is not None:
            self.node.destroy_publisher(old)
        self._publishers[camera] = self.node.create_publisher(Image, f'{camera}/image_raw', 1)

    def _set_timer(self, name, rate_hz, callback):
        old = self._timers.pop(name, None)
        if old is not None:
            self.node.destroy_timer(old)
        if rate_hz:
            self._timers[name] = self.node.create_timer(1.0 / rate_hz, callback)

    def _send_image(self, camera):
        settings = self._cameras[camera]
        if not settings['frozen'] or settings['picture'] is None:
            settings['picture'] = self._frames.integers(
                0, 256, (*settings['size'], 3), dtype=np.uint8
            )
        self._publishers[camera].publish(encode_image(settings['picture'], self._header()))

    def _send_joints(self):
        self._publishers['joints'].publish(
            JointState(
                header=self._header(),
                name=list(self._joints['names']),
                position=[float(position) for position in self._joints['positions']],
            )
        )

    def _send_clock(self):
        self._publishers['/clock'].publish(Clock(clock=_stamp(self._now_ns())))

    def _header(self):
        return Header(stamp=_stamp(self._now_ns()))

    def _now_ns(self):
        if self._clock_ns is None:
            return self.node.get_clock().now().nanoseconds
        return self._clock_ns + time.monotonic_ns()

    def _on_action(self, message):
        say(
            'action',
            stamp_ns=_nanoseconds(message.header.stamp),
            names=list(message.name),
            positions=list(message.position),
        )

    def _on_diagnostics(self, message):
        for status in message.status:
            level = status.level[0] if isinstance(status.level, bytes) else status.level
            say(
                'status',
                name=status.name,
                level=level,
                message=status.message,
                values={pair.key: pair.value for pair in status.values},
            )


def _stamp(nanoseconds):
    return Time(sec=nanoseconds // NANOSECONDS, nanosec=nanoseconds % NANOSECONDS)


def _nanoseconds(stamp):
    return stamp.sec * NANOSECONDS + stamp.nanosec


def main():
    commands = queue.Queue()

    def listen():
        for line in sys.stdin:
            commands.put(json.loads(line))
        commands.put(None)  # whoever told it what to do is gone

    rclpy.init(args=[])
    robot = BreakableRobot(sys.argv[1], '--silent' in sys.argv)
    threading.Thread(target=listen, daemon=True).start()
    say('ready')
    while rclpy.ok():
        rclpy.spin_once(robot.node, timeout_sec=0.02)
        while not commands.empty():
            command = commands.get()
            if command is None:
                return
            name, arguments = command
            getattr(robot, f'do_{name}')(**arguments)


if __name__ == '__main__':
    main()
