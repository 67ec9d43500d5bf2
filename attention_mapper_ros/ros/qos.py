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

"""The quality of service of this package's topics, in one place."""

from __future__ import annotations

from attention_mapper_ros.ros.client import (
    QoSProfile,
    ReliabilityPolicy,
)

ACTION_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Actions: none may be lost on the way, and an old one is worth nothing."""

ATTENTION_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
"""Pictures: a reliable writer matches reliable and best-effort viewers alike."""


def stream_qos(reliability: str, depth: int) -> QoSProfile:
    """Return the profile of these words: ``best_effort`` or ``reliable``, and a history depth."""
    return QoSProfile(depth=depth, reliability=ReliabilityPolicy[reliability.upper()])
