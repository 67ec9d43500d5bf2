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

"""A thread that works off a one-slot mailbox and does not die in silence."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic

from attention_mapper_ros.control.mailbox import Item, Mailbox


class WorkerThread(Generic[Item]):
    """
    Calls ``handle`` with the newest item that was put, one at a time, on its own thread.

    All methods belong to the thread that made it. An exception that ``handle`` lets through
    ends the thread; its traceback goes where threads' tracebacks go, ``on_death`` is called
    there, and the next ``check`` raises.
    """

    def __init__(
        self,
        name: str,
        handle: Callable[[Item], None],
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self._handle = handle
        self._on_death = on_death
        self._mailbox: Mailbox[Item] = Mailbox()
        self._died = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def put(self, item: Item) -> Item | None:
        """Leave an item for the thread; return the waiting one that it replaced, if any."""
        return self._mailbox.put(item)

    def check(self) -> None:
        """Raise RuntimeError when the thread has died."""
        if self._died:
            raise RuntimeError(f'the {self._thread.name} thread has ended, its error stands above')

    def close(self, timeout_s: float) -> bool:
        """End the thread after the item at hand; return whether it ended in time."""
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while (item := self._mailbox.take()) is not None:
                self._handle(item)
        except BaseException:
            self._died = True
            self._on_death()
            raise
