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

"""The page's own default keeps other machines out."""

import socket

import pytest

from attention_mapper_ros.nodes.attention_page import AttentionPageNode
from attention_mapper_ros.ros.client import Parameter, rclpy


def test_page_is_served_on_loopback_unless_a_parameter_says_otherwise(loopback):
    rclpy.init(args=[])
    page = AttentionPageNode(parameter_overrides=[Parameter('port', value=0)])
    try:
        port = int(page.address.rpartition(':')[2])
        with socket.create_connection(('127.0.0.1', port)):
            pass
        # Another loopback address stands for any other interface of this machine.
        with pytest.raises(ConnectionRefusedError), socket.create_connection(('127.0.0.2', port)):
            pass
    finally:
        page.close()
        page.destroy_node()
        rclpy.try_shutdown()
