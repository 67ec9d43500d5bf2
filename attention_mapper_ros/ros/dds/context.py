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
The context: command line arguments, the DDS participant, and whether to go on.

It creates no nodes and installs no signal handlers.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
import os
import sys
import threading
from types import TracebackType
from typing import Any, TYPE_CHECKING
import weakref

from attention_mapper_ros.ros.dds.arguments import Arguments, parse_arguments

if TYPE_CHECKING:
    from attention_mapper_ros.ros.dds.participant import Participant

_all_contexts: weakref.WeakSet[Context] = weakref.WeakSet()
_default_lock = threading.Lock()
_default: Context | None = None


class Context:
    """
    Encapsulates the lifecycle of init and shutdown, as rclpy's does.

    Any thread may shut it down, also the one that watches for signals. The participant comes
    with the first node and goes when the context is shut down and the last node is destroyed.
    """

    def __init__(self) -> None:
        # Reentrant: a shutdown callback may ask the context whether it is ok.
        self._lock = threading.RLock()
        self._initialized = False
        self._is_shutdown = False
        self._domain_id: int | None = None
        self._callbacks: list[Callable[[], Any]] = []
        self._participant: Participant | None = None
        self._node_count = 0
        self.arguments = Arguments()

    def init(
        self,
        args: list[str] | None = None,
        *,
        initialize_logging: bool = True,
        domain_id: int | None = None,
    ) -> None:
        """Take the arguments (None: those of the process) and become ok."""
        if domain_id is not None and domain_id < 0:
            raise RuntimeError(f'Domain id ({domain_id}) should not be lower than zero.')
        with self._lock:
            if self._initialized:
                raise RuntimeError('Context.init() must only be called once')
            self.arguments = parse_arguments(sys.argv if args is None else args)
            self._domain_id = domain_id
            self._initialized = True
            _all_contexts.add(self)
        if initialize_logging:
            # The logging module imports this one.
            from attention_mapper_ros.ros.dds.logging import configure

            configure(self.arguments)

    def ok(self) -> bool:
        """Check if context hasn't been shut down."""
        return self._initialized and not self._is_shutdown

    def get_domain_id(self) -> int:
        """Get domain id of context."""
        return _domain_id_of_environment() if self._domain_id is None else self._domain_id

    def shutdown(self) -> None:
        """Shutdown this context; a second time is an error."""
        if not self._shut_down():
            raise RuntimeError('Context must be initialized before it can be shutdown')

    def try_shutdown(self) -> None:
        """Shutdown this context, if not already shutdown."""
        self._shut_down()

    def on_shutdown(self, callback: Callable[[], Any]) -> None:
        """Add a callback to be called on shutdown (a bound method is held weakly)."""
        if not callable(callback):
            raise TypeError(f'callback should be a callable, got {type(callback)}')
        with self._lock:
            if self._is_shutdown:
                invoke = True
            else:
                invoke = False
                if hasattr(callback, '__self__') and hasattr(callback, '__func__'):
                    method = weakref.WeakMethod(callback)
                    self._callbacks.append(lambda: (method() or _nothing)())
                else:
                    self._callbacks.append(callback)
        if invoke:
            callback()

    def __enter__(self) -> Context:
        # Not in rclpy before Iron, harmless elsewhere.
        if not self._initialized:
            self.init()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.try_shutdown()

    def acquire_participant(self) -> Participant:
        """Return the participant for one more node; `release_participant` gives it back."""
        from attention_mapper_ros.ros.dds.participant import Participant

        with self._lock:
            if self._participant is None:
                self._participant = Participant(self.get_domain_id())
            self._node_count += 1
            return self._participant

    def release_participant(self) -> None:
        with self._lock:
            self._node_count -= 1
            self._destroy_unused()

    def _shut_down(self) -> bool:
        with self._lock:
            if not self.ok():
                return False
            self._is_shutdown = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
        with self._lock:
            self._destroy_unused()
        return True

    def _destroy_unused(self) -> None:
        if self._is_shutdown and self._node_count == 0 and self._participant is not None:
            participant, self._participant = self._participant, None
            participant.destroy()

    def _destroy_at_exit(self) -> None:
        self._shut_down()
        with self._lock:
            if self._participant is not None:
                participant, self._participant = self._participant, None
                participant.destroy()


def get_default_context(*, shutting_down: bool = False) -> Context:
    """Return the process-wide context, a new one if the last has been shut down."""
    global _default
    with _default_lock:
        if _default is None or (_default._is_shutdown and not shutting_down):
            _default = Context()
        return _default


def all_contexts() -> list[Context]:
    return list(_all_contexts)


def _nothing() -> None:
    return None


def _domain_id_of_environment() -> int:
    text = os.environ.get('ROS_DOMAIN_ID', '').strip()
    if not text:
        return 0
    if not text.isdigit():
        raise RuntimeError(f'ROS_DOMAIN_ID must be a number of 0 or more, it is {text!r}')
    return int(text)


@atexit.register
def _leave_the_network() -> None:
    # Peers learn at once that this process is gone, instead of waiting for its lease to end.
    for context in all_contexts():
        context._destroy_at_exit()
