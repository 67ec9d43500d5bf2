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
The last check of an action before it leaves for the robot: finite, within limits, near enough.

Positions are (joint,) float64 in radians (metres for a sliding joint). It knows no velocities
and no obstacles: a robot's own controller and its emergency stop remain what they are.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from attention_mapper_ros.control.clock import Clock
from attention_mapper_ros.control.ramp import Ramp

ON_LIMIT = ('clamp', 'reject')
"""An action outside the limits: each joint is moved to its limit, or nothing of it goes out."""

ON_STALE = ('hold', 'stop')
"""No action to send: what went out last is repeated, or nothing goes out."""

ROUNDING = 1e-6
"""Of a limit, at least in rad or m: float32 takes a policy that is at it no further beyond it."""

Positions = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GateSettings:
    """
    What the gate goes by; every array is (joint,) float64 in rad or m, in the order of ``names``.

    ``lower`` and ``upper`` may be infinite. ``max_step`` is the longest way in one tick from what
    went out last, inf for a joint without that limit. ``ramp_s`` is 0 for no ramp. Raises
    ValueError for what does not fit together.
    """

    names: tuple[str, ...]
    lower: Positions
    upper: Positions
    max_step: Positions
    on_limit: str
    on_stale: str
    ramp_s: float

    def __post_init__(self) -> None:
        _check_choice('on_limit', self.on_limit, ON_LIMIT)
        _check_choice('on_stale', self.on_stale, ON_STALE)
        for field in ('lower', 'upper', 'max_step'):
            _check_size(field, getattr(self, field), self.names)
        # Each condition is what must hold: nan, for which none does, is refused as well.
        for name, lower, upper in zip(self.names, self.lower, self.upper, strict=True):
            if not lower < upper:
                raise ValueError(
                    f'limits of joint {name!r} are {lower} to {upper}: '
                    'lower must be less than upper'
                )
        for name, step in zip(self.names, self.max_step, strict=True):
            if not step > 0:
                raise ValueError(
                    f'max_step of joint {name!r} is {step}: give a positive one, inf for no limit'
                )
        if not 0 <= self.ramp_s < math.inf:
            raise ValueError(f'ramp_s is {self.ramp_s}: give seconds, 0 for no ramp')


@dataclass
class GateCounts:
    """
    Actions since the gate was made, by what it did to them; one can be clamped and limited.

    ``not_finite`` and ``rejected`` were dropped, ``clamped`` moved to the limits, ``limited``
    shortened to ``max_step``, ``held`` repeated.
    """

    not_finite: int = 0
    rejected: int = 0
    clamped: int = 0
    limited: int = 0
    held: int = 0


class ActionGate:
    """
    Lets an action out, changed where it must be, or drops it as a whole.

    ``clock`` drives the ramp and nothing else; a steady one keeps it as long as it should be.
    A new gate stands as after ``begin``. Owned by the executor thread; holds no lock.
    """

    _sent: Positions | None
    _ramp: Ramp | None

    def __init__(self, settings: GateSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lowest = settings.lower - ROUNDING * np.maximum(1.0, np.abs(settings.lower))
        self._highest = settings.upper + ROUNDING * np.maximum(1.0, np.abs(settings.upper))
        self.counts = GateCounts()
        self.begin()

    @property
    def ramping(self) -> bool:
        """Whether the newest action was still drawn towards the measured position."""
        return self._ramp is not None and not self._ramp.done

    @property
    def reason(self) -> str:
        """Why the newest action was dropped, '' when it was not."""
        return self._reason

    def begin(self) -> None:
        """Start anew, when enabled or after an outage: ramp again, and nothing to hold."""
        self._sent = None
        self._ramp = None
        self._reason = ''

    def check(self, positions: Positions, measured: Positions | None) -> Positions | None:
        """
        Return the positions to send for an action, or None when the whole action is dropped.

        In this order: what is not finite is dropped, what is outside the limits clamped or
        dropped; the ramp draws the action towards the position ``measured`` at the first one
        since ``begin``; ``max_step`` shortens the way from what went out last, at the first one
        from ``measured``. What goes out lies within the limits, even where the robot does not.

        ``measured`` counts for the first action since ``begin`` only. Without it, None, that one
        has neither ramp nor ``max_step``; with one that is not finite it is dropped, so that
        nothing moves a robot that has lost track of itself. A dropped action changes nothing but
        its count and ``reason``, and the ramp stands still for it. Raises ValueError for another
        number of joints.
        """
        now_ns = self._clock()
        action = self._as_positions('an action', positions)
        start = None
        if self._sent is None and measured is not None:
            start = self._as_positions('a measured position', measured)
        if not self._admits(action, start):
            self._pause(now_ns)
            return None
        if start is not None and self._settings.ramp_s > 0:
            self._ramp = Ramp(start, self._settings.ramp_s, now_ns)
        target = self._clamped(action)
        if self._ramp is not None:
            target = self._ramp.toward(target, now_ns)
        target = self._limited(target, start if self._sent is None else self._sent)
        self._sent = self._clip(target)
        return self._sent.copy()

    def hold(self) -> Positions | None:
        """
        Return what went out last, to be sent once more; the ramp stands still meanwhile.

        None, uncounted, with ``on_stale`` stop, and when nothing went out since ``begin``.
        """
        self._pause(self._clock())
        if self._sent is None or self._settings.on_stale == 'stop':
            return None
        self.counts.held += 1
        return self._sent.copy()

    def _as_positions(self, what: str, values: Positions) -> Positions:
        array = np.array(values, dtype=np.float64)
        _check_size(what, array, self._settings.names)
        return array

    def _admits(self, action: Positions, start: Positions | None) -> bool:
        """Whether the action may go out at all; counts it and says why when it may not."""
        self._reason = _not_finite('action', self._settings.names, action)
        if not self._reason and start is not None:
            self._reason = _not_finite('measured position', self._settings.names, start)
        if self._reason:
            self.counts.not_finite += 1
            return False
        outside = self._outside(action)
        if outside.any() and self._settings.on_limit == 'reject':
            self._reason = self._beyond(action, int(outside.argmax()))
            self.counts.rejected += 1
            return False
        return True

    def _outside(self, action: Positions) -> NDArray[np.bool_]:
        outside: NDArray[np.bool_] = (action < self._lowest) | (action > self._highest)
        return outside

    def _beyond(self, action: Positions, joint: int) -> str:
        settings = self._settings
        return (
            f'action of joint {settings.names[joint]!r} is {action[joint]:.6g}, its limits are '
            f'{settings.lower[joint]:.6g} to {settings.upper[joint]:.6g}: if the robot can go '
            'there correct the limits, otherwise let on_limit clamp it'
        )

    def _clamped(self, action: Positions) -> Positions:
        self.counts.clamped += bool(self._outside(action).any())
        return self._clip(action)

    def _clip(self, positions: Positions) -> Positions:
        return np.clip(positions, self._settings.lower, self._settings.upper)

    def _limited(self, target: Positions, origin: Positions | None) -> Positions:
        if origin is None:
            return target
        step = self._settings.max_step
        near = np.clip(target, origin - step, origin + step)
        self.counts.limited += not np.array_equal(near, target)
        return near

    def _pause(self, now_ns: int) -> None:
        if self._ramp is not None:
            self._ramp.pause(now_ns)


def _not_finite(what: str, names: tuple[str, ...], values: Positions) -> str:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size == 0:
        return ''
    return f'{what} of joint {names[bad[0]]!r} is {values[bad[0]]}: only finite positions go out'


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f'{name} is {value!r}: choose one of {", ".join(choices)}')


def _check_size(what: str, values: Positions, names: tuple[str, ...]) -> None:
    if values.shape != (len(names),):
        raise ValueError(
            f'{what} has shape {values.shape}, the joints are {", ".join(names)}: '
            'give one value for each'
        )
