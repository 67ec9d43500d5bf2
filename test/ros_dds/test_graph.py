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

"""Looking at the graph leaves nothing behind, however often a node does it."""

import threading

from attention_mapper_ros.ros.dds.messages import message_class

JointState = message_class('sensor_msgs/msg/JointState')


def test_looking_at_the_graph_makes_no_new_reader(node, monkeypatch):
    monkeypatch.setattr(node._dds_participant, 'builtin_reader', None)  # that would fail now
    assert node.get_publishers_info_by_topic('/rosout')
    assert node.get_node_names()


def test_endpoints_that_come_and_go_are_seen_to(node):
    for _ in range(5):
        publisher = node.create_publisher(JointState, 'here_and_gone', 1)
        [info] = node.get_publishers_info_by_topic('here_and_gone')
        assert info.topic_type == 'sensor_msgs/msg/JointState'
        node.destroy_publisher(publisher)
        assert node.get_publishers_info_by_topic('here_and_gone') == []


def test_several_threads_may_look_at_once(node):
    failures: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(200):
                assert node.get_publishers_info_by_topic('/rosout')
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        node.destroy_publisher(node.create_publisher(JointState, f'number_{number}', 1))
    for thread in threads:
        thread.join()
    assert failures == []
