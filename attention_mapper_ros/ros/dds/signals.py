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
SIGINT and SIGTERM: shut down the contexts, then do what the process did before.

Python runs its signal handlers only between two bytecodes of the main thread, and that one may
be waiting inside a C library. So a thread reads the interpreter's wake-up descriptor, shuts the
contexts down and thereby wakes every executor; KeyboardInterrupt follows in the main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
import os
import signal
import threading
from typing import Any

from attention_mapper_ros.ros.dds.context import all_contexts


class SignalHandlerOptions(IntFlag):
    NO = 0
    SIGINT = 1
    SIGTERM = 2
    ALL = 3


class _Watcher:
    """
    The installed handlers and the thread behind them.

    Installing and removing belong to the main thread, as Python demands.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._previous_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._previous: dict[int, Any] = {}
        self._thread = threading.Thread(target=self._watch, name='ros_signals', daemon=True)
        self._thread.start()

    def install(self, number: int) -> None:
        if number in self._previous:
            return
        previous = signal.getsignal(number)
        self._previous[number] = previous
        signal.signal(number, _chained(previous))

    def installed(self) -> SignalHandlerOptions:
        options = SignalHandlerOptions.NO
        if signal.SIGINT in self._previous:
            options |= SignalHandlerOptions.SIGINT
        if signal.SIGTERM in self._previous:
            options |= SignalHandlerOptions.SIGTERM
        return options

    def uninstall(self) -> None:
        for number, previous in self._previous.items():
            # None stands for a handler that was not installed from Python.
            signal.signal(number, signal.SIG_DFL if previous is None else previous)
        signal.set_wakeup_fd(self._previous_fd)
        os.write(self._write, b'\0')
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    def _watch(self) -> None:
        while True:
            numbers = os.read(self._read, 64)
            if 0 in numbers:
                return
            if self._previous_fd >= 0:
                # An event loop was there before: it wants its signals too.
                os.write(self._previous_fd, numbers)
            if any(number in self._previous for number in numbers):
                for context in all_contexts():
                    context.try_shutdown()


_watcher: _Watcher | None = None


def install_signal_handlers(options: SignalHandlerOptions = SignalHandlerOptions.ALL) -> None:
    """
    Install the handlers; a second time adds what is missing.

    Outside the main thread Python allows none, and the process keeps those it has.
    """
    global _watcher
    if options == SignalHandlerOptions.NO:
        return
    if threading.current_thread() is not threading.main_thread():
        return
    if _watcher is None:
        _watcher = _Watcher()
    if options & SignalHandlerOptions.SIGINT:
        _watcher.install(signal.SIGINT)
    if options & SignalHandlerOptions.SIGTERM:
        _watcher.install(signal.SIGTERM)


def get_current_signal_handlers_options() -> SignalHandlerOptions:
    """Get current signal handler options."""
    return SignalHandlerOptions.NO if _watcher is None else _watcher.installed()


def uninstall_signal_handlers() -> None:
    """Put back the handlers that were there before."""
    global _watcher
    if _watcher is None or threading.current_thread() is not threading.main_thread():
        return
    watcher, _watcher = _watcher, None
    watcher.uninstall()


def _chained(previous: Any) -> Callable[[int, Any], None]:
    def handler(number: int, frame: Any) -> None:
        # The wake-up thread does the shutdown; the default action must not kill us before.
        if callable(previous):
            previous(number, frame)

    return handler
