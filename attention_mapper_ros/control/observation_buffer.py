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
The newest sample of every input stream, and whether a tick may use them together.

It never looks inside a sample, and asks the time of the clock that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math
from typing import Generic, TypeVar

from attention_mapper_ros.control.clock import Clock
from attention_mapper_ros.control.clock import NANOSECONDS as NANOSECONDS
from attention_mapper_ros.control.statistics import RateMeter

Value = TypeVar('Value')

REFUSALS = ('missing', 'unusable', 'stale', 'frozen', 'skew')
"""Kinds: nothing came yet, a bad message, too old, no longer changing, too far from another."""


@dataclass(frozen=True)
class Refusal:
    """
    Why a tick cannot run: ``kind`` is one of ``REFUSALS``, ``stream`` names the input.

    ``reason`` says the fault and the remedy.
    """

    kind: str
    stream: str
    reason: str


@dataclass
class _Sample(Generic[Value]):
    """``changed_ns``: when the first message with this content was received."""

    value: Value
    stamp_ns: int | None
    received_ns: int
    changed_ns: int


@dataclass
class _Stream(Generic[Value]):
    """``rejected``: why its newest message was unusable, '' when it was not."""

    max_age_s: float
    max_frozen_s: float
    sample: _Sample[Value] | None = None
    rejected: str = ''
    received: int = 0
    unusable: int = 0
    rate: RateMeter = field(default_factory=RateMeter)


class ObservationBuffer(Generic[Value]):
    """
    Keeps the newest sample of each stream. Owned by the executor thread; holds no lock.

    ``max_age_s`` maps every stream name to the age in seconds beyond which its newest sample
    is refused; ``max_frozen_s``, for the streams where that is a fault, to the seconds after
    which messages with the same content are. ``max_skew_s`` is the largest spread between the
    stamps of one tick. 0 switches either off. A stream without ``max_age_s`` is kept and counted,
    and no tick waits for it. Ages go by receive time; where the clock goes backwards they begin
    anew. Raises ValueError for a ``max_frozen_s`` of a stream without ``max_age_s``.
    """

    def __init__(
        self,
        max_age_s: Mapping[str, float],
        clock: Clock,
        max_skew_s: float = math.inf,
        max_frozen_s: Mapping[str, float] | None = None,
    ) -> None:
        frozen = dict(max_frozen_s or {})
        unknown = sorted(frozen.keys() - max_age_s.keys())
        if unknown:
            raise ValueError(
                f'max_frozen_s names the stream {unknown[0]!r}, the streams are '
                f'{", ".join(max_age_s)}: name one of them'
            )
        self._clock = clock
        self._read_ns = clock()
        self._max_skew_s = max_skew_s or math.inf
        self._waited = tuple(max_age_s)
        self._streams: dict[str, _Stream[Value]] = {
            name: _Stream(age, frozen.get(name) or math.inf) for name, age in max_age_s.items()
        }

    def put(
        self, stream: str, value: Value, stamp_ns: int | None = None, repeated: bool = False
    ) -> None:
        """
        Keep ``value`` as the newest of ``stream``, received now.

        ``stamp_ns`` is the time of the sample by whatever the spread is judged by, None takes
        the receive time. ``repeated``: a new message with the content of the sample before it.
        """
        now = self._now()
        kept = self._stream(stream)
        changed = kept.sample.changed_ns if repeated and kept.sample else now
        kept.sample = _Sample(value, stamp_ns, now, changed)
        kept.rejected = ''
        kept.received += 1
        kept.rate.count(now)

    def reject(self, stream: str, reason: str) -> None:
        """Note that the newest message of ``stream`` was unusable, until a good one comes."""
        kept = self._stream(stream)
        kept.rejected = reason
        kept.received += 1
        kept.unusable += 1

    def block(self, stream: str, reason: str) -> None:
        """Refuse ``stream`` as ``reject`` does, without a message that would be counted."""
        self._stream(stream).rejected = reason

    def ages_s(self) -> dict[str, float | None]:
        """Age of every stream's newest good sample in seconds, None before the first."""
        now = self._now()
        samples = {name: self._streams[name].sample for name in self._waited}
        return {
            name: (now - sample.received_ns) / NANOSECONDS if sample else None
            for name, sample in samples.items()
        }

    def received(self) -> dict[str, int]:
        """Messages of every stream since the buffer was made, unusable ones included."""
        return {name: stream.received for name, stream in self._streams.items()}

    def unusable(self) -> dict[str, int]:
        """Messages of every stream that were rejected since the buffer was made."""
        return {name: stream.unusable for name, stream in self._streams.items()}

    def reasons(self) -> dict[str, str]:
        """Why every stream's newest message was unusable, '' where it was a good one."""
        return {name: stream.rejected for name, stream in self._streams.items()}

    def rates_hz(self, now_ns: int) -> dict[str, float]:
        """Usable messages of every stream per second; ``now_ns`` is of the buffer's clock."""
        return {name: stream.rate.rate_hz(now_ns) for name, stream in self._streams.items()}

    def newest(self) -> dict[str, Value] | Refusal:
        """Return the newest sample of every stream, or the first reason why not."""
        now = self._now()
        samples: dict[str, _Sample[Value]] = {}
        for name in self._waited:
            sample = self._usable(name, now)
            if isinstance(sample, Refusal):
                return sample
            samples[name] = sample
        return self._skew(samples) or {name: sample.value for name, sample in samples.items()}

    def clear(self) -> None:
        """Forget every sample and what the rates went by; the counters go on."""
        for stream in self._streams.values():
            stream.sample = None
            stream.rejected = ''
            stream.rate = RateMeter()

    def _stream(self, name: str) -> _Stream[Value]:
        return self._streams.setdefault(name, _Stream(math.inf, math.inf))

    def _usable(self, name: str, now_ns: int) -> _Sample[Value] | Refusal:
        """Return the newest sample of one stream, or why it cannot be used."""
        stream = self._streams[name]
        sample = stream.sample
        if stream.rejected:
            return Refusal('unusable', name, stream.rejected)
        if sample is None:
            return Refusal('missing', name, f'nothing received yet on {name}')
        age_s = (now_ns - sample.received_ns) / NANOSECONDS
        if age_s > stream.max_age_s:
            return Refusal(
                'stale',
                name,
                f'newest message on {name} is {age_s:.2f} s old, '
                f'more than its max_age_s of {stream.max_age_s:.2f} s',
            )
        # By the messages that came: a slow stream is not a frozen one.
        frozen_s = (sample.received_ns - sample.changed_ns) / NANOSECONDS
        if frozen_s > stream.max_frozen_s:
            return Refusal(
                'frozen',
                name,
                f'{name} has sent the same content for {frozen_s:.2f} s, more than its '
                f'max_frozen_s of {stream.max_frozen_s:.2f} s: restart its driver, or set '
                'max_frozen_s to 0 if nothing needs to change in it',
            )
        return sample

    def _skew(self, samples: Mapping[str, _Sample[Value]]) -> Refusal | None:
        """Return the refusal of the oldest sample if it is too far from the newest one."""
        stamps = {
            name: sample.received_ns if sample.stamp_ns is None else sample.stamp_ns
            for name, sample in samples.items()
        }
        if not stamps:
            return None
        oldest, newest = min(stamps, key=stamps.__getitem__), max(stamps, key=stamps.__getitem__)
        skew_s = (stamps[newest] - stamps[oldest]) / NANOSECONDS
        if skew_s <= self._max_skew_s:
            return None
        return Refusal(
            'skew',
            oldest,
            f'newest message on {oldest} is stamped {skew_s:.2f} s before that on {newest}, more '
            f'than max_skew_s of {self._max_skew_s:.2f} s: synchronise the clocks that stamp '
            'them, or judge by receive time (stamp_source)',
        )

    def _now(self) -> int:
        now = self._clock()
        if now < self._read_ns:
            self._follow_jump(now)
        self._read_ns = now
        return now

    def _follow_jump(self, now_ns: int) -> None:
        """Let no sample be from the future: it would stay fresh until the clock is there again."""
        for stream in self._streams.values():
            if stream.sample is not None:
                stream.sample.received_ns = min(stream.sample.received_ns, now_ns)
                stream.sample.changed_ns = min(stream.sample.changed_ns, now_ns)
