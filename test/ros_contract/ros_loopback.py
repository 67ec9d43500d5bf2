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

"""A ROS domain of our own on the loopback interface, for tests that send real messages."""

import os
import random
import socket

# Linux' ephemeral ports begin where domain 102 would end.
HIGHEST_DOMAIN = 101
LOWEST_DOMAIN = 10


def free_domain():
    """Return a domain id whose discovery port nobody on this machine has."""
    for domain in random.sample(range(LOWEST_DOMAIN, HIGHEST_DOMAIN + 1), 60):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(('127.0.0.1', 7400 + 250 * domain + 10))
            except OSError:
                continue
            return domain
    raise RuntimeError('no free ROS domain on this machine')


def environment(domain):
    """Return the variables that keep every client and middleware on loopback."""
    variables = {
        'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        # Since Jazzy rclpy's messages check the types of their fields only if asked to.
        'ROS_PYTHON_CHECK_FIELDS': '1',
        'RCUTILS_COLORIZED_OUTPUT': '0',
    }
    if os.environ.get('ROS_DISTRO') == 'humble':
        # It knows only this one, and its successors warn about it.
        variables['ROS_LOCALHOST_ONLY'] = '1'
    if os.environ.get('ATTENTION_MAPPER_ROS_CLIENT') != 'dds' and 'ROS_DISTRO' in os.environ:
        variables['CYCLONEDDS_URI'] = (
            '<CycloneDDS><Domain><General><Interfaces><NetworkInterface name="lo"/></Interfaces>'
            '<AllowMulticast>false</AllowMulticast></General><Discovery><Peers>'
            '<Peer address="127.0.0.1"/></Peers></Discovery></Domain></CycloneDDS>'
        )
    return variables
