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

"""What a clock is to this room: a function that is handed in and asked for nanoseconds."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the time in nanoseconds; the time base is the caller's."""

NANOSECONDS = 1_000_000_000
