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

"""Levels of diagnostics that do not flicker."""

from __future__ import annotations

from collections import deque


class LevelHysteresis:
    """
    Follows a level, 0 OK, 1 WARN, 2 ERROR, at once or after some updates in a row.

    It gets worse when the last ``worse_after`` levels were all worse than what it says, to the
    best of them, and better when the last ``better_after`` were all better, to the worst of
    them. The first level is taken as it is.
    """

    def __init__(self, worse_after: int = 1, better_after: int = 3) -> None:
        if worse_after < 1 or better_after < 1:
            raise ValueError(
                f'worse_after is {worse_after} and better_after {better_after}: '
                'give numbers of updates, 1 or more'
            )
        self._worse_after = worse_after
        self._better_after = better_after
        self._recent: deque[int] = deque(maxlen=max(worse_after, better_after))
        self._level: int | None = None

    def update(self, level: int) -> int:
        """Note the level of now; return the one to report."""
        self._recent.append(level)
        if self._level is None:
            self._level = level
        recent = list(self._recent)
        if len(recent) >= self._worse_after:
            self._level = max(self._level, min(recent[-self._worse_after :]))
        if len(recent) >= self._better_after:
            self._level = min(self._level, max(recent[-self._better_after :]))
        return self._level
