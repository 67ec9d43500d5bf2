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

"""Messages are built, read and compared in the same way with every client."""

from array import array

import numpy as np
import pytest

from attention_mapper_ros.ros.client import deserialize_message, serialize_message
from attention_mapper_ros.ros.interfaces import (
    CameraInfo,
    DiagnosticStatus,
    get_message,
    Header,
    Image,
    JointState,
    JointTrajectory,
    JointTrajectoryPoint,
    KeyValue,
    SetBool,
    Time,
    type_name,
)


def test_fields_have_the_defaults_of_the_definition():
    image = Image()
    assert image.header == Header(stamp=Time(sec=0, nanosec=0), frame_id='')
    assert (image.height, image.encoding, len(image.data)) == (0, '', 0)


def test_two_messages_share_no_default():
    first, second = JointState(), JointState()
    first.name.append('elbow')
    first.header.frame_id = 'base'
    assert list(second.name) == []
    assert second.header.frame_id == ''


def test_the_constructor_refuses_a_field_that_does_not_exist():
    with pytest.raises(AssertionError):
        Image(hight=480)


@pytest.mark.parametrize(
    ('field', 'value'),
    [('height', 'tall'), ('height', -1), ('encoding', 3), ('header', Time()), ('data', 'text')],
)
def test_an_attribute_refuses_a_value_of_another_type(field, value):
    with pytest.raises(AssertionError):
        setattr(Image(), field, value)


def test_a_byte_constant_is_one_byte_and_so_is_the_field():
    assert DiagnosticStatus.OK == b'\x00'
    assert DiagnosticStatus.STALE == b'\x03'
    assert DiagnosticStatus().level == b'\x00'
    assert DiagnosticStatus(level=DiagnosticStatus.WARN).level == b'\x01'


def test_field_types_are_named_as_in_idl():
    assert CameraInfo.get_fields_and_field_types()['k'] == 'double[9]'
    assert Image.get_fields_and_field_types()['data'] == 'sequence<uint8>'
    assert JointState.get_fields_and_field_types()['header'] == 'std_msgs/Header'


def test_messages_are_equal_when_all_fields_are():
    one = JointState(name=['a'], position=[1.0])
    assert one == JointState(name=['a'], position=array('d', [1.0]))
    assert one != JointState(name=['a'], position=[2.0])
    assert one != Image()


def test_repr_names_the_type_and_the_fields():
    assert repr(KeyValue(key='rate', value='30')) == (
        "diagnostic_msgs.msg.KeyValue(key='rate', value='30')"
    )


def test_services_hold_their_request_and_response():
    assert SetBool.Request(data=True).data is True
    assert SetBool.Response().message == ''


def test_a_class_is_found_by_name_and_names_itself():
    assert get_message('sensor_msgs/msg/Image') is Image
    assert type_name(Image()) == type_name(Image) == 'sensor_msgs/msg/Image'
    with pytest.raises(LookupError, match='no_msgs/msg/Nothing'):
        get_message('no_msgs/msg/Nothing')


def test_every_kind_of_field_survives_serialisation():
    trajectory = JointTrajectory(joint_names=['pan', 'lift'])
    trajectory.header.frame_id = 'base'
    trajectory.points = [
        JointTrajectoryPoint(positions=[0.5, -0.5]),
        JointTrajectoryPoint(velocities=[1.0]),
    ]
    trajectory.points[0].time_from_start.nanosec = 5
    assert deserialize_message(serialize_message(trajectory), JointTrajectory) == trajectory
    info = CameraInfo(width=640, d=[0.1, 0.2], k=np.arange(9.0))
    back = deserialize_message(serialize_message(info), CameraInfo)
    assert list(back.k) == list(range(9))
    assert list(back.d) == [0.1, 0.2]


def test_serialised_bytes_begin_with_the_cdr_header():
    assert serialize_message(KeyValue())[:2] in (b'\x00\x01', b'\x00\x00')


def test_image_data_reads_the_same_as_bytes_and_as_an_array():
    pixels = bytes(range(256))
    image = deserialize_message(serialize_message(Image(data=array('B', pixels))), Image)
    assert bytes(image.data) == pixels
    assert np.array_equal(np.frombuffer(image.data, np.uint8), np.arange(256))
