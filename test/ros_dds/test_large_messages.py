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

"""Images at camera rate, reliable and whole, over loopback; slow readers stop nobody."""

import threading
import time

from attention_mapper_ros.ros.dds.executors import SingleThreadedExecutor
from attention_mapper_ros.ros.dds.messages import message_class
from attention_mapper_ros.ros.dds.node import Node

Image = message_class('sensor_msgs/msg/Image')


def test_reliable_images_at_30_hz_all_arrive(node):
    received = []
    listener = Node('listener', start_parameter_services=False)
    listener.create_subscription(Image, '/camera', lambda m: received.append(m.height), 5)
    publisher = node.create_publisher(Image, '/camera', 5)
    executor = SingleThreadedExecutor()
    executor.add_node(listener)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    while publisher.get_subscription_count() == 0:
        time.sleep(0.01)
    pixels = bytes(640 * 480 * 3)
    for number in range(45):
        publisher.publish(Image(height=number, data=pixels))
        time.sleep(1 / 30)
    end = time.monotonic() + 10.0
    while len(received) < 45 and time.monotonic() < end:
        time.sleep(0.05)
    executor.shutdown()
    thread.join()
    listener.destroy_node()
    assert received == list(range(45))


def test_a_subscriber_that_never_reads_does_not_stop_the_publisher(node):
    node.create_subscription(Image, '/camera', lambda _: None, 1)
    publisher = node.create_publisher(Image, '/camera', 1)
    while publisher.get_subscription_count() == 0:
        time.sleep(0.01)
    begin = time.monotonic()
    for number in range(30):
        publisher.publish(Image(height=number, data=bytes(640 * 480 * 3)))
    assert time.monotonic() - begin < 3.0
