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

"""Items made on a thread of their own, a few ahead of whoever uses them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
import threading
from typing import Final, TypeVar

Item = TypeVar('Item')

_LOOK_S: Final = 0.1  # how often a full queue is asked whether anybody still wants it
_END: Final = object()


@dataclass(frozen=True)
class _Failure:
    error: BaseException


def read_ahead(items: Iterable[Item], depth: int, name: str) -> Generator[Item, None, None]:
    """
    Yield the items, which are made on a thread called ``name``, at most ``depth`` ahead.

    The iterable is iterated by that thread alone. What it raises is raised here, after the items
    before it. Closing this generator ends the thread after the item at hand.
    """
    ready: Queue[object] = Queue(depth)
    given_up = threading.Event()

    def hand_over(item: object) -> bool:
        while not given_up.is_set():
            with suppress(Full):
                ready.put(item, timeout=_LOOK_S)
                return True
        return False

    def produce() -> None:
        try:
            for item in items:
                if not hand_over(item):
                    return
            hand_over(_END)
        except BaseException as error:  # noqa: BLE001
            # Whatever it is, it is for the thread that waits for the next item.
            hand_over(_Failure(error))
        finally:
            if given_up.is_set() and hasattr(items, 'close'):
                items.close()  # files and threads behind a generator end now

    thread = threading.Thread(target=produce, name=name, daemon=True)
    try:
        thread.start()  # in here: an interrupt may come before this one knows that it runs
        while (item := ready.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        given_up.set()
        with suppress(Empty):
            while True:
                ready.get_nowait()
        if thread.is_alive():
            thread.join()


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of ``size``, the last one as long as is left."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
