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

"""Service clients, as rclpy.client has them."""

from __future__ import annotations

import threading
import time
from typing import Any, Final, TYPE_CHECKING

from attention_mapper_ros.ros.dds.context import Context
from attention_mapper_ros.ros.dds.exceptions import InvalidHandle
from attention_mapper_ros.ros.dds.qos import QoSProfile
from attention_mapper_ros.ros.dds.service_endpoint import ServiceEndpoint
from attention_mapper_ros.ros.dds.task import Future

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant

# How often waiting for a service looks again; discovery takes longer than this.
_POLL_S: Final = 0.02


class Client:
    """Calls a service; any thread may call, answers arrive in the executor's."""

    def __init__(
        self,
        participant: Participant,
        context: Context,
        srv_type: Any,
        srv_name: str,
        qos_profile: QoSProfile,
        callback_group: Any,
    ) -> None:
        self.context = context
        self.srv_type = srv_type
        self.srv_name = srv_name
        self.qos_profile = qos_profile
        self.callback_group = callback_group
        self._executor_event = False
        self._destroyed = False
        self._lock = threading.Lock()
        self._sequence = 0
        self._pending: dict[int, Future] = {}
        self.endpoint = ServiceEndpoint(participant, srv_type, srv_name, qos_profile, serves=False)

    @property
    def service_name(self) -> str:
        return self.srv_name

    @property
    def wait_handle(self) -> int:
        return self.endpoint.wait_handle

    def call(self, request: Any, timeout_sec: float | None = None) -> Any:
        """
        Make a request and wait for the answer; an executor must spin in another thread.

        :raises: TimeoutError if the answer does not come in time.
        """
        answered = threading.Event()
        future = self.call_async(request)
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(timeout_sec):
            self.remove_pending_request(future)
            raise TimeoutError
        return future.result()

    def call_async(self, request: Any) -> Future:
        """Make a request and get a future for the answer."""
        if not isinstance(request, self.srv_type.Request):
            raise TypeError(f'Expected {self.srv_type.Request}, got {type(request)}')
        if self._destroyed:
            raise InvalidHandle('cannot use Destroyable because destruction was requested')
        future = Future()
        with self._lock:
            self._sequence += 1
            sequence = self._sequence
            self._pending[sequence] = future
        self.endpoint.send(self.endpoint.client_id, sequence, request)
        return future

    def get_pending_request(self, sequence_number: int) -> Future:
        with self._lock:
            return self._pending[sequence_number]

    def remove_pending_request(self, future: Future) -> None:
        """Forget a request; its answer will be ignored."""
        with self._lock:
            for sequence, pending in list(self._pending.items()):
                if pending is future:
                    del self._pending[sequence]

    def service_is_ready(self) -> bool:
        """Check if there is a service server ready."""
        return self.endpoint.is_connected()

    def wait_for_service(self, timeout_sec: float | None = None) -> bool:
        """Wait for a service server to become ready; False after the timeout."""
        deadline = None if timeout_sec is None else time.monotonic() + timeout_sec
        while self.context.ok() and not self.service_is_ready():
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return self.service_is_ready()

    def take(self) -> tuple[Future, Any] | None:
        """Take the oldest answer to one of our requests, with the future that waits for it."""
        while (taken := self.endpoint.take()) is not None:
            client_id, sequence, response, _ = taken
            if client_id != self.endpoint.client_id:
                continue  # another client's: all clients of a service share the reply topic
            with self._lock:
                future = self._pending.pop(sequence, None)
            if future is not None:
                return future, response
        return None

    def destroy(self) -> None:
        """Prefer `Node.destroy_client`, which also takes it off the graph."""
        if not self._destroyed:
            self._destroyed = True
            self.endpoint.destroy()
