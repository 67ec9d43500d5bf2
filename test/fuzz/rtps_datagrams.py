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
Samples of a writer that exists, sent behind its back: datagrams of RTPS, the protocol of DDS.

Cyclone lets no writer send bytes that its type does not describe. Somebody on the network is not
asked. Sequence numbers count from 1, so the writer itself must never have sent anything.
"""

from __future__ import annotations

import socket
import struct

from attention_mapper_ros.ros.dds import cyclone

_DATA = 0x15
_LITTLE_ENDIAN, _WITH_DATA = 0x01, 0x04
_OCTETS_TO_INLINE_QOS = 16
_PARTICIPANTS = 3  # of this domain on this machine: the node, the robot and one to spare
LONGEST = 60_000  # bytes of one datagram


class Impostor:
    """Speaks with the identity of a Cyclone writer; ``domain`` tells where the others listen."""

    def __init__(self, writer: int, domain: int) -> None:
        identity = cyclone.guid(writer)
        self._prefix, self._entity = identity[:12], identity[12:]
        self._ports = [7400 + 250 * domain + 11 + 2 * index for index in range(_PARTICIPANTS)]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sequence = 0

    def send(self, payload: bytes, flags: int = _LITTLE_ENDIAN | _WITH_DATA) -> None:
        """Send one sample with these bytes, CDR header included, to every participant."""
        self._sequence += 1
        body = struct.pack('<HHI', 0, _OCTETS_TO_INLINE_QOS, 0)
        body += self._entity + struct.pack('<iI', 0, self._sequence) + payload[:LONGEST]
        submessage = struct.pack('<BBH', _DATA, flags, len(body)) + body
        header = b'RTPS' + bytes([2, 1]) + b'\x01\x10' + self._prefix
        for port in self._ports:
            self._socket.sendto(header + submessage, ('127.0.0.1', port))

    def close(self) -> None:
        self._socket.close()
