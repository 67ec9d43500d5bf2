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
Executors: they wait for whatever is due and run its callback, as rclpy.executors does.

Waiting is one call of a DDS wait set with a timeout for the next timer; nothing polls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
import inspect
import os
import threading
import time
from types import TracebackType
from typing import Any
import warnings

from attention_mapper_ros.ros.dds import cyclone
from attention_mapper_ros.ros.dds.client import Client
from attention_mapper_ros.ros.dds.context import Context, get_default_context
from attention_mapper_ros.ros.dds.event_handler import EndpointEvents
from attention_mapper_ros.ros.dds.guard_condition import GuardCondition
from attention_mapper_ros.ros.dds.service import Service
from attention_mapper_ros.ros.dds.subscription import Subscription
from attention_mapper_ros.ros.dds.task import Future, Task
from attention_mapper_ros.ros.dds.timer import Timer


class TimeoutException(Exception):  # noqa: N818 - rclpy's name
    """Signal that a timeout occurred."""


class ShutdownException(Exception):  # noqa: N818 - rclpy's name
    """Signal that executor was shut down."""


class ExternalShutdownException(Exception):  # noqa: N818 - rclpy's name
    """Context has been shutdown."""


class ConditionReachedException(Exception):  # noqa: N818 - rclpy's name
    """Future has been completed."""


async def await_or_execute(callback: Callable[..., Any], *args: Any) -> Any:
    """Await a callback if it is a coroutine, else execute it."""
    if inspect.iscoroutinefunction(callback):
        return await callback(*args)
    return callback(*args)


class Executor:
    """
    Base of the executors.

    One thread spins; any thread may add nodes and tasks, wake it, or shut it down.
    """

    def __init__(self, *, context: Context | None = None) -> None:
        self._context = get_default_context() if context is None else context
        self._nodes: list[Any] = []
        self._nodes_lock = threading.RLock()
        self._tasks: list[Task] = []
        self._tasks_lock = threading.Lock()
        self._work_done = threading.Condition()
        self._work_count = 0
        self._guard = cyclone.Guard()
        self._waitset = cyclone.WaitSet()
        self._is_shutdown = False
        self._round: Iterator[Task] | None = None
        self._context.on_shutdown(self.wake)

    @property
    def context(self) -> Context:
        """Get the context associated with the executor."""
        return self._context

    def create_task(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> Task:
        """Add a callback or coroutine to be executed during spin and return a Future."""
        task = Task(callback, args, kwargs, executor=self)
        with self._tasks_lock:
            self._tasks.append(task)
        self.wake()
        return task

    def add_node(self, node: Any) -> bool:
        """Add a node whose callbacks should be managed by this executor; True if it was new."""
        with self._nodes_lock:
            if node in self._nodes:
                return False
            self._nodes.append(node)
        node.executor = self
        self.wake()
        return True

    def remove_node(self, node: Any) -> None:
        """Stop managing this node's callbacks."""
        with self._nodes_lock:
            if node not in self._nodes:
                return
            self._nodes.remove(node)
        self.wake()

    def get_nodes(self) -> list[Any]:
        with self._nodes_lock:
            return list(self._nodes)

    def wake(self) -> None:
        """Wake the executor because something changed."""
        if not self._is_shutdown:
            self._guard.trigger()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """Stop executing callbacks and wait for those that run; False after the timeout."""
        if self._is_shutdown:
            return True
        self._is_shutdown = True
        self._guard.trigger()  # last: who is woken lowers the guard and looks once
        timeout = None if timeout_sec is None or timeout_sec < 0 else timeout_sec
        with self._work_done:
            if not self._work_done.wait_for(lambda: self._work_count == 0, timeout):
                return False
        with self._nodes_lock:
            self._nodes = []
        self._round = None
        return True

    def spin(self) -> None:
        """Execute callbacks until shutdown."""
        while self._context.ok() and not self._is_shutdown:
            self.spin_once()

    def spin_until_future_complete(self, future: Future, timeout_sec: float | None = None) -> None:
        """Execute callbacks until a given future is done or a timeout occurs."""
        future.add_done_callback(lambda _: self.wake())
        unlimited = timeout_sec is None or timeout_sec < 0
        end = time.monotonic() + (0.0 if timeout_sec is None else timeout_sec)
        while self._context.ok() and not future.done() and not self._is_shutdown:
            remaining = None if unlimited else max(0.0, end - time.monotonic())
            self.spin_once_until_future_complete(future, remaining)
            if not unlimited and time.monotonic() >= end:
                return

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait for and execute a single callback."""
        self._spin_once(timeout_sec, _never)

    def spin_once_until_future_complete(
        self, future: Future, timeout_sec: float | None = None
    ) -> None:
        """Wait for and execute a single callback, unless the future completes before."""
        self._spin_once(timeout_sec, future.done)

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()

    def _spin_once(self, timeout_sec: float | None, condition: Callable[[], bool]) -> None:
        raise NotImplementedError

    def _next_task(self, timeout_sec: float | None, condition: Callable[[], bool]) -> Task:
        """Return the next piece of work, waiting for it."""
        limited = timeout_sec is not None and timeout_sec >= 0
        end = time.monotonic() + (timeout_sec or 0.0) if limited else None
        while True:
            # Held here: a shutdown by another thread forgets the round.
            current = self._round
            if current is None:
                self._check_alive()
                if condition():
                    raise ConditionReachedException
                current = self._round = self._ready_tasks(end, condition)
            task = next(current, None)
            if task is not None:
                return task
            self._round = None
            if end is not None and time.monotonic() >= end:
                raise TimeoutException

    def _ready_tasks(self, end: float | None, condition: Callable[[], bool]) -> Iterator[Task]:
        """One round: resume what was begun, then wait and run what became ready."""
        with self._tasks_lock:
            begun = [task for task in self._tasks if not task.done()]
            self._tasks = list(begun)
        for task in begun:
            if not task.executing():
                yield task
        if condition():
            return
        nodes = self.get_nodes()
        waiting: dict[int, Any] = {}
        timers: list[Timer] = []
        timeout = None if end is None else int(max(0.0, end - time.monotonic()) * 1e9)
        for node in nodes:
            for entity in node.wait_entities():
                if self._can_execute(entity) and entity.wait_handle is not None:
                    waiting[entity.wait_handle] = entity
            for timer in node.timers:
                if self._can_execute(timer):
                    timers.append(timer)
                    timeout = _earlier(timeout, timer.wait_timeout_ns())
        self._waitset.sync({self._guard.handle, *waiting})
        triggered = self._waitset.wait(timeout)
        if self._guard.handle in triggered:
            self._guard.take()
        self._check_alive()
        for timer in timers:
            if timer.is_ready() and self._can_execute(timer):
                yield self._task(timer)
        for handle, entity in waiting.items():
            if handle in triggered and self._can_execute(entity):
                yield self._task(entity)

    def _check_alive(self) -> None:
        # The context first: its shutdown takes the global executor along, and who spins is to
        # hear the reason.
        if not self._context.ok():
            raise ExternalShutdownException
        if self._is_shutdown:
            raise ShutdownException

    def _can_execute(self, entity: Any) -> bool:
        return not entity._executor_event and entity.callback_group.can_execute(entity)

    def _task(self, entity: Any) -> Task:
        entity._executor_event = True
        return Task(self._handle, (entity,), executor=self)

    async def _handle(self, entity: Any) -> None:
        """Take what is there and run the callback, if the group still allows it."""
        if self._is_shutdown or not entity.callback_group.beginning_execution(entity):
            entity._executor_event = False
            self._wake_other_threads()
            return
        with self._work_done:
            self._work_count += 1
        try:
            work = _take(entity)
            # Taken: it may be waited for again while the callback runs.
            entity._executor_event = False
            self._wake_other_threads()
            await self._run(entity, work)
        finally:
            entity.callback_group.ending_execution(entity)
            with self._work_done:
                self._work_count -= 1
                self._work_done.notify_all()
            self._wake_other_threads()

    async def _run(self, entity: Any, work: Any) -> None:
        if work is None:
            return
        if isinstance(entity, Subscription):
            await await_or_execute(entity.callback, *work)
        elif isinstance(entity, Client):
            future, response = work
            future._set_executor(self)
            future.set_result(response)
        elif isinstance(entity, Service):
            request, header = work
            response = await await_or_execute(entity.callback, request, entity.srv_type.Response())
            entity.send_response(response, header)
        elif isinstance(entity, EndpointEvents):
            for callback, info in work:
                await await_or_execute(callback, info)
        elif entity.callback is not None:
            await await_or_execute(entity.callback)

    def _wake_other_threads(self) -> None:
        """Have the waiting thread look again, where it is not this one."""

    def _keep(self, task: Task) -> None:
        """Remember a coroutine that waits for something."""
        if not task.done():
            with self._tasks_lock:
                if task not in self._tasks:
                    self._tasks.append(task)


class SingleThreadedExecutor(Executor):
    """Runs callbacks in the thread that calls spin."""

    def _spin_once(self, timeout_sec: float | None, condition: Callable[[], bool]) -> None:
        try:
            task = self._next_task(timeout_sec, condition)
        except (ShutdownException, TimeoutException, ConditionReachedException):
            return
        task()
        self._keep(task)
        task.result()  # raises what the callback raised


class MultiThreadedExecutor(Executor):
    """Runs callbacks in a pool of threads, as the callback groups allow."""

    def __init__(self, num_threads: int | None = None, *, context: Context | None = None) -> None:
        super().__init__(context=context)
        if num_threads is None:
            num_threads = len(os.sched_getaffinity(0)) or 2
        if num_threads == 1:
            warnings.warn(
                'MultiThreadedExecutor is used with a single thread.\n'
                'Use the SingleThreadedExecutor instead.',
                stacklevel=2,
            )
        self._running: list[Task] = []
        self._executor = ThreadPoolExecutor(num_threads, thread_name_prefix='ros_executor')

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        finished = super().shutdown(timeout_sec)
        self._executor.shutdown(wait=False)
        return finished

    def _spin_once(self, timeout_sec: float | None, condition: Callable[[], bool]) -> None:
        try:
            task = self._next_task(timeout_sec, condition)
        except (ShutdownException, TimeoutException, ConditionReachedException):
            return
        except ExternalShutdownException:
            return
        self._running.append(task)
        self._executor.submit(self._work, task)
        for running in self._running[:]:
            if running.done():
                self._running.remove(running)
                running.result()  # raises what the callback raised

    def _work(self, task: Task) -> None:
        task()
        self._keep(task)
        self.wake()

    def _wake_other_threads(self) -> None:
        self.wake()


def _take(entity: Any) -> Any:
    if isinstance(entity, (Timer, GuardCondition)):
        entity.take()
        return ()
    return entity.take()


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _never() -> bool:
    return False
