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

"""A node sees who else is there, by name."""

from attention_mapper_ros.ros.client import Node
from attention_mapper_ros.ros.interfaces import String, Trigger


def test_nodes_of_other_processes_appear_by_name_and_go(node, peer, spin_until):
    other = peer('idle', '--ros-args', '-r', '__ns:=/left', '-r', '__node:=arm')
    spin_until(node, lambda: ('arm', '/left') in node.get_node_names_and_namespaces())
    assert 'tester' in node.get_node_names()
    other.stop()
    spin_until(node, lambda: 'arm' not in node.get_node_names())


def test_endpoints_are_counted_and_name_their_node_and_type(node, peer, spin_until):
    peer('echo')
    spin_until(node, lambda: node.count_publishers('text_back') == 1)
    spin_until(node, lambda: node.count_subscribers('/text') == 1)
    spin_until(
        node,
        lambda: node.get_publishers_info_by_topic('text_back')[0].node_name == 'peer',
    )
    (info,) = node.get_publishers_info_by_topic('text_back')
    assert info.topic_type == 'std_msgs/msg/String'
    assert info.node_namespace == '/'
    assert info.qos_profile.reliability.name == 'RELIABLE'
    (info,) = node.get_subscriptions_info_by_topic('text')
    assert len(info.endpoint_gid) >= 16
    assert ('/text', ['std_msgs/msg/String']) in node.get_topic_names_and_types()


def test_two_nodes_of_one_process_are_two_nodes(node, spin_until):
    with_namespace = Node('second', namespace='right', start_parameter_services=False)
    assert with_namespace.get_fully_qualified_name() == '/right/second'
    spin_until(
        node,
        lambda: (
            {('tester', '/'), ('second', '/right')} <= set(node.get_node_names_and_namespaces())
        ),
    )
    with_namespace.create_publisher(String, 'relative', 1)
    spin_until(node, lambda: node.count_publishers('/right/relative') == 1)
    with_namespace.destroy_node()
    spin_until(node, lambda: node.count_publishers('/right/relative') == 0)


def test_services_and_clients_are_told_apart_by_their_node(node, spin_until):
    server = Node('server', namespace='right', start_parameter_services=False)
    server.create_service(Trigger, '~/go', lambda request, response: response)
    node.create_client(Trigger, '/right/server/go')
    named = ('/right/server/go', ['std_srvs/srv/Trigger'])
    spin_until(node, lambda: named in node.get_service_names_and_types_by_node('server', '/right'))
    spin_until(node, lambda: named in node.get_client_names_and_types_by_node('tester', '/'))
    assert named not in node.get_service_names_and_types_by_node('tester', '/')
    assert named not in node.get_client_names_and_types_by_node('server', '/right')
    server.destroy_node()
