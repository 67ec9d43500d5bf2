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

"""Guard conditions: wake the executor and have a callback run there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.dds.context import Context, get_default_context


class GuardCondition:
    """Triggered by any thread; its callback runs in the executor's."""

    def __init__(
        self,
        callback: Callable[..., Any] | None,
        callback_group: Any,
        context: Context | None = None,
    ) -> None:
        self._context = get_default_context() if context is None else context
        self.callback = callback
        self.callback_group = callback_group
        self._guard = cyclone.Guard()
        self._executor_event = False

    @property
    def wait_handle(self) -> int:
        return self._guard.handle

    def trigger(self) -> None:
        self._guard.trigger()

    def take(self) -> bool:
        """Lower the flag; True if it was up."""
        return self._guard.take()

    def destroy(self) -> None:
        self._guard.destroy()
