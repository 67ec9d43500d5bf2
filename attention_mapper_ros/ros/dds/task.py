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

"""Futures and tasks, as rclpy.task has them: results to wait for, coroutines to run in turns."""

from __future__ import annotations

from collections.abc import Callable, Generator
import inspect
import threading
from typing import Any
import warnings
import weakref


class Future:
    """
    A result that comes later.

    Any thread may set it; done callbacks run in the executor if there is one, else in the thread
    that sets the result.
    """

    def __init__(self, *, executor: Any = None) -> None:
        self._done = False
        self._cancelled = False
        self._result: Any = None
        self._exception: BaseException | None = None
        self._callbacks: list[Callable[[Future], Any]] = []
        self._lock = threading.Lock()
        self._executor: Callable[[], Any] = _none
        self._set_executor(executor)

    def __await__(self) -> Generator[None, None, Any]:
        while not self._done:
            yield
        return self.result()

    def cancel(self) -> None:
        """Request cancellation of the running task if it is not done already."""
        with self._lock:
            if not self._done:
                self._cancelled = True
        self._call_back()

    def cancelled(self) -> bool:
        return self._cancelled

    def done(self) -> bool:
        """Indicate if the task has finished executing (or raised)."""
        return self._done

    def result(self) -> Any:
        """Get the result of a done task; raises the exception if there was one."""
        if self._exception is not None:
            raise self._exception
        return self._result

    def exception(self) -> BaseException | None:
        return self._exception

    def set_result(self, result: Any) -> None:
        with self._lock:
            self._result = result
            self._done = True
            self._cancelled = False
        self._call_back()

    def set_exception(self, exception: BaseException) -> None:
        with self._lock:
            self._exception = exception
            self._done = True
            self._cancelled = False
        self._call_back()

    def add_done_callback(self, callback: Callable[[Future], Any]) -> None:
        """Call the callback with this future when it is done, at once if it is already."""
        with self._lock:
            if not self._done:
                self._callbacks.append(callback)
                return
            executor = self._executor()
        if executor is not None:
            executor.create_task(callback, self)
        else:
            callback(self)

    def _set_executor(self, executor: Any) -> None:
        with self._lock:
            self._executor = _none if executor is None else weakref.ref(executor)

    def _call_back(self) -> None:
        with self._lock:
            executor = self._executor()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            if executor is not None:
                executor.create_task(callback, self)
                continue
            try:
                callback(self)
            except Exception as error:  # noqa: BLE001 - the other callbacks must run too
                warnings.warn(f'Unhandled exception in done callback: {error}', stacklevel=2)


class Task(Future):
    """A function or coroutine that the executor runs; one thread at a time is inside it."""

    def __init__(
        self,
        handler: Callable[..., Any],
        args: Any = None,
        kwargs: Any = None,
        executor: Any = None,
    ) -> None:
        super().__init__(executor=executor)
        arguments, keywords = args or (), kwargs or {}
        if inspect.iscoroutinefunction(handler):
            self._step: Callable[[Any], Any] | None = handler(*arguments, **keywords).send
        else:
            self._step = None
        self._call: Callable[[], Any] = lambda: handler(*arguments, **keywords)
        self._executing = False
        self._task_lock = threading.Lock()

    def __call__(self) -> None:
        """Run to the end, or for a coroutine to its next wait."""
        if self._done or not self._task_lock.acquire(blocking=False):
            return
        self._executing = True
        try:
            if self._step is None:
                self.set_result(self._call())
            else:
                self._step(None)
        except StopIteration as stop:
            self.set_result(stop.value)
        except Exception as error:  # noqa: BLE001 - kept for whoever asks for the result
            self.set_exception(error)
        finally:
            self._executing = False
            self._task_lock.release()

    def executing(self) -> bool:
        return self._executing


def _none() -> None:
    return None
