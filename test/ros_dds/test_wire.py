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

"""What a DDS participant that knows nothing of this package sees of a node."""

import time

from cyclonedds.builtin import (
    BuiltinDataReader,
    BuiltinTopicDcpsParticipant,
    BuiltinTopicDcpsPublication,
    BuiltinTopicDcpsSubscription,
)
from cyclonedds.core import Policy
import pytest

from attention_mapper_ros.ros import dds as rclpy
from attention_mapper_ros.ros.dds import cdr, cyclone
from attention_mapper_ros.ros.dds.cyclone import DataReader, Qos, Topic
from attention_mapper_ros.ros.dds.dds_types import topic_type
from attention_mapper_ros.ros.dds.definitions import store, type_hash
from attention_mapper_ros.ros.dds.messages import message_class, service_class

Image = message_class('sensor_msgs/msg/Image')


def endpoints(outsider, topic, kind, count=1):
    """Wait until endpoints of a topic are discovered."""
    end = time.monotonic() + 10.0
    while True:
        found = [
            sample
            for sample in BuiltinDataReader(outsider, kind).read(N=1000)
            if sample.topic_name == topic
        ]
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.05)


@pytest.mark.parametrize('kind', [BuiltinTopicDcpsPublication, BuiltinTopicDcpsSubscription])
def test_writers_and_readers_have_ros_names_and_the_type_hash(node, outsider, kind):
    node.create_publisher(Image, 'camera', 1)
    node.create_subscription(Image, 'camera', lambda _: None, 1)
    (endpoint,) = endpoints(outsider, 'rt/lab/camera', kind)
    assert endpoint.type_name == 'sensor_msgs::msg::dds_::Image_'
    data = endpoint.qos[Policy.Userdata].data
    assert data == f'typehash={type_hash("sensor_msgs/msg/Image")};'.encode()


def test_the_participant_names_its_enclave(node, outsider):
    found = BuiltinDataReader(outsider, BuiltinTopicDcpsParticipant).read(N=100)
    data = [p.qos[Policy.Userdata].data for p in found if p.qos[Policy.Userdata]]
    assert b'enclave=/;' in data


def test_services_have_the_topics_and_ids_of_rmw_cyclonedds(node, outsider):
    node.create_service(service_class('std_srvs/srv/Trigger'), '~/reset', lambda q, a: a)
    (reader,) = endpoints(outsider, 'rq/lab/tester/resetRequest', BuiltinTopicDcpsSubscription)
    (writer,) = endpoints(outsider, 'rr/lab/tester/resetReply', BuiltinTopicDcpsPublication)
    assert reader.type_name == 'std_srvs::srv::dds_::Trigger_Request_'
    assert writer.type_name == 'std_srvs::srv::dds_::Trigger_Response_'
    tags = {bytes(e.qos[Policy.Userdata].data).split(b';')[0] for e in (reader, writer)}
    assert len(tags) == 1
    assert tags.pop().startswith(b'serviceid=')


def test_discovery_info_names_the_node_and_the_gids_of_its_endpoints(node, outsider):
    publisher = node.create_publisher(Image, 'camera', 1)
    name = 'rmw_dds_common/msg/ParticipantEntitiesInfo'
    reader = DataReader(
        outsider,
        Topic(outsider, 'ros_discovery_info', topic_type(name)),
        Qos(Policy.Durability.TransientLocal, Policy.Reliability.Reliable(0)),
    )
    (endpoint,) = endpoints(outsider, 'rt/lab/camera', BuiltinTopicDcpsPublication)
    end = time.monotonic() + 10.0
    nodes = []
    while time.monotonic() < end:
        taken = cyclone.take_one(reader._ref)
        if taken is None:
            time.sleep(0.02)
            continue
        info = store().deserialize_cdr(taken[0], name)
        nodes = info.node_entities_info_seq
        if nodes and any(bytes(g.data) == publisher.gid for g in nodes[0].writer_gid_seq):
            break
    assert [(entry.node_namespace, entry.node_name) for entry in nodes] == [('/lab', 'tester')]
    assert endpoint.key.bytes == publisher.gid
    assert bytes(info.gid.data) == endpoint.participant_key.bytes


def test_a_request_is_written_behind_the_header_of_rmw_cyclonedds(node, outsider):
    kind = service_class('std_srvs/srv/SetBool')
    client = node.create_client(kind, 'enable')
    request = kind.Request(data=True)
    body = cdr.serialize_after((7).to_bytes(8, 'little') + (9).to_bytes(8, 'little'), request)
    assert bytes(body) == (
        b'\x00\x01\x00\x00' + b'\x07' + bytes(7) + b'\x09' + bytes(7) + b'\x01' + bytes(3)
    )
    assert client.endpoint.client_id != 0


def test_bytes_that_do_not_fit_the_type_are_refused_and_the_node_goes_on(node):
    received = []
    node.create_subscription(Image, 'camera', received.append, 10)
    publisher = node.create_publisher(Image, 'camera', 10)
    good = bytes(cdr.serialize(Image(data=bytes(12), encoding='rgb8')))
    for bad in (good[:24] + bytes(4), b'\x00\x01\x00\x00' + b'\xff' * 40, b'', b'\x07' * 12):
        with pytest.raises(RuntimeError):
            publisher.publish(bad)
    end = time.monotonic() + 10.0
    while not received and time.monotonic() < end:
        publisher.publish(good)
        rclpy.spin_once(node, timeout_sec=0.1)
    assert received[0].encoding == 'rgb8'


def test_another_type_on_the_same_topic_is_named_and_not_received(node, outsider, capfd):
    received = []
    node.create_subscription(Image, 'camera', received.append, 10)
    kind = topic_type('sensor_msgs/msg/JointState')
    writer = cyclone.DataWriter(outsider, Topic(outsider, 'rt/lab/camera', kind))
    text = ''
    end = time.monotonic() + 10.0
    while 'Incompatible type' not in text and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
        text += capfd.readouterr().err
    assert "Incompatible type on topic '/lab/camera'" in text
    assert 'sensor_msgs/msg/Image' in text
    assert cyclone.matched_reader_count(writer._ref) == 0


def test_log_lines_go_to_rosout(node):
    received = []
    log = message_class('rcl_interfaces/msg/Log')
    node.create_subscription(log, '/rosout', received.append, 100)
    end = time.monotonic() + 10.0
    while not received and time.monotonic() < end:
        node.get_logger().warning('seen from afar')
        rclpy.spin_once(node, timeout_sec=0.1)
    assert received[0].msg == 'seen from afar'
    assert (received[0].name, received[0].level) == ('lab.tester', 30)
    assert received[0].file.endswith('test_wire.py')
