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

"""Messages go between processes, whole and in order."""

from array import array
import threading
import time

import pytest

from attention_mapper_ros.ros.client import (
    deserialize_message,
    DurabilityPolicy,
    qos_profile_sensor_data,
    QoSProfile,
    serialize_message,
)
from attention_mapper_ros.ros.interfaces import Image, JointState, String

SIZE = 640 * 480 * 3


def test_images_come_back_from_another_process_unchanged(node, peer, spin_until):
    received = []
    publisher = node.create_publisher(Image, 'image', 10)
    node.create_subscription(Image, 'image_back', received.append, 10)
    peer('echo')
    spin_until(node, lambda: publisher.get_subscription_count() == 1)
    spin_until(node, lambda: node.count_publishers('image_back') == 1)
    time.sleep(0.3)
    pixels = bytes(range(256)) * (SIZE // 256)
    for number in range(5):
        image = Image(height=480, width=640, encoding='rgb8', step=1920)
        image.header.frame_id = f'frame {number}'
        image.data = array('B', pixels)
        publisher.publish(image)
    spin_until(node, lambda: len(received) == 5)
    assert [image.header.frame_id for image in received] == [f'frame {n}' for n in range(5)]
    assert all(bytes(image.data) == pixels for image in received)


def test_a_late_subscriber_gets_what_is_transient_local(node, peer, spin_until):
    peer('latched')
    received = []
    profile = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(String, 'latched', received.append, profile)
    spin_until(node, lambda: received)
    assert received[0].data == 'said before you came'


def test_a_raw_subscription_gets_serialised_messages(node, spin_until):
    received = []
    node.create_subscription(String, 'text', received.append, 10, raw=True)
    publisher = node.create_publisher(String, 'text', 10)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)
    publisher.publish(String(data='as bytes'))
    spin_until(node, lambda: received)
    assert isinstance(received[0], bytes)
    assert deserialize_message(received[0], String) == String(data='as bytes')


def test_serialised_messages_are_published_as_they_are(node, spin_until):
    received = []
    node.create_subscription(String, 'text', received.append, 10)
    publisher = node.create_publisher(String, 'text', 10)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)
    publisher.publish(serialize_message(String(data='recorded')))
    spin_until(node, lambda: received)
    assert received == [String(data='recorded')]


def test_a_callback_with_two_parameters_gets_the_message_info(node, spin_until):
    received = []
    node.create_subscription(String, 'text', lambda *both: received.append(both), 10)

    def with_info(message, info):
        received.append((message, info))

    node.create_subscription(String, 'other', with_info, 10)
    publisher = node.create_publisher(String, 'other', 10)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)
    before = time.time_ns()
    publisher.publish(String(data='when'))
    spin_until(node, lambda: received)
    _, info = received[0]
    assert before <= info['source_timestamp'] <= time.time_ns()


def test_keep_last_keeps_the_newest(node, spin_until):
    received = []
    node.create_subscription(String, 'text', received.append, 1)
    publisher = node.create_publisher(String, 'text', 10)
    while publisher.get_subscription_count() == 0:
        time.sleep(0.01)
    for number in range(5):
        publisher.publish(String(data=str(number)))
    time.sleep(0.3)
    spin_until(node, lambda: received)
    time.sleep(0.1)
    spin_until(node, lambda: True)
    assert [message.data for message in received] == ['4']


def test_publishing_another_type_is_a_type_error(node):
    publisher = node.create_publisher(String, 'text', 10)
    with pytest.raises(TypeError):
        publisher.publish(JointState())


def test_publishing_from_many_threads_loses_nothing(node, spin_until):
    received = []
    node.create_subscription(String, 'text', lambda m: received.append(m.data), 1000)
    publisher = node.create_publisher(String, 'text', 1000)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)

    def work(name):
        for number in range(50):
            publisher.publish(String(data=f'{name}{number}'))

    threads = [threading.Thread(target=work, args=(name,)) for name in 'abcd']
    for thread in threads:
        thread.start()
    spin_until(node, lambda: len(received) == 200)
    for thread in threads:
        thread.join()
    assert [text for text in received if text[0] == 'c'] == [f'c{n}' for n in range(50)]


def test_a_destroyed_subscription_gets_nothing_more(node, spin_until):
    received = []
    subscription = node.create_subscription(String, 'text', received.append, 10)
    publisher = node.create_publisher(String, 'text', 10)
    spin_until(node, lambda: publisher.get_subscription_count() == 1)
    assert node.destroy_subscription(subscription)
    spin_until(node, lambda: publisher.get_subscription_count() == 0)
    assert list(node.subscriptions) == [s for s in node.subscriptions if s is not subscription]
    assert not node.destroy_subscription(subscription)


def test_a_depth_stands_for_a_profile_and_sensor_data_is_best_effort(node):
    assert node.create_publisher(String, 'a', 7).qos_profile == QoSProfile(depth=7)
    assert qos_profile_sensor_data.depth == 5
    assert qos_profile_sensor_data.reliability.name == 'BEST_EFFORT'
