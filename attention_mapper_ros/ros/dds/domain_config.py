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

"""
Cyclone's configuration from ROS's environment variables, as rcl and rmw_cyclonedds read them.

ROS_AUTOMATIC_DISCOVERY_RANGE, ROS_STATIC_PEERS, ROS_LOCALHOST_ONLY and CYCLONEDDS_URI. It opens
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
import os
from typing import Final
from xml.sax.saxutils import quoteattr

RANGES: Final = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')
# Participants that unicast discovery looks for on one machine; rmw_cyclonedds has the same.
MAX_PARTICIPANT_INDEX: Final = 32
# One 640x480 rgb8 image is 900 kB. Received fragments of several wait in the socket's buffer,
# unread ones in the writer's cache; Cyclone's own limit of 500 kB makes every image a stop.
RECEIVE_BUFFER: Final = '4MiB'
WRITER_CACHE_HIGH: Final = '8MB'
# Loopback carries packets of 64 kB whole, so an image is 15 packets instead of 60.
LOOPBACK_MESSAGE: Final = '65000B'
LOOPBACK_FRAGMENT: Final = '63000B'
# Between two announcements of a participant. After a network was gone for longer than a lease,
# 10 s, the two ends know no more of each other until the next one; Cyclone's own is 30 s.
ANNOUNCE_EVERY: Final = '5s'


def discovery_range(environment: Mapping[str, str] = os.environ) -> tuple[str, list[str]]:
    """Return the range and the static peers that apply."""
    if environment.get('ROS_LOCALHOST_ONLY', '') == '1':
        # Deprecated in ROS 2 but it still outranks the newer variables.
        return 'LOCALHOST', []
    name = environment.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '') or 'SUBNET'
    if name not in RANGES:
        raise RuntimeError(
            f'ROS_AUTOMATIC_DISCOVERY_RANGE is {name!r}; it must be one of {", ".join(RANGES)}'
        )
    peers = [peer for peer in environment.get('ROS_STATIC_PEERS', '').split(';') if peer]
    return name, [] if name in ('OFF', 'SYSTEM_DEFAULT') else peers


def domain_config(environment: Mapping[str, str] = os.environ) -> str:
    """Return the configuration for `dds_create_domain`; later fragments win."""
    name, peers = discovery_range(environment)
    user = environment.get('CYCLONEDDS_URI', '')
    general: list[str] = []
    discovery = [f'<SPDPInterval>{ANNOUNCE_EVERY}</SPDPInterval>']
    internal = (
        f'<SocketReceiveBufferSize max="{RECEIVE_BUFFER}"/>'
        f'<Watermarks><WhcHigh>{WRITER_CACHE_HIGH}</WhcHigh></Watermarks>'
    )
    if name in ('LOCALHOST', 'OFF'):
        general.append('<AllowMulticast>false</AllowMulticast>')
    if name == 'LOCALHOST':
        peers = ['localhost', *peers]
        # With the interface left open Cyclone takes the first network card, and a machine
        # without one has nothing but loopback. The user's own choice comes first.
        if 'Interface' not in user:
            general.append('<Interfaces><NetworkInterface name="lo"/></Interfaces>')
            general.append(
                f'<MaxMessageSize>{LOOPBACK_MESSAGE}</MaxMessageSize>'
                f'<FragmentSize>{LOOPBACK_FRAGMENT}</FragmentSize>'
            )
    if name == 'OFF':
        # The tag keeps everybody else out, also those who know the address.
        discovery.append('<ParticipantIndex>none</ParticipantIndex>')
        discovery.append(f'<Tag>ros_discovery_off_{os.getpid()}</Tag>')
    elif name != 'SYSTEM_DEFAULT':
        discovery.append('<ParticipantIndex>auto</ParticipantIndex>')
        discovery.append(
            f'<MaxAutoParticipantIndex>{MAX_PARTICIPANT_INDEX}</MaxAutoParticipantIndex>'
        )
    if peers:
        listed = ''.join(f'<Peer address={quoteattr(peer)}/>' for peer in peers)
        discovery.append(f'<Peers>{listed}</Peers>')
    own = (
        '<CycloneDDS><Domain>'
        f'<General>{"".join(general)}</General>'
        f'<Discovery>{"".join(discovery)}</Discovery>'
        f'<Internal>{internal}</Internal>'
        '</Domain></CycloneDDS>'
    )
    return f'{own},{user}' if user else own
