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

"""Calls made on a thread of their own, while whoever wants them goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec

Arguments = ParamSpec('Arguments')


class Aside:
    """
    Makes calls one after the other, at most ``depth`` behind.

    Used by one thread. What a call raises is raised by a later ``call`` or by ``close``.
    """

    def __init__(self, depth: int, name: str) -> None:
        self._depth = depth
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        # An interrupt while the thread starts hides it from the pool, which waits for none then.
        self._pool.submit(_nothing).result()
        self._waiting: deque[Future[object]] = deque()

    def call(
        self,
        function: Callable[Arguments, object],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> None:
        """Have it called, after waiting where too many are not done yet."""
        if len(self._waiting) == self._depth:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(function, *arguments, **named))

    def close(self) -> None:
        """Wait until all is done."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self.abort()

    def abort(self) -> None:
        """End after the call at hand, if any; what waits behind it is not done."""
        self._pool.shutdown(cancel_futures=True)


def _nothing() -> None:
    return None
