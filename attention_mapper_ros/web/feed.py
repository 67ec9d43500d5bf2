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
The newest of everything that the page shows: pictures, shares, diagnostics, settings.

Knows neither ROS nor the web: a node puts things in, the server takes them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import threading
import time


@dataclass(frozen=True)
class Picture:
    """One JPEG of one camera; ``number`` grows with every picture of any camera."""

    camera: str
    jpeg: bytes
    number: int
    received_s: float


@dataclass(frozen=True)
class Status:
    """One diagnostic status; ``level`` is ROS's: 0 OK, 1 WARN, 2 ERROR, 3 STALE."""

    name: str
    level: int
    message: str
    values: Mapping[str, str]
    received_s: float


@dataclass(frozen=True)
class Shares:
    """Share of attention per token group, in the policy's order."""

    shares: Mapping[str, float]
    number: int
    received_s: float


@dataclass(frozen=True)
class Setting:
    """
    One parameter of the policy node that the page can set, in words.

    ``choices``: valid values, most wanted first. ``free``: others may be typed, several indices
    say. ``constraints``: what the node says about valid values.
    """

    name: str
    value: str
    choices: tuple[str, ...]
    free: bool
    description: str
    constraints: str


@dataclass(frozen=True)
class Snapshot:
    """The feed at one moment, ``time_s`` on the feed's clock."""

    time_s: float
    pictures: Mapping[str, Picture]
    shares: Shares | None
    statuses: Mapping[str, Status]
    settings: Sequence[Setting]


class Feed:
    """
    Holds the newest of each thing; what is replaced before anybody took it is gone.

    Any thread may call anything. Listeners are called on the thread that put something in,
    outside the lock, and must return at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pictures: dict[str, Picture] = {}
        self._shares: Shares | None = None
        self._statuses: dict[str, Status] = {}
        self._settings: tuple[Setting, ...] = ()
        self._number = 0
        self._viewers = 0
        self._listeners: list[Callable[[], None]] = []

    def put_picture(self, camera: str, jpeg: bytes) -> None:
        """Take a camera's newest overlay."""
        with self._lock:
            self._number += 1
            self._pictures[camera] = Picture(camera, jpeg, self._number, self._clock())
        self._tell()

    def put_shares(self, shares: Mapping[str, float]) -> None:
        """Take the newest shares of all token groups."""
        with self._lock:
            self._number += 1
            self._shares = Shares(dict(shares), self._number, self._clock())
        self._tell()

    def put_status(self, name: str, level: int, message: str, values: Mapping[str, str]) -> None:
        """Take the newest diagnostic status of this name."""
        with self._lock:
            self._statuses[name] = Status(name, level, message, dict(values), self._clock())
        self._tell()

    def put_settings(self, settings: Sequence[Setting]) -> None:
        """Take the settings as the policy node has them; none when it has not told."""
        with self._lock:
            changed = self._settings != tuple(settings)
            self._settings = tuple(settings)
        if changed:
            self._tell()

    def forget_camera(self, camera: str) -> None:
        """Drop a camera that is no longer there."""
        with self._lock:
            self._pictures.pop(camera, None)
        self._tell()

    def snapshot(self) -> Snapshot:
        """Return everything as it is now; later puts do not change it."""
        with self._lock:
            return Snapshot(
                self._clock(),
                dict(self._pictures),
                self._shares,
                dict(self._statuses),
                self._settings,
            )

    @property
    def watched(self) -> bool:
        """Whether somebody looks: nothing needs to be subscribed to while nobody does."""
        with self._lock:
            return self._viewers > 0

    def count_viewer(self, change: int) -> None:
        """Count somebody who begins (+1) or ceases (-1) to look."""
        with self._lock:
            self._viewers += change

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called after every change."""
        with self._lock:
            self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], None]) -> None:
        """Undo ``add_listener``."""
        with self._lock:
            self._listeners.remove(listener)

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
