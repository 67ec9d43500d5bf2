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
A running policy node under fire: bytes that no honest publisher sends, a bounded number of them.

Whatever comes, the node lives, logs no traceback, and acts again when good messages do. Its memory
is bounded: see ``MOST_KEPT_MIB`` and ``MOST_AT_ONCE_MIB``.
"""

import math
import random
import socket
import struct
import time

from bad_pictures import bad_pictures, bombs
from damaged_cdr import damaged, HEADER, HUGE
from fuzz_inputs import (
    CompressedImage,
    Image,
    JOINTS,
    JOINTS_AGE_S,
    JointState,
    SEED,
)
import pytest

from attention_mapper_ros.ros.dds import cdr
from attention_mapper_ros.ros.dds.messages import message_class, service_class

# The largest messages here are 16 MB. Of each stream the node keeps the newest message, Cyclone
# one more and the fragments of a few that are on the way; a list of many names takes
# 30 MB in Python while it is looked at; a picture of the largest size that is taken 100 MB, and
# another 100 while its colours are put in order. What the messages claim goes into the terabytes.
MOST_KEPT_MIB = 150
MOST_AT_ONCE_MIB = 400

BATCH = 120
INPUTS = {
    'front/image_raw': Image,
    'wrist/image_raw/compressed': CompressedImage,
    'joint_states': JointState,
}

ENABLE = 'std_srvs/srv/SetBool'
SET = ('set_parameters', 'set_parameters_atomically')
PARAMETERS = 'rcl_interfaces/srv/'
# Of lifecycle_msgs/msg/Transition: what these ask for is done, which is no fault.
TRANSITIONS = range(1, 11)
Parameter = message_class('rcl_interfaces/msg/Parameter')
Value = message_class('rcl_interfaces/msg/ParameterValue')
Clock = message_class('rosgraph_msgs/msg/Clock')


def good_message(robot, topic):
    make = {
        'front/image_raw': robot.image,
        'wrist/image_raw/compressed': robot.compressed,
        'joint_states': robot.joints,
    }
    return make[topic]()


def test_what_is_sent_under_a_publishers_identity_is_taken(attacked):
    robot = attacked.robot
    with (
        robot.impostor(topic='joint_states', kind=JointState) as impostor,
        robot.feeding(without='joint_states'),
    ):
        time.sleep(JOINTS_AGE_S)  # what older joint states could do is done
        before = robot.actions
        for _ in range(20):
            impostor.send(bytes(cdr.serialize(robot.joints())))
            time.sleep(0.05)
    assert robot.actions > before


@pytest.mark.parametrize('topic', INPUTS)
def test_damaged_bytes_of_a_message(attacked, rng, topic):
    robot = attacked.robot
    with robot.impostor(topic=topic, kind=INPUTS[topic]) as impostor:
        for data in damaged(good_message(robot, topic), rng, BATCH):
            attacked.send_bytes(impostor, data)
        for flags in range(0, 256, 3):  # keys, inline qualities of service, other byte orders
            attacked.send_bytes(impostor, rng.randbytes(rng.randrange(64)), flags=flags)
    attacked.check()


def test_images_whose_description_overflows(attacked, rng):
    publisher = attacked.robot.publisher('front/image_raw', Image)
    sizes = (0, 1, 64, 96, 288, 65535, 65536, *HUGE)
    encodings = ('rgb8', 'bgra8', 'mono16', 'yuv422', 'bayer_rggb8', 'nv12', '', '8UC9999', '\0')
    for _ in range(BATCH):
        message = attacked.robot.image(
            height=rng.choice(sizes),
            width=rng.choice(sizes),
            step=rng.choice(sizes),
            encoding=rng.choice(encodings),
            is_bigendian=rng.choice((0, 1, 255)),
            data=rng.randbytes(rng.choice((0, 1, 288, 18432))),
        )
        attacked.send(publisher, message)
    attacked.check()


def test_broken_pictures_and_decompression_bombs(attacked, rng):
    robot = attacked.robot
    publisher = robot.publisher('wrist/image_raw/compressed', CompressedImage)
    # Only a tick decodes: it needs the other streams, and its time.
    with robot.feeding(without='wrist/image_raw/compressed'):
        for data in bad_pictures(rng, BATCH // 3):
            attacked.send(publisher, robot.compressed(data), 0.03)
        for data in bombs():
            for _ in range(3):
                attacked.send(publisher, robot.compressed(data), 0.1)
    attacked.check()


def test_huge_messages(attacked, rng):
    robot = attacked.robot
    joints = robot.publisher('joint_states', JointState)
    for message in (
        robot.joints([f'{i}' for i in range(200_000)], [0.0]),
        robot.joints(['a' * 15_000_000, *JOINTS], [0.0] * 3),
        robot.joints(['pan\0' * 100_000, 'lift'], [0.0] * 2),
        robot.joints(['pan'] * 50_000, [0.0] * 50_000),
        robot.joints(JOINTS, [0.0] * 2_000_000),
    ):
        attacked.send(joints, message)
    image = robot.publisher('front/image_raw', Image)
    picture = robot.publisher('wrist/image_raw/compressed', CompressedImage)
    for _ in range(10):
        noise = rng.randbytes(15_000_000)
        attacked.send(image, robot.image(data=noise))
        attacked.send(picture, robot.compressed(noise))
    attacked.check()


def test_numbers_that_are_none(attacked, rng):
    publisher = attacked.robot.publisher('joint_states', JointState)
    strange = (math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324)
    for _ in range(BATCH):
        names = rng.choice((JOINTS, ('pan',), ('pan', 'pan'), ('', 'lift'), ('lift', 'pan'), ()))
        count = rng.choice((0, 1, 2, 3))
        message = attacked.robot.joints(names, [rng.choice(strange) for _ in range(count)])
        attacked.send(publisher, message)
    attacked.check()


def test_stamps_that_are_none(attacked, rng):
    robot = attacked.robot
    publishers = {topic: robot.publisher(topic, kind) for topic, kind in INPUTS.items()}
    for _ in range(BATCH // 2):
        for topic, publisher in publishers.items():
            message = good_message(robot, topic)
            message.header.stamp.sec = rng.choice((0, -1, -(2**31), 2**31 - 1))
            message.header.stamp.nanosec = rng.choice((0, 10**9, 2**32 - 1))
            attacked.send(publisher, message)
    attacked.check()


def test_other_types_on_the_topics_of_the_inputs(attacked):
    robot = attacked.robot
    others = [
        robot.node.create_publisher(kind, topic, 1)
        for topic in INPUTS
        for kind in (Clock, Value, *INPUTS.values())
        if kind is not INPUTS[topic]
    ]
    for _ in range(10):
        for publisher in others:
            publisher.publish(publisher.msg_type())
    time.sleep(1.2)  # the node looks for foreign types once a second
    for publisher in others:
        robot.node.destroy_publisher(publisher)
    attacked.check()


def test_damaged_requests_to_every_service(attacked, rng):
    robot = attacked.robot
    services = robot.services()
    assert {'enable', 'reset', *SET} <= services.keys()
    for name, kind in services.items():
        with robot.impostor(service=name, kind=kind) as impostor:
            for data in damaged(request_with_content(kind, rng), rng, BATCH // 6):
                if not is_transition(kind, data):
                    attacked.send_bytes(impostor, data[:4] + rng.randbytes(16) + data[4:])
            for length in range(4, 20):
                attacked.send_bytes(impostor, HEADER + rng.randbytes(length))
    robot.call('enable', ENABLE, data=True)
    attacked.check()


def request_with_content(kind, rng):
    request = service_class(kind).Request()
    if kind.rsplit('/', 1)[-1] in ('SetParameters', 'SetParametersAtomically'):
        request.parameters = [strange_parameter(rng) for _ in range(3)]
    return request


def is_transition(kind, data):
    """Whether the damage left a request that a lifecycle node has to follow."""
    if not kind.endswith('/ChangeState'):
        return False
    try:
        request = cdr.deserialize(data, f'{kind}_Request')
    except ValueError:
        return False
    return request.transition.id in TRANSITIONS


def test_transitions_that_do_not_exist_are_refused(attacked, rng):
    robot = attacked.robot
    kind = 'lifecycle_msgs/srv/ChangeState'
    assert robot.services().get('change_state') == kind
    state = robot.call('get_state', 'lifecycle_msgs/srv/GetState').current_state
    transition_class = message_class('lifecycle_msgs/msg/Transition')
    for number in (0, *(n for n in range(11, 256) if rng.random() < 0.1), 99):
        label = rng.choice(('', '\0', 'activate\0', 'a' * 1_000_000))
        transition = transition_class(id=number, label=label)
        assert not robot.call('change_state', kind, transition=transition).success
    assert robot.call('get_state', 'lifecycle_msgs/srv/GetState').current_state == state
    attacked.check()


def strange_parameter(rng: random.Random):
    names = ('attention.head', 'attention.method', 'overlay.scale', 'overlay.max_ratio', 'rate_hz')
    name = rng.choice((*names, '', 'no.such', 'overlay.\0', 'ä' * 1000, 'a' * 100_000))
    value = Value(
        type=rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200, 255)),
        integer_value=rng.choice((0, -1, 2**63 - 1, -(2**63))),
        double_value=rng.choice((math.nan, math.inf, -1e308, 0.0)),
        string_value=rng.choice(('', 'rollout\0', 'x' * 100_000, '-1', '[', '1e999')),
        byte_array_value=[b'\xff'] * rng.choice((0, 100)),
        integer_array_value=[2**63 - 1] * rng.choice((0, 1, 10_000)),
        double_array_value=[math.nan] * rng.choice((0, 1, 10_000)),
        string_array_value=['\0', ''] * rng.choice((0, 1, 10_000)),
    )
    return Parameter(name=name, value=value)


def test_strange_parameters_are_refused_or_set_but_never_kill(attacked, rng):
    robot = attacked.robot
    for number in range(BATCH // 3):
        name, kind = (('set_parameters', 'SetParameters'), (SET[1], 'SetParametersAtomically'))[
            number % 2
        ]
        parameters = [strange_parameter(rng) for _ in range(rng.randrange(3))]
        robot.call(name, PARAMETERS + kind, parameters=parameters)
    names = ['', '\0', 'a' * 1_000_000, 'attention.head']
    for name, kind in (
        ('get_parameters', 'GetParameters'),
        ('get_parameter_types', 'GetParameterTypes'),
        ('describe_parameters', 'DescribeParameters'),
    ):
        robot.call(name, PARAMETERS + kind, names=names)
    for depth in (0, 1, 2**64 - 1):
        kind = PARAMETERS + 'ListParameters'
        robot.call('list_parameters', kind, prefixes=names[:3], depth=depth)
    attacked.check()


def test_clock_that_jumps_and_is_none(attacked, rng):
    robot = attacked.robot
    robot.set_parameter('use_sim_time', Value(type=1, bool_value=True))
    clock = robot.publisher('/clock', Clock)
    for _ in range(BATCH // 2):
        message = Clock()
        message.clock.sec = rng.choice((0, 1, 1000, -1, -(2**31), 2**31 - 1))
        message.clock.nanosec = rng.choice((0, 999_999_999, 10**9, 2**32 - 1))
        robot.feed()
        attacked.send(clock, message, 0.01)
    with robot.impostor(topic='/clock', kind=Clock) as impostor:
        for data in damaged(Clock(), rng, BATCH // 4):
            attacked.send_bytes(impostor, data)
    robot.set_parameter('use_sim_time', Value(type=1, bool_value=False))
    attacked.check()


def test_datagrams_that_are_no_dds(attacked, domain, rng):
    base = 7400 + 250 * domain
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(1000):
            body = rng.randbytes(rng.randrange(1, 1400))
            if number % 2:  # a header of RTPS, then noise where submessages are
                kinds = rng.choice((0x15, 0x16, 0x12, 0x07, 0x06, 0x09, 0x0E, 0x30))
                length = rng.choice((0, 8, len(body), 65535))
                head = b'RTPS\x02\x01\x01\x10' + rng.randbytes(12)
                body = head + struct.pack('<BBH', kinds, rng.randrange(256), length) + body
            for index in range(4):
                sender.sendto(body, ('127.0.0.1', base + 10 + 2 * index + number % 4 // 2))
    attacked.check()


def test_announcements_of_nodes_that_do_not_exist(attacked, rng):
    robot = attacked.robot
    announcement = message_class('rmw_dds_common/msg/ParticipantEntitiesInfo')
    node_info = message_class('rmw_dds_common/msg/NodeEntitiesInfo')
    node = node_info(node_namespace='/' + 'a' * 1000, node_name='b' * 1000)
    with robot.announcer() as impostor:
        for data in damaged(announcement(node_entities_info_seq=[node]), rng, BATCH):
            attacked.send_bytes(impostor, data)
        body = bytes(cdr.serialize(announcement(node_entities_info_seq=[node] * 20)))
        for _ in range(1000):  # 40 MB, all under other names
            attacked.send_bytes(impostor, HEADER + rng.randbytes(16) + body[20:], 0.001)
    attacked.check()


def test_memory_is_bounded_after_all_of_it(attacked):
    attacked.check()
    kept = attacked.policy.memory_mib() - attacked.start_mib
    peak = attacked.policy.peak_mib() - attacked.start_peak_mib
    assert kept < MOST_KEPT_MIB, f'seed {SEED}: {kept:.0f} MiB more than at the start'
    assert peak < MOST_AT_ONCE_MIB, f'seed {SEED}: {peak:.0f} MiB more than at the start'
