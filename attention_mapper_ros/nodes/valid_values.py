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
What a live parameter can be, in words that people read and the page makes its controls of.

They stand in the parameter's description (``ros2 param describe``), under additional
constraints: ``one of: raw, rollout``, or ``0 to 3 of encoder_self, 0 to 0 of decoder_cross; last,
mean, max, or several (0,2)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import re

LAST, MEAN, MAX = 'last', 'mean', 'max'
# Parameters that pick a layer, a head, a query, in the order of a policy's attention shapes.
PICKED = ('attention.layer', 'attention.head', 'attention.query')

_ONE_OF = 'one of: '
_SEPARATOR = ', '
_RANGE = re.compile(r'0 to (\d+) of (\w+)')
_PICK_WORDS = f'{LAST}, {MEAN}, {MAX}, or several (0,2)'


def one_of(words: Sequence[str]) -> str:
    """Say that a value is one of these words."""
    return _ONE_OF + _SEPARATOR.join(words)


def pick_of(sizes: Mapping[str, int]) -> str:
    """Say that a value picks from a dimension; ``sizes``: its size by attention module."""
    ranges = (f'0 to {size - 1} of {module}' for module, size in sizes.items())
    return f'{_SEPARATOR.join(ranges)}; {_PICK_WORDS}'


def words_of(constraints: str) -> tuple[str, ...]:
    """Return the words that ``one_of`` listed; none for anything else."""
    if not constraints.startswith(_ONE_OF):
        return ()
    return tuple(constraints.removeprefix(_ONE_OF).split(_SEPARATOR))


def sizes_of(constraints: str) -> dict[str, int]:
    """Return the sizes that ``pick_of`` described; none for anything else."""
    if not constraints.endswith(_PICK_WORDS):
        return {}
    return {module: int(last) + 1 for last, module in _RANGE.findall(constraints)}
