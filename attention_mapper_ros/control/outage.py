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

"""How long a policy has gone without: after a long outage the robot is somewhere else."""

from __future__ import annotations

from attention_mapper_ros.control.clock import NANOSECONDS

OUTAGE_S = 0.5
"""What was planned before a longer one is of no use any more."""


class Outage:
    """The time since when ticks pass without the policy. Knows no clock: it is told the time."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    def begin(self, now_ns: int) -> None:
        """Note that nothing comes of the policy; one that is there already goes on."""
        self._since_ns = now_ns if self._since_ns is None else min(now_ns, self._since_ns)

    def end(self, now_ns: int) -> bool:
        """End the outage, if there is one; return whether it lasted longer than ``OUTAGE_S``."""
        since_ns, self._since_ns = self._since_ns, None
        return since_ns is not None and now_ns - since_ns > OUTAGE_S * NANOSECONDS
