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

"""Service servers, as rclpy.service has them."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any, Final, TYPE_CHECKING

from attention_mapper_ros.ros.dds.exceptions import InvalidHandle
from attention_mapper_ros.ros.dds.qos import QoSProfile
from attention_mapper_ros.ros.dds.service_endpoint import ServiceEndpoint

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant

# A request can arrive before discovery has matched the client's reader; rmw_cyclonedds waits
# as long.
_REPLY_PATIENCE_S: Final = 0.1
_REPLY_POLL_S: Final = 0.01


class Service:
    """Answers requests on one name; requests are taken and answered in the executor's thread."""

    def __init__(
        self,
        participant: Participant,
        srv_type: Any,
        srv_name: str,
        callback: Callable[[Any, Any], Any],
        callback_group: Any,
        qos_profile: QoSProfile,
    ) -> None:
        self.srv_type = srv_type
        self.srv_name = srv_name
        self.callback = callback
        self.callback_group = callback_group
        self.qos_profile = qos_profile
        self._executor_event = False
        self._destroyed = False
        self.endpoint = ServiceEndpoint(participant, srv_type, srv_name, qos_profile, serves=True)

    @property
    def service_name(self) -> str:
        return self.srv_name

    @property
    def wait_handle(self) -> int:
        return self.endpoint.wait_handle

    def take(self) -> tuple[Any, Any] | None:
        """Take the oldest request with the header that its response needs."""
        taken = self.endpoint.take()
        if taken is None:
            return None
        client_id, sequence, request, info = taken
        return request, (client_id, sequence, info.publication_handle)

    def send_response(self, response: Any, header: Any) -> None:
        """Send a service response to the client that the header names."""
        if self._destroyed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        if not isinstance(response, self.srv_type.Response):
            raise TypeError(f'Expected {self.srv_type.Response}, got {type(response)}')
        client_id, sequence, writer_handle = header
        deadline = time.monotonic() + _REPLY_PATIENCE_S
        while not self.endpoint.reply_reader_is_matched(writer_handle):
            if time.monotonic() > deadline:
                return
            time.sleep(_REPLY_POLL_S)
        self.endpoint.send(client_id, sequence, response)

    def destroy(self) -> None:
        """Prefer `Node.destroy_service`, which also takes it off the graph."""
        if not self._destroyed:
            self._destroyed = True
            self.endpoint.destroy()
