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

"""Episodes on a command line."""

from __future__ import annotations

import re

_RANGE = re.compile(r'(\d+)(?:-(\d+))?')


def episode_numbers(text: str | None) -> list[int] | None:
    """Read ``0,3,7-9``, sorted and each once; None for None. Raises ValueError otherwise."""
    if text is None:
        return None
    numbers: set[int] = set()
    for part in text.split(','):
        found = _RANGE.fullmatch(part.strip())
        first = int(found[1]) if found else 0
        last = int(found[2]) if found and found[2] else first
        if found is None or last < first:
            raise ValueError(f'--episodes {text!r}: give numbers and ranges, as in 0,3,7-9')
        numbers.update(range(first, last + 1))
    return sorted(numbers)
