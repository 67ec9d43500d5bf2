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

"""Unusable messages while the node runs: the tick is skipped and counted, the node lives."""

from array import array
import math

import numpy as np
import pytest

from attention_mapper_ros.ros.images import encode_compressed, encode_image
from attention_mapper_ros.ros.interfaces import JointState


def send_all_but_front(robot):
    robot.send_joints()
    robot.send_image('wrist', encode_image(robot.frame(), robot.header('wrist')))


def wrong_size(robot):
    send_all_but_front(robot)
    robot.send_image('front', encode_image(np.zeros((32, 96, 3), np.uint8), robot.header()))


def unknown_encoding(robot):
    send_all_but_front(robot)
    message = encode_image(robot.frame(), robot.header())
    message.encoding = '64FC9'
    robot.send_image('front', message)


def truncated(robot):
    send_all_but_front(robot)
    message = encode_image(robot.frame(), robot.header())
    message.data = message.data[:100]
    robot.send_image('front', message)


def missing_joint(robot):
    robot.send_images()
    robot.send_joints(names=['pan', 'tilt'])


def nan_joint(robot):
    robot.send_images()
    robot.send_joints(positions=[math.nan, 0.0])


BAD = {
    wrong_size: 'camera front: image is 96 x 32 pixels, the policy wants 96 x 64',
    unknown_encoding: "camera front: image encoding '64FC9' is not known",
    truncated: 'camera front: image has 100 bytes',
    missing_joint: "joint 'lift' is missing from the joint message, which has pan, tilt",
    nan_joint: "position of joint 'pan' is nan",
}


@pytest.mark.parametrize('send', BAD, ids=lambda send: send.__name__)
def test_unusable_message_skips_the_tick_and_the_node_goes_on(make_graph, until, send):
    graph = make_graph({'on_stale': 'stop'})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= 3, 'actions')
    with graph.feeding(lambda: send(robot)):
        figures = until(
            lambda: (
                BAD[send] in robot.diagnostics().get('skip_reason', '') and robot.diagnostics()
            ),
            f'{BAD[send]!r} in diagnostics',
        )
        assert figures['state'] == 'waiting'
        assert int(figures['skipped_ticks']) > 0
        sent = len(robot.actions)
        tick = figures['tick']
        until(
            lambda: int(robot.diagnostics()['skipped_ticks']) > int(figures['skipped_ticks']) + 5,
            'more skipped ticks',
        )
        assert len(robot.actions) - sent <= 1
        assert int(robot.diagnostics()['tick']) <= int(tick) + 1
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= sent + 5, 'actions again')
        until(lambda: robot.diagnostics()['skip_reason'] == '', 'an empty skip reason')


def cut_short(message):
    message.data = message.data[: len(message.data) // 2]


def spoilt_inside(message):
    """Leave a complete header and an end, and tables that no picture can be made of."""
    tables = message.data.tobytes().index(b'\xff\xc4')  # of Huffman codes
    message.data[tables + 5 : tables + 21] = array('B', b'\xff' * 16)


@pytest.mark.parametrize('spoil', [cut_short, spoilt_inside])
def test_broken_jpeg_stops_the_actions_until_a_good_one_comes(spoil, make_graph, until):
    graph = make_graph({'image_transport': 'compressed', 'max_failures': 1})
    robot = graph.robot
    with graph.feeding(lambda: robot.send_all(compressed=True)):
        until(lambda: len(robot.actions) >= 3, 'actions')

    def send_broken():
        robot.send_joints()
        robot.send_images(compressed=True)
        message = encode_compressed(robot.frame(), robot.header(), 90)
        spoil(message)
        robot._compressed['front'].publish(message)

    with graph.feeding(send_broken):
        until(
            lambda: (
                'camera front: compressed image of format'
                in robot.diagnostics().get('skip_reason', '')
            ),
            'the broken picture in diagnostics',
        )
    with graph.feeding(lambda: robot.send_all(compressed=True)):
        sent = len(robot.actions)
        until(lambda: len(robot.actions) >= sent + 5, 'actions again')


def test_stale_input_skips_the_tick(make_graph, until):
    graph = make_graph({'cameras.front.max_age_s': 0.3})
    robot = graph.robot
    with graph.feeding(robot.send_all):
        until(lambda: len(robot.actions) >= 3, 'actions')
    with graph.feeding(robot.send_joints):
        until(
            lambda: 'newest message on front' in robot.diagnostics().get('skip_reason', ''),
            'a stale camera in diagnostics',
        )


def test_topic_of_another_type_is_named(make_graph, until):
    graph = make_graph({'cameras.front.topic': 'not_an_image'})
    robot = graph.robot
    publisher = robot.create_publisher(JointState, 'not_an_image', 1)
    with graph.feeding(lambda: (robot.send_all(), publisher.publish(JointState()))):
        until(
            lambda: (
                'not_an_image carries sensor_msgs/msg/JointState, this node wants '
                'sensor_msgs/msg/Image' in robot.diagnostics().get('skip_reason', '')
            ),
            'the foreign type in diagnostics',
        )


def test_compressed_topic_that_is_expected_raw_is_named(make_graph, until):
    graph = make_graph({'cameras.front.topic': 'front/image_raw/compressed'})
    with graph.feeding(lambda: graph.robot.send_all(compressed=True)):
        until(
            lambda: (
                'carries sensor_msgs/msg/CompressedImage, this node wants'
                in graph.robot.diagnostics().get('skip_reason', '')
            ),
            'the foreign type in diagnostics',
        )
