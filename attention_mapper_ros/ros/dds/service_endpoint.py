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
The wire side of services and clients: two topics, and a header before each message.

As rmw_cyclonedds_cpp does it: `rq<name>Request` and `rr<name>Reply`, a header of the client's
64-bit id and a sequence number, and an id in USER_DATA that says which reader and writer belong
together. Other vendors' ROS 2 middlewares have other headers and do not interoperate.
"""

from __future__ import annotations

import struct
from typing import Any, Final, TYPE_CHECKING

from attention_mapper_ros.ros.dds import cdr, cyclone
from attention_mapper_ros.ros.dds.cyclone import Policy
from attention_mapper_ros.ros.dds.dds_types import (
    parse_user_data,
    service_topic_type,
    user_data,
)
from attention_mapper_ros.ros.dds.logging import get_logger
from attention_mapper_ros.ros.dds.qos import QoSProfile, to_dds

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant

_HEADERS: Final = {1: struct.Struct('<Qq'), 0: struct.Struct('>Qq')}
_logger = get_logger('attention_mapper_ros.dds')
_NATIVE: Final = struct.Struct('=Qq')


class ServiceEndpoint:
    """One side of a service: the writer of its messages and the reader of the other side's."""

    def __init__(
        self,
        participant: Participant,
        srv_type: Any,
        name: str,
        profile: QoSProfile,
        *,
        serves: bool,
    ) -> None:
        request, response = f'{srv_type._name}_Request', f'{srv_type._name}_Response'
        ours, theirs = (response, request) if serves else (request, response)
        topics = [f'rr{name}Reply', f'rq{name}Request']
        out_topic, in_topic = topics if serves else reversed(topics)
        kind = 'serviceid' if serves else 'clientid'
        tag = f'{kind}={participant.next_service_id()};'
        self._incoming = theirs
        self._writer = participant.create_writer(
            out_topic, service_topic_type(ours), to_dds(profile, user_data(ours, tag))
        )
        self._reader = participant.create_reader(
            in_topic, service_topic_type(theirs), to_dds(profile, user_data(theirs, tag))
        )
        self._condition = cyclone.ReadCondition(self._reader._ref)
        self.writer_gid = cyclone.guid(self._writer._ref)
        self.reader_gid = cyclone.guid(self._reader._ref)
        # What identifies us in the headers of our requests.
        self.client_id = cyclone.instance_handle(self._writer._ref)

    @property
    def wait_handle(self) -> int:
        return self._condition.handle

    def send(self, client_id: int, sequence: int, message: Any) -> bool:
        """Write a message behind its header; False if the other side did not take it in time."""
        body = cdr.serialize_after(_NATIVE.pack(client_id, sequence), message)
        return cyclone.write(self._writer._ref, body)

    def take(self) -> tuple[int, int, Any, Any] | None:
        """Take the oldest message: client id, sequence number, message, sample info."""
        taken = cyclone.take_one(self._reader._ref)
        if taken is None:
            return None
        data, info = taken
        header = _HEADERS[data[1] & 1]
        try:
            client_id, sequence = header.unpack_from(data, cdr.HEADER_SIZE)
            message = cdr.deserialize(data, self._incoming, skip=header.size)
        except (ValueError, struct.error) as error:
            _logger.error(f'{self._incoming} dropped: {error}', throttle_duration_sec=5.0)
            return None
        return client_id, sequence, message, info

    def is_connected(self) -> bool:
        """Tell whether another side's reader and writer are both matched."""
        return (
            cyclone.matched_reader_count(self._writer._ref) > 0
            and cyclone.matched_writer_count(self._reader._ref) > 0
        )

    def reply_reader_is_matched(self, writer_handle: int) -> bool:
        """Tell whether the client whose request writer this is can hear a reply yet."""
        writer = self._reader.get_matched_publication_data(writer_handle)
        if writer is None:
            return True  # gone: waiting for it would not help
        client = _client_id(writer)
        if client is None:
            return True
        return any(
            _client_id(self._writer.get_matched_subscription_data(reader)) == client
            for reader in self._writer.get_matched_subscriptions()
        )

    def destroy(self) -> None:
        cyclone.dispose(self._reader)
        cyclone.dispose(self._writer)


def _client_id(endpoint: Any) -> str | None:
    data = None if endpoint is None else endpoint.qos[Policy.Userdata]
    return None if data is None else parse_user_data(data.data).get('clientid')
