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

"""Messages into bytes and back through rosbags; damaged bytes do no harm."""

from array import array
import random

import numpy as np
import pytest

from attention_mapper_ros.ros.dds import cdr
from attention_mapper_ros.ros.dds.definitions import definition, SERVICES, store, type_hash
from attention_mapper_ros.ros.dds.messages import message_class, TYPE_CODES

TYPES = [
    'builtin_interfaces/msg/Time',
    'diagnostic_msgs/msg/DiagnosticArray',
    'rcl_interfaces/msg/Log',
    'rcl_interfaces/msg/ParameterEvent',
    'rmw_dds_common/msg/ParticipantEntitiesInfo',
    'rosgraph_msgs/msg/Clock',
    'sensor_msgs/msg/CameraInfo',
    'sensor_msgs/msg/CompressedImage',
    'sensor_msgs/msg/Image',
    'sensor_msgs/msg/JointState',
    'std_msgs/msg/Bool',
    'std_msgs/msg/Empty',
    'std_msgs/msg/Float32MultiArray',
    'std_msgs/msg/Float64MultiArray',
    'tf2_msgs/msg/TFMessage',
    'trajectory_msgs/msg/JointTrajectory',
    *(f'{name}_{part}' for name in SERVICES for part in ('Request', 'Response')),
]


def filled(name, rng):
    """Make a message with random content in every field."""
    message = message_class(name)()
    for field, kind in definition(name).fields:
        setattr(message, field, value(kind, rng))
    return message


def value(kind, rng):
    if kind.kind == 'single':
        return single(kind, rng)
    # A bounded sequence is filled to its bound, an open one to some length.
    length = kind.size or rng.randrange(4)
    values = [single(kind, rng) for _ in range(length)]
    return array(TYPE_CODES[kind.element], values) if kind.element in TYPE_CODES else values


def single(kind, rng):
    if kind.is_message:
        return filled(kind.element, rng)
    if kind.element == 'string':
        return ''.join(rng.choice('aäö€ z') for _ in range(rng.randrange(7)))
    if kind.element == 'bool':
        return rng.random() < 0.5
    if kind.element == 'byte':
        return bytes([rng.randrange(256)])
    if kind.element.startswith('float'):
        return float(np.float32(rng.uniform(-1e3, 1e3)))
    return rng.randrange(100)


@pytest.mark.parametrize('name', TYPES)
def test_message_comes_back_as_it_was_with_every_kind_of_field(name):
    rng = random.Random(name)
    for _ in range(20):
        message = filled(name, rng)
        data = bytes(cdr.serialize(message))
        assert len(data) % 4 == 0
        back = cdr.deserialize(data, name)
        assert back == message
        for field, kind in definition(name).fields:
            if kind.kind == 'sequence' and kind.element in TYPE_CODES:
                assert isinstance(getattr(back, field), array)


def test_bytes_of_a_joint_state_are_those_of_the_wire():
    message = message_class('sensor_msgs/msg/JointState')()
    message.header.stamp.sec = 1
    message.header.frame_id = 'a'
    message.name = ['j']
    message.position = array('d', [0.5])
    expected = (
        '00010000 01000000 00000000 0200000061000000'  # header: stamp, frame
        '01000000 020000006a000000 01000000 000000000000e03f'  # names, positions
        '00000000 00000000'  # velocity, effort
    )
    assert bytes(cdr.serialize(message)).hex() == expected.replace(' ', '')


@pytest.mark.parametrize('name', ['sensor_msgs/msg/JointState', 'sensor_msgs/msg/CameraInfo'])
def test_big_endian_bytes_are_understood(name):
    message = filled(name, random.Random(1))
    native = store().deserialize_cdr(bytes(cdr.serialize(message)), name)
    swapped = bytes(store().serialize_cdr(native, name, little_endian=False))
    assert cdr.deserialize(swapped, name) == message


@pytest.mark.parametrize('name', ['sensor_msgs/msg/Image', 'diagnostic_msgs/msg/DiagnosticArray'])
def test_cut_and_damaged_bytes_are_a_value_error_or_another_message(name):
    rng = random.Random(2)
    good = bytes(cdr.serialize(filled(name, rng)))
    for length in range(len(good) - 4):
        with pytest.raises(ValueError):
            cdr.deserialize(good[:length], name)
    for _ in range(300):
        damaged = bytearray(good)
        damaged[rng.randrange(4, len(good))] = rng.randrange(256)
        try:
            cdr.deserialize(bytes(damaged), name)
        except ValueError:
            continue


def test_an_absurd_length_is_refused_before_memory_is_asked_for():
    name = 'std_msgs/msg/Float64MultiArray'
    layout = bytes(4) + bytes(4)
    claim = (2**31).to_bytes(4, 'little')
    with pytest.raises(ValueError, match='damaged'):
        cdr.deserialize(b'\x00\x01\x00\x00' + layout + claim + bytes(16), name)


@pytest.mark.parametrize(
    'make', [bytes, bytearray, memoryview, lambda d: np.frombuffer(d, np.uint8)]
)
def test_image_data_is_kept_as_it_was_given_and_not_touched_one_by_one(make):
    data = make(bytes(921600))
    image = message_class('sensor_msgs/msg/Image')(data=data)
    kept = image.data
    assert kept is data or np.shares_memory(kept, data)
    assert bytes(cdr.serialize(image))[-921600:] == bytes(921600)


def test_received_image_data_is_one_block():
    image = message_class('sensor_msgs/msg/Image')(data=bytes(921600))
    received = cdr.deserialize(bytes(cdr.serialize(image)), 'sensor_msgs/msg/Image')
    assert isinstance(received.data, array)
    assert received.data.typecode == 'B'


def test_python_executes_as_many_lines_for_a_large_image_as_for_a_small_one():
    import sys

    def lines(size):
        image = message_class('sensor_msgs/msg/Image')(data=bytes(size))
        count = 0

        def trace(frame, event, argument):
            nonlocal count
            count += event == 'line'
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            cdr.deserialize(bytes(cdr.serialize(image)), 'sensor_msgs/msg/Image')
        finally:
            sys.settrace(before)
        return count

    lines(4)
    assert lines(921600) == lines(4)


def test_type_hashes_are_those_of_ros():
    # As `ros2 topic info --verbose` prints them on Jazzy.
    assert type_hash('sensor_msgs/msg/Image') == (
        'RIHS01_d31d41a9a4c4bc8eae9be757b0beed306564f7526c88ea6a4588fb9582527d47'
    )
    assert type_hash('std_msgs/msg/String') == (
        'RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18'
    )
