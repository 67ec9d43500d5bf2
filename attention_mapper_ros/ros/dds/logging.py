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
Loggers with rclpy's calls and rcl's console format, on standard error and on /rosout.

Not Python's `logging`: levels are per node, are set by `--log-level`, and a call can be limited
(`once`, `skip_first`, `throttle_duration_sec`) by the place it stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
import os
import sys
import threading
import time
from types import CodeType
from typing import Any, Final

from attention_mapper_ros.ros.dds.arguments import Arguments
from attention_mapper_ros.ros.dds.clock import Clock


class LoggingSeverity(IntEnum):
    UNSET = 0
    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40
    FATAL = 50


_COLORS: Final = {10: '\033[32m', 20: '', 30: '\033[33m', 40: '\033[31m', 50: '\033[31m'}
_FILTERS: Final = frozenset(
    {'throttle_duration_sec', 'throttle_time_source_type', 'skip_first', 'once'}
)


@dataclass(frozen=True)
class Record:
    """One log line."""

    level: LoggingSeverity
    name: str
    message: str
    stamp_ns: int
    file: str
    function: str
    line: int


@dataclass
class _Place:
    """What a log call remembers, by the place it stands in; rclpy lets none of it change."""

    level: LoggingSeverity
    name: str
    options: dict[str, Any]
    last_ns: int | None = None
    first_skipped: bool = False
    logged_once: bool = False


class _State:
    """
    Levels, sinks and the console of the process.

    Any thread may log; the lock keeps lines whole and the tables consistent.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.default = LoggingSeverity.INFO
        self.levels: dict[str, LoggingSeverity] = {}
        self.sinks: dict[str, Callable[[Record], None]] = {}
        self.console = True


_state = _State()


def configure(arguments: Arguments) -> None:
    """Apply what the command line says about logging."""
    _state.console = arguments.stdout_logs
    for name, level in arguments.log_levels.items():
        if name:
            _state.levels[name] = LoggingSeverity[level]
        else:
            _state.default = LoggingSeverity[level]


def get_logger(name: str) -> RcutilsLogger:
    """Get a logger for the provided name."""
    if not name:
        raise ValueError('Logger name must not be empty.')
    return RcutilsLogger(name)


def set_logger_level(
    name: str, level: LoggingSeverity | int, detailed_error: bool = False
) -> None:
    """Set a logger's own level; without a name, the default."""
    del detailed_error
    level = LoggingSeverity(level)
    if name:
        _state.levels[name] = level
    else:
        _state.default = level


def get_logger_level(name: str) -> LoggingSeverity:
    """Return a logger's own level, UNSET if it has none; without a name, the default."""
    return _state.levels.get(name, LoggingSeverity.UNSET) if name else _state.default


def get_logger_effective_level(name: str) -> LoggingSeverity:
    """Return the level of the nearest ancestor that has one, else the default."""
    while name:
        level = _state.levels.get(name, LoggingSeverity.UNSET)
        if level != LoggingSeverity.UNSET:
            return level
        name = name.rpartition('.')[0]
    return _state.default


def get_logging_severity_from_string(log_severity: str) -> LoggingSeverity:
    return LoggingSeverity[log_severity]


def add_sink(name: str, sink: Callable[[Record], None]) -> None:
    """Send records of a logger and its children to a function too."""
    with _state.lock:
        _state.sinks[name] = sink


def remove_sink(name: str) -> None:
    with _state.lock:
        _state.sinks.pop(name, None)


class RcutilsLogger:
    """A named logger; cheap to make, safe from any thread."""

    def __init__(self, name: str = '') -> None:
        self.name = name
        self._places: dict[tuple[CodeType, int], _Place] = {}

    def get_child(self, name: str) -> RcutilsLogger:
        if not name:
            raise ValueError('Child logger name must not be empty.')
        return RcutilsLogger(f'{self.name}.{name}' if self.name else name)

    def set_level(self, level: LoggingSeverity | int) -> None:
        set_logger_level(self.name, LoggingSeverity(level))

    def get_effective_level(self) -> LoggingSeverity:
        return get_logger_effective_level(self.name)

    def is_enabled_for(self, severity: LoggingSeverity | int) -> bool:
        return severity >= self.get_effective_level()

    def debug(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.DEBUG, kwargs)

    def info(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.INFO, kwargs)

    def warning(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.WARN, kwargs)

    def warn(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.WARN, kwargs)

    def error(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.ERROR, kwargs)

    def fatal(self, message: Any, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity.FATAL, kwargs)

    def log(self, message: Any, severity: LoggingSeverity | int, **kwargs: Any) -> bool:
        return self._log(message, LoggingSeverity(severity), kwargs)

    def _log(self, message: Any, level: LoggingSeverity, options: dict[str, Any]) -> bool:
        """Write the line unless its level or a filter forbids; True if it was written."""
        if not self.is_enabled_for(level):
            return False
        name = options.pop('name', self.name)
        unknown = options.keys() - _FILTERS
        if unknown:
            raise TypeError(f'unknown logging options: {", ".join(sorted(unknown))}')
        frame = sys._getframe(2)
        code = frame.f_code
        with _state.lock:
            place = self._places.setdefault(
                (code, frame.f_lasti), _Place(level, name, dict(options))
            )
            _refuse_change(place, level, name, options)
            if options and not _passes(place):
                return False
        record = Record(
            level,
            name,
            str(message),
            time.time_ns(),
            code.co_filename,
            getattr(code, 'co_qualname', code.co_name),
            frame.f_lineno,
        )
        _emit(record)
        return True


def _refuse_change(
    place: _Place, level: LoggingSeverity, name: str, options: dict[str, Any]
) -> None:
    """Hold a call to what it was at first, as rclpy does: a loop over levels works in neither."""
    if level != place.level:
        raise ValueError('Logger severity cannot be changed between calls.')
    if name != place.name:
        raise ValueError('Logger name cannot be changed between calls.')
    if options != place.options:
        raise ValueError('Logging filter parameters cannot be changed between calls.')


def _passes(place: _Place) -> bool:
    """Ask the filters that the caller named, in rclpy's order; the first refusal ends it."""
    throttle = place.options.get('throttle_duration_sec')
    if throttle:
        clock = place.options.get('throttle_time_source_type')
        now = clock.now().nanoseconds if isinstance(clock, Clock) else time.monotonic_ns()
        if place.last_ns is not None and 0 <= now - place.last_ns < throttle * 1e9:
            return False
        place.last_ns = now
    if place.options.get('skip_first') and not place.first_skipped:
        place.first_skipped = True
        return False
    if place.options.get('once'):
        if place.logged_once:
            return False
        place.logged_once = True
    return True


def _emit(record: Record) -> None:
    with _state.lock:
        if _state.console:
            sys.stderr.write(_format(record) + '\n')
            sys.stderr.flush()
        name, sink = record.name, None
        while name and sink is None:
            sink = _state.sinks.get(name)
            name = name.rpartition('.')[0]
    if sink is not None:
        sink(record)


def _format(record: Record) -> str:
    """Fill in RCUTILS_CONSOLE_OUTPUT_FORMAT, by default `[INFO] [seconds] [name]: message`."""
    pattern = os.environ.get(
        'RCUTILS_CONSOLE_OUTPUT_FORMAT', '[{severity}] [{time}] [{name}]: {message}'
    )
    seconds, nanoseconds = divmod(record.stamp_ns, 1_000_000_000)
    stamp = f'{seconds}.{nanoseconds:09d}'
    # The message last: braces in it are its own.
    values = {
        '{severity}': record.level.name,
        '{name}': record.name,
        '{time}': stamp,
        '{time_as_nanoseconds}': str(record.stamp_ns),
        '{function_name}': record.function,
        '{file_name}': record.file,
        '{line_number}': str(record.line),
    }
    for token, value in values.items():
        pattern = pattern.replace(token, value)
    text = pattern.replace('{message}', record.message)
    color = _COLORS[record.level]
    return f'{color}{text}\033[0m' if color and _colored() else text


def _colored() -> bool:
    choice = os.environ.get('RCUTILS_COLORIZED_OUTPUT', '')
    return choice == '1' or (choice != '0' and sys.stderr.isatty())
