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
One of the two processes of an interop test: `mirror` sends everything back, `probe` checks it.

The probe sends each message until it comes back equal, field by field, and says which did.
"""

from array import array
import sys
import time

from attention_mapper_ros.ros.client import (
    DurabilityPolicy,
    ExternalShutdownException,
    Node,
    QoSProfile,
    rclpy,
    ReliabilityPolicy,
)
from attention_mapper_ros.ros.interfaces import (
    CompressedImage,
    DiagnosticArray,
    DiagnosticStatus,
    Float32MultiArray,
    Float64MultiArray,
    Header,
    Image,
    JointState,
    JointTrajectory,
    JointTrajectoryPoint,
    KeyValue,
    MultiArrayDimension,
    MultiArrayLayout,
    SetBool,
    String,
    Trigger,
)
from attention_mapper_ros.ros.interfaces import Duration as DurationMessage
from attention_mapper_ros.ros.interfaces import Time as TimeMessage

GIVE_UP_S = 15.0
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=5)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# offered by the probe, asked by the mirror: a match unless the last entry says otherwise
PROFILES = {
    'reliable_reliable': (RELIABLE, RELIABLE, True),
    'reliable_best_effort': (RELIABLE, BEST_EFFORT, True),
    'best_effort_best_effort': (BEST_EFFORT, BEST_EFFORT, True),
    'best_effort_reliable': (BEST_EFFORT, RELIABLE, False),
    'latched_latched': (LATCHED, LATCHED, True),
    'latched_volatile': (LATCHED, RELIABLE, True),
    'volatile_latched': (RELIABLE, LATCHED, False),
}


def messages():
    header = Header(stamp=TimeMessage(sec=7, nanosec=123456789), frame_id='front_camera')
    layout = MultiArrayLayout(
        dim=[MultiArrayDimension(label=label, size=1, stride=2) for label in ('front', 'joints')],
        data_offset=0,
    )
    return {
        'image': Image(
            header=header,
            height=480,
            width=640,
            encoding='rgb8',
            step=1920,
            data=array('B', bytes(range(256)) * 3600),
        ),
        'compressed': CompressedImage(header=header, format='jpeg', data=array('B', b'\xff\xd8x')),
        'joints': JointState(
            header=header, name=['pan', 'élan'], position=[0.25, -1e-9], velocity=[], effort=[3.0]
        ),
        'share': Float32MultiArray(layout=layout, data=[0.75, 0.25]),
        'command': Float64MultiArray(layout=layout, data=[0.1, 0.2]),
        'trajectory': JointTrajectory(
            header=header,
            joint_names=['pan'],
            points=[
                JointTrajectoryPoint(
                    positions=[0.5], time_from_start=DurationMessage(sec=0, nanosec=100)
                )
            ],
        ),
        'diagnostics': DiagnosticArray(
            header=header,
            status=[
                DiagnosticStatus(
                    level=DiagnosticStatus.WARN,
                    name='act_policy: policy',
                    message='slow',
                    hardware_id='cpu',
                    values=[KeyValue(key='rate_hz', value='9.9'), KeyValue(key='', value='')],
                )
            ],
        ),
    }


def say(text):
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


def mirror(node):
    """Send back every message, and serve."""
    for name, message in messages().items():
        back = node.create_publisher(type(message), f'{name}/back', 5)
        node.create_subscription(type(message), f'{name}/there', back.publish, 5)
    for name, (_, asked, _) in PROFILES.items():
        back = node.create_publisher(String, f'{name}/back', 5)
        node.create_subscription(String, f'{name}/there', back.publish, asked)

    def enable(request, response):
        response.success, response.message = request.data, f'data {request.data}'
        return response

    def reset(request, response):
        response.success, response.message = True, 'episode 2'
        return response

    node.create_service(SetBool, '~/enable', enable)
    node.create_service(Trigger, '~/reset', reset)
    say('ready')
    rclpy.spin(node)


def spin_until(node, condition, timeout_s=GIVE_UP_S):
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.05)
    return condition()


def probe(node):
    """Check what the mirror sends back and answers."""
    for name, message in messages().items():
        got = []
        node.create_subscription(type(message), f'{name}/back', got.append, 5)
        publisher = node.create_publisher(type(message), f'{name}/there', 5)
        spin_until(node, lambda name=name: node.count_publishers(f'{name}/back'))
        spin_until(node, publisher.get_subscription_count)
        publisher.publish(message)
        if not spin_until(node, lambda got=got: got, 1.0):
            publisher.publish(message)  # the way back may match later than the way there
            spin_until(node, lambda got=got: got)
        say(f'{name} {"equal" if got and got[0] == message else "differs"}')
    for name, (offered, _, fits) in PROFILES.items():
        got = []
        node.create_subscription(String, f'{name}/back', got.append, 5)
        spin_until(node, lambda name=name: node.count_publishers(f'{name}/back'))
        publisher = node.create_publisher(String, f'{name}/there', offered)
        end = time.monotonic() + (GIVE_UP_S if fits else 1.0)
        while not got and time.monotonic() < end:
            publisher.publish(String(data=name))
            spin_until(node, lambda got=got: got, 0.2)
        matched = publisher.get_subscription_count() > 0
        say(f'{name} {"as it should" if bool(got) == matched == fits else "wrong"}')
    enable = node.create_client(SetBool, '/mirror/enable')
    reset = node.create_client(Trigger, '/mirror/reset')
    for client, request in (
        (enable, SetBool.Request(data=True)),
        (enable, SetBool.Request(data=False)),
        (reset, Trigger.Request()),
    ):
        there = client.wait_for_service(timeout_sec=GIVE_UP_S)
        future = client.call_async(request)
        spin_until(node, future.done)
        answer = future.result() if there and future.done() else None
        say(f'answer {answer and (answer.success, answer.message)}')
    say('done')


def main():
    role = sys.argv[1]
    rclpy.init(args=[])
    node = Node(role)
    try:
        {'mirror': mirror, 'probe': probe}[role](node)
    except (KeyboardInterrupt, ExternalShutdownException):
        return
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
