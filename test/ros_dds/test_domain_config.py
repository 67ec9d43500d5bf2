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

"""ROS's environment variables become Cyclone's configuration."""

import xml.etree.ElementTree as ET

import pytest

from attention_mapper_ros.ros.dds.domain_config import discovery_range, domain_config


def parsed(**variables):
    return ET.fromstring(domain_config(variables)).find('Domain')


def test_nothing_set_means_the_subnet():
    assert discovery_range({}) == ('SUBNET', [])
    domain = parsed()
    assert domain.find('General/AllowMulticast') is None
    assert domain.find('General/Interfaces') is None
    assert domain.find('Discovery/ParticipantIndex').text == 'auto'


@pytest.mark.parametrize(
    'variables',
    [{'ROS_LOCALHOST_ONLY': '1'}, {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}],
)
def test_localhost_stays_on_the_loopback_interface(variables):
    domain = parsed(**variables)
    assert domain.find('General/AllowMulticast').text == 'false'
    assert domain.find('General/Interfaces/NetworkInterface').get('name') == 'lo'
    assert [p.get('address') for p in domain.findall('Discovery/Peers/Peer')] == ['localhost']


def test_localhost_only_outranks_the_range_and_its_peers():
    assert discovery_range(
        {
            'ROS_LOCALHOST_ONLY': '1',
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET',
            'ROS_STATIC_PEERS': '10.0.0.1',
        }
    ) == ('LOCALHOST', [])


def test_static_peers_are_added():
    domain = parsed(ROS_STATIC_PEERS='10.0.0.1;robot.local')
    peers = [peer.get('address') for peer in domain.findall('Discovery/Peers/Peer')]
    assert peers == ['10.0.0.1', 'robot.local']


def test_off_shuts_everybody_out():
    domain = parsed(ROS_AUTOMATIC_DISCOVERY_RANGE='OFF', ROS_STATIC_PEERS='10.0.0.1')
    assert domain.find('Discovery/Tag').text.startswith('ros_discovery_off_')
    assert domain.find('Discovery/Peers') is None


def test_the_users_own_configuration_comes_last_and_keeps_its_interface():
    user = '<CycloneDDS><Domain><General><Interfaces/></General></Domain></CycloneDDS>'
    config = domain_config({'ROS_LOCALHOST_ONLY': '1', 'CYCLONEDDS_URI': user})
    assert config.endswith(',' + user)
    assert 'NetworkInterface' not in config


def test_an_unknown_range_is_named():
    with pytest.raises(RuntimeError, match=r'NEARBY.*SUBNET'):
        discovery_range({'ROS_AUTOMATIC_DISCOVERY_RANGE': 'NEARBY'})
