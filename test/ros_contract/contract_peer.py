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

"""The other process of a contract test: a node that does one thing until it is told to stop."""

import sys
import threading
import time

from attention_mapper_ros.ros.client import (
    CLIENT,
    DurabilityPolicy,
    ExternalShutdownException,
    Node,
    QoSProfile,
    rclpy,
    ReliabilityPolicy,
)
from attention_mapper_ros.ros.interfaces import (
    FloatingPointRange,
    Image,
    ParameterDescriptor,
    SetBool,
    String,
)


def say(text):
    sys.stdout.write(f'{text}\n')
    sys.stdout.flush()


def echo(node):
    """Send every image and text back on another topic."""
    images = node.create_publisher(Image, 'image_back', 10)
    texts = node.create_publisher(String, 'text_back', 10)
    node.create_subscription(Image, 'image', images.publish, 10)
    node.create_subscription(String, 'text', texts.publish, 10)


def serve(node):
    """Offer a service and a parameter."""
    floats = FloatingPointRange(from_value=0.0, to_value=2.0, step=0.0)
    node.declare_parameter('gain', 1.0, ParameterDescriptor(floating_point_range=[floats]))
    node.declare_parameter('name', 'peer', ParameterDescriptor(read_only=True))

    def answer(request, response):
        response.success = request.data
        response.message = f'data was {request.data}'
        return response

    node.create_service(SetBool, '~/enable', answer)


def latched(node):
    """Publish once, transient local, and stay."""
    profile = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = node.create_publisher(String, 'latched', profile)
    publisher.publish(String(data='said before you came'))
    node.kept = publisher


def best_effort(node):
    """Publish texts best effort, whoever listens."""
    profile = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    publisher = node.create_publisher(String, 'text', profile)
    node.create_timer(0.1, lambda: publisher.publish(String(data='hello')))


def log(node):
    """Log one line of each level."""
    logger = node.get_logger()
    logger.debug('a debug line')
    logger.info('a info line')
    logger.warning('a warning line')
    logger.error('a error line')
    logger.fatal('a fatal line')


def idle(node):
    """Wait to be told to stop."""
    node.create_timer(60.0, lambda: None)


def busy(node):
    """Never come back from a callback until the context is gone."""

    def work():
        while rclpy.ok():
            time.sleep(0.01)

    node.create_timer(0.05, work)


def threaded(node):
    """Spin in a thread that is not the main one."""
    idle(node)


ROLES = {f.__name__: f for f in (echo, serve, latched, best_effort, log, idle, busy, threaded)}


def main():
    role = sys.argv[1]
    rclpy.init(args=[sys.argv[0], *sys.argv[2:]])
    node = Node('peer')
    ROLES[role](node)
    if CLIENT == 'rclpy':
        # rclpy 7.1 can miss a signal: woken before its context is down it waits once more, and
        # without a timer for ever. Ours has to do without.
        node.create_timer(0.2, lambda: None)
    say('ready')
    ended = 'returned'
    try:
        if role == 'threaded':
            thread = threading.Thread(target=spin_quietly, args=(node,))
            thread.start()
            thread.join()
        else:
            rclpy.spin(node)
    except KeyboardInterrupt:
        ended = 'KeyboardInterrupt'
    except ExternalShutdownException:
        ended = 'ExternalShutdownException'
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    say(ended)


def spin_quietly(node):
    try:
        rclpy.spin(node)
    except ExternalShutdownException:
        return


if __name__ == '__main__':
    main()
