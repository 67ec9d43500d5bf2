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


"""What the policy node knows about itself at one moment, in plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math


@dataclass(frozen=True)
class InputFigures:
    """
    One input stream: a camera by its name, or the joint states.

    ``age_s`` is that of its newest usable message by the time it came, None before the first;
    ``rate_hz`` counts usable messages; ``unusable`` those that were refused, with the newest
    ``reason``, '' when the newest message was a good one.
    """

    age_s: float | None
    rate_hz: float
    received: int
    unusable: int
    reason: str = ''


@dataclass(frozen=True)
class ForwardFigures:
    """
    The model: durations in seconds (nan before the first forward) and what went wrong.

    ``overdue_s``: for how long a forward has been running that is over its time, None without
    one. ``memory_bytes``: of the device that computes, None where that is the host.
    """

    median_s: float = math.nan
    p95_s: float = math.nan
    failed: int = 0
    failed_in_a_row: int = 0
    overdue_s: float | None = None
    error: str = ''
    memory_bytes: int | None = None


@dataclass(frozen=True)
class ActionFigures:
    """
    What went out, and what the gate did to it; counts since the node was configured.

    ``age``: by how many actions the newest one is older than its observation.
    ``other_publishers``: nodes that publish on the action topic besides this one.
    """

    rate_hz: float = 0.0
    queue_depth: int = 0
    age: int = 0
    not_finite: int = 0
    rejected: int = 0
    clamped: int = 0
    limited: int = 0
    held: int = 0
    ramping: bool = False
    reason: str = ''
    other_publishers: tuple[str, ...] = ()


@dataclass(frozen=True)
class AttentionFigures:
    """What is drawn: ``label`` is the method in force, in words; nan before the first drawing."""

    label: str = ''
    rate_hz: float = 0.0
    draw_s: float = math.nan
    dropped: int = 0
    failed: int = 0


@dataclass(frozen=True)
class TickFigures:
    """Ticks that ran (``number`` is the newest), and those that did not, by the kind of reason."""

    number: int = 0
    episode: int = 0
    rate_hz: float = 0.0
    target_rate_hz: float = 0.0
    late: int = 0
    missed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    skip_reason: str = ''


@dataclass(frozen=True)
class PolicyFigures:
    """
    Everything that diagnostics say.

    ``state`` is the lifecycle's: unconfigured, inactive, active. ``identity`` is the hash of the
    checkpoint, '' while none is loaded. ``skip_reason``, ``reason`` and ``error`` are '' when
    all is well right now.
    """

    state: str
    policy: str
    identity: str = ''
    device: str = ''
    schedule: str = ''
    enabled: bool = False
    dry_run: bool = False
    ticks: TickFigures = field(default_factory=TickFigures)
    inputs: Mapping[str, InputFigures] = field(default_factory=dict)
    forward: ForwardFigures = field(default_factory=ForwardFigures)
    actions: ActionFigures = field(default_factory=ActionFigures)
    attention: AttentionFigures = field(default_factory=AttentionFigures)
